import math

import pytest

import synalinks
from synalinks.callbacks import Callback, CSVLogger
from synalinks.callbacks._callback import HOOKS
from synalinks.errors import AuthenticationError, FailedSamplesError, RateLimitedError, ServerError
from synalinks.hooks import EpochEnded, Hook, OptimizerStepEnded, add_hook
from synalinks.metrics import BinaryF1Score, MeanMetricWrapper
from synalinks.optimizers import Optimizer
from synalinks.testing import FunctionModel
from tests.support.arithmetic import (
    Answer,
    Problem,
    compiled_program,
    data,
    perfect,
    problem_of,
    skilled,
    solve,
)


class Idle(Optimizer):
    """Changes nothing and asks for nothing."""

    async def step(self, context):
        pass


class Recorder(Callback):
    """Keeps every hook it was called with."""

    def __init__(self):
        self.calls = []

    def names(self):
        return [name for name, *_ in self.calls]


def _recording(hook):
    def record(self, *args):
        self.calls.append((hook, *args))

    return record


for _hook in HOOKS:
    setattr(Recorder, _hook, _recording(_hook))


async def test_training_helps_and_the_history_says_so():
    program, _ = await compiled_program()
    before = (await program.evaluate(*data(24), verbose=0))["reward"]
    history = await program.fit(*data(24), batch_size=8, epochs=3, validation_split=0.25, seed=3, verbose=0)
    after = (await program.evaluate(*data(24), verbose=0))["reward"]
    assert before < 0.5 < after
    assert history.epoch == [0, 1, 2]
    assert list(history.history) == ["reward", "failed", "val_reward", "val_failed"]
    assert all(type(v) is float for values in history.history.values() for v in values)
    assert history is program.history
    assert history.params["epochs"] == 3
    assert program.get_variables()["generator/examples"]


async def test_reward_is_that_of_the_training_samples_and_val_reward_that_of_the_others():
    x, y = data(10)
    held_out = {p.problem for p in x[7:]}  # floor(10 * (1 - 0.25)) = 7 for training

    def answer(request):
        return {"answer": -1.0 if problem_of(request) in held_out else solve(problem_of(request))}

    program, model = await compiled_program(answer, optimizer=Idle())
    history = await program.fit(x, y, batch_size=3, validation_split=0.25, verbose=0)
    assert history.history["reward"] == [1.0]
    assert history.history["val_reward"] == [0.0]
    asked = [problem_of(request) for request in model.requests]
    assert set(asked[:7]) == {p.problem for p in x[:7]}
    assert asked[7:] == [p.problem for p in x[7:]]


async def test_validation_data_overrides_the_split_and_none_is_fine():
    x, y = data(8)
    wrong = [Answer(answer=-5.0)] * 2
    program, _ = await compiled_program(perfect, optimizer=Idle())
    history = await program.fit(x, y, validation_split=0.5, validation_data=(x[:2], wrong), verbose=0)
    assert history.history["val_reward"] == [0.0]
    history = await program.fit(x, y, verbose=0)
    assert list(history.history) == ["reward", "failed"]


async def test_shuffle_changes_the_order_by_seed_and_epoch_alone():
    async def orders(**options):
        program, model = await compiled_program(perfect, optimizer=Idle())
        await program.fit(*data(12), batch_size=1, epochs=2, max_concurrency=1, verbose=0, **options)
        asked = [problem_of(request) for request in model.requests]
        return asked[:12], asked[12:]

    plain = [p.problem for p in data(12)[0]]
    assert await orders(shuffle=False) == (plain, plain)
    first, second = await orders(seed=1)
    assert sorted(first) == sorted(second) == sorted(plain)
    assert len({tuple(plain), tuple(first), tuple(second)}) == 3
    assert await orders(seed=1) == (first, second)
    assert await orders(seed=2) != (first, second)


async def test_the_same_seed_gives_the_same_run_whatever_the_batches_of_calls():
    async def run(limit):
        program, _ = await compiled_program()
        history = await program.fit(
            *data(20), batch_size=5, epochs=3, validation_split=0.2, seed=7, max_concurrency=limit, verbose=0
        )
        return history.history, program.get_variables()

    assert await run(1) == await run(7) == await run(100)


async def test_a_second_fit_goes_on_from_the_present_variables():
    program, _ = await compiled_program()
    await program.fit(*data(16), batch_size=4, epochs=3, seed=1, verbose=0)
    learned = program.get_variables()
    seen = []

    class Look(Callback):
        def on_train_begin(self, logs=None):
            seen.append(self.program.get_variables())

    history = await program.fit(*data(16), epochs=2, seed=1, verbose=0, callbacks=[Look()])
    assert seen == [learned]
    assert history.epoch == [0, 1]


