"""Checking the arguments of `fit`, `evaluate` and `predict`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from synalinks.callbacks import Callback
from synalinks.errors import ConfigurationError

VERBOSE = ("auto", 0, 1, 2)


def check_count(name: str, value: Any, *, least: int = 1, optional: bool = False) -> None:
    """Refuse what is not a whole number of at least `least`.

    Raises:
        ConfigurationError: It is something else.
    """
    if value is None and optional:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        or_none = " or None" if optional else ""
        raise ConfigurationError(
            f"{name} is a whole number of at least {least}{or_none}, got {value!r}.", argument=name
        )


def check_fraction(name: str, value: Any) -> None:
    """Refuse what is not a number from 0 to below 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ConfigurationError(f"{name} is a fraction from 0 to below 1, got {value!r}.", argument=name)


def check_verbose(value: Any) -> None:
    """Refuse what is no way of showing progress."""
    if isinstance(value, bool) or value not in VERBOSE:
        raise ConfigurationError(f'verbose is "auto", 0, 1 or 2, got {value!r}.', argument="verbose")


def check_callbacks(callbacks: Any) -> list[Callback]:
    """Return the callbacks as a list.

    Raises:
        ConfigurationError: One of them is no callback.
    """
    if callbacks is None:
        return []
    if isinstance(callbacks, Callback):
        return [callbacks]
    if not isinstance(callbacks, list | tuple):
        raise ConfigurationError(f"callbacks is a list, got {callbacks!r:.100}.", argument="callbacks")
    for position, callback in enumerate(callbacks):
        if isinstance(callback, type) and issubclass(callback, Callback):
            raise ConfigurationError(
                f"callbacks[{position}] is the class {callback.__name__}; write {callback.__name__}(...).",
                argument="callbacks",
            )
        if not isinstance(callback, Callback):
            raise ConfigurationError(
                f"callbacks[{position}] is {callback!r:.100}; expected a synalinks.callbacks.Callback.",
                argument="callbacks",
            )
    if len({id(callback) for callback in callbacks}) != len(callbacks):
        raise ConfigurationError("The same callback object stands in callbacks twice.", argument="callbacks")
    return list(callbacks)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options that `evaluate` and `predict` have in common; see `Program.evaluate`."""

    batch_size: int
    verbose: Any
    callbacks: Any
    steps: int | None
    max_concurrency: int | None

    def __post_init__(self) -> None:
        check_count("batch_size", self.batch_size)
        check_verbose(self.verbose)
        check_count("steps", self.steps, optional=True)
        check_count("max_concurrency", self.max_concurrency, optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOptions:
    """The options of `fit`; see `Program.fit` for what they mean."""

    batch_size: int
    epochs: int
    verbose: Any
    validation_split: float
    validation_data: Any
    shuffle: bool
    initial_epoch: int
    steps_per_epoch: int | None
    validation_steps: int | None
    validation_batch_size: int | None
    validation_freq: Any
    selection_split: float
    max_concurrency: int | None
    seed: int | None
    outage_timeout: float

    def __post_init__(self) -> None:
        check_count("batch_size", self.batch_size)
        check_count("epochs", self.epochs)
        check_verbose(self.verbose)
        check_fraction("validation_split", self.validation_split)
        check_fraction("selection_split", self.selection_split)
        check_count("initial_epoch", self.initial_epoch, least=0)
        for name in ("steps_per_epoch", "validation_steps", "validation_batch_size", "max_concurrency"):
            check_count(name, getattr(self, name), optional=True)
        if self.initial_epoch >= self.epochs:
            raise ConfigurationError(
                f"initial_epoch={self.initial_epoch} leaves no epoch of epochs={self.epochs}: epochs is the "
                "number of the last one, as in Keras.",
                argument="initial_epoch",
            )
        if self.seed is not None:
            check_count("seed", self.seed, least=0, optional=True)
            if self.seed >= 2**63:
                raise ConfigurationError(f"seed is at most 2**63 - 1, got {self.seed!r}.", argument="seed")
        timeout = self.outage_timeout
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout >= 0:
            raise ConfigurationError(
                f"outage_timeout is a number of seconds of at least 0, got {timeout!r}.",
                argument="outage_timeout",
            )
        self._check_validation_freq()

    def _check_validation_freq(self) -> None:
        freq = self.validation_freq
        if isinstance(freq, list | tuple | set | frozenset):
            for epoch in freq:
                check_count("validation_freq", epoch)
        else:
            check_count("validation_freq", freq)

    def validates(self, epoch: int) -> bool:
        """Return whether validation runs after `epoch`, 0-based."""
        freq = self.validation_freq
        return (epoch + 1) % freq == 0 if isinstance(freq, int) else (epoch + 1) in freq
