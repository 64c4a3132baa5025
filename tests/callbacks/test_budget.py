"""A budget: what is set aside, what is counted, and how it ends a training."""

import asyncio
import contextlib
import json
import os
import signal
import sys

import pytest
from tests.support.arithmetic import Answer, Problem, compiled_program, data, perfect, skilled

import synalinks
from synalinks import errors
from synalinks.callbacks import BackupAndRestore, Budget, Callback, LambdaCallback
from synalinks.callbacks import _budget as budget_module
from synalinks.errors import BudgetExhaustedError, ConfigurationError, SynalinksWarning
from synalinks.hooks import Usage
from synalinks.language_models import Response, Retry
from synalinks.optimizers import Optimizer
from synalinks.testing import check_resume

PRICES = {"input": 1.0, "output": 10.0}
"""So that a reply of `metered` costs 100 + 200 millionths of a dollar."""


def metered(request):
    """Answer as `skilled` does, with 100 tokens in and 20 out."""
    text = json.dumps(skilled(request))
    return Response.from_text(text, usage=Usage(100, 20))


class Idle(Optimizer):
    """Makes no calls and changes nothing."""

    async def step(self, context):
        """Do nothing."""


async def trained(
    budget, *, fn=metered, count=16, callbacks=(), optimizer="random_few_shot", model=None, **options
):
    """Train within a budget; return history, program and model."""
    program, lm = await compiled_program(fn, optimizer=optimizer, **(model or {}))
    given = {"epochs": 3, "batch_size": 4, "validation_split": 0.25, "seed": 5, "verbose": 0, **options}
    history = await program.fit(*data(count), callbacks=[budget, *callbacks], **given)
    return history, program, lm


# --- What is counted -----------------------------------------------------------------------


async def test_what_was_used_and_what_is_left_can_be_read():
    budget = Budget(max_calls=1000, max_tokens=10**6, max_cost=1.0, max_seconds=1000)
    model = {"max_tokens": 50, "prices": PRICES}
    _, _, lm = await trained(budget, optimizer=Idle(), epochs=1, model=model)
    assert len(lm.requests) == budget.calls == 16
    assert (budget.tokens, budget.cost) == (16 * 120, pytest.approx(16 * 300e-6))
    assert (budget.remaining_calls, budget.remaining_tokens) == (984, 10**6 - 1920)
    assert budget.remaining_cost == pytest.approx(1 - 16 * 300e-6)
    assert 0 < budget.seconds == 1000 - budget.remaining_seconds < 60
    assert not budget.exhausted


async def test_without_a_limit_nothing_is_left_to_tell():
    budget = Budget(max_calls=5)
    assert (budget.remaining_cost, budget.remaining_tokens, budget.remaining_seconds) == (None, None, None)


async def test_a_reply_whose_tokens_nobody_counted_is_counted_by_its_size():
    budget = Budget(max_calls=100)
    _, _, lm = await trained(budget, fn=skilled, optimizer=Idle(), count=4, epochs=1, validation_split=0.0)
    size = sum(len(json.dumps(request.messages)) for request in lm.requests)
    assert budget.tokens > size / 3


async def test_a_budget_begins_anew_in_the_next_training():
    budget = Budget(max_calls=16)
    for _ in range(2):
        history, _, _ = await trained(budget, optimizer=Idle(), epochs=1)
        assert (history.stopped_by, budget.calls) == (None, 16)


# --- Never more than allowed ---------------------------------------------------------------


class Watched:
    """A model whose answers come once `together` calls are in flight; it knows how many were."""

    def __init__(self, together):
        self.used = self.flying = self.most = 0
        self.together, self.reached = together, asyncio.Event()

    async def __call__(self, request):
        self.used += 1
        self.flying += 1
        self.most = max(self.most, self.flying)
        if self.most >= self.together:
            self.reached.set()
        async with asyncio.timeout(20):
            await self.reached.wait()
        for _ in range(self.used % 3):
            await asyncio.sleep(0)
        self.flying -= 1
        return metered(request)


