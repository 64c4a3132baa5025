"""The number of the last call in a journal, beside it: a damaged journal cannot say what it has lost."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Final, NamedTuple

from synalinks.errors import FileError

LAST: Final = "journal.last"


class Numbers(NamedTuple):
    """What is known of a journal.

    Attributes:
        generation: Number of the backup from which the run went on when the last call was recorded.
        first: Number of the last call before that.
        last: Number of the last call.
    """

    generation: int
    first: int
    last: int


class LastCall:
    """The numbers of a journal in a small file that is written in place.

    A kill of the process leaves them behind by one commit at most, and never ahead. The file may be lost
    without any loss to the run.

    Args:
        path: The file; made when there is none.

    Raises:
        FileError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise self._error(error) from error

    def read(self) -> Numbers | None:
        """Return what is in the file; None where nothing is, or nothing that can be trusted."""
        words = os.pread(self._descriptor, 200, 0).partition(b"\n")[0].split()
        try:
            numbers, seal = Numbers(*map(int, words[:-1])), words[-1]
        except (TypeError, ValueError, IndexError):
            return None
        return numbers if seal == _seal(numbers) else None

    def write(self, numbers: Numbers) -> None:
        """Replace what is in the file.

        Raises:
            FileError: It cannot be written.
        """
        line = b"%012d %012d %012d %b\n" % (*numbers, _seal(numbers))
        try:
            os.pwrite(self._descriptor, line, 0)
        except OSError as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _error(self, error: OSError) -> FileError:
        return FileError(f"{str(self.path)!r} cannot be written: {error.strerror or error}.", path=self.path)


def _seal(numbers: Numbers) -> bytes:
    return b"%08x" % zlib.crc32(b"%d %d %d" % numbers)
