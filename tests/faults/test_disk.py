"""Disks that are full, limited or cannot be written."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from synalinks.callbacks import Callback
from synalinks.errors import BackupError, FileError, SynalinksError
from synalinks.testing import ChatServer
from tests.faults.left import EPOCHS, FILES, copied, fingerprint, outcome
from tests.faults.scenario import Switched, language_model, train
from tests.support import ROOT

pytestmark = pytest.mark.filterwarnings("ignore:.*took over 50 ms")  # on a machine with much else to do

NOBODY = 65534


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of one megabyte in a folder, where the system lets us mount one."""
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("a disk can be mounted by root alone")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    if made.returncode:
        pytest.skip(f"no disk can be mounted here: {made.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk") as folder:
        yield folder


def fill(folder: Path) -> None:
    """Leave no byte free."""
    with open(folder / "filler", "ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)


class Fills(Callback):
    def __init__(self, folder, hook):
        setattr(self, hook, lambda *arguments: fill(folder))


HOOKS = {
    "on_train_begin": r"journal",
    "on_train_batch_end": r"journal",
    "on_test_begin": r"journal",
    "on_test_end": r"generation-000001|run\.csv",
    "on_epoch_end": r"generation-000001",
}
"""Where the disk becomes full, and what cannot be written then."""


@pytest.mark.parametrize("hook", HOOKS)
async def test_a_disk_that_becomes_full_ends_a_training_that_can_be_resumed(disk, killed, hook):
    served = Switched()
    async with ChatServer(served) as server:
        model = language_model(server.url)
        with pytest.raises(FileError, match=HOOKS[hook]) as caught:
            await train(disk, model, Fills(disk, hook), epochs=EPOCHS)
        assert "run the same script again" in " ".join(caught.value.__notes__)
        (disk / "filler").unlink()
        assert await train(disk, model, epochs=EPOCHS) == killed.whole
    assert served.answered <= killed.calls + 12  # at most what was in flight could not be kept


async def test_a_disk_that_is_full_is_told_of_before_a_call(disk, killed):
    fill(disk)
    served = Switched()
    async with ChatServer(served) as server:
        with pytest.raises(SynalinksError, match="No space left"):
            await train(disk, language_model(server.url), epochs=EPOCHS)
        assert served.answered == 0
        (disk / "filler").unlink()
        assert await train(disk, language_model(server.url), epochs=EPOCHS) == killed.whole


async def test_a_file_that_may_not_grow_ends_a_training_that_can_be_resumed(tmp_path, killed):
    served = Switched()
    async with ChatServer(served) as server:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.child", server.url, str(tmp_path), "limited"),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await child.communicate()
        assert child.returncode == 1
        assert b"FileError: The journal" in err
        assert err.decode().splitlines()[-1].endswith("run the same script again to go on.")
        await train(tmp_path, language_model(server.url))


async def test_a_disk_that_cannot_be_written_is_refused_before_a_call(tmp_path, killed):
    served = Switched()
    with small_disk(tmp_path / "disk") as folder:
        shutil.copytree(killed.directory, folder, dirs_exist_ok=True)
        remount = await asyncio.create_subprocess_exec("mount", "-o", "remount,ro", folder)
        assert await remount.wait() == 0
        async with ChatServer(served) as server:
            with pytest.raises(SynalinksError, match="no permission to write"):
                await train(folder, language_model(server.url), epochs=EPOCHS)
    assert served.answered == 0


# --- Permissions ---------------------------------------------------------------------------


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Run the block as a user to whom permissions apply."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def folder():
    """A folder of that user, to which the way is open."""
    made = Path(tempfile.mkdtemp(prefix="synalinks-"))
    if os.geteuid() == 0:
        os.chown(made, NOBODY, NOBODY)
    yield made
    shutil.rmtree(made)


def own(path: Path) -> None:
    if os.geteuid() == 0:
        for entry in [path, *path.rglob("*")]:
            os.chown(entry, NOBODY, NOBODY)


READ_ONLY = {"journal.sqlite": "refused", "journal.last": "refused", "lock": "refused"}
"""The files that are written in place; the others are replaced."""

UNREADABLE = {**READ_ONLY, "manifest.json": "refused", "generation-000002.json": "warned"}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("mode", [0o444, 0o000])
def test_a_file_without_permissions_is_used_told_of_or_refused(killed, folder, name, mode):
    backup = copied(killed, folder / "run")
    known = fingerprint(backup)
    own(folder / "run")
    (backup / name).chmod(mode)
    expected = READ_ONLY if mode else UNREADABLE
    with unprivileged():
        came = outcome(backup, known, killed)
    if name in ("journal.sqlite-wal", "journal.sqlite-shm"):
        assert came in ("refused", "as if whole")  # as the version of SQLite has it
    else:
        assert came == expected.get(name, "as if whole")


def test_a_directory_without_permissions_is_refused(killed, folder):
    backup = copied(killed, folder / "run")
    known = fingerprint(backup)
    own(folder / "run")
    for mode in (0o555, 0o000):
        backup.chmod(mode)
        with unprivileged():
            assert outcome(backup, known, killed) == "refused"
    backup.chmod(0o755)


def test_a_backup_that_cannot_be_removed_is_an_error_of_the_library(killed, folder, monkeypatch):
    from synalinks.runs import BackupStore

    backup = copied(killed, folder / "run")
    store = BackupStore(backup)
    store.open(fingerprint(backup))

    def refuses(self, missing_ok=False):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuses)
        with pytest.raises(BackupError, match="cannot be removed: Operation not permitted"):
            store.delete()
    store.close()