@pytest.mark.parametrize("limit", [0, 1, 7, 63, 64, 65, 100])
async def test_no_call_more_than_allowed_with_many_in_flight(limit):
    server, budget = Watched(min(limit, 64)), Budget(max_calls=limit)
    history, _, _ = await trained(budget, fn=server, count=200, batch_size=150, epochs=1, optimizer=Idle())
    assert (server.used, budget.calls, history.stopped_by) == (limit, limit, "budget")
    assert server.most == min(limit, 64)


@pytest.mark.parametrize("limit", [300e-6, 0.005, 0.0301, 0.05])
async def test_no_dollar_more_than_allowed_with_many_in_flight(limit):
    server, budget = Watched(1), Budget(max_cost=limit)
    model = {"max_tokens": 20, "prices": PRICES}
    history, _, _ = await trained(
        budget, fn=server, count=200, batch_size=150, epochs=1, optimizer=Idle(), model=model
    )
    assert server.used * 300e-6 == pytest.approx(budget.cost)
    assert limit - 600e-6 < budget.cost <= limit
    assert history.stopped_by == "budget"


async def test_what_replies_leave_over_is_used_before_the_training_ends():
    budget = Budget(max_tokens=5000)  # room for 3 prompts with the longest answers, and for 41 replies
    history, _, lm = await trained(
        budget, count=100, batch_size=100, epochs=1, optimizer=Idle(), model={"max_tokens": 1500}
    )
    assert history.stopped_by == "budget"
    assert len(lm.requests) > 20
    assert 3000 < budget.tokens <= 5000


async def test_a_budget_that_is_used_up_exactly_ends_nothing():
    history, _, _ = await trained(Budget(max_calls=16), optimizer=Idle(), epochs=1)
    assert history.stopped_by is None
    history, _, _ = await trained(Budget(max_calls=15), optimizer=Idle(), epochs=1)
    assert history.stopped_by == "budget"


async def test_a_call_made_within_a_call_does_not_wait_for_it():
    inner = synalinks.testing.FunctionModel(metered)

    async def ask(request):
        return await inner(request.messages)

    async with asyncio.timeout(20):
        history, _, _ = await trained(Budget(max_calls=1), fn=ask, optimizer=Idle())
    assert history.stopped_by == "budget"
    assert inner.requests == []


# --- Attempts that failed ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "counted"),
    [
        (errors.CallTimeoutError("no answer"), 2),
        (errors.ProtocolError("not JSON"), 2),
        (errors.CallTimeoutError("408", status=408), 1),
        (errors.RateLimitedError("429", status=429), 1),
        (errors.ServerError("500", status=500), 1),
        (errors.CallConnectionError("refused"), 1),
    ],
)
async def test_an_attempt_that_may_have_been_charged_keeps_what_was_set_aside(failure, counted):
    budget = Budget(max_calls=100, max_cost=1.0)
    model = {"failures": {0: failure}, "max_tokens": 1000, "prices": PRICES}
    await trained(
        budget, count=1, batch_size=1, epochs=1, validation_split=0.0, optimizer=Idle(), model=model
    )
    assert budget.calls == counted
    assert (budget.cost > 0.01) == (counted == 2)  # the answer that was asked for, not the one that came


async def test_a_timed_out_attempt_leaves_no_room_for_another():
    budget = Budget(max_calls=2)
    model = {"failures": dict.fromkeys(range(9), errors.CallTimeoutError("no answer"))}
    history, _, lm = await trained(
        budget, count=1, batch_size=1, optimizer=Idle(), validation_split=0.0, model=model
    )
    assert (len(lm.requests), budget.calls, history.stopped_by) == (2, 2, "budget")


