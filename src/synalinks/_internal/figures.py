"""Figures: the numbers that logs hold, and their form in files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def as_number(value: Any) -> float | None:
    """Return `value` as a float, or None if it is not one number, or too large for it."""
    if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
        return None
    try:
        return float(value)
    except Exception:  # noqa: BLE001 - arrays and tensors of several numbers raise whatever they like
        return None


def numbers(logs: Mapping[str, Any] | None) -> dict[str, float]:
    """Return the values of `logs` that are numbers, as floats."""
    found = {key: as_number(value) for key, value in (logs or {}).items()}
    return {key: value for key, value in found.items() if value is not None}


def encoded(value: float) -> float | str | None:
    """Return the JSON of a number: NaN is null, and the infinities, which JSON lacks as well, their names.

    `float` reads the other two back.
    """
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else repr(value)
