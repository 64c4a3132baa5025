"""What makes a run survive its process: its backup and the journal of its calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from synalinks.callbacks import BackupAndRestore, Budget
from synalinks.errors import FileError
from synalinks.language_models._journal import gate, journal
from synalinks.runs import BackupStore, SqliteJournal
from synalinks.training._interrupts import CallGate


@dataclass(slots=True)
class Keeper:
    """Keeps the state of a run at its boundaries and its calls in between.

    Attributes:
        store: The files of the backup, opened.
        backup: The callback that asked for it.
        payload: The state to go on from, None in a fresh run.
        gate: Where calls pass that are not in the journal.
    """

    store: BackupStore
    backup: BackupAndRestore
    payload: Mapping[str, Any] | None
    gate: CallGate = field(default_factory=CallGate)
    _journal: SqliteJournal | None = None

    @property
    def journal(self) -> SqliteJournal:
        """The journal, opened when the first state of the run is there."""
        if self._journal is None:
            self._journal = SqliteJournal(self.store.journal_path, generation=self.store.generation)
        return self._journal

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Journal the calls of the block; close the files at its end."""
        try:
            tokens = journal.set(self.journal), gate.set(self.gate)
            try:
                yield
            finally:
                journal.reset(tokens[0])
                gate.reset(tokens[1])
        finally:
            self.close()

    def commit(self, state: Mapping[str, Any]) -> None:
        """Write the state of the run; calls that only older backups need are dropped."""
        self.store.commit(state)
        if self._journal is not None:
            self._journal.advance(self.store.generation)

    @contextmanager
    def counting(self, budget: Budget) -> Iterator[None]:
        """Count the block against `budget`, and keep what neither backup nor journal would tell of it."""
        try:
            with budget.counting(self.journal.noted("budget")):
                yield
        finally:
            if self._journal is not None:
                with suppress(FileError):  # what ended the training counts more
                    self._journal.note("budget", budget.unsaved())

    def delete(self) -> None:
        """Remove the files: the run has ended and nothing of it is left to do."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        self.store.delete()

    def close(self) -> None:
        """Close the files and give the directory free."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        self.store.close()

    @property
    def resume(self) -> str:
        """What to say of how the run can be resumed."""
        return f"The run is kept in {str(self.store.directory)!r}: run the same script again to go on."


NO_RESUME = (
    "Nothing of the run is kept. With synalinks.callbacks.BackupAndRestore(...) among the callbacks the same "
    "script would go on where it was."
)
