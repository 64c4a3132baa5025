"""What SIGINT and SIGTERM do to a training, in processes of their own and in this one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading

import pytest

from synalinks.callbacks import Callback
from synalinks.testing import ChatServer
from tests.faults.scenario import Switched, answer, language_model, train
from tests.support import ROOT

pytestmark = pytest.mark.filterwarnings("ignore:.*took over 50 ms")  # on a machine with much else to do

IN_FLIGHT = 4
RESUME = "run the same script again to go on."


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a training gives that nobody interrupts, and how many calls it makes."""

    async def run():
        served = Switched()
        async with ChatServer(served) as server:
            return await train(tmp_path_factory.mktemp("whole"), language_model(server.url)), served.answered

    return asyncio.run(run())


class Held:
    """A server's function that answers some requests at once, and the others when it is let go.

    Attributes:
        came: Requests that came.
        answered: Requests that were answered.
        full: Set when `IN_FLIGHT` of them wait.
        going: Set to answer everything.
    """

    def __init__(self, at_once):
        self.at_once, self.came, self.answered = at_once, 0, 0
        self.full, self.going = asyncio.Event(), asyncio.Event()

    async def __call__(self, body):
        self.came += 1
        if self.came == self.at_once + IN_FLIGHT:
            self.full.set()
        if self.came > self.at_once:
            await self.going.wait()
        self.answered += 1
        return answer(body)


@contextlib.asynccontextmanager
async def training(held, directory, kind="backup"):
    """A server and a process that trains on it, with `IN_FLIGHT` calls waiting for their answers."""
    async with ChatServer(held) as server:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.child", server.url, str(directory), kind),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(60):
                yield server, child
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()


async def ended(child):
    """Wait for the end of a process; return its lines of output and of errors."""
    out, err = await child.communicate()
    return out.decode().splitlines(), err.decode().splitlines()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_signal_waits_for_calls_in_flight_and_starts_no_others(tmp_path, whole, number):
    held = Held(at_once=6)
    async with training(held, tmp_path) as (server, child):
        await held.full.wait()
        came = held.came
        child.send_signal(number)
        assert f"Waiting up to 600 s for {IN_FLIGHT} calls" in (await child.stdout.readline()).decode()
        held.going.set()
        out, err = await ended(child)
        assert held.came == held.answered == came  # also of the calls that waited for their turn none started
        if number == signal.SIGINT:
            assert child.returncode == -signal.SIGINT
            assert err[-1].startswith("KeyboardInterrupt: The run is kept in")
            assert err[-1].endswith(RESUME)
            assert not any("CancelledError" in line for line in err)
        else:
            assert child.returncode == 143
            assert out[-1].endswith(RESUME)
        assert await train(tmp_path, language_model(server.url)) == whole[0]
        assert held.answered == whole[1]  # what came back was kept, and nothing is paid for twice


async def test_the_second_signal_ends_it_at_once(tmp_path, whole):
    held = Held(at_once=6)
    async with training(held, tmp_path) as (server, child):
        await held.full.wait()
        child.send_signal(signal.SIGINT)
        await child.stdout.readline()
        child.send_signal(signal.SIGINT)
        _, err = await ended(child)  # without their answers
        assert child.returncode == -signal.SIGINT
        assert err[-1].endswith(RESUME)
        held.going.set()
        assert await train(tmp_path, language_model(server.url)) == whole[0]


async def test_the_second_signal_ends_code_that_does_not_give_way(tmp_path):
    held = Held(at_once=1000)
    async with training(held, tmp_path, "blocks") as (_, child):
        assert await child.stdout.readline() == b"blocks\n"
        child.send_signal(signal.SIGINT)
        assert await child.stdout.readline() == b"noticed\n"
        child.send_signal(signal.SIGINT)
        _, err = await ended(child)
        assert child.returncode == -signal.SIGINT
        assert err[-1].startswith("KeyboardInterrupt: The run is kept in")


async def test_without_a_backup_the_first_signal_ends_it_at_once(tmp_path):
    held = Held(at_once=6)
    async with training(held, tmp_path, "plain") as (_, child):
        await held.full.wait()
        child.send_signal(signal.SIGINT)
        out, err = await ended(child)
        assert (child.returncode, out) == (-signal.SIGINT, [])
        assert "Nothing of the run is kept" in err[-1]


# --- Within this process -------------------------------------------------------------------


class Does(Callback):
    """Does something at the end of a batch, or of the training."""

    def __init__(self, hook, what):
        setattr(self, hook, lambda *arguments: what())


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def caught():
    """Signals that reach the handler which was there before."""
    numbers = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda number, frame: numbers.append(number))
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)


def handlers():
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


async def test_handlers_are_there_for_the_time_of_fit_and_put_back(tmp_path, caught):
    before, during = handlers(), []
    async with ChatServer(Switched()) as server:
        await train(
            tmp_path, language_model(server.url), Does("on_epoch_end", lambda: during.append(handlers()))
        )
        assert handlers() == before
        assert all(handler not in before for handler in during[0])

        def fails():
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await train(tmp_path, language_model(server.url), Does("on_epoch_end", fails))
    assert handlers() == before


async def test_a_signal_that_is_ignored_stays_ignored(tmp_path, caught):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    async with ChatServer(Switched()) as server:
        result = await train(tmp_path, language_model(server.url), Does("on_epoch_end", interrupt))
    assert result["epoch"] == [0, 1]


async def test_a_handler_that_python_did_not_set_is_no_obstacle(tmp_path, caught, monkeypatch):
    put, setter = [], signal.signal

    def foreign(number, handler):
        put.append(handler)
        setter(number, handler)  # what it returns in place of the previous handler: None

    monkeypatch.setattr(signal, "signal", foreign)
    async with ChatServer(Switched()) as server:
        await train(tmp_path, language_model(server.url))
    assert put[-2:] == [signal.SIG_DFL] * 2


def test_a_training_in_another_thread_leaves_signals_alone(tmp_path, whole, caught):
    before, during, results = handlers(), [], []

    async def run():
        async with ChatServer(Switched()) as server:
            looks = Does("on_epoch_end", lambda: during.append(handlers()))
            results.append(await train(tmp_path, language_model(server.url), looks))

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    thread.join()
    assert during == [before, before]
    assert results == [whole[0]]


@pytest.fixture
def interruptible():
    """Take SIGINT as a terminal's program does, also where the tests run with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_loop_that_goes_on_as_in_a_notebook_is_left_in_order(tmp_path, whole):
    """The interrupt comes out of the cell; the next cell resumes on the same loop."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()

        async def cell(*callbacks):
            async with ChatServer(Switched()) as server:
                return await train(tmp_path, language_model(server.url), *callbacks)

        with pytest.raises(KeyboardInterrupt, match=RESUME):
            loop.run_until_complete(cell(Does("on_train_batch_end", interrupt)))
        left = asyncio.all_tasks(loop)  # those of the server in the cell
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        assert loop.run_until_complete(cell()) == whole[0]


async def test_a_signal_that_comes_when_all_is_done_is_handed_on(tmp_path, whole, caught):
    async with ChatServer(Switched()) as server:
        result = await train(tmp_path, language_model(server.url), Does("on_train_end", interrupt))
    assert result == whole[0]
    assert caught == [signal.SIGINT]