async def test_metrics_have_their_own_state_in_training_and_validation():
    class Flag(synalinks.DataModel):
        even: bool

    model = FunctionModel(lambda request: {"even": True})
    x = synalinks.Input(data_model=Problem)
    y = await synalinks.Generator(data_model=Flag, language_model=model)(x)
    program = synalinks.Program(inputs=x, outputs=y)
    program.compile(optimizer=Idle(), reward="exact_match", metrics=[BinaryF1Score(average="macro")])
    xs = data(8)[0]
    ys = [Flag(even=i < 4) for i in range(8)]
    history = await program.fit(xs[:4], ys[:4], validation_data=(xs[4:], ys[4:]), epochs=2, verbose=0)
    assert history.history["binary_f1_score"] == [1.0, 1.0]
    assert history.history["val_binary_f1_score"] == [0.0, 0.0]
    assert program.metrics_names == ["reward", "binary_f1_score", "failed"]


async def test_a_failure_is_no_score():
    def answer(request):
        return ServerError("down") if problem_of(request) == "0+0" else {"answer": solve(problem_of(request))}

    program, _ = await compiled_program(
        answer, optimizer=Idle(), metrics=[MeanMetricWrapper(lambda t, p: 1.0, name="m")]
    )
    logs, outcomes = await program.evaluate(*data(4), verbose=0, return_outcomes=True)
    assert logs == {"reward": 1.0, "m": 1.0, "failed": 1.0}
    assert [o.score for o in outcomes] == [None, 1.0, 1.0, 1.0]
    assert (outcomes[0].failure.kind, outcomes[0].failure.error) == ("infrastructure", "ServerError")
    assert outcomes[0].to_json()["failure"]["message"] == "down"


async def test_with_no_score_at_all_the_reward_is_nan():
    program, _ = await compiled_program(lambda request: RateLimitedError("slow down"))
    logs = await program.evaluate(*data(2), verbose=0)
    assert math.isnan(logs["reward"])
    assert logs["failed"] == 2.0


async def test_an_answer_that_cannot_be_used_is_the_programs_doing_and_scores_0():
    program, _ = await compiled_program(
        lambda request: "no json" if problem_of(request) == "0+0" else perfect(request),
        optimizer=Idle(),
        metrics=[MeanMetricWrapper(lambda t, p: 1.0, name="m")],
    )
    logs, outcomes = await program.evaluate(*data(4), verbose=0, return_outcomes=True)
    assert logs == {"reward": 0.75, "m": 0.75, "failed": 0.0}
    assert (outcomes[0].failure.kind, outcomes[0].score) == ("program", 0.0)
    assert outcomes[0].feedback


async def test_a_refused_key_ends_the_run_at_once():
    program, model = await compiled_program(lambda request: AuthenticationError("wrong key"))
    with pytest.raises(AuthenticationError) as caught:
        await program.fit(*data(64), batch_size=64, max_concurrency=2, shuffle=False, verbose=0)
    assert "sample 0" in " ".join(caught.value.__notes__)
    assert len(model.requests) <= 3


async def test_predict_keeps_the_order_and_loses_nothing_when_samples_fail():
    def answer(request):
        return ServerError("down") if problem_of(request) == "1+7" else {"answer": solve(problem_of(request))}

    program, _ = await compiled_program(answer)
    with pytest.raises(FailedSamplesError, match=r"1 of 4 .* sample 1: ServerError: down") as caught:
        await program.predict(data(4)[0], verbose=0)
    assert [p and p.answer for p in caught.value.predictions] == [0, None, 5, 13]
    assert list(caught.value.failures) == [1]


async def test_predict_needs_no_compile_and_gives_the_hooks_their_outputs():
    program, _ = await compiled_program(perfect)
    program.compiled = None
    recorder = Recorder()
    result = await program.predict(data(5)[0], batch_size=2, verbose=0, callbacks=[recorder])
    assert [r.answer for r in result] == [a.answer for a in data(5)[1]]
    names = recorder.names()
    assert (names[0], names[-1]) == ("on_predict_begin", "on_predict_end")
    ends = [call for call in recorder.calls if call[0] == "on_predict_batch_end"]
    assert [call[1] for call in ends] == [0, 1, 2]
    assert [[o.answer for o in call[2]["outputs"]] for call in ends] == [[0, 8], [5, 13], [10]]


