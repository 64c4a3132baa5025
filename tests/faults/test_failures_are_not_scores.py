"""Failures on the way of a call change nothing about a training: not its course, and not its end."""

from __future__ import annotations

import asyncio

import pytest

from synalinks.callbacks import Callback
from synalinks.errors import AuthenticationError, OutageError
from synalinks.language_models import Retry
from synalinks.optimizers import Optimizer
from synalinks.testing import ChatServer
from synalinks.training import _outage
from tests.faults.scenario import (
    FAULTS,
    TIMEOUT,
    Faulty,
    Reply,
    Switched,
    kept_failures,
    language_model,
    train,
)
from tests.support.arithmetic import problem_of

pytestmark = pytest.mark.filterwarnings("ignore:.*took over 50 ms")  # on a machine with much else to do

ONCE = Retry(max_tries=1)


class CrashError(Exception):
    """The end of a process, played within one."""


class Crashes(Callback):
    def __init__(self, batch=1):
        self.batch = batch

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.batch:
            raise CrashError


class Idle(Optimizer):
    """Makes no calls and changes nothing."""

    async def step(self, context):
        """Do nothing."""


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(_outage, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(_outage, "LONGEST_PAUSE", 0.01)


@pytest.fixture
def place(tmp_path):
    """Makes directories of their own."""

    def make(name):
        (tmp_path / name).mkdir()
        return tmp_path / name

    return make


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a training gives that nothing fails in, and how many calls it makes."""

    async def run():
        served = Switched()
        async with ChatServer(served) as server:
            return await train(tmp_path_factory.mktemp("whole"), language_model(server.url)), served.answered

    return asyncio.run(run())


# --- Single calls that fail ----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
async def test_with_thirty_percent_of_the_requests_failing_a_training_ends_as_without(place, whole, seed):
    faulty = Faulty(seed=seed)
    async with ChatServer(faulty) as server:
        assert await train(place("run"), language_model(server.url, timeout=TIMEOUT)) == whole[0]
    assert faulty.injected.total() > 20
    assert faulty.answered >= whole[1]  # an answer that comes too late on a busy machine is asked for again


@pytest.mark.parametrize("kind", FAULTS)
async def test_no_fault_is_taken_for_a_score(place, whole, kind):
    faulty = Faulty(kind, share=0.1 if kind == "timeout" else 0.5)
    patience = TIMEOUT if kind == "timeout" else 60.0
    async with ChatServer(faulty) as server:
        assert await train(place("run"), language_model(server.url, timeout=patience)) == whole[0]
    assert faulty.injected[kind] > 1


# --- Outages -------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [0, 6, 13, 20, 42])
async def test_an_outage_is_waited_out_with_one_line(place, whole, capsys, begin):
    """It begins in a batch, among candidates, or in validation."""
    served = Switched(lambda number, body: "503" if begin <= number < begin + 60 else None)
    async with ChatServer(served) as server:
        model = language_model(server.url, retry=ONCE)
        result = await train(place("run"), model, outage_timeout=60, verbose=2)
    assert result == whole[0]
    assert served.answered == whole[1]
    assert capsys.readouterr().out.count("failed on their way") == 1


@pytest.mark.parametrize("begin", [0, 6, 13, 20, 42])
async def test_a_longer_outage_ends_the_training_which_can_be_resumed(place, whole, begin):
    directory = place("run")
    served = Switched(lambda number, body: "500" if number >= begin else None)
    async with ChatServer(served) as server:
        model = language_model(server.url, retry=ONCE)
        with pytest.raises(OutageError, match=r"outage_timeout of 0 s.*run the same script again") as caught:
            await train(directory, model, outage_timeout=0.02)
        assert caught.value.failed > 0
        assert kept_failures(directory / "backup") == 0
        served.fails = lambda number, body: None
        assert await train(directory, model) == whole[0]
    assert served.answered == whole[1]  # nothing was paid for twice, and all of it once


@pytest.mark.parametrize(("asked", "patience"), [(7200, 600), (200, 100)])
async def test_a_server_that_asks_for_a_longer_wait_ends_it_at_once(place, whole, asked, patience):
    directory = place("run")
    limited = Reply(status=429, headers={"Retry-After": str(asked)})
    served = Switched(lambda number, body: limited if number >= 6 else None)
    async with ChatServer(served) as server:
        model = language_model(server.url, retry=Retry(initial=0.001))
        with pytest.raises(OutageError, match=rf"asked to wait {asked} s.*run the same script again"):
            await train(directory, model, outage_timeout=patience)
        served.fails = lambda number, body: None
        assert await train(directory, model) == whole[0]
    assert served.answered == whole[1]


async def test_an_outage_without_a_backup_says_that_nothing_is_kept(place):
    async with ChatServer(Switched(lambda number, body: "503")) as server:
        with pytest.raises(OutageError, match=r"Nothing of the run is kept.*BackupAndRestore"):
            await train(place("run"), language_model(server.url, retry=ONCE), backup=False, outage_timeout=0)


# --- A few that fail for good --------------------------------------------------------------


def never(*problems):
    """A server that fails whenever one of the problems is asked."""
    from types import SimpleNamespace

    return Switched(lambda number, body: "503" if problem_of(SimpleNamespace(**body)) in problems else None)


FLAT = {"optimizer": Idle(), "count": 10, "batch_size": 5, "epochs": 1, "validation_split": 0.0}


async def test_a_fifth_of_a_step_may_fail_and_is_counted(place):
    async with ChatServer(never("3+10", "4+6")) as server:
        model = language_model(server.url, retry=ONCE)
        result = await train(place("run"), model, shuffle=False, **{**FLAT, "batch_size": 10})
    assert result["history"]["failed"] == [2.0]


async def test_more_than_a_fifth_is_run_again_and_only_what_failed(place):
    served = Switched(lambda number, body: "503" if number in (0, 1) else None)
    async with ChatServer(served) as server:
        result = await train(place("run"), language_model(server.url, retry=ONCE), shuffle=False, **FLAT)
        assert len(server.requests) == 10 + 2
    assert result["history"]["failed"] == [0.0]


async def test_failures_of_a_step_that_was_committed_stay_in_the_resumed_run(place):
    directory = place("run")
    failing = never("3+10")
    async with ChatServer(failing) as server:
        model = language_model(server.url, retry=ONCE)
        with pytest.raises(CrashError):
            await train(directory, model, Crashes(0), shuffle=False, **FLAT)
        assert kept_failures(directory / "backup") == 1
        failing.fails = lambda number, body: None  # the server is well again
        asked = len(server.requests)
        result = await train(directory, model, shuffle=False, **FLAT)
        assert len(server.requests) == asked + 5  # the second batch alone
    assert result["history"]["failed"] == [1.0]


async def test_failures_of_a_step_that_was_not_committed_are_forgotten(place):
    class Breaks(Idle):
        broken = False

        async def step(self, context):
            if not Breaks.broken:
                Breaks.broken = True
                raise CrashError

    directory = place("run")
    failing = never("3+10")
    async with ChatServer(failing) as server:
        model = language_model(server.url, retry=ONCE)
        options = {**FLAT, "shuffle": False, "optimizer": Breaks()}
        with pytest.raises(CrashError):
            await train(directory, model, **options)
        assert kept_failures(directory / "backup") == 0
        failing.fails = lambda number, body: None
        result = await train(directory, model, **options)
    assert result["history"]["failed"] == [0.0]


async def test_a_failure_that_ended_the_run_is_not_kept(place):
    directory = place("run")
    refused = Reply(status=401, body={"error": {"message": "No such key."}})
    served = Switched(lambda number, body: refused if number == 7 else None)
    async with ChatServer(served) as server:
        with pytest.raises(AuthenticationError):
            await train(directory, language_model(server.url), **FLAT)
        assert kept_failures(directory / "backup") == 0
        assert (await train(directory, language_model(server.url), **FLAT))["history"]["failed"] == [0.0]
