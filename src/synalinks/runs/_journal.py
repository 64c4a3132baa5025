"""The journal of a run: every completed call, so that none is paid for twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from synalinks import errors
from synalinks._internal.points import reached
from synalinks._internal.warn import warn
from synalinks.errors import FileError, LanguageModelError
from synalinks.hooks import Usage
from synalinks.language_models import Address, Request, Response

JOURNAL: Final = "journal.sqlite"
_SYNC_EVERY: Final = 1.0
"""Seconds between two calls of fsync: what a power failure may cost at most."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS calls (
    place TEXT, request TEXT, occurrence INTEGER, generation INTEGER, answer BLOB,
    PRIMARY KEY (place, request, occurrence)
) WITHOUT ROWID
"""


_Key = tuple[str, str, int]
"""Place, request and occurrence of a call."""


class _Row(NamedTuple):
    place: str
    request: str
    occurrence: int
    generation: int
    answer: bytes


def _place(address: Address) -> str:
    parts = (address.phase, address.epoch, address.step, address.sample, address.module, address.purpose)
    return "\x1f".join(map(str, parts))


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
        self._pending: list[tuple[_Row, asyncio.Future[None]]] = []
        self._failed: dict[_Key, bytes] = {}
        self._missed: Counter[str] = Counter()
        self._synced = time.monotonic()
        self._connection = self._opened()
        self._known = self._read()
        self._unasked = set(self._known)
        self._log = os.open(f"{path}-wal", os.O_RDONLY)

    # --- Opening ---------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            if _is_disk_trouble(error):
                raise self._error(error) from error
            warn(
                f"The journal {str(self.path)!r} cannot be read ({error}): it was damaged. Calls made since "
                "the last backup are paid for again."
            )
            self._remove()
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA wal_autocheckpoint=0")  # done with the backups, see `advance`
            connection.execute(_TABLE)
            connection.execute("DELETE FROM calls WHERE generation < 0")  # so that there is a log
            connection.execute("SELECT count(*), sum(length(answer)) FROM calls").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self.path}{ending}")

    def _read(self) -> dict[_Key, bytes]:
        """Return the answers that the run may ask for."""
        rows = self._connection.execute(
            "SELECT place, request, occurrence, answer FROM calls WHERE generation >= ?", (self.generation,)
        )
        return {(place, request, occurrence): answer for place, request, occurrence, answer in rows}

    # --- While the run goes on -------------------------------------------------------------

    def lookup(self, address: Address, request: Request, *, again: bool = False) -> Response | None:
        """Return the answer kept under `address`, or None; raise the failure that is kept there.

        Args:
            address: Of the call.
            request: Its request.
            again: Whether the sample is run again in this process, so that what it recorded counts too.
        """
        place = _place(address)
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
        return _answer(answer)

    def _selected(self, key: _Key) -> bytes | None:
        row = self._connection.execute(
            "SELECT answer FROM calls WHERE place = ? AND request = ? AND occurrence = ?", key
        ).fetchone()
        return None if row is None else row[0]

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
        key = (_place(address), address.request, address.occurrence)
        self._failed.pop(key, None)
        await self._write(_Row(*key, self.generation, _response_bytes(response)))

    async def fail(self, address: Address, request: Request, error: LanguageModelError) -> None:
        """Take note of a call that failed; one that says nothing about the program waits for `settle`."""
        key = (_place(address), address.request, address.occurrence)
        if isinstance(error, errors.ProgramFaultError):
            await self._write(_Row(*key, self.generation, _error_bytes(error)))
        else:
            self._failed[key] = _error_bytes(error)

    async def settle(self) -> None:
        """Keep the failures of a step that was committed: a resumed run has the same outcomes."""
        self._note_changes()
        failed, self._failed = self._failed, {}
        for key, answer in failed.items():
            await self._write(_Row(*key, self.generation, answer))

    def race(self, address: Address) -> None:
        """Take note of equal requests in flight at one place: which answer is whose depends on chance."""
        place = _place(address)
        reached("race", place)
        self.races.add(place)

    async def _write(self, row: _Row) -> None:
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
            rows = [row for row, _ in pending]
            with self._transaction(rows) as connection:
                connection.executemany("INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            for _, written in pending:
                if not written.done():
                    written.set_exception(self._error(error))
            return
        for _, written in pending:
            if not written.done():  # its call may have been cancelled
                written.set_result(None)
        self._sync_now_and_then()

    @contextlib.contextmanager
    def _transaction(self, rows: Sequence[_Row] = ()) -> Iterator[sqlite3.Connection]:
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

    def _sync_now_and_then(self) -> None:
        now = time.monotonic()
        if now - self._synced >= _SYNC_EVERY:
            self._synced = now
            asyncio.get_running_loop().run_in_executor(None, os.fsync, self._log)

    def advance(self, generation: int) -> None:
        """Go over to a new backup: what only older ones than the newest two need is dropped.

        Raises:
            FileError: The journal cannot be written.
        """
        self._note_changes()
        self.generation = generation
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
        os.close(self._log)
        self._connection.close()

    def _error(self, error: sqlite3.Error) -> FileError:
        return FileError(f"The journal {str(self.path)!r} cannot be written: {error}.", path=self.path)


def _is_disk_trouble(error: sqlite3.Error) -> bool:
    """Return whether the file may be good and only cannot be used now."""
    return isinstance(error, sqlite3.OperationalError)


def _response_bytes(response: Response) -> bytes:
    return orjson.dumps(
        [response.message, response.text, response.usage, response.finish_reason, response.model]
    )


def _error_bytes(error: LanguageModelError) -> bytes:
    fields = {name: getattr(error, name, None) for name in ("model", "status", "retry_after", "text")}
    given = {name: value for name, value in fields.items() if value is not None}
    return orjson.dumps({"error": type(error).__name__, "message": str(error), "fields": given})


def _answer(data: bytes) -> Response:
    """Return the answer in a row.

    Raises:
        LanguageModelError: The row holds a failure.
    """
    document: Any = orjson.loads(data)
    if isinstance(document, dict):
        raise getattr(errors, document["error"])(document["message"], **document["fields"])
    message, text, usage, finish_reason, model = document
    return Response(message, text, None, Usage(**usage), finish_reason, model)
