"""How many calls a training makes, which of them run together, and in which order results come."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synalinks.callbacks import Callback
from synalinks.optimizers import Optimizer
from tests.support.arithmetic import compiled_program, data, perfect, problem_of, skilled


class Idle(Optimizer):
    """Makes no calls and changes nothing."""

    async def step(self, context):
        """Do nothing."""


def asked(model):
    """The problems that a model was asked, in order."""
    return [problem_of(request) for request in model.requests]


async def trained(count, **options):
    """Train for some epochs without an optimizer's own calls; return the problems that were asked."""
    program, model = await compiled_program(perfect, optimizer=Idle())
    await program.fit(*data(count), verbose=0, **options)
    return asked(model)


def problems(start, end):
    return sorted(x.problem for x in data(end)[0][start:])


# --- How many ------------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [1, 3])
async def test_without_validation_each_training_sample_is_run_once_per_epoch(epochs):
    calls = await trained(10, epochs=epochs, batch_size=4)
    for epoch in range(epochs):
        assert sorted(calls[10 * epoch : 10 * (epoch + 1)]) == problems(0, 10)
    assert len(calls) == 10 * epochs


@pytest.mark.parametrize("epochs", [1, 3])
async def test_with_a_split_each_sample_is_run_once_per_epoch(epochs):
    calls = await trained(10, epochs=epochs, batch_size=4, validation_split=0.3)
    for epoch in range(epochs):
        of_epoch = calls[10 * epoch : 10 * (epoch + 1)]
        assert sorted(of_epoch[:7]) == problems(0, 7)
        assert sorted(of_epoch[7:]) == problems(7, 10)
    assert len(calls) == 10 * epochs


async def test_with_validation_data_they_are_added():
    calls = await trained(6, epochs=2, validation_data=data(4))
    assert len(calls) == 2 * (6 + 4)


async def test_steps_bound_both():
    options = {"steps_per_epoch": 2, "validation_steps": 1, "validation_batch_size": 2}
    calls = await trained(20, epochs=3, batch_size=3, validation_data=data(8), **options)
    assert len(calls) == 3 * (2 * 3 + 1 * 2)


async def test_validation_runs_only_in_the_epochs_that_its_frequency_says():
    calls = await trained(6, epochs=4, validation_data=data(4), validation_freq=2)
    assert len(calls) == 4 * 6 + 2 * 4


async def test_samples_held_out_for_the_optimizer_are_not_run_by_the_loop():
    calls = await trained(10, epochs=2, selection_split=0.2)
    assert sorted(set(calls)) == problems(0, 8)
    assert len(calls) == 2 * 8


async def test_a_stream_is_run_as_far_as_its_steps():
    async def endless():
        while True:
            for pair in zip(*data(7), strict=True):
                yield pair

    program, model = await compiled_program(perfect, optimizer=Idle())
    await program.fit(endless(), verbose=0, epochs=3, steps_per_epoch=2, batch_size=4, shuffle=False)
    assert len(model.requests) == 3 * 2 * 4


async def test_evaluate_and_predict_run_each_sample_once():
    program, model = await compiled_program(perfect)
    await program.evaluate(*data(5), verbose=0)
    await program.predict(data(5)[0], verbose=0)
    assert len(model.requests) == 10


# --- Together ------------------------------------------------------------------------------


class Gate:
    """A model's function whose answers come when they are let through.

    Attributes:
        waiting: Problem to what lets its answer through, from when it is asked.
        asked: Number of questions.
    """

    def __init__(self):
        self.waiting, self.asked = {}, 0
        self._changed = asyncio.Event()

    async def __call__(self, request):
        self.waiting[problem_of(request)] = passed = asyncio.Event()
        self.asked += 1
        self._changed.set()
        await passed.wait()
        return perfect(request)

    async def when(self, condition):
        """Wait until `condition()` holds; it can change when a problem is asked."""
        async with asyncio.timeout(
            20
        ):  # so that a call that is never made fails the test, and does not hang it
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def until(self, names):
        """Wait until all of `names` were asked."""
        await self.when(lambda: set(names) <= self.waiting.keys())

    async def let(self, name):
        """Let an answer through once it is asked for."""
        await self.until([name])
        self.waiting[name].set()


