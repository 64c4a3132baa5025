"""Checking where callbacks are going to write."""

from __future__ import annotations

import os
from pathlib import Path

from synalinks.callbacks._backup_and_restore import BackupAndRestore
from synalinks.callbacks._setup import TrainingSetup
from synalinks.errors import ConfigurationError


def _refuse_parents(path: Path, owner: str) -> None:
    """The nearest folder that exists must be one, and one that can be written to."""
    parent = next((p for p in path.absolute().parents if os.path.lexists(p)), path.absolute().parent)
    if not parent.is_dir():
        raise ConfigurationError(
            f"{owner}: {str(path)!r} cannot be written: {str(parent)!r} is not a directory."
        )
    if not os.access(parent, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"{owner}: {str(path)!r} cannot be written: no permission in {str(parent)!r}."
        )


def check_target(path: Path, setup: TrainingSetup, *, owner: str) -> None:
    """Refuse a file that cannot be written or that lies in the directory of a backup.

    Args:
        path: The file; format fields may stand in it.
        setup: What the training will do.
        owner: The callback, for messages.

    Raises:
        ConfigurationError: The file cannot be there.
    """
    if path.is_dir():
        raise ConfigurationError(f"{owner}: {str(path)!r} is a directory; expected a file name.")
    _refuse_parents(path, owner)
    for callback in setup.callbacks:
        if not isinstance(callback, BackupAndRestore):
            continue
        if path.resolve().is_relative_to(callback.backup_dir.resolve()):
            raise ConfigurationError(
                f"{owner}: {str(path)!r} lies in the backup_dir {str(callback.backup_dir)!r} of "
                "BackupAndRestore, which must not be shared. Write it elsewhere.",
                argument="filepath",
            )
