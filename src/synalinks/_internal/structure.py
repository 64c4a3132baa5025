"""Nested lists, tuples and dicts: walking and mapping their leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def leaves(structure: Any) -> Iterator[Any]:
    """Yield the leaves of a nested structure of lists, tuples and dicts, in order."""
    if isinstance(structure, dict):
        for value in structure.values():
            yield from leaves(value)
    elif isinstance(structure, list | tuple):
        for value in structure:
            yield from leaves(value)
    else:
        yield structure


def map_leaves(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return a structure of the same shape with `function` applied to each leaf."""
    if isinstance(structure, dict):
        return {key: map_leaves(function, value) for key, value in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(map_leaves(function, value) for value in structure)
    return function(structure)


def leaves_with_path(structure: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield (path of keys and indices, leaf) pairs, in order."""
    if isinstance(structure, dict):
        for key, value in structure.items():
            yield from leaves_with_path(value, (*path, key))
    elif isinstance(structure, list | tuple):
        for index, value in enumerate(structure):
            yield from leaves_with_path(value, (*path, index))
    else:
        yield path, structure


def at_path(structure: Any, path: tuple[Any, ...]) -> Any:
    """Return what stands at `path` in a nested structure."""
    for key in path:
        structure = structure[key]
    return structure
