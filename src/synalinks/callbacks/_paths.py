"""Checking where callbacks are going to write."""

from __future__ import annotations

from pathlib import Path

from synalinks._internal.files import obstacle
from synalinks.callbacks._backup_and_restore import BackupAndRestore
from synalinks.callbacks._setup import TrainingSetup
from synalinks.errors import ConfigurationError


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
    reason = obstacle(path)
    if reason:
        raise ConfigurationError(f"{owner}: {str(path)!r} cannot be written: {reason}.", argument="filepath")
    for callback in setup.callbacks:
        if not isinstance(callback, BackupAndRestore):
            continue
        if path.resolve().is_relative_to(callback.backup_dir.resolve()):
            raise ConfigurationError(
                f"{owner}: {str(path)!r} lies in the backup_dir {str(callback.backup_dir)!r} of "
                "BackupAndRestore, which must not be shared. Write it elsewhere.",
                argument="filepath",
            )
