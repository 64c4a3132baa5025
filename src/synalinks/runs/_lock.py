"""A lock on a directory that dies with its process."""

from __future__ import annotations

import os
import time
import weakref
from pathlib import Path
from typing import Final

LOCK: Final = "lock"

_WAITS: Final = (0.005, 0.02, 0.0)
"""Seconds between attempts: who only looks whether there is a lock (`holder_of`) has it for a moment."""


class DirectoryLock:
    """Keeps other processes, and other runs of this one, out of a directory.

    The lock belongs to an open file, so the operating system gives it back when the process ends,
    however it ends. Where the system has no such locks there is none.

    Args:
        directory: The directory; it exists.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / LOCK
        self._descriptor: int | None = None

    def acquire(self) -> int | None:
        """Take the lock; return the number of the process that has it, 0 where unknown, None if we do."""
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not _lock(self._descriptor):
                holder = os.read(self._descriptor, 20)
                self.release()
                return int(holder) if holder.isdigit() else 0
            if not self._is_there():
                self.release()
                return self.acquire()
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)
        except BaseException:
            self.release()
            raise
        self._leave_to_parent()
        return None

    def _is_there(self) -> bool:
        """Return whether the path still leads to the locked file: its last holder may have removed it."""
        assert self._descriptor is not None
        try:
            return os.path.samestat(os.fstat(self._descriptor), os.stat(self.path))
        except FileNotFoundError:
            return False

    def _leave_to_parent(self) -> None:
        """Let go of the file in processes forked off: one of them that lives on must not hold the lock."""
        this = weakref.ref(self)

        def in_child() -> None:
            if (lock := this()) is not None:
                lock.release()

        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=in_child)

    def release(self) -> None:
        """Give the lock back; nothing where it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def holder_of(directory: Path) -> int | None:
    """Return the number of the live process that has locked `directory`, 0 where unknown, None if none has.

    The directory stays as it is; nothing is made in it.
    """
    try:
        descriptor = os.open(directory / LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        if _lock(descriptor, shared=True):
            return None
        holder = os.read(descriptor, 20)
        return int(holder) if holder.isdigit() else 0
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, shared: bool = False) -> bool:
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        return True
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    for wait in (0.0,) if shared else _WAITS:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return True
        except OSError:
            time.sleep(wait)
    return False
