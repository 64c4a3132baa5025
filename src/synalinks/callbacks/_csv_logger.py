"""Figures of each epoch in a CSV file."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synalinks._internal.figures import numbers
from synalinks._internal.files import write_atomic
from synalinks._internal.points import reached
from synalinks._internal.warn import warn
from synalinks.callbacks._callback import Callback, Logs
from synalinks.callbacks._paths import check_target
from synalinks.callbacks._setup import TrainingSetup
from synalinks.errors import ConfigurationError, FileError


class CSVLogger(Callback):
    """Appends one row per epoch to a CSV file: `epoch`, 0-based, and one column for each metric.

    The columns are those declared when training starts. A figure that an epoch lacks or that is no number is
    an empty cell; a key that a callback adds later is not logged, with one warning. A training that is
    resumed from a `BackupAndRestore` continues its own block of rows, whatever `append` is: rows written
    after the backup are cut off, and a block that was altered meanwhile is written anew from the history.

    Args:
        filepath: The file; missing folders are made.
        separator: One character between the cells.
        append: Whether to keep what is in the file and add a fresh header and block of rows behind it.

    Raises:
        ConfigurationError: The separator is not one usable character.
    """

    def __init__(
        self, filepath: str | os.PathLike[str], *, separator: str = ",", append: bool = False
    ) -> None:
        if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n ':
            raise ConfigurationError(
                f"CSVLogger: separator must be one character such as ',' or '\\t', got {separator!r}.",
                argument="separator",
            )
        self.filepath = Path(filepath)
        self.separator = separator
        self.append = append
        self._columns: tuple[str, ...] = ()
        self._start = 0  # the byte at which this run's block begins
        self._block = b""  # all that this run has written
        self._saved: tuple[int, str] | None = None  # length and hash of the block that a backup knows
        self._warned = False

    def check(self, setup: TrainingSetup) -> None:
        """Refuse a path that cannot be written, and see where the block of a fresh run will begin.

        Raises:
            ConfigurationError: The path lies in a backup, is a directory or another logger's, or cannot be
                written.
        """
        check_target(self, setup)
        self._columns = ("epoch", *setup.log_keys)
        self._start = len(self._content()) if self.append else 0
        self._block, self._saved, self._warned = b"", None, False

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begin the block with its header, or go on where the backup was made."""
        content = self._content()
        if self._saved is not None and not self._recover(content, *self._saved):
            self._rewrite(content)
        elif not self._block:
            self._replace(content[: self._start], self._header(content[: self._start]))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Append the epoch's row."""
        logs = logs or {}
        self._warn_of_others(logs)
        self._add(self._row(epoch, logs))

    def state_dict(self) -> dict[str, Any]:
        """Return where the block is in the file, and its hash."""
        return {"start": self._start, "length": len(self._block), "sha256": _hash(self._block)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self._start = state["start"]
        self._saved = (state["length"], state["sha256"])

    # --- The text --------------------------------------------------------------------------

    def _line(self, cells: Sequence[object]) -> bytes:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=self.separator, lineterminator="\n").writerow(cells)
        return buffer.getvalue().encode()

    def _header(self, before: bytes) -> bytes:
        """Return the header; a row that a killed process left unfinished before it is ended first."""
        return (b"" if before.endswith(b"\n") or not before else b"\n") + self._line(self._columns)

    def _row(self, epoch: int, logs: Mapping[str, Any]) -> bytes:
        figures = numbers(logs)
        cells = [repr(figures[key]) if key in figures else "" for key in self._columns[1:]]
        return self._line([epoch, *cells])

    def _warn_of_others(self, logs: Mapping[str, Any]) -> None:
        others = [key for key in logs if key not in self._columns]
        if others and not self._warned:
            self._warned = True
            warn(
                f"CSVLogger: {', '.join(map(repr, others))} came after the columns of {str(self.filepath)!r} "
                "were fixed and is not logged."
            )

    # --- The file --------------------------------------------------------------------------

    def _content(self) -> bytes:
        try:
            return self.filepath.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise self._failure("read", error) from error

    def _failure(self, verb: str, error: OSError) -> FileError:
        return FileError(
            f"CSVLogger cannot {verb} {str(self.filepath)!r}: {error.strerror or error}.", path=self.filepath
        )

    def _add(self, data: bytes) -> None:
        try:
            with open(self.filepath, "ab") as file:
                reached("append", (file, data))
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                reached("after append", self.filepath)
        except OSError as error:
            raise self._failure("write", error) from error
        self._block += data

    def _replace(self, before: bytes, block: bytes) -> None:
        """Make the file hold `before` and the block."""
        write_atomic(self.filepath.resolve(), before + block)  # a link stays a link
        self._start, self._block = len(before), block

    def _recover(self, content: bytes, length: int, expected: str) -> bool:
        """Cut the file back to what the backup knows; False if that is not in it any more."""
        block = content[self._start : self._start + length]
        if len(content) < self._start or _hash(block) != expected:
            return False
        if block:
            self._replace(content[: self._start], block)
        return True

    def _rewrite(self, content: bytes) -> None:
        """Write the block anew from the history."""
        warn(
            f"CSVLogger: this run's rows in {str(self.filepath)!r} were changed or lost since the backup; "
            "they are written anew from the history."
        )
        before, history = content[: self._start], self.program.run.history
        rows = [self._row(epoch, logs) for epoch, logs in zip(history.epoch, history.rows, strict=True)]
        self._replace(before, b"".join([self._header(before), *rows]))


def _hash(block: bytes) -> str:
    return hashlib.sha256(block).hexdigest()
