"""Equal or not."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from synalinks._internal.normalisation import normalized
from synalinks._internal.plain import plain
from synalinks._internal.structure import map_leaves
from synalinks.data import SymbolicDataModel
from synalinks.data._schema import Shape, shape_of
from synalinks.errors import ConfigurationError
from synalinks.rewards._feedback import shown
from synalinks.rewards._reward import Reward, RewardResult

_MATCH = RewardResult(1.0, "The answer is the expected one.")
_SHOWN = 5  # differences that the feedback lists


class ExactMatch(Reward):
    """1.0 where the prediction is exactly the target, else 0.0.

    The JSON values are compared after the masks: every field must be there on both sides and be equal.
    Numbers are equal as numbers (`1` is `1.0`), a boolean is no number, text is compared character by
    character, lists in order. The feedback says for each field what was expected and what came.

    Args:
        tolerance: How far a number may be from the one expected, in its own unit.
        relative_tolerance: How far it may be as a share of the one expected, for example 0.01; of the two
            bounds the wider one counts.
        normalize: Whether texts are compared as SQuAD's evaluation does: without case, ASCII punctuation,
            English articles and extra white space.
        **options: Name, masks and `reduction` of `Reward`.

    Raises:
        ConfigurationError: A tolerance is no finite number of at least 0.
    """

    needs_target: bool = True

    def __init__(
        self,
        *,
        tolerance: float = 0.0,
        relative_tolerance: float = 0.0,
        normalize: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.tolerance = _tolerance("tolerance", tolerance)
        self.relative_tolerance = _tolerance("relative_tolerance", relative_tolerance)
        self.normalize = bool(normalize)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        own = {
            "tolerance": self.tolerance,
            "relative_tolerance": self.relative_tolerance,
            "normalize": self.normalize,
        }
        return {**own, **super().get_config()}

    def call(self, y_true: Any, y_pred: Any) -> RewardResult:
        """Compare the two."""
        expected, found = plain(y_true), plain(y_pred)
        if self._equal(expected, found):
            return _MATCH
        lines = list(self._differences(expected, found, ""))
        more = [f"... and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        return RewardResult(0.0, "; ".join([*lines[:_SHOWN], *more]) + ".")

    def check(self, target: Any, prediction: Any) -> None:
        """Look for mistakes before anything is paid for (see `Reward.check`).

        Raises:
            ConfigurationError: One always has a field that the other never has.
        """
        super().check(target, prediction)
        if target is None or prediction is None:
            return
        target, prediction = self._masks.apply(_schemas(target)), self._masks.apply(_schemas(prediction))
        if not isinstance(target, SymbolicDataModel) or not isinstance(prediction, SymbolicDataModel):
            return
        due, given = shape_of(target.get_schema()), shape_of(prediction.get_schema())
        # Targets are filled in with their defaults; what a model leaves out stays out.
        certain = [*due.required, *(key for key, field in due.properties.items() if _has_default(field))]
        self._refuse(
            certain, due, given, "The target", "the program's answer", "Leave the column out, or use"
        )
        self._refuse(given.required, given, due, "The program's answer", "the target", "Use")

    def _refuse(
        self, certain: Sequence[str], one: Shape, other: Shape, owner: str, lacking: str, advice: str
    ) -> None:
        """Refuse that `one` always has fields that `other` never has."""
        surplus = [key for key in certain if key not in other.properties]
        if not surplus or other.extra is not False:
            return
        common = [key for key in one.properties if key in other.properties]
        text = f"{owner} has {_listed(surplus)}, which {lacking} never has, so {self.name} would always be 0."
        raise ConfigurationError(
            f"{text} {advice} ExactMatch(in_mask={common!r})."
            if common
            else f"{text} The two have no field in common: {lacking} has {_listed(other.properties)}.",
            argument="reward",
        )

    def _equal(self, expected: Any, found: Any) -> bool:
        if isinstance(expected, dict):
            return (
                isinstance(found, dict)
                and expected.keys() == found.keys()
                and all(self._equal(value, found[key]) for key, value in expected.items())
            )
        if isinstance(expected, list | tuple):
            return (
                isinstance(found, list | tuple)
                and len(expected) == len(found)
                and all(map(self._equal, expected, found))
            )
        if isinstance(expected, bool) != isinstance(found, bool):  # in Python True is 1; in JSON it is not
            return False
        return bool(expected == found) or self._alike(expected, found)

    def _alike(self, expected: Any, found: Any) -> bool:
        """Return whether two values that are not equal count as equal."""
        if isinstance(expected, str) and isinstance(found, str):
            return self.normalize and normalized(expected) == normalized(found)
        if isinstance(expected, int | float) and isinstance(found, int | float):
            return self._near(expected, found)
        return False

    def _near(self, expected: float, found: float) -> bool:
        bound = max(self.tolerance, self.relative_tolerance * abs(expected))
        # 1.1 - 1.0 is a little over 0.1 in binary; whoever writes a tolerance of 0.1 means decimals.
        rounding = sys.float_info.epsilon * max(abs(expected), abs(found))
        return bound > 0 and abs(expected - found) <= bound + rounding

    def _differences(self, expected: Any, found: Any, path: str) -> Iterator[str]:
        if not (isinstance(expected, dict) and isinstance(found, dict)):
            if not self._equal(expected, found):
                yield f"{path + ': ' if path else ''}expected {shown(expected)}, got {shown(found)}"
            return
        for key in [*expected, *(k for k in found if k not in expected)]:
            here = f"{path}.{key}" if path else str(key)
            if key not in found:
                yield f"{here}: expected {shown(expected[key])}, but it is missing"
            elif key not in expected:
                yield f"{here}: got {shown(found[key])}, but the target has no such field"
            else:
                yield from self._differences(expected[key], found[key], here)


def _schemas(structure: Any) -> Any:
    """Return the structure without values."""
    return map_leaves(lambda m: None if m is None else m.to_symbolic_data_model(), structure)


def _has_default(field: Any) -> bool:
    return isinstance(field, dict) and "default" in field


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def _tolerance(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ConfigurationError(
            f"{name} is a finite number of at least 0, not {value!r:.100}.", argument=name
        )
    return float(value)