async def test_a_call_that_is_cancelled_in_flight_stays_counted():
    class Race(synalinks.Module):
        def __init__(self, generator):
            super().__init__()
            self.generator = generator

        async def call(self, inputs, training=False):
            started = asyncio.create_task(self.generator(inputs))
            await seen.wait()
            started.cancel()
            await asyncio.wait([started])
            return inputs

        async def compute_output_spec(self, inputs, training=False):
            return inputs

    seen = asyncio.Event()

    async def never(request):
        seen.set()
        await asyncio.Event().wait()

    _, lm = await compiled_program(never)
    x = synalinks.Input(data_model=Problem)
    race = Race(synalinks.Generator(data_model=Answer, language_model=lm))
    program = synalinks.Program(inputs=x, outputs=await race(x))
    program.compile(optimizer=Idle(), reward=lambda y, prediction: 1.0)
    budget = Budget(max_calls=9)
    await program.fit(*data(1), callbacks=[budget], verbose=0)
    assert budget.calls == 1


# --- How it ends ---------------------------------------------------------------------------


class Notes(Callback):
    """Notes its hooks, and the variables at each boundary."""

    def __init__(self):
        self.hooks, self.variables = [], None

    def remember(self, hook):
        self.hooks.append(hook)
        if hook.endswith(("batch_end", "epoch_end", "train_begin")):
            self.variables = self.program.get_variables()

    def on_train_begin(self, logs=None):
        self.remember("train_begin")

    def on_train_batch_end(self, batch, logs=None):
        self.remember("train_batch_end")

    def on_test_begin(self, logs=None):
        self.remember("test_begin")

    def on_test_end(self, logs=None):
        self.remember("test_end")

    def on_epoch_end(self, epoch, logs=None):
        self.remember("epoch_end")

    def on_train_end(self, logs=None):
        self.remember("train_end")

    def on_exception(self, exception):
        self.remember("exception")


@pytest.mark.parametrize("limit", range(1, 150, 7))
async def test_the_training_ends_normally_at_its_last_boundary(limit):
    notes = Notes()
    history, program, _ = await trained(Budget(max_calls=limit), callbacks=[notes])
    assert notes.hooks[-1] == "train_end"
    assert "exception" not in notes.hooks
    assert program.get_variables() == notes.variables
    assert len(history.epoch) == notes.hooks.count("epoch_end")
    if history.stopped_by is not None:
        assert history.stopped_by == "budget"
        assert len(history.epoch) < 3


async def test_no_validation_is_run_when_the_step_before_it_did_not_fit():
    notes = Notes()
    await trained(Budget(max_calls=11), callbacks=[notes], optimizer=Idle())
    assert "test_begin" not in notes.hooks
    assert notes.hooks.count("train_batch_end") == 2


async def test_it_says_how_to_go_on(capsys, tmp_path):
    backup = BackupAndRestore(tmp_path / "b")
    await trained(Budget(max_calls=11), verbose=2, callbacks=[backup], optimizer=Idle())
    out = capsys.readouterr().out
    assert "11 of 11 calls are used" in out
    assert "run the same script again" in out


class Swallows(synalinks.Module):
    """Asks, and takes a failure of any kind for an answer."""

    def __init__(self, generator, how):
        super().__init__()
        self.generator, self.how = generator, how

    async def call(self, inputs, training=False):
        if self.how == "group":
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self.generator(inputs)) for _ in range(2)]
            return tasks[0].result()
        try:
            return await self.generator(inputs)
        except Exception as error:
            if self.how == "raise":
                raise ValueError("something else") from error
            return synalinks.JsonDataModel(data_model=Answer(answer=-7.0))

    async def compute_output_spec(self, inputs, training=False):
        return await self.generator(inputs)


