"""`check_resume` finds what its documentation says it finds."""

from __future__ import annotations

import asyncio
import os
import time

import pytest
from tests.support.arithmetic import Answer, compiled_program, data, skilled

import synalinks
from synalinks.callbacks import BackupAndRestore, Callback, CSVLogger
from synalinks.errors import ConfigurationError, ResumeError
from synalinks.optimizers import RandomFewShot
from synalinks.testing import FunctionModel, check_resume


def training(*callbacks, fn=skilled, optimizer="random_few_shot", reward="exact_match", **options):
    """Return a `make_run`; `callbacks` are classes or functions that make them."""

    async def make_run():
        program, _ = await compiled_program(fn, optimizer=optimizer)
        if reward != "exact_match":
            program.compile(optimizer=optimizer, reward=reward)
        x, y = data(8)
        made = [make() for make in callbacks]
        return program, {
            "x": x, "y": y, "epochs": 3, "batch_size": 4, "verbose": 0, "callbacks": made, **options
        }  # fmt: skip

    return make_run


def failure(make_run, **options):
    with pytest.raises(ResumeError) as caught:
        check_resume(make_run, **{"kills": 16, **options})
    return caught.value


def test_a_training_that_resumes_passes_and_the_report_says_what_was_tried():
    report = check_resume(training(Saving, lambda: CSVLogger("run.csv")), kills=8)
    assert (report.tried, report.random, report.chains) == (8, 2, 1)
    assert report.kills >= 8
    assert report.points > 40
    assert report.calls > 20
    assert report.ignored == ()
    assert repr(report).startswith(f"ResumeReport: killed {report.kills} times in 11 trainings")
    assert "each of the" in repr(report)


