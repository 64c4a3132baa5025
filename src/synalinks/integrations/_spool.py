"""What is to be sent somewhere, kept on disk until it has arrived."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from synalinks.runs._lock import DirectoryLock

TARGET: Final = "target.json"
_NAME: Final = re.compile(r"(\d{20})\.([a-z]+)")
_LIMIT: Final = 1 << 30


def state_directory() -> Path:
    """Return where the library keeps what has to outlive a process and belongs to no run's own folder."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "synalinks"


class Item(NamedTuple):
    """One thing to send: a file of the spool, or bytes where no file could be written."""

    number: int
    kind: str
    held: bytes | None
    size: int


class Spool:
    """A queue of things to send, each a file of its own until it has arrived.

    Whoever sends from a spool locks it; adding needs no lock. A disk that cannot be written is no error:
    what is added then lives as long as the process.

    Args:
        directory: Where the files are; made with the first of them.
        target: Where the things are to be sent, as JSON; kept beside them for another process to read.
        limit: Bytes of files beyond which nothing more is kept.
    """

    def __init__(self, directory: Path, target: Any, *, limit: int = _LIMIT) -> None:
        self.directory, self.target, self.limit = directory, target, limit
        self.refused = 0
        self.holder: int | None = None  # the process that has the lock, where `acquire` did not get it
        self._guard = threading.Lock()
        self._lock: DirectoryLock | None = None
        self._last = 0
        self._items: dict[int, Item] = {}
        self._size = 0
        self._read()

    @classmethod
    def left(cls, directory: Path) -> Spool | None:
        """Return the spool that a process left in a directory, or None where there is none to be read."""
        try:
            target = orjson.loads((directory / TARGET).read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return None
        return cls(directory, target)

    def _read(self) -> None:
        """Take up what is in the directory."""
        with contextlib.suppress(OSError):
            for path in sorted(self.directory.iterdir()):
                if (name := _NAME.fullmatch(path.name)) and int(name[1]) not in self._items:
                    self._hold(Item(int(name[1]), name[2], None, path.stat().st_size))

    def _hold(self, item: Item) -> None:
        self._items[item.number] = item
        self._size += item.size

    def _path(self, number: int, kind: str) -> Path:
        return self.directory / f"{number:020d}.{kind}"

    def __len__(self) -> int:
        return len(self._items)

    @property
    def on_disk(self) -> bool:
        """Whether all that waits would outlive the process."""
        with self._guard:
            return all(item.held is None for item in self._items.values())

    def add(self, kind: str, data: bytes) -> None:
        """Append something; over the limit it is dropped and counted in `refused`."""
        with self._guard:
            if self._size + len(data) > self.limit:
                self.refused += 1
                return
            self._last = number = max(time.time_ns(), self._last + 1)
            held = None if self._write(number, kind, data) else data
            self._hold(Item(number, kind, held, len(data)))

    def _write(self, number: int, kind: str, data: bytes) -> bool:
        path = self._path(number, kind)
        temporary = path.with_suffix(".tmp")
        try:
            if not (self.directory / TARGET).exists():
                self.directory.mkdir(parents=True, exist_ok=True)
                (self.directory / f".{TARGET}").write_bytes(orjson.dumps(self.target))
                os.replace(self.directory / f".{TARGET}", self.directory / TARGET)
            # No fsync: what a crash of the machine loses here is not worth the wait.
            temporary.write_bytes(data)
            os.replace(temporary, path)
        except OSError:
            return False
        return True

    def first(self) -> tuple[Item, bytes] | None:
        """Return what has waited longest, and its bytes; None where nothing waits."""
        while True:
            with self._guard:
                item = next(iter(self._items.values()), None)
            if item is None:
                return None
            try:
                return item, self._path(
                    item.number, item.kind
                ).read_bytes() if item.held is None else item.held
            except OSError:  # somebody has deleted it
                self.done(item)

    def done(self, item: Item) -> None:
        """Forget something that has arrived."""
        with contextlib.suppress(OSError):
            if item.held is None:
                self._path(item.number, item.kind).unlink(missing_ok=True)
        with self._guard:
            if self._items.pop(item.number, None) is not None:
                self._size -= item.size

    # --- Who may send ----------------------------------------------------------------------

    def acquire(self) -> bool:
        """Lock the spool for sending; return whether nobody else has it."""
        if self._lock is None:
            try:
                self.directory.mkdir(parents=True, exist_ok=True)
                lock = DirectoryLock(self.directory)
                self.holder = lock.acquire()
                if self.holder is not None:
                    return False
            except OSError:
                return True  # there are no files that two could send
            with self._guard:
                self._lock = lock
                self._read()  # whoever had the lock before may have left something
        return True

    def release(self) -> None:
        """Give the lock back; a directory in which nothing waits is removed."""
        with self._guard:
            self._read()  # whoever waits for the lock may have added something
            if not self._items and self._lock is not None:
                for name in (TARGET, "lock"):
                    (self.directory / name).unlink(missing_ok=True)
                with contextlib.suppress(OSError):  # somebody has added to it meanwhile
                    self.directory.rmdir()
            if self._lock is not None:
                self._lock.release()
                self._lock = None
