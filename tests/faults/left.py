"""What a killed run has left on disk, and how to see what a resumed run makes of it."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from synalinks.callbacks import Callback
from synalinks.errors import SynalinksError, SynalinksWarning
from synalinks.runs import BackupStore, SqliteJournal

EPOCHS = 4
FILES = (
    "manifest.json",
    "generation-000001.json",
    "generation-000002.json",
    "journal.sqlite",
    "journal.sqlite-wal",
    "journal.sqlite-shm",
    "journal.last",
    "lock",
)


class CrashError(Exception):
    """The end of a process, played within one."""


class Dies(Callback):
    """Leaves what a kill would leave, and ends the run: in the third epoch, among its calls."""

    def __init__(self, directory, copy):
        self.directory, self.copy = directory, copy

    def on_train_batch_end(self, batch, logs=None):
        if self.program.run.epoch == 2 and batch == 1:
            shutil.copytree(self.directory, self.copy)
            raise CrashError


@dataclass
class Killed:
    """What a killed run has left, and what it would have come to."""

    directory: Path
    whole: dict[str, Any]
    calls: int
    paid: int
    state: Any = None
    rows: dict[Any, bytes] = field(default_factory=dict)


def copied(killed: Killed, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(killed.directory, to)
    return to / "backup"


def fingerprint(backup: Path) -> dict[str, Any]:
    return orjson.loads((backup / "manifest.json").read_bytes())["fingerprint"]


def opened(backup: Path, known: dict[str, Any] | None = None) -> tuple[Any, dict[Any, bytes]]:
    """Open backup and journal as a resumed run does; return the state, and the answers it may ask for."""
    store = BackupStore(backup)
    try:
        state = store.open(known or fingerprint(backup))
        if state is None:
            return None, {}
        journal = SqliteJournal(store.journal_path, generation=store.generation)
        rows = dict(journal._known)
        journal.close()
    finally:
        store.close()
    return state, rows


def outcome(backup: Path, known: dict[str, Any], killed: Killed) -> str:
    """Open a broken backup; return what came of it: "as if whole", "warned" or "refused"."""
    refusal = None
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            state, rows = opened(backup, known)
        except SynalinksError as error:
            refusal = str(error)
    if refusal is not None:
        assert str(backup) in refusal
        return "refused"
    assert all(issubclass(warning.category, SynalinksWarning) for warning in told)
    for key, answer in rows.items():
        assert answer == killed.rows.get(key, answer)  # never another answer than the one that came
    if told:
        return "warned"
    assert (state, rows) == (killed.state, killed.rows)
    return "as if whole"