async def test_the_order_of_the_hooks():
    recorder = Recorder()
    program, _ = await compiled_program(perfect, optimizer=Idle())
    await program.fit(*data(4), batch_size=1, validation_split=0.5, verbose=0, callbacks=[recorder])
    assert [
        call[:2] if "batch" in call[0] else call[:1] for call in recorder.calls if "check" not in call[0]
    ] == [
        ("on_train_begin",),
        ("on_epoch_begin",),
        ("on_train_batch_begin", 0),
        ("on_train_batch_end", 0),
        ("on_train_batch_begin", 1),
        ("on_train_batch_end", 1),
        ("on_test_begin",),
        ("on_test_batch_begin", 0),
        ("on_test_batch_begin", 1),
        ("on_test_batch_end", 0),
        ("on_test_batch_end", 1),
        ("on_test_end",),
        ("on_epoch_end",),
        ("on_train_end",),
    ]


async def test_stop_training_in_an_epoch_ends_the_batch_then_validates():
    class Stop(Recorder):
        def on_train_batch_end(self, batch, logs=None):
            self.program.stop_training = True

    stop = Stop()
    program, _ = await compiled_program(perfect, optimizer=Idle())
    history = await program.fit(
        *data(8), batch_size=2, epochs=3, validation_split=0.5, verbose=0, callbacks=[stop]
    )
    names = stop.names()
    assert names.count("on_train_batch_begin") == 1
    assert names[-3:] == ["on_test_end", "on_epoch_end", "on_train_end"]
    assert history.stopped_by == "callback"
    assert list(history.history) == ["reward", "failed", "val_reward", "val_failed"]


async def test_validation_freq_skips_epochs_and_their_keys():
    program, _ = await compiled_program(perfect, optimizer=Idle())
    history = await program.fit(*data(4), epochs=5, validation_split=0.5, validation_freq=2, verbose=0)
    assert len(history.history["reward"]) == 5
    assert len(history.history["val_reward"]) == 2
    history = await program.fit(*data(4), epochs=5, validation_split=0.5, validation_freq=[1, 5], verbose=0)
    assert len(history.history["val_reward"]) == 2


async def test_initial_epoch_counts_on():
    program, _ = await compiled_program(perfect, optimizer=Idle())
    assert (await program.fit(*data(4), epochs=5, initial_epoch=3, verbose=0)).epoch == [3, 4]


async def test_what_a_callback_adds_to_the_logs_the_later_ones_see(tmp_path):
    class Adds(Callback):
        async def on_epoch_end(self, epoch, logs=None):
            logs["cost"] = 2.5

    program, _ = await compiled_program(perfect, optimizer=Idle())
    with pytest.warns(synalinks.errors.SynalinksWarning, match="cost"):
        history = await program.fit(*data(4), verbose=0, callbacks=[Adds(), CSVLogger(tmp_path / "run.csv")])
    assert history.history["cost"] == [2.5]