class Ends(Callback):
    """Notes the ends of batches."""

    def __init__(self):
        super().__init__()
        self.begun, self.ended = [], []

    def on_test_batch_begin(self, batch, logs=None):
        self.begun.append(batch)

    def on_test_batch_end(self, batch, logs=None):
        self.ended.append(batch)


async def test_a_slow_sample_does_not_hold_back_the_next_batches():
    gate, ends = Gate(), Ends()
    program, _ = await compiled_program(gate)
    x, y = data(8)
    slow, *others = [problem.problem for problem in x]
    options = {"verbose": 0, "batch_size": 2, "max_concurrency": 2, "callbacks": [ends]}
    task = asyncio.create_task(program.evaluate(x, y, **options))
    for name in others:  # all others go through one after another while the first sample waits
        await gate.let(name)
    assert ends.ended == []
    await gate.let(slow)
    assert (await task)["reward"] == 1.0
    assert ends.begun == ends.ended == [0, 1, 2, 3]


async def test_all_samples_of_a_training_batch_run_together_and_none_of_the_next():
    gate = Gate()
    program, model = await compiled_program(gate, optimizer=Idle())
    x, y = data(6)
    names = [problem.problem for problem in x]
    task = asyncio.create_task(program.fit(x, y, batch_size=3, shuffle=False, verbose=0))
    for batch in (names[:3], names[3:]):
        await gate.until(batch)
        assert asked(model)[-3:] == batch
        for name in reversed(batch):
            await gate.let(name)
    await task


async def test_candidates_are_scored_at_the_same_time():
    gate = Gate()

    class Compares(Optimizer):
        async def step(self, context):
            path = "generator/instruction"
            candidates = [context.propose({path: text}) for text in ("first", "second")]
            await context.score(candidates)

    program, _ = await compiled_program(gate, optimizer=Compares())
    x, y = data(2)
    task = asyncio.create_task(program.fit(x, y, batch_size=2, verbose=0))
    for problem in x:
        await gate.let(problem.problem)
    await gate.when(lambda: gate.asked == 2 + 2 * 2)  # two candidates on two samples, and none is answered
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# --- In order ------------------------------------------------------------------------------


@settings(max_examples=25)
@given(order=st.permutations(range(7)), limit=st.integers(1, 7), batch_size=st.integers(1, 8))
def test_results_stay_in_order_whatever_order_calls_complete_in(order, limit, batch_size):
    asyncio.run(_results_stay_in_order(order, limit, batch_size))


async def _results_stay_in_order(order, limit, batch_size):
    gate, ends = Gate(), Ends()
    program, _ = await compiled_program(gate)
    x, y = data(7)
    options = {"verbose": 0, "max_concurrency": limit, "batch_size": batch_size}
    task = asyncio.create_task(program.evaluate(x, y, return_outcomes=True, callbacks=[ends], **options))
    left = [x[i].problem for i in order]
    while left:
        # Of those that are in flight the one that stands first in the order drawn comes back.
        await gate.until(_oldest(x, left, limit))
        name = next(name for name in left if name in gate.waiting)
        gate.waiting[name].set()
        left.remove(name)
    logs, outcomes = await task
    assert logs["reward"] == 1.0
    assert [outcome.sample for outcome in outcomes] == list(range(7))
    assert [outcome.prediction.answer for outcome in outcomes] == [answer.answer for answer in y]
    assert ends.ended == sorted(ends.ended)
    assert ends.ended[-1] == -(-7 // batch_size) - 1


def _oldest(x, left, limit):
    """The samples that must be in flight: the first `limit` that have not come back."""
    return [problem.problem for problem in x if problem.problem in left][:limit]


@settings(max_examples=10)
@given(order=st.permutations(range(6)))
def test_the_course_of_a_training_does_not_depend_on_the_order_of_completion(order):
    assert asyncio.run(_course(order)) == asyncio.run(_course(range(6)))


async def _course(order):
    """Train with an optimizer that tries candidates; calls come back after the turns that `order` says."""

    async def answer(request):
        for _ in range(order[int(problem_of(request).split("+")[0])]):
            await asyncio.sleep(0)
        return skilled(request)

    program, model = await compiled_program(answer)
    history = await program.fit(*data(6), epochs=2, batch_size=3, validation_split=0.3, seed=1, verbose=0)
    return history.history, program.get_variables(), sorted(request.key for request in model.requests)
