"""Checking values: against a schema, and for being JSON at all."""

from __future__ import annotations

from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from synalinks.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def json_problem(value: Any) -> str | None:
    """Return where and why `value` is not JSON, for example "at 'scores.0': nan is ...", or None if it is."""
    if type(value) is dict:
        for key, item in value.items():
            kind = type(item)
            if kind is str or item is None or kind is bool:
                continue
            if (problem := _problem(item, str(key))) is not None:
                return problem
        return next((f"the key {key!r} is not a string" for key in value if type(key) is not str), None)
    return _problem(value, "")


def _problem(value: Any, path: str) -> str | None:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return None
    where = f"at {path!r}: " if path else ""
    if kind is float:
        return None if isfinite(value) else f"{where}{value} is not a JSON number"
    if kind is int:
        fits = _SMALLEST <= value <= _LARGEST
        return None if fits else f"{where}the integer {value} has more than 64 bits"
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                return f"{where}the key {key!r} is not a string"
            if (problem := _problem(item, f"{path}.{key}".lstrip("."))) is not None:
                return problem
        return None
    if kind is list:
        for index, item in enumerate(value):
            if (problem := _problem(item, f"{path}.{index}".lstrip("."))) is not None:
                return problem
        return None
    return f"{where}a value of type {kind.__name__} is not JSON"


class _Same:
    """A schema as a key that is compared by identity, so that a memo never has to read it."""

    __slots__ = ("schema",)

    def __init__(self, schema: Any) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.schema is other.schema


def _refuse(reference: str) -> Any:
    raise DataError(f"A schema refers to {reference!r}; only definitions of its own '$defs' are followed.")


@lru_cache(maxsize=1024)
def _compiled(key: _Same) -> Any:
    import jsonschema_rs  # loaded on first use: importing the package must stay light

    try:
        return jsonschema_rs.Draft202012Validator(key.schema, retriever=_refuse)
    except (ValueError, DataError) as error:
        raise DataError(f"This is not a valid JSON schema: {_one_line(error)}") from None


def validator(schema: Mapping[str, Any] | bool) -> Any:
    """Return the compiled validator of a schema (a `jsonschema_rs.Draft202012Validator`).

    Compiled once per schema object; the schema must not be changed afterwards. References to anything
    outside the schema are refused, never fetched.

    Raises:
        DataError: The schema is not a valid one.
    """
    return _compiled(_Same(schema))


def validate(schema: Mapping[str, Any] | bool, value: Any) -> str | None:
    """Check a JSON value against a schema.

    Args:
        schema: The schema; compiled once per object.
        value: The value.

    Returns:
        None when it is valid, else one line with the place ("at 'answer': ...") and what was expected.

    Raises:
        DataError: The schema is not a valid one.
    """
    compiled = validator(schema)
    try:
        if compiled.is_valid(value):
            return None
        error = next(iter(compiled.iter_errors(value)))
    except ValueError as problem:  # what is not JSON at all
        return json_problem(value) or _one_line(problem)
    path = ".".join(str(step) for step in error.instance_path)
    return f"{f'at {path!r}: ' if path else ''}{_one_line(error.message)}"


def _one_line(error: object) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else f"{text[:297]}..."
