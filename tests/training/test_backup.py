"""A run that was interrupted ends like one that was not."""

import asyncio
import json
import signal
import subprocess
import sys

import pytest

import synalinks
from synalinks.callbacks import BackupAndRestore, Callback
from synalinks.errors import BackupMismatchError, ConfigurationError, DataError, SynalinksWarning
from tests.support.arithmetic import Answer, Problem, compiled_program, data, skilled
from tests.support.resumable import PLACES, train


class CrashError(Exception):
    """The end of a process, played within one."""


def compared(result):
    return {key: value for key, value in result.items() if key != "requests"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What the run gives that nobody interrupts."""
    return compared(asyncio.run(train(tmp_path_factory.mktemp("whole"))))


@pytest.mark.parametrize("save_freq", ["epoch", 1, 2])
@pytest.mark.parametrize("place", PLACES)
async def test_a_run_that_broke_off_ends_like_one_that_did_not(tmp_path, whole, place, save_freq):
    with pytest.raises(CrashError):
        await train(tmp_path, place=place, how=CrashError(), save_freq=save_freq)
    assert compared(await train(tmp_path, save_freq=save_freq)) == whole
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("save_freq", ["epoch", "1"])
def test_a_process_that_was_killed_again_and_again_ends_like_one_that_was_not(tmp_path, whole, save_freq):
    places = ["on_train_batch_end 1", "on_epoch_end 1", "on_test_begin 1", "on_train_end 3"]
    for place in [*places, ""]:
        command = [sys.executable, "-m", "tests.support.resumable", str(tmp_path), place, save_freq]
        process = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert process.returncode == (-signal.SIGKILL if place else 0), process.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert compared(result) == json.loads(json.dumps(whole))


async def test_what_was_done_is_not_paid_for_again(tmp_path):
    with pytest.raises(CrashError):
        await train(tmp_path, place="on_epoch_begin 2", how=CrashError())
    resumed = await train(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    assert resumed["requests"] < (await train(other))["requests"] / 2


async def test_a_finished_run_that_is_kept_gives_its_history_without_a_call(tmp_path):
    first = await train(tmp_path, delete=False)
    again = await train(tmp_path, delete=False)
    assert again["requests"] == 0
    assert compared(again) == compared(first)


async def test_a_run_that_was_told_to_stop_does_not_go_on_after_a_resume(tmp_path):
    class Stops(Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                self.program.stop_training = True

    with pytest.raises(CrashError):
        await train(tmp_path, place="on_train_end 2", how=CrashError(), extra=(Stops(),), epochs=5)
    resumed = await train(tmp_path, extra=(Stops(),), epochs=5)
    assert (resumed["epoch"], resumed["requests"]) == ([0, 1], 0)


async def test_without_a_seed_the_stored_one_is_adopted(tmp_path):
    with pytest.raises(CrashError):
        await train(tmp_path, place="on_epoch_end 1", how=CrashError(), seed=None, delete=False)
    seeds = []

    class Looks(Callback):
        def on_train_begin(self, logs=None):
            seeds.append((self.program.run.seed, self.params["seed"], self.program.run.resumed))

    await train(tmp_path, seed=None, delete=False, extra=(Looks(),))
    state = json.loads(max((tmp_path / "backup").glob("generation-*.json")).read_text())
    assert seeds == [(state["payload"]["run"]["seed"], state["payload"]["run"]["seed"], True)]


CHANGES = {
    "epochs": {"epochs": 4},
    "seed": {"seed": 6},
    "validation_split": {"validation_split": 0.5},
    "shuffle": {"shuffle": False},
    "selection_split": {"selection_split": 0.25},
    "validation_freq": {"validation_freq": 2},
    "steps_per_epoch": {"steps_per_epoch": 1},
}


@pytest.mark.parametrize("name", CHANGES)
async def test_other_options_are_refused_with_both_values(tmp_path, name):
    with pytest.raises(CrashError):
        await train(tmp_path, place="on_epoch_end 0", how=CrashError())
    with pytest.raises(BackupMismatchError) as caught:
        await train(tmp_path, **CHANGES[name])
    assert name in caught.value.differences
    assert "another backup_dir" in str(caught.value)


async def mismatch(
    directory, *, fn=skilled, x_y=None, reward="exact_match", metrics=None, optimizer=None, setup=None
):
    """The names of what differs from the run in `directory`; nothing is called."""
    program, model = await compiled_program(fn)
    program.compile(optimizer=optimizer or "random_few_shot", reward=reward, metrics=metrics)
    if setup:
        setup(program)
    with pytest.raises(BackupMismatchError) as caught:
        await program.fit(*(x_y or data(8)), seed=1, verbose=0, callbacks=[BackupAndRestore(directory)])
    assert model.requests == []
    return set(caught.value.differences)


async def test_another_program_optimizer_reward_metric_or_data_is_refused(tmp_path):
    directory = tmp_path / "backup"
    program, _ = await compiled_program()

    class Breaks(Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise CrashError

    with pytest.raises(CrashError):
        await program.fit(*data(8), seed=1, verbose=0, callbacks=[BackupAndRestore(directory), Breaks()])

    x, y = data(8)
    other = [*y[:-1], type(y[0])(answer=99.0)]
    assert await mismatch(directory, x_y=(x, other)) == {"training data.hash"}
    assert await mismatch(directory, optimizer=synalinks.optimizers.RandomFewShot(1, 2)) == {
        "optimizer.config.nb_max_examples"
    }
    assert await mismatch(directory, reward=synalinks.rewards.ExactMatch(in_mask=["answer"])) == {
        "reward.config.in_mask"
    }
    assert await mismatch(directory, metrics=[synalinks.metrics.BinaryF1Score()]) == {"metrics"}
    assert await mismatch(
        directory, setup=lambda p: p.set_variables({"generator/instruction": "Other."})
    ) == {"variables.generator/instruction"}

    def deterministic(p):
        p.get_module("generator").parameters["temperature"] = 0.0
        p.get_module("generator")._constructor_arguments["temperature"] = 0.0

    assert await mismatch(directory, setup=deterministic) == {
        "program.config.modules.generator.config.temperature"
    }


async def test_concurrency_callbacks_and_verbose_may_change(tmp_path, whole):
    with pytest.raises(CrashError):
        await train(tmp_path, place="on_epoch_end 1", how=CrashError())
    resumed = await train(tmp_path, max_concurrency=1, extra=(Callback(),))
    assert compared(resumed) == whole


async def test_changed_source_of_a_reward_warns_and_goes_on(tmp_path):
    first = lambda y_true, y_pred: float(y_true == y_pred)  # noqa: E731 - its source is what changes
    second = lambda y_true, y_pred: float(y_pred == y_true)  # noqa: E731
    for function in (first, second):
        function.__name__ = function.__qualname__ = "judge"

    async def run(reward, how=None):
        program, _ = await compiled_program()
        program.compile(optimizer="random_few_shot", reward=reward)

        class Breaks(Callback):
            def on_epoch_end(self, epoch, logs=None):
                if how:
                    raise how

        await program.fit(*data(8), seed=1, verbose=0, callbacks=[BackupAndRestore(tmp_path / "b"), Breaks()])

    with pytest.raises(CrashError):
        await run(first, CrashError())
    with pytest.warns(SynalinksWarning, match="source of judge"):
        await run(second)


async def test_state_that_is_not_json_fails_before_the_first_call_with_its_name(tmp_path):
    class Odd(Callback):
        def state_dict(self):
            return {"when": {1, 2}}

    program, model = await compiled_program()
    with pytest.raises(ConfigurationError, match=r"'Odd'.*'when'"):
        await program.fit(*data(8), verbose=0, callbacks=[BackupAndRestore(tmp_path / "b"), Odd()])
    assert model.requests == []

    class OddOptimizer(synalinks.optimizers.RandomFewShot):
        def state_dict(self):
            return {"when": {1, 2}}

    program.compile(optimizer=OddOptimizer(), reward="exact_match")
    with pytest.raises(ConfigurationError, match="optimizer 'odd_optimizer'"):
        await program.fit(*data(8), verbose=0, callbacks=[BackupAndRestore(tmp_path / "c")])
    assert model.requests == []


async def test_the_backup_holds_what_callbacks_after_it_in_the_list_know(tmp_path):
    class Counts(Callback):
        def __init__(self):
            self.epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1

        def state_dict(self):
            return {"epochs": self.epochs}

        def load_state_dict(self, state):
            self.epochs = state["epochs"]

    class Breaks(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise CrashError

    async def run(*last):
        counts = Counts()
        program, _ = await compiled_program()
        await program.fit(
            *data(8),
            seed=1,
            epochs=3,
            verbose=0,
            callbacks=[BackupAndRestore(tmp_path / "b"), counts, *last],
        )
        return counts.epochs

    with pytest.raises(CrashError):
        await run(Breaks())
    assert await run() == 3


@pytest.mark.parametrize("reusable", [True, False])
async def test_a_stream_is_drawn_again_and_checked(tmp_path, reusable):
    x, y = data(12)

    def samples(answers=y):
        return zip(x, answers, strict=True)

    async def run(given, directory, how=None):
        program, _ = await compiled_program()

        class Breaks(Callback):
            def on_train_batch_end(self, batch, logs=None):
                if how and self.program.run.epoch == 1:
                    raise how

        options = {} if reusable else {"steps_per_epoch": 2}
        history = await program.fit(
            given if reusable else given(),
            batch_size=2,
            epochs=3,
            seed=1,
            shuffle=False,
            verbose=0,
            callbacks=[BackupAndRestore(tmp_path / directory, save_freq=1), Breaks()],
            **options,
        )
        return history.history, program.get_variables()

    whole = await run(samples, "whole")
    with pytest.raises(CrashError):
        await run(samples, "broken", CrashError())
    with pytest.raises(DataError, match="other data than before"):
        await run(lambda: zip(x[::-1], y[::-1], strict=True), "broken")
    assert await run(samples, "broken") == whole


async def test_nothing_is_committed_after_an_exception(tmp_path):
    with pytest.raises(CrashError):
        await train(tmp_path, place="on_test_end 1", how=CrashError(), save_freq=1)
    newest = json.loads(max((tmp_path / "backup").glob("generation-*.json")).read_text())["payload"]
    # The last batch of epoch 1 was backed up before validation; the variables brought back later were not.
    assert (newest["run"]["epoch"], newest["run"]["step"]) == (1, 3)


async def test_another_server_of_the_same_model_is_no_difference_and_another_model_is(tmp_path):
    from synalinks.testing import ChatServer

    async def run(model, *callbacks):
        x = synalinks.Input(data_model=Problem)
        y = await synalinks.Generator(data_model=Answer, language_model=model)(x)
        program = synalinks.Program(inputs=x, outputs=y)
        program.compile(optimizer="random_few_shot", reward="exact_match")
        await program.fit(
            *data(4), epochs=2, seed=1, verbose=0, callbacks=[BackupAndRestore(tmp_path / "b"), *callbacks]
        )

    class Breaks(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise CrashError

    async with (
        ChatServer(lambda body: {"answer": 1.0}) as first,
        ChatServer(lambda body: {"answer": 1.0}) as second,
    ):
        with pytest.raises(CrashError):
            await run(synalinks.LanguageModel("vllm/a", api_base=first.url), Breaks())
        synalinks.set_default_language_model(synalinks.LanguageModel("vllm/b", api_base=second.url))
        for other in (synalinks.LanguageModel("vllm/b", api_base=second.url), None):
            with pytest.raises(BackupMismatchError, match=r"vllm/a.*vllm/b"):
                await run(other)
        with pytest.raises(BackupMismatchError, match="temperature"):
            await run(synalinks.LanguageModel("vllm/a", api_base=second.url, temperature=0.5))
        with pytest.raises(BackupMismatchError, match="vllm/c"):
            await run(synalinks.LanguageModel("vllm/a", api_base=second.url, fallback="vllm/c"))
        reached = {"timeout": 5.0, "connect_timeout": 4.0, "requests_per_minute": 9999, "cache": "memory"}
        await run(synalinks.LanguageModel("vllm/a", api_base=second.url, **reached))
        assert second.requests
