"""Checking where callbacks are going to write."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from synalinks._internal.files import obstacle
from synalinks.callbacks._backup_and_restore import BackupAndRestore
from synalinks.callbacks._setup import TrainingSetup
from synalinks.errors import ConfigurationError


class Writer(Protocol):
    """A callback that writes a file."""

    @property
    def filepath(self) -> str | os.PathLike[str]:
        """The file."""


def check_target(callback: Writer, setup: TrainingSetup, *, template: bool = False) -> None:
    """Refuse a file that cannot be written, that lies in a backup or that another callback writes.

    Args:
        callback: Who writes its `filepath`.
        setup: What the training will do.
        template: Whether format fields in the path make it several files.

    Raises:
        ConfigurationError: The file cannot be there.
    """
    path, owner = Path(callback.filepath), type(callback).__name__
    if path.is_dir():
        raise ConfigurationError(f"{owner}: {str(path)!r} is a directory; expected a file name.")
    reason = obstacle(path)
    if reason:
        raise ConfigurationError(f"{owner}: {str(path)!r} cannot be written: {reason}.", argument="filepath")
    for other in setup.callbacks:
        if isinstance(other, BackupAndRestore) and path.resolve().is_relative_to(other.backup_dir.resolve()):
            raise ConfigurationError(
                f"{owner}: {str(path)!r} lies in the backup_dir {str(other.backup_dir)!r} of "
                "BackupAndRestore, which must not be shared. Write it elsewhere.",
                argument="filepath",
            )
        if isinstance(other, type(callback)) and other is not callback and not template:
            _check_apart(path, Path(other.filepath), owner)


def _check_apart(path: Path, other: Path, owner: str) -> None:
    if path.resolve() == other.resolve():
        raise ConfigurationError(
            f"callbacks has two {owner} that write {str(path)!r}; give each a file of its own.",
            argument="filepath",
        )
