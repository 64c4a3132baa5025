"""A directory belongs to one run at a time, and to none whose process is gone."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading

import pytest
from tests.support import ROOT

from synalinks.errors import BackupError
from synalinks.runs import BackupStore
from synalinks.runs import _lock as locking
from synalinks.runs._lock import DirectoryLock

HOLDS = """
import os, sys
from synalinks.runs import BackupStore

store = BackupStore(sys.argv[1])
store.open({})
if sys.argv[2] == "forks" and not os.fork():
    print("forked", flush=True)
    sys.stdin.read()
    os._exit(0)
print("holds", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Starts a process that holds a directory; it and those it forks end when their input does."""
    started = []

    def start(kind="alone"):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDS, str(tmp_path / "backup"), kind],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        for _ in range(2 if kind == "forks" else 1):
            assert process.stdout.readline()
        return process

    yield start
    for process in started:
        process.stdin.close()
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "backup"


def opened(directory):
    store = BackupStore(directory)
    store.open({})
    return store


def test_a_directory_that_a_live_process_holds_is_refused_and_the_process_named(directory, holder):
    process = holder()
    with pytest.raises(BackupError, match=rf"in use by process {process.pid}\..*another backup_dir"):
        opened(directory)


def test_the_lock_of_a_process_that_was_killed_is_free(directory, holder):
    process = holder()
    process.send_signal(signal.SIGKILL)
    process.wait()
    opened(directory).close()


def test_also_if_a_process_that_it_forked_lives_on(directory, holder):
    """As the workers of a pool do whose parent was killed."""
    process = holder("forks")
    process.send_signal(signal.SIGKILL)
    process.wait()
    opened(directory).close()


def test_two_threads_do_not_share_a_directory(directory):
    store, refusals = opened(directory), []

    def second():
        with pytest.raises(BackupError, match="in use by this process") as caught:
            opened(directory)
        refusals.append(caught.value)

    thread = threading.Thread(target=second)
    thread.start()
    thread.join()
    assert len(refusals) == 1
    store.close()
    opened(directory).close()


def test_a_lock_on_a_file_that_its_last_holder_removed_is_none(tmp_path, monkeypatch):
    """The other process deletes its backup between our opening of the file and our locking of it."""
    lock, really = DirectoryLock(tmp_path), locking._lock
    removals = iter([True])

    def removed_meanwhile(descriptor):
        if next(removals, False):
            lock.path.unlink()
        return really(descriptor)

    monkeypatch.setattr(locking, "_lock", removed_meanwhile)
    assert lock.acquire() is None
    assert DirectoryLock(tmp_path).acquire() == os.getpid()
    lock.release()


def test_a_lock_that_cannot_be_written_is_not_held(directory, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(BackupError, match="No space left"):
            opened(directory)
    opened(directory).close()