@pytest.mark.parametrize("how", ["group", "raise", "swallow"])
async def test_user_code_around_the_call_does_not_change_how_it_ends(how):
    _, lm = await compiled_program(metered)
    x = synalinks.Input(data_model=Problem)
    module = Swallows(synalinks.Generator(data_model=Answer, language_model=lm), how)
    program = synalinks.Program(inputs=x, outputs=await module(x))
    program.compile(optimizer="random_few_shot", reward="exact_match")
    notes, budget = Notes(), Budget(max_calls=13)
    options = {"batch_size": 4, "epochs": 4, "seed": 1, "verbose": 0}
    history = await program.fit(*data(8), callbacks=[budget, notes], **options)
    assert (history.stopped_by, budget.calls, notes.hooks[-1]) == ("budget", 13, "train_end")
    assert program.get_variables() == notes.variables


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_epoch_end"])
async def test_a_hook_that_hides_the_error_does_not_change_how_it_ends(hook, tmp_path):
    class Hides(Callback):
        async def evaluate(self, *_):
            with contextlib.suppress(Exception):
                await self.program.evaluate(*data(8), verbose=0)

    setattr(Hides, hook, Hides.evaluate)
    options = {"optimizer": Idle(), "epochs": 1, "batch_size": 12}
    for limit, calls, stopped_by in ((20, 20, "budget"), (100, 4, None)):
        callbacks = [Hides(), BackupAndRestore(tmp_path / "b")]
        history, _, lm = await trained(Budget(max_calls=limit), callbacks=callbacks, **options)
        assert (history.stopped_by, len(lm.requests)) == (stopped_by, calls)


