"""A cache of answers in a file, for any number of processes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from synalinks._internal.warn import warn
from synalinks.errors import ConfigurationError, DamagedFileError, FileError, FormatVersionError
from synalinks.language_models._cache import Cache, MemoryCache, size_of

_OURS: Final = int.from_bytes(b"synl", "big")
"""Kept as the file's `application_id`: it is a cache of this library."""
_VERSION: Final = 1
"""Format version of the file, kept as its `user_version`."""

_TABLES: Final = (
    "CREATE TABLE answers (key TEXT PRIMARY KEY, answer BLOB, seal INTEGER, used INTEGER)",
    "CREATE INDEX answers_by_use ON answers (used)",
    "CREATE TABLE size (bytes INTEGER)",
    "INSERT INTO size VALUES (0)",
    "CREATE TRIGGER added AFTER INSERT ON answers BEGIN "
    "UPDATE size SET bytes = bytes + length(new.key) + length(new.answer); END",
    "CREATE TRIGGER changed AFTER UPDATE OF answer ON answers BEGIN "
    "UPDATE size SET bytes = bytes + length(new.answer) - length(old.answer); END",
    "CREATE TRIGGER removed AFTER DELETE ON answers BEGIN "
    "UPDATE size SET bytes = bytes - length(old.key) - length(old.answer); END",
)
_SELECT: Final = "SELECT answer, seal FROM answers WHERE key = ?"
_INSERT: Final = (
    "INSERT INTO answers VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE "
    "SET answer = excluded.answer, seal = excluded.seal, used = excluded.used"
)
_USED: Final = "UPDATE answers SET used = ? WHERE key = ?"
_BY_USE: Final = "SELECT key, length(key) + length(answer) FROM answers ORDER BY used"

_PATIENCE: Final = 60.0
"""Seconds that the thread that writes waits for other processes."""
_UNWRITTEN: Final = 1000
"""Uses of answers after which it is written which they were, if nothing else is written."""
_CHECKED: Final = 2**26
"""Largest file, in bytes, of which every page is looked at when it is opened: a tenth of a second."""


class FileCache(Cache):
    """A cache in an SQLite file, which any number of processes may use at the same time.

    Answers are read at once and written by a thread, so nobody waits for the disk or for other processes.
    What was written last may be lost when the process is killed. The file is an optimisation: once it is
    open, a read that fails is an answer that is not there, a write that fails is warned of once, and no call
    fails for it. An answer that was altered in the file is not used.

    Args:
        path: The file; made with its folder when there is none.
        max_bytes: Size of all answers, in bytes; those that were not used for longest make room. The file is
            somewhat larger.
    """

    def __init__(self, path: str | os.PathLike[str], *, max_bytes: int = 2**30) -> None:
        super().__init__(max_bytes=max_bytes)
        self.path = os.fspath(path)
        self._file = Path(self.path).absolute()  # the working directory may change
        self._opened: _Opened | None = None

    def open(self) -> None:
        """Open the file, unless it is open.

        Raises:
            FileError: It cannot be used; the text says why, and what to do.
        """
        self._now_open()

    def _now_open(self) -> _Opened:
        opened = self._opened
        if opened is None or opened.process != os.getpid():  # SQLite's connections are lost with a fork
            opened = self._opened = _Opened(self._file, self.max_bytes)
        return opened

    def get(self, key: str) -> bytes | None:
        """Return the answer under `key`, or None."""
        return self._now_open().get(key)

    def put(self, key: str, answer: bytes) -> None:
        """Keep an answer; a thread writes it."""
        if size_of(key, answer) <= self.max_bytes:
            self._now_open().put(key, answer)

    def clear(self) -> None:
        """Remove all answers, also those that other processes put there."""
        self._now_open().clear()

    def __len__(self) -> int:
        return self._now_open().count()

    def close(self) -> None:
        """Write what is not written, and close the file; it is opened again when it is needed."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close(wait=True)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain JSON."""
        return {"path": self.path, "max_bytes": self.max_bytes}

    def __repr__(self) -> str:
        return f"FileCache({self.path!r}, max_bytes={self.max_bytes})"


