"""Watching one key of the logs for its best value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from synalinks._internal.figures import as_number
from synalinks._internal.warn import warn
from synalinks.callbacks._setup import TrainingSetup
from synalinks.errors import ConfigurationError, UnknownNameError, nearest_name

_MODES: Final = ("auto", "max", "min")
_MINIMISED: Final = re.compile(r"(^|_)(costs?|latency|tokens?|errors?|failed|failures?)(_|$)")


def _by_name(key: str) -> str | None:
    """Return the direction that a key's name tells, or None."""
    if key == "reward" or key.endswith("_reward"):
        return "max"
    return "min" if _MINIMISED.search(key) else None


def check_number(value: Any, name: str, *, owner: str, at_least: float = -math.inf) -> float:
    """Return an option of a callback as a float.

    Args:
        value: What was given.
        name: The option.
        owner: The callback.
        at_least: The smallest number that is allowed.

    Raises:
        ConfigurationError: It is no number, NaN, or too small.
    """
    number = as_number(value)
    if number is None or not number >= at_least:
        bound = "" if at_least == -math.inf else f" of at least {at_least:g}"
        raise ConfigurationError(f"{owner}: {name} must be a number{bound}, got {value!r}.", argument=name)
    return number


def check_optional(value: Any, name: str, *, owner: str) -> float | None:
    """Return an option that may be None as a float, see `check_number`."""
    return None if value is None else check_number(value, name, owner=owner)


class Watch:
    """A key of the logs, which way of it is better, and the comparison of two of its values.

    Args:
        key: The key.
        mode: "max", "min", or "auto" for the direction that the metric declares or its name tells.
        owner: The callback, for messages.

    Raises:
        UnknownNameError: There is no such mode.
    """

    def __init__(self, key: str, mode: str, *, owner: str) -> None:
        if mode not in _MODES:
            raise UnknownNameError(f"{owner} mode", str(mode), _MODES)
        if not isinstance(key, str):
            raise ConfigurationError(
                f"{owner}: monitor must be a key of the logs such as 'val_reward', got {key!r}.",
                argument="monitor",
            )
        self.key, self.mode, self.owner = key, mode, owner
        self.direction = mode if mode != "auto" else _by_name(key) or "max"

    def check(self, setup: TrainingSetup, *, keys: Iterable[str] | None = None) -> None:
        """Settle the direction; warn of a key that will not be there and of a mode that cannot be meant.

        Args:
            setup: What the training will do.
            keys: The keys there will be where the watch looks, if not all of them.
        """
        available = tuple(setup.log_keys if keys is None else keys)
        if self.key not in available:
            self._warn(self._missing(available, setup))
        declared = setup.directions.get(self.key.removeprefix("val_")) or _by_name(self.key)
        if self.mode == "auto":
            self.direction = declared or "max"
        elif declared not in (None, self.mode):
            good = "higher" if declared == "max" else "lower"
            self._warn(
                f"mode={self.mode!r} takes a worse {self.key!r} for a better one: {good} is better there. "
                f"Use mode={declared!r} or mode='auto'."
            )

    def _missing(self, available: tuple[str, ...], setup: TrainingSetup) -> str:
        text = f"monitor {self.key!r} is not in the logs, so it will do nothing unless a callback adds it."
        nearest = nearest_name(self.key, available)
        if nearest:
            text += f" Did you mean {nearest!r}?"
        text += f" Available: {', '.join(map(repr, available)) or 'none'}."
        if self.key.startswith("val_") and not setup.has_validation:
            text += " This training has no validation: give validation_split or validation_data."
        return text

    def _warn(self, text: str) -> None:
        warn(f"{self.owner}: {text}")

    def value(self, logs: Mapping[str, Any] | None) -> float | None:
        """Return the key's value in `logs`, or None where it is absent or no number."""
        return as_number((logs or {}).get(self.key))

    def better(self, value: float, than: float | None, *, by_more_than: float = 0.0) -> bool:
        """Return whether `value` is strictly better; NaN never is, and none is like the worst infinity.

        The gain is counted in decimals, as the values are written: 0.61 is not more than 0.01 above 0.6.
        """
        sign = 1 if self.direction == "max" else -1
        before = -sign * math.inf if than is None else than
        if math.isfinite(value) and math.isfinite(before):
            return sign * (Decimal(repr(value)) - Decimal(repr(before))) > Decimal(repr(by_more_than))
        return sign * (value - before) > by_more_than  # infinity less infinity is NaN: no gain

    def reaches(self, value: float, target: float) -> bool:
        """Return whether `value` is as good as `target`, or better."""
        return value >= target if self.direction == "max" else value <= target