def test_nothing_is_left_behind_and_the_parent_is_as_before(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = os.listdir("/dev/shm") if os.path.isdir("/dev/shm") else []
    check_resume(training(lambda: CSVLogger("run.csv"), lambda: BackupAndRestore(tmp_path / "mine")), kills=2)
    assert os.listdir(tmp_path) == []
    assert os.getcwd() == str(tmp_path)
    assert not {n for n in set(os.listdir("/dev/shm")) - set(before) if n.startswith("synalinks-resume-")}


class Counter(Callback):
    def __init__(self):
        self.epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1


def test_an_attribute_that_is_not_saved_is_named():
    error = failure(training(Counter))
    assert (error.kind, error.name) == ("attribute", "callback Counter, attribute 'epochs'")
    assert error.expected == 3
    assert error.found < 3
    assert "not in state_dict()" in str(error)
    assert error.killed
    assert "It was killed at write point" in str(error)


class Forgetful(Counter):
    def state_dict(self):
        return {"epochs": self.epochs}


def test_an_attribute_that_is_saved_and_not_taken_over_is_told_apart():
    assert "load_state_dict() does not take it over" in str(failure(training(Forgetful)))


class Saving(Forgetful):
    def load_state_dict(self, state):
        self.epochs = state["epochs"]


class Timed(Saving):
    def on_train_begin(self, logs=None):
        self.since = time.time()


def test_times_of_day_are_not_compared():
    report = check_resume(training(Timed), kills=4)
    assert report.ignored == ("callback Timed, attribute 'since'",)
    assert repr(report).endswith("Not compared: callback Timed, attribute 'since'.")


class Log(Callback):
    def on_epoch_end(self, epoch, logs=None):
        with open("log.txt", "a") as file:
            file.write(f"{epoch}\n")


def test_a_file_that_differs_is_named_with_its_line():
    error = failure(training(Log), kills=40)
    assert (error.kind, error.name) == ("file", "log.txt")
    assert "differs in line" in str(error)


class Greedy(RandomFewShot):
    """Keeps its best gain for itself."""

    def __init__(self, **options):
        super().__init__(**options)
        self.steps = 0

    async def step(self, context):
        self.steps += 1
        await super().step(context)


def test_an_optimizer_that_does_not_save_all_is_named():
    error = failure(training(optimizer=Greedy()))
    assert (error.kind, error.name) == ("attribute", "optimizer 'greedy', attribute 'steps'")


class Heavy(Callback):
    """Changes the program by something that it does not save."""

    def __init__(self):
        self._seen = iter(range(100))  # nothing that could be compared

    def on_epoch_end(self, epoch, logs=None):
        self.program.set_variables({"generator/instruction": f"Epoch {next(self._seen)}."})


def test_variables_that_differ_are_named():
    error = failure(training(Heavy))
    assert (error.kind, error.name) == ("variables", "generator/instruction")
    assert error.expected == "Epoch 2."


def test_a_training_that_depends_on_chance_is_found_without_a_kill():
    error = failure(training(reward=lambda y_true, y_pred: float(os.urandom(1)[0])))
    assert error.kind == "random"
    assert error.killed == ()
    assert "something else than the seed" in str(error)


class Fails(Callback):
    def on_train_begin(self, logs=None):
        if self.program.run.resumed:
            print("about to fail")
            raise ValueError("no second time")


def test_a_training_that_cannot_be_resumed_shows_why():
    error = failure(training(Fails))
    assert error.kind == "ending"
    assert "no second time" in str(error)
    assert "about to fail" in str(error)
    assert error.killed


def test_a_training_that_fails_anyway_shows_why():
    error = failure(training(validation_split=2))
    assert error.kind == "ending"
    assert "fails without being killed" in str(error)
    assert "validation_split" in str(error)


class Waits(Callback):
    async def on_train_begin(self, logs=None):
        await asyncio.Event().wait()


def test_a_training_that_hangs_is_ended():
    assert "it had not ended after 1 s" in str(failure(training(Waits), timeout=1.0))


class Exits(Callback):
    def on_train_begin(self, logs=None):
        os._exit(7)


def test_a_process_that_ends_itself_is_reported():
    assert "ended with status 7" in str(failure(training(Exits)))


def voting(*, named, temperature=None):
    """Return a `make_run` whose program asks the same three times at once."""

    async def make_run():
        model = FunctionModel(lambda request: {"answer": 1.0})
        generator = synalinks.Generator(data_model=Answer, language_model=model, temperature=temperature)

        class Votes(synalinks.Program):
            def __init__(self):
                super().__init__(name="votes")
                self.generator = generator

            async def vote(self, inputs, number):
                if not named:
                    return await self.generator(inputs)
                with synalinks.branch(f"vote {number}"):
                    return await self.generator(inputs)

            async def call(self, inputs, training=False):
                return (await asyncio.gather(*(self.vote(inputs, n) for n in range(3))))[0]

        program = Votes()
        program.compile(optimizer=RandomFewShot(nb_candidates=1), reward="exact_match")
        x, y = data(2)
        return program, {"x": x, "y": y, "verbose": 0}

    return make_run


def test_calls_that_race_are_named_and_a_branch_helps():
    error = failure(voting(named=False))
    assert error.kind == "race"
    assert "synalinks.branch" in str(error)
    assert "phase train, epoch 0, batch 0, sample" in error.name
    assert "module 'generator', for the program" in error.name
    assert check_resume(voting(named=True), kills=4).calls == 6
    assert check_resume(voting(named=False, temperature=0.0), kills=4).calls == 6


class Asks(Callback):
    """Asks something else in each process."""

    lm = FunctionModel(lambda request: "fine")

    async def on_epoch_end(self, epoch, logs=None):
        await self.lm(f"Process {os.getpid()}, epoch {epoch}: how is it going?")
        await self.lm("And now?")


@pytest.mark.filterwarnings("ignore::synalinks.errors.SynalinksWarning")
def test_calls_that_ask_something_else_are_named():
    error = failure(training(Asks), kills=80)
    assert error.kind == "changed"
    assert "phase hook:Asks.on_epoch_end" in error.name


def test_make_run_may_be_plain_and_must_return_two_things():
    program = asyncio.run(compiled_program())[0]
    x, y = data(4)
    assert check_resume(lambda: (program, {"x": x, "y": y, "verbose": 0}), kills=2).tried == 2
    error = failure(lambda: program)
    assert "returns (program, arguments)" in str(error)


async def test_it_works_where_an_event_loop_runs():
    assert check_resume(training(), kills=2).tried == 2


def test_systems_that_cannot_fork_are_told_so(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with pytest.raises(ConfigurationError, match="forks processes"):
        check_resume(training())


def test_a_call_that_is_paid_for_twice_is_reported(monkeypatch):
    from synalinks.runs import SqliteJournal

    monkeypatch.setattr(SqliteJournal, "lookup", lambda *arguments, **options: None)
    error = failure(training())
    assert error.kind == "call"
    assert "paid for twice" in str(error)
