"""Equal or not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from synalinks._internal.plain import plain
from synalinks._internal.structure import map_leaves
from synalinks.data import SymbolicDataModel
from synalinks.data._schema import Shape, shape_of
from synalinks.errors import ConfigurationError
from synalinks.rewards._reward import Reward, RewardResult

_MATCH = RewardResult(1.0, "The answer is the expected one.")
_SHOWN = 5  # differences that the feedback lists
_LENGTH = 500  # characters of each value that it shows


class ExactMatch(Reward):
    """1.0 where the prediction is exactly the target, else 0.0.

    The JSON values are compared after the masks: every field must be there on both sides and be equal.
    Numbers are equal as numbers (`1` is `1.0`), a boolean is no number, text is compared character by
    character, lists in order. The feedback says for each field what was expected and what came.

    Args:
        **options: Name, masks and `reduction` of `Reward`.
    """

    needs_target: ClassVar[bool] = True

    def call(self, y_true: Any, y_pred: Any) -> RewardResult:
        """Compare the two."""
        expected, found = plain(y_true), plain(y_pred)
        if _equal(expected, found):
            return _MATCH
        lines = list(_differences(expected, found, ""))
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


def _schemas(structure: Any) -> Any:
    """Return the structure without values."""
    return map_leaves(lambda m: None if m is None else m.to_symbolic_data_model(), structure)


def _has_default(field: Any) -> bool:
    return isinstance(field, dict) and "default" in field


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_equal(v, b[k]) for k, v in a.items())
    if isinstance(a, list | tuple):
        return isinstance(b, list | tuple) and len(a) == len(b) and all(map(_equal, a, b))
    # In Python True is 1; in JSON it is not.
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _differences(expected: Any, found: Any, path: str) -> Iterator[str]:
    if not (isinstance(expected, dict) and isinstance(found, dict)):
        if not _equal(expected, found):
            yield f"{path + ': ' if path else ''}expected {_shown(expected)}, got {_shown(found)}"
        return
    for key in [*expected, *(k for k in found if k not in expected)]:
        here = f"{path}.{key}" if path else str(key)
        if key not in found:
            yield f"{here}: expected {_shown(expected[key])}, but it is missing"
        elif key not in expected:
            yield f"{here}: got {_shown(found[key])}, but the target has no such field"
        else:
            yield from _differences(expected[key], found[key], here)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _LENGTH else f"{text[:_LENGTH]}..."
