"""Saving the program during training."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

from synalinks.callbacks._backup_and_restore import check_save_freq
from synalinks.callbacks._callback import Callback, Logs
from synalinks.callbacks._paths import check_target
from synalinks.callbacks._setup import TrainingSetup
from synalinks.callbacks._terminal import say
from synalinks.callbacks._watch import Watch
from synalinks.errors import ConfigurationError, UnknownNameError

_VARIABLES = ".variables.json"


def _check_ending(filepath: str, *, variables_only: bool) -> None:
    is_variables = filepath.endswith(_VARIABLES)
    if variables_only and not is_variables:
        raise ConfigurationError(
            f"ProgramCheckpoint(save_variables_only=True) needs a filepath that ends in '{_VARIABLES}', "
            f"got {filepath!r}.",
            argument="filepath",
        )
    if not variables_only and (is_variables or not filepath.endswith(".json")):
        raise ConfigurationError(
            f"ProgramCheckpoint needs a filepath that ends in '.json' and not in '{_VARIABLES}' (for "
            f"that, set save_variables_only=True), got {filepath!r}.",
            argument="filepath",
        )


def _fields(template: str) -> list[str]:
    """Return the names of the format fields of `template`, those within format specs too."""
    names: list[str] = []
    for _, name, spec, _ in Formatter().parse(template):
        if name is not None:
            names += [name, *_fields(spec or "")]
    return names


def _check_template(template: str, counters: Iterable[str], keys: Iterable[str]) -> None:
    """Refuse a file name whose fields cannot be filled in."""
    sample: dict[str, Any] = {**dict.fromkeys(keys, 0.5), **dict.fromkeys(counters, 1)}
    try:
        unknown = [name for name in _fields(template) if name not in sample]
        if not unknown:
            template.format(**sample)
    except (ValueError, LookupError, AttributeError) as error:
        raise ConfigurationError(
            f"ProgramCheckpoint: the file name {template!r} cannot be formatted: {error}.",
            argument="filepath",
        ) from error
    if unknown:
        raise UnknownNameError(
            "field of the file name", unknown[0], sample, hint=f"filepath is {template!r}."
        )


class ProgramCheckpoint(Callback):
    """Saves the program, or only its variables, every epoch or whenever the monitored figure improves.

    Format fields in the path are filled in when it saves: `{epoch}` (1-based), `{batch}` (1-based, with a
    numeric `save_freq`) and every key of the logs, as in "epoch_{epoch:02d}_{val_reward:.3f}.json". An epoch
    that lacks one of them (validation skipped by `validation_freq`) is not saved. The best value survives an
    interruption with `BackupAndRestore`.

    Args:
        filepath: The file. It ends in ".json", or in ".variables.json" with `save_variables_only`.
        monitor: The key of the logs to watch with `save_best_only`. If it is not there, nothing is saved.
        mode: "max" if higher is better, "min" if lower is, "auto" for the metric's own direction.
        save_best_only: Whether to save only when `monitor` is strictly better than ever before.
        save_variables_only: Whether to save the variables without the program; they are read with
            `program.load_variables(path)`, a program with `synalinks.programs.load_program(path)`.
        save_freq: "epoch", or n to save after every n training batches; the figures are then those of the
            epoch so far, without validation.
        initial_value_threshold: A value that the first best must beat.
        verbose: 1 to print a line whenever it saves.

    Attributes:
        best: The best value so far, or None.

    Raises:
        ConfigurationError: The path has the wrong ending, or an option is not valid.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        *,
        monitor: str = "val_reward",
        mode: str = "auto",
        save_best_only: bool = False,
        save_variables_only: bool = False,
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        verbose: int = 0,
    ) -> None:
        self.filepath = os.fspath(filepath)
        _check_ending(self.filepath, variables_only=save_variables_only)
        check_save_freq(save_freq, owner="ProgramCheckpoint")
        self._watch = Watch(monitor, mode, owner="ProgramCheckpoint")
        self.save_best_only, self.save_variables_only = save_best_only, save_variables_only
        self.save_freq = save_freq
        self.initial_value_threshold = initial_value_threshold
        self.verbose = verbose
        self._reset()

    def _reset(self) -> None:
        self.best = self.initial_value_threshold
        self._batches = 0

    def check(self, setup: TrainingSetup) -> None:
        """Refuse a path that cannot be written; warn of a monitor that is not in the logs.

        Raises:
            ConfigurationError: The path holds an unknown field, lies in a backup, or cannot be written.
        """
        by_epoch = self.save_freq == "epoch"
        keys = [key for key in setup.log_keys if by_epoch or not key.startswith("val_")]
        _check_template(self.filepath, ("epoch",) if by_epoch else ("epoch", "batch"), keys)
        check_target(Path(self.filepath), setup, owner="ProgramCheckpoint")
        if self.save_best_only:
            self._watch.check(setup, keys=keys)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begin anew, in a fresh run."""
        if not self.program.run.resumed:
            self._reset()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save after every `save_freq` batches."""
        if not isinstance(self.save_freq, int):
            return
        self._batches += 1
        if self._batches % self.save_freq == 0:
            self._consider({**(logs or {}), "epoch": self.program.run.epoch + 1, "batch": batch + 1})

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save after the epoch."""
        if self.save_freq == "epoch":
            self._consider({**(logs or {}), "epoch": epoch + 1})

    def _consider(self, fields: Mapping[str, Any]) -> None:
        """Save if it is time to; a file name that lacks a figure, or no better figure, means not to."""
        if not all(name in fields for name in _fields(self.filepath)):
            return
        path = self.filepath.format(**fields)
        if not self.save_best_only:
            self._save(path, f"Epoch {fields['epoch']}: saved {path}")
            return
        value = self._watch.value(fields)
        if value is None or not self._watch.better(value, self.best):
            return
        before = "" if self.best is None else f" from {self.best:.4g}"
        self._save(
            path, f"Epoch {fields['epoch']}: {self._watch.key} improved{before} to {value:.4g}, saved {path}"
        )
        self.best = value

    def _save(self, path: str, message: str) -> None:
        if self.save_variables_only:
            self.program.save_variables(path)
        else:
            self.program.save(path)
        if self.verbose:
            say(message)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and the number of batches seen."""
        return {"best": self.best, "batches": self._batches}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.best, self._batches = state["best"], state["batches"]
