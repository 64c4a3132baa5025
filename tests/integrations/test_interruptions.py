"""Kills, outages and silence between a training and a real tracking server: nothing is missing or doubled."""

from __future__ import annotations

import asyncio
import importlib
import signal
import subprocess
import sys
import threading

import pytest

from synalinks.callbacks import BackupAndRestore, Monitor
from synalinks.errors import SynalinksWarning
from synalinks.integrations import _uploader
from synalinks.testing import check_resume
from tests.integrations.test_mlflow import fit, nobody
from tests.support import ROOT
from tests.support.arithmetic import compiled_program, data
from tests.support.proxy import Proxy
from tests.support.resumable import Dies

pytestmark = pytest.mark.usefixtures("state")

KILLED = """
import asyncio, os, signal, sys, time
sys.path.insert(0, {root!r})
import synalinks
from synalinks._internal.settings import settings
from tests.support.arithmetic import compiled_program, data, perfect

async def call(*xs):
    program, _ = await compiled_program(perfect)
    for x in xs:
        await program(x)

def wait_for(condition):
    until = time.monotonic() + 20
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)

synalinks.enable_observability(tracking_uri={url!r}, experiment_name={experiment!r})
(hook,) = settings().hooks
first, *others = data(30)[0]
asyncio.run(call(first))
wait_for(lambda: hook._elsewhere._busy or hook._elsewhere.problem)
asyncio.run(call(*others))
wait_for(lambda: not hook._elsewhere._traces)
os.kill(os.getpid(), signal.SIGKILL)
"""

DIES = """
import asyncio, sys
sys.path.insert(0, {root!r})
from synalinks.callbacks import BackupAndRestore, Monitor
from tests.integrations.test_mlflow import fit
from tests.support.resumable import Dies

monitor = Monitor({experiment!r}, tracking_uri={url!r})
asyncio.run(fit(BackupAndRestore({backup!r}), monitor, Dies("on_epoch_end 1"), epochs=3))
"""


def ended(code):
    """Run code in a process of its own, to its end."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.fixture
def gate(tracking):
    """A server between us and the real one that is silent while the event is not set."""
    event = threading.Event()
    proxy = Proxy(tracking.port, lambda number: event.wait())
    yield proxy, event
    event.set()
    proxy.close()


@pytest.mark.parametrize("silent", [False, True], ids=["nobody", "silence"])
def test_traces_of_a_killed_process_are_sent_by_the_next_one(
    silent, tracking, gate, experiment, logged, state
):
    proxy, event = gate
    url = proxy.url if silent else tracking.url
    if not silent:
        tracking.kill()
    done = ended(KILLED.format(root=str(ROOT), experiment=experiment, url=url))
    if not silent:
        tracking.start().wait()
    assert done.returncode == -signal.SIGKILL, done.stderr
    event.set()
    assert Monitor(tracking_uri=url).flush(timeout=60)
    assert len(logged().traces()) == 30
    assert not list(state.rglob("*.spans"))


@pytest.mark.parametrize("first", [1, 9], ids=["from the start", "midway"])
async def test_a_training_ends_while_the_server_is_silent(
    first, tracking, experiment, logged, state, monkeypatch
):
    monkeypatch.setattr(_uploader, "_STALLED", 0.2)
    speaks = threading.Event()
    proxy = Proxy(tracking.port, lambda number: number < first or speaks.wait())
    monitor = Monitor(experiment, tracking_uri=proxy.url, log_batches=True, log_traces=True)
    try:
        with pytest.warns(SynalinksWarning, match="it is slow to answer"):
            program = await fit(monitor, epochs=3, samples=40, validation_split=0.25, batch_size=3)
        assert len(list(state.rglob("*.points"))) >= 30
        assert len(list(state.rglob("*.end"))) == 1
        speaks.set()
        assert await asyncio.to_thread(monitor.flush, timeout=60)
    finally:
        speaks.set()
        proxy.close()
    found = logged()
    assert found.run().info.status == "FINISHED"
    for key, values in program.history.history.items():
        assert found.curve(key) == list(enumerate(values))
    assert [step for step, _ in found.curve("batch/reward")] == list(range(30))
    phases = [trace.info.tags["synalinks.phase"] for trace in found.traces(found.run())]
    assert (phases.count("train"), phases.count("val")) == (90, 30)
    assert "program.svg" in found.files()


async def test_points_that_are_offered_again_have_the_time_of_their_epoch(
    tracking, experiment, logged, tmp_path
):
    backup = BackupAndRestore(tmp_path / "backup")
    away = Monitor(experiment, tracking_uri=nobody())
    with pytest.warns(SynalinksWarning, match="Monitor"), pytest.raises(RuntimeError, match="dies"):
        await fit(backup, away, Dies("on_epoch_begin 2", how=RuntimeError("dies")), epochs=3)
    here = Monitor(experiment, tracking_uri=tracking.url)
    program = await fit(backup, here, epochs=3)
    found = logged()
    assert found.curve("reward") == list(enumerate(program.history.history["reward"]))
    times = [p.timestamp for p in found.client.get_metric_history(found.run().info.run_id, "reward")]
    assert times[:2] == [round(time * 1000) for time in away.state_dict()["times"].values()]
    assert times == [round(time * 1000) for time in here.state_dict()["times"].values()]


async def test_an_epoch_that_was_logged_twice_while_the_server_was_down_is_there_once(
    tracking, experiment, logged, tmp_path
):
    backup = BackupAndRestore(tmp_path / "backup")
    tracking.kill()
    code = DIES.format(root=str(ROOT), backup=str(backup.backup_dir), experiment=experiment, url=tracking.url)
    done = await asyncio.to_thread(ended, code)
    tracking.start().wait()
    assert done.returncode == -signal.SIGKILL, done.stderr
    program = await fit(backup, Monitor(experiment, tracking_uri=tracking.url), epochs=3)
    for key, values in program.history.history.items():
        assert logged().curve(key) == list(enumerate(values))


def test_a_training_with_a_monitor_can_be_killed_anywhere(tracking, experiment, logged):
    importlib.import_module("matplotlib.figure")  # once, for all the processes that are forked

    async def make_run():
        program, _ = await compiled_program()
        x, y = data(8)
        monitor = Monitor(experiment, tracking_uri=tracking.url, log_batches=True)
        return program, {"x": x, "y": y, "epochs": 2, "batch_size": 4, "verbose": 0, "callbacks": [monitor]}

    report = check_resume(make_run, kills=4)
    assert report.ignored == ("callback Monitor, 'times.0'", "callback Monitor, 'times.1'")
    assert Monitor(tracking_uri=tracking.url).flush(timeout=60)
    found = logged()
    runs = found.runs()
    assert len(runs) == 2 + report.tried + report.random + report.chains
    for run in runs:
        assert run.info.status == "FINISHED"
        steps = {
            key: [point.step for point in found.client.get_metric_history(run.info.run_id, key)]
            for key in run.data.metrics
        }
        assert steps["reward"] == [0, 1]
        assert steps["batch/reward"] == [0, 1, 2, 3]
        assert all(len(set(numbers)) == len(numbers) for numbers in steps.values())
