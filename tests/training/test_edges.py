"""What is rare and must be right all the same."""

import asyncio

import pytest

import synalinks
from synalinks import DataModel, Generator, Input, Program
from synalinks.callbacks import BackupAndRestore, Callback, EarlyStopping
from synalinks.errors import CallTimeoutError, DataError, InvalidOutputError, ProgramError
from synalinks.optimizers import Optimizer, RandomFewShot
from synalinks.testing import FunctionModel
from tests.support.arithmetic import Answer, Problem, compiled_program, data, perfect, shown, solve
from tests.support.arithmetic import problem_of as asked


class Idle(Optimizer):
    async def step(self, context):
        pass


class Hears(Callback):
    """Keeps the exceptions it hears of."""

    def __init__(self):
        self.heard = []

    def on_exception(self, exception):
        self.heard.append(type(exception))


async def test_a_hook_that_cancels_itself_is_an_error():
    class Cancels(Hears):
        async def on_test_batch_begin(self, batch, logs=None):
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            await future

    callback = Cancels()
    program, _ = await compiled_program(perfect, optimizer=Idle())
    with pytest.raises(ProgramError, match="CancelledError"):
        await program.fit(*data(4), validation_split=0.5, verbose=0, callbacks=[callback])
    assert callback.heard == [ProgramError]


class Voting(Program):
    """Asks several times at once and takes the first answer."""

    def __init__(self, errors):
        super().__init__()
        self.generator = Generator(data_model=Answer, language_model=FunctionModel(perfect))
        self.errors = errors

    async def call(self, inputs):
        async def vote(number):
            if inputs["problem"] == "0+0" and number < len(self.errors):
                raise self.errors[number]
            with synalinks.branch(f"vote {number}"):
                return await self.generator(inputs)

        async with asyncio.TaskGroup() as group:
            votes = [group.create_task(vote(number)) for number in range(3)]
        return votes[0].result()


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([CallTimeoutError("slow")], {"reward": 1.0, "failed": 1.0}),
        ([InvalidOutputError("bad")], {"reward": 0.75, "failed": 0.0}),
        ([InvalidOutputError("bad"), CallTimeoutError("slow")], {"reward": 1.0, "failed": 1.0}),
    ],
)
async def test_groups_of_failures_are_unwrapped(errors, expected):
    program = Voting(errors)
    program.compile(reward="exact_match")
    assert await program.evaluate(*data(4), verbose=0) == expected


async def test_another_error_in_a_group_comes_out_itself():
    program = Voting([CallTimeoutError("slow"), ZeroDivisionError("mine")])
    program.compile(reward="exact_match")
    with pytest.raises(ZeroDivisionError, match="mine"):
        await program.evaluate(*data(4), verbose=0)


async def test_a_second_fit_with_other_held_out_samples_trains():
    def answer(request):
        return {"answer": solve(asked(request)) if shown(request) else -1.0}

    program, _ = await compiled_program(answer, optimizer=RandomFewShot(min_gain=2.0))
    x, y = data(24)
    await program.fit(x[:12], y[:12], selection_split=0.5, seed=1, verbose=0)
    program.compiled.optimizer.min_gain = 0.0
    history = await program.fit(x[12:], y[12:], selection_split=0.5, epochs=2, seed=1, verbose=0)
    assert history.history["reward"] == [0.0, 1.0]


async def test_examples_that_repeat_a_sample_keep_it_from_scoring_whoever_put_them_there():
    x, y = data(6)
    scored = []

    class Looks(RandomFewShot):
        async def step(self, context):
            inner = context.score_each

            async def score_each(jobs):
                scored.extend(sample.x["problem"] for _, samples in jobs for sample in samples)
                return await inner(jobs)

            context.score_each = score_each
            await super().step(context)

    program, _ = await compiled_program(perfect, optimizer=Looks())
    example = {"inputs": x[2].get_json(), "outputs": y[2].get_json()}
    program.set_variables({"generator/examples": [example]})
    await program.fit(x, y, seed=1, verbose=0)
    assert scored
    assert x[2].problem not in scored


async def test_targets_that_are_missing_somewhere_are_found_before_the_first_call():
    x, y = data(8)
    program, model = await compiled_program()
    with pytest.raises(DataError, match="validation_data"):
        await program.fit(x, y, validation_data=x, verbose=0)
    with pytest.raises(DataError, match="sample 7"):
        await program.fit(x, [*y[:7], None], verbose=0)
    with pytest.raises(DataError):
        await program.fit(x, y, validation_data=lambda: iter(()), verbose=0)
    assert model.requests == []


