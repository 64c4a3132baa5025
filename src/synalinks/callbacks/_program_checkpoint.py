"""Saving the program during training."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import orjson

from synalinks._internal.canonical import canonical
from synalinks._internal.figures import encoded, numbers
from synalinks._internal.files import write_json
from synalinks.callbacks._backup_and_restore import check_save_freq
from synalinks.callbacks._callback import Callback, Logs
from synalinks.callbacks._paths import check_target
from synalinks.callbacks._setup import TrainingSetup
from synalinks.callbacks._terminal import say
from synalinks.callbacks._watch import Watch, check_optional
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.saving import variables_document

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


def _record_in(path: str) -> dict[str, Any]:
    """Return what a checkpoint says of itself; nothing if there is none, or another kind of file."""
    try:
        record = orjson.loads(Path(path).read_bytes())["checkpoint"]
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return record if isinstance(record, dict) else {}


class ProgramCheckpoint(Callback):
    """Saves the program, or only its variables, every epoch or whenever the monitored figure improves.

    Format fields in the path are filled in when it saves: `{epoch}` (1-based), `{batch}` (1-based, with a
    numeric `save_freq`) and every key of the logs, as in "epoch_{epoch:02d}_{val_reward:.3f}.json". An epoch
    that lacks one of them (validation skipped by `validation_freq`) is not saved.

    The best value holds for all trainings that the object is used in, and survives an interruption with
    `BackupAndRestore`. With `save_best_only` the file says which run it is of and how good it was, so that a
    best that was saved after the last backup is not overwritten by a worse one when the run is resumed.

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
        self.initial_value_threshold = check_optional(
            initial_value_threshold, "initial_value_threshold", owner="ProgramCheckpoint"
        )
        self.verbose = verbose
        self.best = self.initial_value_threshold
        self._batches = 0
        self._last: str | None = None  # the file that holds the best

    def check(self, setup: TrainingSetup) -> None:
        """Refuse a path or program that cannot be written; warn of a monitor that is not in the logs.

        Raises:
            ConfigurationError: The path holds an unknown field, lies in a backup, is another checkpoint's, or
                cannot be written; or a part of the program has no JSON form.
        """
        by_epoch = self.save_freq == "epoch"
        keys = [key for key in setup.log_keys if by_epoch or not key.startswith("val_")]
        _check_template(self.filepath, ("epoch",) if by_epoch else ("epoch", "batch"), keys)
        check_target(self, setup, template=bool(_fields(self.filepath)))
        if self.save_best_only:
            self._watch.check(setup, keys=keys)
        self._check_program()

    def _check_program(self) -> None:
        try:
            canonical(self._document())
        except (ConfigurationError, TypeError) as error:
            hint = "" if self.save_variables_only else " Only its variables: save_variables_only=True."
            raise ConfigurationError(f"ProgramCheckpoint cannot save the program: {error}{hint}") from error

    def on_train_begin(self, logs: Logs = None) -> None:
        """Count batches anew in a fresh run; in a resumed one, see what was saved after the last backup."""
        if not self.program.run.resumed:
            self._batches = 0
            return
        path = self._last if _fields(self.filepath) else self.filepath.format()
        if path is not None:
            self._learn_from(path)

    def _learn_from(self, path: str) -> None:
        """Take over the best that this run has saved there, unless a better one is known."""
        record = _record_in(path)
        if (record.get("run_id"), record.get("monitor")) != (self.program.run.run_id, self._watch.key):
            return
        value = float(record["value"])
        if self._watch.better(value, self.best):
            self.best, self._last = value, path

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save after every `save_freq` batches."""
        if not isinstance(self.save_freq, int):
            return
        self._batches += 1
        if self._batches % self.save_freq == 0:
            self._consider({**numbers(logs), "epoch": self.program.run.epoch + 1, "batch": batch + 1})

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save after the epoch."""
        if self.save_freq == "epoch":
            self._consider({**numbers(logs), "epoch": epoch + 1})

    def _consider(self, fields: Mapping[str, Any]) -> None:
        """Save if it is time to; a file name that lacks a figure, or no better figure, means not to."""
        if not all(name in fields for name in _fields(self.filepath)):
            return
        path = self.filepath.format(**fields)
        if self.save_best_only:
            self._save_if_best(path, self._watch.value(fields), fields["epoch"])
            return
        self._save(path, self._document(), f"Epoch {fields['epoch']}: saved {path}")

    def _save_if_best(self, path: str, value: float | None, epoch: int) -> None:
        if value is None or not self._is_best(value, path):
            return
        key = self._watch.key
        before = "" if self.best is None else f" from {self.best:.4g}"
        record = {"run_id": self.program.run.run_id, "monitor": key, "value": encoded(value)}
        self._save(
            path,
            {**self._document(), "checkpoint": record},
            f"Epoch {epoch}: {key} improved{before} to {value:.4g}, saved {path}",
        )
        self.best, self._last = value, path

    def _is_best(self, value: float, path: str) -> bool:
        if not self._watch.better(value, self.best):
            return False
        if self.program.run.resumed:
            self._learn_from(path)
        return self._watch.better(value, self.best)

    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = (
            variables_document(self.program) if self.save_variables_only else self.program.to_json()
        )
        return document

    def _save(self, path: str, document: Mapping[str, Any], message: str) -> None:
        write_json(Path(path), document)
        if self.verbose:
            say(message)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value, the file that holds it, and the number of batches seen."""
        best = None if self.best is None else encoded(self.best)
        return {"best": best, "file": self._last, "batches": self._batches}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.best = None if state["best"] is None else float(state["best"])
        self._last, self._batches = state["file"], state["batches"]
