"""Surviving interruptions."""

from __future__ import annotations

import os
from pathlib import Path

from synalinks.callbacks._callback import Callback
from synalinks.callbacks._setup import TrainingSetup
from synalinks.errors import ConfigurationError
from synalinks.runs import BackupStore


def check_save_freq(save_freq: object, *, owner: str) -> None:
    """Refuse a frequency that is neither "epoch" nor a positive number of batches."""
    number = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
    if save_freq != "epoch" and not number:
        raise ConfigurationError(
            f"{owner}: save_freq must be 'epoch' or a positive number of batches, got {save_freq!r}.",
            argument="save_freq",
        )


class BackupAndRestore(Callback):
    """Keeps the state of a training in a directory, and goes on from it when the script is run again.

    The program's variables, the optimizer, the state of all callbacks, the history and the position in the
    data are written after each boundary, once every callback has handled it. In between, the answer of each
    language-model call is kept in a journal before it is used. When a process dies, run the same script
    again: it goes on from the last backup and takes completed calls from the journal, so that only those in
    flight are paid for twice. Program, models, optimizer, reward, metrics, data, epochs, batch size, seed and
    the other options that decide the course of the training must be the same as before; otherwise
    `BackupMismatchError` lists what differs.

    Args:
        backup_dir: The directory; made if there is none, and locked while the training runs. It must not be
            shared with another training or with the files of another callback. On a local disk: SQLite's
            write-ahead log, which the journal has, does not work on network file systems.
        save_freq: "epoch" for a backup after each epoch, or n for one also after every n training batches.
        delete_checkpoint: Whether to delete the backup when the training has ended normally. If False, a
            script that is run again returns the `History` of the finished run without doing it again.

    Raises:
        ConfigurationError: `save_freq` is neither.
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        *,
        save_freq: str | int = "epoch",
        delete_checkpoint: bool = True,
    ) -> None:
        check_save_freq(save_freq, owner="BackupAndRestore")
        self.backup_dir = Path(backup_dir)
        self.save_freq = save_freq
        self.delete_checkpoint = delete_checkpoint

    def check(self, setup: TrainingSetup) -> None:
        """Refuse a second `BackupAndRestore` in the list, and a directory that cannot hold the backup.

        Raises:
            ConfigurationError: There are two.
            BackupError: The directory is a file, not accessible, or holds files of someone else.
        """
        backups = [c for c in setup.callbacks if isinstance(c, BackupAndRestore)]
        if len(backups) > 1:
            places = ", ".join(repr(str(c.backup_dir)) for c in backups)
            raise ConfigurationError(
                f"callbacks has {len(backups)} BackupAndRestore ({places}); a training has one. Keep one.",
                argument="callbacks",
            )
        BackupStore(self.backup_dir).inspect()