async def test_a_call_that_is_cancelled_between_its_attempts_is_not_counted():
    waiting = asyncio.Event()

    class Waits(Callback):
        async def on_train_begin(self, logs=None):
            call = asyncio.create_task(lm("hello"))
            await waiting.wait()
            call.cancel()
            await asyncio.wait([call])

    def fail(request):
        waiting.set()
        return errors.ServerError("down")

    program, lm = await compiled_program(fail, optimizer=Idle(), retry=Retry(initial=1000, maximum=1000))
    program.compile(optimizer=Idle(), reward=lambda y, prediction: 1.0)
    budget = Budget(max_calls=1)
    stop = LambdaCallback(on_epoch_begin=lambda epoch, logs: budget.check_room() or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await program.fit(*data(1), callbacks=[budget, Waits(), stop], verbose=0)
    assert budget.calls == 0


async def test_an_error_of_user_code_is_not_taken_for_the_end_of_the_budget():
    class Breaks(Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await trained(Budget(max_calls=100), callbacks=[Breaks()])


async def test_an_evaluation_by_a_callback_is_covered():
    class Evaluates(Callback):
        async def on_epoch_end(self, epoch, logs=None):
            await self.program.evaluate(*data(8), verbose=0)

    budget = Budget(max_calls=20)
    history, _, lm = await trained(budget, callbacks=[Evaluates()], optimizer=Idle())
    assert (history.stopped_by, history.epoch, len(lm.requests)) == ("budget", [], 20)


async def test_an_evaluation_at_the_end_that_does_not_fit_is_cut_short(tmp_path):
    class Evaluates(Callback):
        async def on_train_end(self, logs=None):
            await self.program.evaluate(*data(8), verbose=0)

    notes = Notes()
    callbacks = [Evaluates(), notes, BackupAndRestore(tmp_path / "b")]
    with pytest.warns(SynalinksWarning, match=r"Evaluates.on_train_end was cut short"):
        history, _, lm = await trained(Budget(max_calls=50), callbacks=callbacks, optimizer=Idle())
    assert (history.stopped_by, history.epoch, len(lm.requests)) == ("budget", [0, 1, 2], 50)
    assert notes.hooks[-1] == "train_end"
    assert (tmp_path / "b").exists()
    history, _, lm = await trained(
        Budget(max_calls=60), callbacks=[*callbacks[:2], BackupAndRestore(tmp_path / "b")], optimizer=Idle()
    )
    assert (history.stopped_by, history.epoch, len(lm.requests)) == (None, [0, 1, 2], 6)
    assert not (tmp_path / "b").exists()


async def test_outside_of_fit_nothing_is_counted():
    budget = Budget(max_calls=3)
    _, program, _ = await trained(budget, optimizer=Idle())
    await program.evaluate(*data(8), verbose=0)
    assert budget.calls == 3


# --- Seconds -------------------------------------------------------------------------------


class Clock:
    """A clock that a model moves by a second per call."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def answer(self, request):
        self.now += 1
        return metered(request)


async def test_seconds_count_over_all_processes_of_a_run(monkeypatch, tmp_path):
    clock = Clock()
    monkeypatch.setattr(budget_module, "monotonic", clock)
    options = {"fn": clock.answer, "optimizer": Idle(), "max_concurrency": 1}

    async def run(seconds):
        clock.now += 500  # between processes
        budget = Budget(max_seconds=seconds)
        history, _, lm = await trained(budget, callbacks=[BackupAndRestore(tmp_path / "b")], **options)
        return history.stopped_by, len(lm.requests), budget.seconds

    assert await run(10) == ("budget", 10, 10.0)
    assert await run(10) == ("budget", 0, 10.0)
    assert await run(11) == ("budget", 1, 11.0)
    assert await run(30) == ("budget", 19, 30.0)
    assert await run(100) == (None, 18, 48.0)


# --- Going on ------------------------------------------------------------------------------


def ending(history, program, budget):
    return {
        "history": history.history,
        "variables": program.get_variables(),
        "optimizer": program.compiled.optimizer.state_dict(),
        "spent": budget.state_dict()["spent"],
        "stopped_by": history.stopped_by,
    }


@pytest.mark.parametrize("save_freq", ["epoch", 1])
@pytest.mark.parametrize("limits", [[5], [40], [90], [5, 6, 30, 80, 81, 120]])
async def test_a_run_with_raised_limits_ends_like_one_that_had_them_from_the_start(
    tmp_path, limits, save_freq
):
    whole_budget = Budget(max_calls=1000)
    history, program, lm = await trained(whole_budget)
    whole, calls = ending(history, program, whole_budget), len(lm.requests)
    seen = 0
    for limit in [*limits, 1000]:
        budget = Budget(max_calls=limit)
        history, program, lm = await trained(
            budget, callbacks=[BackupAndRestore(tmp_path / "b", save_freq=save_freq)]
        )
        seen += len(lm.requests)
        if limit < 1000:
            assert (history.stopped_by, budget.calls, seen) == ("budget", limit, limit)
            assert (tmp_path / "b").exists()
    assert ending(history, program, budget) == whole
    assert seen == calls
    assert not (tmp_path / "b").exists()


async def test_the_same_program_goes_on_in_the_same_process(tmp_path):
    whole_budget = Budget(max_calls=1000)
    history, program, _ = await trained(whole_budget)
    whole = ending(history, program, whole_budget)
    program, _ = await compiled_program(metered)
    options = {"epochs": 3, "batch_size": 4, "validation_split": 0.25, "seed": 5, "verbose": 0}
    for limit in (60, 1000):
        budget = Budget(max_calls=limit)
        history = await program.fit(
            *data(16), callbacks=[budget, BackupAndRestore(tmp_path / "b")], **options
        )
    assert ending(history, program, budget) == whole


async def test_the_same_limit_again_makes_no_call(tmp_path):
    for calls in (20, 0, 0):
        budget = Budget(max_calls=20)
        _, _, lm = await trained(budget, callbacks=[BackupAndRestore(tmp_path / "b")])
        assert (len(lm.requests), budget.calls) == (calls, 20)


async def test_timeouts_stay_counted_when_the_run_goes_on(tmp_path):
    failures = dict.fromkeys((0, 1), errors.CallTimeoutError("no answer"))
    for limit, failing, calls in ((5, failures, 5), (5, {}, 0), (9, {}, 4)):
        budget = Budget(max_calls=limit)
        _, _, lm = await trained(
            budget, callbacks=[BackupAndRestore(tmp_path / "b")], model={"failures": failing}
        )
        assert (len(lm.requests), budget.calls) == (calls, limit)


class Twice(synalinks.Module):
    """Asks twice, one after the other."""

    def __init__(self, generator):
        super().__init__()
        self.generator = generator

    async def call(self, inputs, training=False):
        await self.generator(inputs)
        return await self.generator(inputs)

    async def compute_output_spec(self, inputs, training=False):
        return await self.generator(inputs)


async def test_an_answer_taken_twice_within_a_process_counts_once(tmp_path, monkeypatch):
    """A sample that is run again after an outage takes from the journal what it had."""
    monkeypatch.setattr("synalinks.training._outage.FIRST_PAUSE", 0.0)
    _, lm = await compiled_program(
        metered, failures={1: errors.ServerError("down")}, retry=Retry(max_tries=1)
    )
    x = synalinks.Input(data_model=Problem)
    twice = Twice(synalinks.Generator(data_model=Answer, language_model=lm))
    program = synalinks.Program(inputs=x, outputs=await twice(x))
    program.compile(optimizer=Idle(), reward="exact_match")
    budget = Budget(max_calls=9)
    await program.fit(*data(1), callbacks=[budget, BackupAndRestore(tmp_path / "b")], verbose=0)
    assert (len(lm.requests), budget.calls) == (3, 2)


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from synalinks.callbacks import BackupAndRestore, Budget
from tests.callbacks.test_budget import ending, metered, trained

left = int(sys.argv[2])

def answer(request):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return metered(request)

async def main():
    budget = Budget(max_calls=1000)
    backup = BackupAndRestore(Path(sys.argv[1]), delete_checkpoint=False)
    await trained(budget, fn=answer, callbacks=[backup], max_concurrency=1)

asyncio.run(main())
"""


async def test_after_a_kill_each_call_counts_once(tmp_path):
    whole_budget = Budget(max_calls=1000)
    history, program, _ = await trained(whole_budget, max_concurrency=1)
    whole = ending(history, program, whole_budget)
    for calls in (3, 30):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KILLED, str(tmp_path / "b"), str(calls), env={**os.environ}
        )
        assert await process.wait() == -signal.SIGKILL
    budget = Budget(max_calls=1000)
    history, program, lm = await trained(
        budget, callbacks=[BackupAndRestore(tmp_path / "b")], max_concurrency=1
    )
    assert ending(history, program, budget) == whole
    assert len(lm.requests) == whole["spent"][0] - 33


@pytest.mark.parametrize("delete", [True, False])
def test_wherever_a_training_is_killed_its_budget_ends_alike(delete):
    async def make_run():
        program, _ = await compiled_program(metered)
        budget, backup = Budget(max_calls=1000), BackupAndRestore("b", delete_checkpoint=delete)
        x, y = data(8)
        return program, {"x": x, "y": y, "epochs": 2, "batch_size": 4, "callbacks": [budget, backup]}

    report = check_resume(make_run, kills=8)
    assert report.ignored == ("callback Budget, 'seconds'",)


async def test_a_lowered_limit_stops_before_the_next_call(tmp_path):
    await trained(Budget(max_calls=40), callbacks=[BackupAndRestore(tmp_path / "b")])
    budget = Budget(max_calls=10)
    history, _, lm = await trained(budget, callbacks=[BackupAndRestore(tmp_path / "b")])
    assert (history.stopped_by, lm.requests, budget.calls) == ("budget", [], 40)
    assert budget.remaining_calls == 0


# --- Mistakes in the set-up ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, "needs a limit"),
        ({"max_cost": -1}, "max_cost"),
        ({"max_cost": "5"}, "max_cost"),
        ({"max_cost": float("inf")}, "max_cost"),
        ({"max_calls": 1.5}, "max_calls must be a whole number"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_seconds": float("nan")}, "max_seconds"),
    ],
)
def test_limits_that_are_none_are_refused(limits, said):
    with pytest.raises(ConfigurationError, match=said):
        Budget(**limits)


