"""A lock on a directory that dies with its process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

LOCK: Final = "lock"


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
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(descriptor):
            holder = os.read(descriptor, 20)
            os.close(descriptor)
            return int(holder) if holder.isdigit() else 0
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor
        return None

    def release(self) -> None:
        """Give the lock back; nothing where it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
