"""The journal of a run: every completed call, so that none is paid for twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from synalinks import errors
from synalinks._internal.points import reached
from synalinks._internal.warn import warn
from synalinks.errors import FileError, FormatVersionError, LanguageModelError
from synalinks.language_models import Address, Request, Response
from synalinks.runs._last import LAST, LastCall, Numbers
from synalinks.runs._rows import Row, answer_in, checked, error_bytes, place_of, text_of

JOURNAL: Final = "journal.sqlite"
JOURNAL_VERSION: Final = 1
"""Format version of the file, kept as its `user_version`."""

_SYNC_EVERY: Final = 1.0
"""Seconds between two calls of fsync: what a power failure may cost at most."""

_TABLE: Final = """
CREATE TABLE calls (
    place TEXT, request TEXT, occurrence INTEGER, generation INTEGER, number INTEGER, answer BLOB,
    seal INTEGER, PRIMARY KEY (place, request, occurrence)
) WITHOUT ROWID
"""
_INSERT: Final = "INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?)"
_SELECT: Final = "SELECT place, request, occurrence, generation, number, answer, seal FROM calls"
_OF_THE_SYSTEM: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
"""Codes of errors with which the file may be good, and only cannot be used now."""

_Key = tuple[str, str, int]
"""Place, request and occurrence of a call."""


class SqliteJournal:
    """Completed calls in an SQLite file, under their addresses.

    A call is completed when `record` returns: its row is in the write-ahead log then, which a kill of the
    process does not take away. Rows of one turn of the event loop are committed together. Once a second
    the log is made durable as well, in a thread.

    Args:
        path: The file; made when there is none.
        generation: Number of the backup from which the run goes on.

    Attributes:
        replayed: Calls that were answered from the journal.
        changed: Calls at a known place whose request is another one now.
        races: Places at which equal requests were in flight at the same time.
    """

    def __init__(self, path: Path, *, generation: int) -> None:
        self.path, self.generation = path, generation
        self.replayed = self.changed = 0
        self.races: set[str] = set()
        self._pending: list[tuple[Row, asyncio.Future[None]]] = []
        self._failed: dict[_Key, bytes] = {}
        self._missed: Counter[str] = Counter()
        self._sync_due: asyncio.TimerHandle | None = None
        self._not_durable: BaseException | None = None
        self._damage = ""
        self._last = LastCall(path.with_name(LAST))
        try:
            self._connection = self._opened()
            self._known, numbers = self._read()
            self._last.write(numbers)
        except BaseException:
            self._last.close()
            raise
        self._unasked = set(self._known)
        self._first, self._number = numbers.first, numbers.last
        reached("opened", path)

    # --- Opening ---------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.Error as error:
            if _is_of_the_system(error):
                raise self._error(error) from error
            self._damage = f" ({error})"
        try:
            self._remove()
            return self._connect()
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.text_factory = text_of
        try:
            self._check_version(connection.execute("PRAGMA user_version").fetchone()[0])
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA wal_autocheckpoint=0")  # done with the backups, see `advance`
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA user_version").fetchone()[0] < 1:
                connection.execute(_TABLE)
            # Always, so that a file that cannot be written is found before a call.
            connection.execute(f"PRAGMA user_version={JOURNAL_VERSION}")
            connection.execute("COMMIT")
            state = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if state != "ok":
                raise sqlite3.DatabaseError(state)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_version(self, found: int) -> None:
        if found > JOURNAL_VERSION:
            raise FormatVersionError(
                f"The journal {str(self.path)!r} has format version {found}; this version of synalinks reads "
                f"up to {JOURNAL_VERSION}. Upgrade synalinks to resume the run.",
                path=self.path,
            )

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self.path}{ending}")

    def _read(self) -> tuple[dict[_Key, bytes], Numbers]:
        """Return the answers that the run may ask for, and the number of the last row; tell of a loss."""
        found = [checked(row) for row in self._connection.execute(_SELECT)]
        rows = [row for row in found if row is not None]
        known = {row.key: row.answer for row in rows if row.generation >= self.generation}
        newest = max((row.number for row in rows), default=0)
        stored = self._last.read() or Numbers(self.generation, newest, newest)
        missing = stored.last - max(newest, stored.first) if stored.generation >= self.generation else 0
        spoiled = len(found) - len(rows)
        if spoiled:
            self._rewrite(rows)
        if spoiled or missing > 0 or self._damage:
            self._warn_of_loss(max(spoiled, missing))
        newest = max(newest, stored.last)
        same = stored.generation == self.generation and missing <= 0
        return known, Numbers(self.generation, stored.first if same else newest, newest)

    def _rewrite(self, rows: Sequence[Row]) -> None:
        """Keep these rows alone, so that what was damaged is told of once."""
        try:
            with self._transaction() as connection:
                connection.execute("DELETE FROM calls")
                connection.executemany(_INSERT, [(*row, row.seal) for row in rows])
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _warn_of_loss(self, lost: int) -> None:
        what = f"At least {lost} completed calls" if lost > 0 else "The calls completed since the last backup"
        warn(
            f"The journal {str(self.path)!r} was damaged{self._damage}. {what} are lost, and are paid for "
            "again."
        )

    # --- While the run goes on -------------------------------------------------------------

    def lookup(self, address: Address, request: Request, *, again: bool = False) -> Response | None:
        """Return the answer kept under `address`, or None; raise the failure that is kept there.

        Args:
            address: Of the call.
            request: Its request.
            again: Whether the sample is run again in this process, so that what it recorded counts too.
        """
        place = place_of(address)
        key = (place, address.request, address.occurrence)
        answer = self._known.get(key)
        self._unasked.discard(key)
        if answer is None and again:
            answer = self._selected(key)
        if answer is None:
            if self._unasked:
                self._missed[place] += 1
            return None
        self.replayed += 1
        return answer_in(answer)

    def _selected(self, key: _Key) -> bytes | None:
        where = f"{_SELECT} WHERE place = ? AND request = ? AND occurrence = ?"
        try:
            found = self._connection.execute(where, key).fetchone()
        except sqlite3.Error as error:
            raise self._error(error, verb="read") from error
        row = None if found is None else checked(found)
        return None if row is None else row.answer

    def _note_changes(self) -> None:
        """Count the places at which something else was asked than what is kept; a step is over.

        Not before: of calls that start together, any may have been completed and any not.
        """
        if not self._missed:
            return
        unasked = Counter(place for place, _, _ in self._unasked)
        changed = self._missed & unasked
        self._missed.clear()
        for place in changed:
            self._tell_of_change(place)
        self.changed += changed.total()

    def _tell_of_change(self, place: str) -> None:
        reached("changed", place)
        if not self.changed:
            where = place.replace("\x1f", ", ")
            warn(
                f"A call of the resumed run asks something else than before (at {where}), so it is paid for "
                "again. The code or its inputs have changed, or do not depend on the seed alone."
            )

    async def record(self, address: Address, request: Request, response: Response) -> None:
        """Keep an answer; it survives a kill of the process when this returns.

        Raises:
            FileError: It cannot be written.
        """
        key = (place_of(address), address.request, address.occurrence)
        self._failed.pop(key, None)
        await self._write(key, response.to_bytes())

    async def fail(self, address: Address, request: Request, error: LanguageModelError) -> None:
        """Take note of a call that failed; one that says nothing about the program waits for `settle`."""
        key = (place_of(address), address.request, address.occurrence)
        if isinstance(error, errors.ProgramFaultError):
            await self._write(key, error_bytes(error))
        else:
            self._failed[key] = error_bytes(error)

    async def settle(self) -> None:
        """Keep the failures of a step that was committed: a resumed run has the same outcomes."""
        self._note_changes()
        failed, self._failed = self._failed, {}
        for key, answer in failed.items():
            await self._write(key, answer)

    def note(self, name: str, value: Any) -> None:
        """Keep a figure of the run, as JSON, for as long as the calls since the last backup.

        Raises:
            FileError: It cannot be written.
        """
        self._number += 1
        row = Row(f"note:{name}", "", 0, self.generation, self._number, orjson.dumps(value))
        try:
            with self._transaction() as connection:  # of which no row is a call's
                connection.execute(_INSERT, (*row, row.seal))
            self._last.write(Numbers(self.generation, self._first, self._number))
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from error

    def noted(self, name: str) -> Any:
        """Return what an earlier process of the run kept under `name`, or None."""
        value = self._known.get((f"note:{name}", "", 0))
        return None if value is None else orjson.loads(value)

    def race(self, address: Address) -> None:
        """Take note of equal requests in flight at one place: which answer is whose depends on chance."""
        place = place_of(address)
        reached("race", place)
        self.races.add(place)

    async def _write(self, key: _Key, answer: bytes) -> None:
        self._number += 1
        row = Row(*key, self.generation, self._number, answer)
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        if not self._pending:
            loop.call_soon(self._flush)
        self._pending.append((row, written))
        await written

    def _flush(self) -> None:
        """Commit everything that came in this turn of the loop."""
        pending, self._pending = self._pending, []
        try:
            if self._not_durable is not None:
                raise self._not_durable
            rows = [row for row, _ in pending]
            with self._transaction(rows) as connection:
                connection.executemany(_INSERT, [(*row, row.seal) for row in rows])
            self._last.write(Numbers(self.generation, self._first, self._number))
        except Exception as error:  # noqa: BLE001 - handed on to those who wait, who would wait for ever
            failure = self._error(error) if isinstance(error, sqlite3.Error | OSError) else error
            for _, written in pending:
                if not written.done():
                    written.set_exception(failure)
            return
        for _, written in pending:
            if not written.done():  # its call may have been cancelled
                written.set_result(None)
        if self._sync_due is None:
            self._sync_due = asyncio.get_running_loop().call_later(_SYNC_EVERY, self._sync)

    @contextlib.contextmanager
    def _transaction(self, rows: Sequence[Row] = ()) -> Iterator[sqlite3.Connection]:
        reached("before BEGIN", self.path)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            reached("before COMMIT", self.path)
            self._connection.execute("COMMIT")
            reached("after COMMIT", rows)
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _sync(self) -> None:
        self._sync_due = None
        syncing = asyncio.get_running_loop().run_in_executor(None, _make_durable, f"{self.path}-wal")
        syncing.add_done_callback(self._synced)

    def _synced(self, done: asyncio.Future[None]) -> None:
        if not done.cancelled():
            self._not_durable = done.exception()

    def advance(self, generation: int) -> None:
        """Go over to a new backup: what only older ones than the newest two need is dropped.

        Raises:
            FileError: The journal cannot be written.
        """
        self._note_changes()
        self.generation = generation
        self._first = self._number
        self._last.write(Numbers(generation, self._first, self._number))
        try:
            with self._transaction() as connection:
                connection.execute("DELETE FROM calls WHERE generation < ?", (generation - 1,))
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Close the file; what was recorded stays, also if nobody waits for it any more."""
        if self._pending:
            self._flush()
        if self._sync_due is not None:
            self._sync_due.cancel()
        self._connection.close()
        self._last.close()

    def _error(self, error: Exception, *, verb: str = "written") -> FileError:
        return FileError(f"The journal {str(self.path)!r} cannot be {verb}: {error}.", path=self.path)


def _is_of_the_system(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_SYSTEM


def _make_durable(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # closed meanwhile, which makes it durable as well
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