@pytest.mark.parametrize(("hook", "epochs", "batches"), [("on_train_begin", 0, 0), ("on_epoch_begin", 1, 1)])
async def test_stopping_before_the_first_batch(hook, epochs, batches):
    class Stops(Callback):
        pass

    def stop(self, *args):
        self.program.stop_training = True

    setattr(Stops, hook, stop)
    program, model = await compiled_program(perfect, optimizer=Idle())
    history = await program.fit(*data(8), batch_size=2, epochs=3, verbose=0, callbacks=[Stops()])
    assert (len(history.epoch), len(model.requests)) == (epochs, 2 * batches)
    assert history.stopped_by == "callback"


async def test_a_stop_in_the_last_epoch_is_no_early_end():
    program, _ = await compiled_program(perfect, optimizer=Idle())
    stop = EarlyStopping(monitor="reward", patience=1)
    history = await program.fit(*data(2), epochs=2, verbose=0, callbacks=[stop])
    assert stop.stopped_epoch == 1
    assert history.stopped_by is None


async def test_fit_again_in_the_same_process_goes_on_after_an_error(tmp_path):
    class Breaks(Callback):
        broken = False

        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2 and not self.broken:
                self.broken = True
                raise ZeroDivisionError

    breaks = Breaks()
    program, _ = await compiled_program()

    async def fit():
        return await program.fit(
            *data(12),
            batch_size=4,
            epochs=4,
            seed=1,
            verbose=0,
            callbacks=[BackupAndRestore(tmp_path / "b"), breaks],
        )

    with pytest.raises(ZeroDivisionError) as caught:
        await fit()
    assert "run the same script again" in caught.value.__notes__[-1]
    history = await fit()
    assert history.epoch == [0, 1, 2, 3]
    assert program.run.resumed


async def test_an_evaluation_beside_a_training_sees_one_set_of_variables():
    gates = {"train": asyncio.Event(), "test": asyncio.Event()}
    seen = []

    async def answer(request):
        instruction = request.messages[0]["content"]
        seen.append(instruction)
        if len(seen) == 1:
            gates["train"].set()
            await gates["test"].wait()
        return {"answer": 0.0}

    class Changes(Optimizer):
        async def step(self, context):
            candidate = context.propose({"generator/instruction": "New."})
            context.decide(candidate, accepted=True, reason="test")

    program, _ = await compiled_program(answer, optimizer=Changes())
    program.set_variables({"generator/instruction": "Old."})

    async def train():
        await gates["train"].wait()
        await program.fit(*data(1), verbose=0)
        gates["test"].set()

    _, logs = await asyncio.gather(train(), program.evaluate(*data(3), max_concurrency=1, verbose=0))
    assert logs["failed"] == 0.0
    assert program.get_variables()["generator/instruction"] == "New."
    assert seen == ["Old."] * 4, "the training's own call and the three of the evaluation"


class Verdict(DataModel):
    """Another data model than the program's."""

    verdict: float


async def test_a_seed_out_of_range_is_refused():
    program, model = await compiled_program()
    for seed in (2**63, -1):
        with pytest.raises(synalinks.errors.ConfigurationError, match="seed"):
            await program.fit(*data(2), seed=seed, verbose=0)
    assert model.requests == []


async def test_a_judge_inside_the_reward_is_not_the_programs_own():
    judge_model = FunctionModel(lambda request: {"verdict": 1.0})
    answer = Input(data_model=Answer)
    verdict = await Generator(data_model=Verdict, language_model=judge_model)(answer)
    judge = Program(inputs=answer, outputs=verdict)

    async def judged(y_true, y_pred):
        return (await judge(y_pred)).verdict

    program, _ = await compiled_program(perfect)
    program.compile(optimizer="random_few_shot", reward=judged)
    await program.fit(*data(6), epochs=2, seed=1, verbose=0)
    shown_inputs = [e["inputs"] for e in program.get_variables()["generator/examples"]]
    pool = program.compiled.optimizer.state_dict()["pool"]["generator/examples"]
    assert all(set(example["inputs"]) == {"problem"} for _, _, example in pool)
    assert all(set(inputs) == {"problem"} for inputs in shown_inputs)
    assert Problem


async def test_a_judge_whose_answers_cannot_be_used_is_no_outage(tmp_path):
    judge_model = FunctionModel(lambda request: "no verdict")
    answer = Input(data_model=Answer)
    judge = Program(
        inputs=answer, outputs=await Generator(data_model=Verdict, language_model=judge_model)(answer)
    )

    async def judged(y_true, y_pred):
        return (await judge(y_pred)).verdict

    program, _ = await compiled_program(perfect, optimizer=Idle())
    program.compile(optimizer=Idle(), reward=judged)
    history = await program.fit(*data(3), verbose=0, callbacks=[BackupAndRestore(tmp_path / "b")])
    assert history.history["failed"] == [3.0]
    _, outcomes = await program.evaluate(*data(1), verbose=0, return_outcomes=True)
    assert (outcomes[0].failure.kind, outcomes[0].score) == ("reward", None)
