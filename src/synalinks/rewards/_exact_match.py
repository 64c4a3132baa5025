"""Equal or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from synalinks._internal.plain import plain
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
