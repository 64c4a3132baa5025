"""The JSON of what flows through a program."""

from __future__ import annotations

from typing import Any

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
