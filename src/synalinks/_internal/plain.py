"""The JSON of what flows through a program."""

from __future__ import annotations

from typing import Any

from synalinks._internal.canonical import canonical
from synalinks._internal.structure import map_leaves


def _json(leaf: Any) -> Any:
    get_json = getattr(leaf, "get_json", None)
    return leaf if get_json is None else get_json()


def plain(structure: Any) -> Any:
    """Return the JSON of a structure of data models; what is no data model stays as it is."""
    get_json = getattr(structure, "get_json", None)
    if get_json is not None:  # mostly it is one data model, and this is called for each sample
        return get_json()
    return map_leaves(_json, structure)


def innermost(value: Any) -> Any:
    """Return a JSON value without objects around it that have one field only."""
    while isinstance(value, dict) and len(value) == 1:
        (value,) = value.values()
    return value


def as_text(structure: Any) -> str:
    """Return data models as one text: that of their only field, else their JSON; "" of None."""
    value = innermost(plain(structure))
    if value is None:
        return ""
    return value if isinstance(value, str) else canonical(value).decode()


def same_json(first: Any, second: Any) -> bool:
    """Return whether two JSON values are equal: numbers as numbers, and a boolean is none."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(
            same_json(value, second[k]) for k, value in first.items()
        )
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(same_json, first, second))
    return isinstance(first, bool) == isinstance(second, bool) and bool(first == second)