async def refused(budget, model=None, **options):
    program, lm = await compiled_program(metered, **(model or {}))
    with pytest.raises(ConfigurationError) as caught:
        await program.fit(*data(4), callbacks=budget, verbose=0, **options)
    assert lm.requests == []
    return str(caught.value)


async def test_dollars_need_a_bound_on_answers_before_the_first_call():
    text = await refused([Budget(max_cost=1)], {"prices": PRICES})
    assert "'testing/function' of module 'generator'" in text
    assert "Generator(..., max_tokens=1024)" in text
    assert "max_tokens=1024" in await refused([Budget(max_tokens=1000)])


async def test_dollars_need_a_price_before_the_first_call():
    x = synalinks.Input(data_model=Problem)
    model = synalinks.LanguageModel("openai/mine", api_key="k", max_tokens=9)
    y = await synalinks.Generator(data_model=Answer, language_model=model)(x)
    program = synalinks.Program(inputs=x, outputs=y)
    program.compile(optimizer="random_few_shot", reward="exact_match")
    with pytest.raises(ConfigurationError, match=r"'openai/mine' of module 'generator'.*prices="):
        await program.fit(*data(4), callbacks=[Budget(max_cost=1)], verbose=0)


async def test_a_fallback_is_looked_at_as_well():
    other = synalinks.testing.FunctionModel(metered, prices=PRICES, name="other")
    program, lm = await compiled_program(metered, fallback=other, prices=PRICES, max_tokens=100)
    with pytest.raises(ConfigurationError, match=r"'testing/other' of module 'generator'.*max_tokens="):
        await program.fit(*data(4), callbacks=[Budget(max_cost=1)], verbose=0)
    assert lm.requests == []