class _Opened:
    """The open file: a connection to read, and one that only the thread that writes uses.

    Args:
        path: The file.
        max_bytes: Size of all answers.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.process = os.getpid()
        self._path, self._max_bytes = path, max_bytes
        self._lock = threading.Lock()
        self._fresh: dict[str, bytes] = {}
        self._writing: dict[str, bytes] = {}
        self._used: dict[str, int] = {}
        self._due = self._warned = self._closed = False
        self._writer = _connected(path)
        self._reader = _connection(path, timeout=0.0)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="synalinks-cache")

    def __del__(self) -> None:
        # What was to be written is: it held on to this object. No thread is asked for anything here, since a
        # collection may come while this very thread holds the locks that starting work takes.
        if self.__dict__.get("process") == os.getpid():
            for connection in ("_writer", "_reader"):
                if connection in self.__dict__:
                    self.__dict__[connection].close()

    def close(self, *, wait: bool = False) -> None:
        """Write what is not written, and close the file."""
        if self.process != os.getpid():
            return  # the connections are those of the process before the fork
        try:
            self._thread.submit(self._end)
        except RuntimeError:  # Python ends, and the thread has
            self._end()
        self._thread.shutdown(wait=wait)

    # --- On the event loop -------------------------------------------------------------------

    def get(self, key: str) -> bytes | None:
        with self._lock:
            answer = self._fresh.get(key) or self._writing.get(key) or self._read(key)
            if answer is not None:
                self._used[key] = time.time_ns()
                if len(self._used) >= _UNWRITTEN:
                    self._write_soon()
            return answer

    def _read(self, key: str) -> bytes | None:
        try:
            found = self._reader.execute(_SELECT, (key,)).fetchone()
        except sqlite3.Error as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                self._tell("read", error)
            return None
        if found is None:
            return None
        answer, seal = found
        return answer if isinstance(answer, bytes) and seal == _seal(key, answer) else None

    def put(self, key: str, answer: bytes) -> None:
        with self._lock:
            self._fresh[key] = answer
            self._used[key] = time.time_ns()
            self._write_soon()

    def _write_soon(self) -> None:
        if not self._due:
            self._due = True
            with contextlib.suppress(RuntimeError):  # Python ends, and starts no more work
                self._thread.submit(self._write)

    def clear(self) -> None:
        with self._lock:
            self._fresh, self._used = {}, {}
        try:
            self._thread.submit(self._remove_all).result()
        except sqlite3.Error as error:
            raise _failure(self._path, error) from error

    def count(self) -> int:
        self._thread.submit(self._write).result()
        try:
            found: int = self._reader.execute("SELECT count(*) FROM answers").fetchone()[0]
        except sqlite3.Error as error:
            raise _failure(self._path, error) from error
        return found

    # --- In the thread that writes -----------------------------------------------------------

    def _write(self) -> None:
        with self._lock:
            self._due = False
            self._writing, self._fresh = self._fresh, {}
            used, self._used = self._used, {}
        rows = [(key, answer, _seal(key, answer), used.pop(key)) for key, answer in self._writing.items()]
        try:
            with self._transaction():
                self._writer.executemany(_INSERT, rows)
                self._writer.executemany(_USED, [(when, key) for key, when in used.items()])
                self._make_room()
        except sqlite3.Error as error:
            self._tell("written", error)
        finally:
            with self._lock:
                self._writing = {}

    def _make_room(self) -> None:
        excess = self._writer.execute("SELECT bytes FROM size").fetchone()[0] - self._max_bytes
        if excess <= 0:
            return
        doomed = []
        for key, size in self._writer.execute(_BY_USE):
            doomed.append((key,))
            excess -= size
            if excess <= 0:
                break
        self._writer.executemany("DELETE FROM answers WHERE key = ?", doomed)

    def _remove_all(self) -> None:
        with self._transaction():
            self._writer.execute("DELETE FROM answers")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
            raise

    def _end(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._fresh or self._used:
            self._write()
        self._reader.close()
        self._writer.close()

    def _tell(self, what: str, error: sqlite3.Error) -> None:
        if not self._warned:
            self._warned = True
            warn(f"The cache {str(self._path)!r} cannot be {what}: {error}. Calls go on without it.")


def _seal(key: str, answer: bytes) -> int:
    """Return a checksum: SQLite keeps none, and an altered answer would go unnoticed."""
    return zlib.crc32(answer, zlib.crc32(key.encode()))


def _connected(path: Path) -> sqlite3.Connection:
    """Return a connection to the file, which is made where there is none, and otherwise checked."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connection(path, timeout=_PATIENCE)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    except (OSError, sqlite3.Error) as error:
        raise _failure(path, error) from error
    return connection


def _connection(path: Path, *, timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    def value(query: str) -> Any:
        return connection.execute(query).fetchone()[0]

    if value("SELECT count(*) FROM sqlite_master"):
        _check(value, path)
        return
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("BEGIN IMMEDIATE")
    if not value("SELECT count(*) FROM sqlite_master"):  # no other process was faster
        for statement in _TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={_OURS}")
        connection.execute(f"PRAGMA user_version={_VERSION}")
    connection.execute("COMMIT")


def _check(value: Callable[[str], Any], path: Path) -> None:
    if value("PRAGMA application_id") != _OURS:
        raise DamagedFileError(
            f"{str(path)!r} is a database of something else and no cache. Give another path.", path=path
        )
    version = value("PRAGMA user_version")
    if version > _VERSION:
        raise FormatVersionError(
            f"The cache {str(path)!r} has format version {version}; this version of synalinks reads up to "
            f"{_VERSION}. Upgrade synalinks, or give another path.",
            path=path,
        )
    if not os.access(path, os.W_OK):
        raise FileError(f"The cache {str(path)!r} cannot be written. Give another path.", path=path)
    state = value("PRAGMA quick_check(1)") if path.stat().st_size <= _CHECKED else "ok"
    if state != "ok":
        raise sqlite3.DatabaseError(state)


def _failure(path: Path, error: Exception) -> FileError:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(error, sqlite3.DatabaseError) and code in (
        None,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    ):
        return DamagedFileError(
            f"{str(path)!r} is damaged, or no cache at all ({error}). Delete it, or give another path.",
            path=path,
        )
    return FileError(f"The cache {str(path)!r} cannot be used: {error}.", path=path)


def cache_of(given: Any) -> Cache | None:
    """Return the cache that was asked for.

    Args:
        given: A cache, "memory", the path of a file, what `get_config` of a cache returned, or None.

    Raises:
        ConfigurationError: It names none.
    """
    if given is None or isinstance(given, Cache):
        return given
    if given == "memory":
        return MemoryCache()
    if isinstance(given, Mapping):
        return FileCache(**given) if "path" in given else MemoryCache(**given)
    if isinstance(given, str | os.PathLike) and os.fspath(given):
        return FileCache(given)
    raise ConfigurationError(
        f'cache must be "memory", the path of a file, MemoryCache(), FileCache(path) or None, not {given!r}.',
        argument="cache",
    )
