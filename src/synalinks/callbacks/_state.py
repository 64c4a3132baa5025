"""Checking that a callback's state is JSON."""

from __future__ import annotations

import math
from typing import Any


def _flaw(value: Any) -> str | None:
    """Say what is not JSON about `value` itself, its items aside."""
    if isinstance(value, dict):
        odd = next((key for key in value if not isinstance(key, str)), None)
        return None if odd is None else f"the key {odd!r} is not a string"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value!r} has no JSON; use None"
    if value is None or isinstance(value, str | int | float | list | tuple):
        return None
    return f"{type(value).__name__} is not JSON"


def find_flaw(value: Any, path: str = "") -> tuple[str, str] | None:
    """Return the path of the first part of `value` that is not JSON, and what is wrong with it."""
    flaw = _flaw(value)
    if flaw:
        return path, flaw
    if isinstance(value, dict):
        items = [(f"{path}.{key}" if path else key, item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        items = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    else:
        return None
    return next((found for name, item in items if (found := find_flaw(item, name))), None)