async def test_what_costs_nothing_needs_no_bound():
    history, _, _ = await trained(Budget(max_cost=0))
    assert history.stopped_by is None


async def test_a_generator_may_bound_its_own_answers():
    program, lm = await compiled_program(metered, prices=PRICES)
    program.get_module("generator").parameters["max_tokens"] = 100
    await program.fit(*data(4), callbacks=[Budget(max_cost=1)], verbose=0)
    assert lm.requests


class Holds(Idle):
    def __init__(self, part):
        super().__init__()
        self.part = part


@pytest.mark.parametrize(
    "part",
    [
        lambda: synalinks.LanguageModel("openai/mine", api_key="k", max_tokens=9),
        lambda: synalinks.EmbeddingModel("openai/mine", api_key="k"),
        lambda: Holds(synalinks.EmbeddingModel("openai/mine", api_key="k")),
    ],
    ids=["language model", "embedding model", "optimizer"],
)
async def test_the_models_of_an_optimizer_are_looked_at_as_well(part):
    program, lm = await compiled_program(perfect)
    program.compile(optimizer=Holds(part()), reward="exact_match")
    with pytest.raises(ConfigurationError, match=r"price of 'openai/mine'"):
        await program.fit(*data(4), callbacks=[Budget(max_cost=1)], verbose=0)
    assert lm.requests == []


async def test_the_model_of_a_judge_is_looked_at_as_well():
    class Judge(synalinks.rewards.Reward):
        def __init__(self, model):
            super().__init__()
            self.model = model

        async def call(self, y_true, y_pred):
            return 1.0

    program, lm = await compiled_program(perfect)
    judge = synalinks.testing.FunctionModel(metered, prices=PRICES, name="judge")
    program.compile(optimizer=Idle(), reward=Judge(judge))
    with pytest.raises(ConfigurationError, match="testing/judge"):
        await program.fit(*data(4), callbacks=[Budget(max_cost=1)], verbose=0)
    assert lm.requests == []


async def test_a_model_that_nobody_could_see_is_refused_before_its_call():
    hidden = synalinks.testing.FunctionModel(metered, prices=PRICES, name="hidden")

    class Asks(Callback):
        async def on_train_begin(self, logs=None):
            await hidden("hello")

    program, _ = await compiled_program(perfect)
    with pytest.raises(ConfigurationError, match="testing/hidden"):
        await program.fit(*data(4), callbacks=[Budget(max_cost=1), Asks()], verbose=0)
    assert hidden.requests == []


async def test_two_budgets_are_refused():
    assert "more than one Budget" in await refused([Budget(max_calls=1), Budget(max_cost=1)])


def test_the_error_says_which_limit():
    error = Budget(max_calls=0)._problem(budget_module.Amount(1))
    assert isinstance(error, BudgetExhaustedError)
    assert error.limit == "max_calls"