async def test_a_callback_that_sets_variables_counts_for_the_next_batch():
    class Sets(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.program.set_variables({"generator/instruction": f"After batch {batch}."})

    program, model = await compiled_program(perfect, optimizer=Idle())
    await program.fit(*data(4), batch_size=2, verbose=0, callbacks=[Sets()])
    shown = [request.messages[0]["content"] for request in model.requests]
    assert shown[2:] == ["After batch 0."] * 2
    assert program.get_variables()["generator/instruction"] == "After batch 1."


async def test_a_callbacks_own_evaluate_has_its_own_figures_and_hooks():
    class Checks(Recorder):
        async def on_epoch_end(self, epoch, logs=None):
            logs["extra"] = (await self.program.evaluate(*data(2), verbose=0))["reward"]

    checks = Checks()
    program, _ = await compiled_program(perfect, optimizer=Idle())
    history = await program.fit(*data(4), verbose=0, callbacks=[checks])
    assert history.history["extra"] == [1.0]
    assert not [call for call in checks.calls if "test" in call[0]]


@pytest.mark.parametrize("kind", ["generator", "function", "async", "batches"])
async def test_generators_of_samples_and_of_batches(kind):
    x, y = data(6)

    def samples():
        yield from zip(x, y, strict=True)

    async def later():
        for pair in zip(x, y, strict=True):
            yield pair

    def batches():
        yield x[:3], y[:3]
        yield x[3:], y[3:]

    given = {"generator": samples(), "function": samples, "async": later, "batches": batches}[kind]
    program, model = await compiled_program(perfect, optimizer=Idle())
    options = {"steps_per_epoch": 2} if kind == "generator" else {"epochs": 2}
    history = await program.fit(given, batch_size=3, shuffle=False, verbose=0, **options)
    assert history.history["reward"] == [1.0] * len(history.epoch)
    assert [problem_of(r) for r in model.requests] == [p.problem for p in x] * len(history.epoch)


async def test_one_pass_of_a_generator_serves_several_epochs():
    x, y = data(6)
    program, model = await compiled_program(perfect, optimizer=Idle())
    await program.fit(
        zip(x, y, strict=True), batch_size=2, steps_per_epoch=1, epochs=3, verbose=0, shuffle=False
    )
    assert [problem_of(r) for r in model.requests] == [p.problem for p in x]


async def test_a_generator_that_ends_early_stops_the_training_with_a_warning():
    x, y = data(4)
    program, model = await compiled_program(perfect, optimizer=Idle())
    with pytest.warns(synalinks.errors.SynalinksWarning, match="ran out before epoch 3"):
        history = await program.fit(
            zip(x, y, strict=True),
            batch_size=2,
            steps_per_epoch=1,
            epochs=5,
            verbose=0,
            shuffle=False,
            validation_data=(x[:1], y[:1]),
        )
    assert (len(history.epoch), history.stopped_by) == (2, "data")
    assert len(model.requests) == 4 + 2, "an epoch without data is neither validated nor recorded"


async def test_rows_of_a_table_hold_inputs_and_targets():
    import pandas

    x, y = data(6)
    table = pandas.DataFrame({"problem": [p.problem for p in x], "answer": [a.answer for a in y]})
    program, _ = await compiled_program(perfect)
    assert (await program.evaluate(table, verbose=0))["reward"] == 1.0
    history = await program.fit(table[["problem"]], table["answer"], validation_split=0.5, verbose=0)
    assert history.history["val_reward"] == [1.0]


async def test_on_batch_methods():
    program, model = await compiled_program()
    logs = await program.train_on_batch(*data(8), seed=1)
    assert set(logs) == {"reward", "failed"}
    assert program.get_variables()["generator/examples"]
    first = await program.test_on_batch(*data(4))
    x, y = data(4)
    second = await program.test_on_batch(x, [Answer(answer=-9.0)] * 4)
    assert second["reward"] == first["reward"] / 2
    program.reset_metrics()
    assert await program.test_on_batch(x, y) == first
    assert len(await program.predict_on_batch(x)) == 4
    assert model.requests


async def test_selection_split_holds_out_samples_for_the_optimizer_alone():
    seen = []

    class Looks(Optimizer):
        async def step(self, context):
            seen.append([sample.index for sample in context.selection])
            candidate = context.propose({"generator/instruction": "Try."}, operator="test")
            scores = await context.score([candidate])
            seen.append(sorted(scores[0].values()))
            context.decide(candidate, accepted=True, reason="test")

    program, model = await compiled_program(perfect, optimizer=Looks())
    await program.fit(*data(10), validation_split=0.2, selection_split=0.25, shuffle=False, verbose=0)
    assert seen == [[6, 7], [1.0, 1.0]]
    assert program.get_variables()["generator/instruction"] == "Try."
    assert len(model.requests) == 6 + 2 + 2


async def test_events_tell_of_steps_and_epochs():
    heard = []

    class Ears(Hook):
        def on_event(self, event):
            if isinstance(event, OptimizerStepEnded | EpochEnded):
                heard.append(event)

    add_hook(Ears())
    program, _ = await compiled_program(skilled)
    await program.fit(*data(8), batch_size=4, verbose=0, seed=1)
    assert [type(event).__name__ for event in heard] == [
        "OptimizerStepEnded",
        "OptimizerStepEnded",
        "EpochEnded",
    ]
    assert heard[0].candidates
    assert [(event.epoch, event.step) for event in heard] == [(0, 0), (0, 1), (0, None)]


async def test_calls_know_their_place():
    program, _ = await compiled_program(perfect, optimizer=Idle())
    _, outcomes = await program.evaluate(*data(2), verbose=0, return_outcomes=True)
    record = outcomes[1].records[0]
    assert (record.phase, record.sample, record.module, record.purpose) == ("test", 1, "generator", "program")
    assert outcomes[1].trace[0].module == "generator"


async def test_the_same_program_can_be_evaluated_from_several_tasks():
    import asyncio

    program, _ = await compiled_program(perfect)
    results = await asyncio.gather(*(program.evaluate(*data(n), verbose=0) for n in (2, 4, 6)))
    assert [r["reward"] for r in results] == [1.0] * 3


@pytest.mark.parametrize("reduction", ["mean", "sum"])
async def test_the_rewards_reduction_is_that_of_the_logs(reduction):
    program, _ = await compiled_program(perfect)
    program.compile(reward=synalinks.rewards.ExactMatch(reduction=reduction))
    expected = {"mean": 1.0, "sum": 6.0}[reduction]
    assert (await program.evaluate(*data(6), verbose=0))["reward"] == expected
