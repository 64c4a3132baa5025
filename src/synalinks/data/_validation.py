"""Checking values: against a schema, and for being JSON at all."""

from __future__ import annotations

from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from synalinks.data._nested import NestedObject
from synalinks.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
DEEPEST = 200
"""Levels of lists and objects that a value may have: 254 can be written, and files put some around it."""

_STEPS_SHOWN = 20


def json_problem(value: Any) -> str | None:
    """Return where and why `value` is not JSON, for example "at 'scores.0': nan is ...", or None if it is.

    What passes can be written: its integers have 64 bits, its texts are valid Unicode, and it has at most
    200 levels of lists and objects.
    """
    found = _flaw(value, DEEPEST, False)
    if found is None:
        return None
    path, problem = found
    return f"at {_joined(path)!r}: {problem}" if path else problem


def json_flaw(value: Any) -> tuple[str, str] | None:
    """Return the path of the first part of `value` that is not JSON, and what is wrong with it.

    As `json_problem`, but for values that are only written: their tuples count as lists.
    """
    found = _flaw(value, DEEPEST, True)
    return None if found is None else (_joined(found[0]), found[1])


def _joined(steps: list[str]) -> str:
    shown = steps[::-1] if len(steps) <= _STEPS_SHOWN else [*steps[:-_STEPS_SHOWN:-1], "..."]
    return ".".join(shown)


def _flaw(value: Any, levels: int, tuples: bool) -> tuple[list[str], str] | None:
    """Return the first flaw and the steps to it, the innermost first; `levels` more may be nested."""
    kind = type(value)
    if kind is str:
        return None if value.isascii() or _is_unicode(value) else ([], "a text holds half a surrogate pair")
    if value is None or kind is bool:
        return None
    if kind is float:
        return None if isfinite(value) else ([], f"{value} is not a JSON number")
    if kind is int:
        return None if _SMALLEST <= value <= _LARGEST else ([], "an integer has more than 64 bits")
    if kind is NestedObject:
        value, kind = dict(value), dict
    if kind is not dict and kind is not list and not (tuples and kind is tuple):
        return [], f"a value of type {kind.__name__} is not JSON"
    if levels == 0:
        return [], f"it is nested more than {DEEPEST} levels deep"
    return _flaw_of_key(value) or _flaw_of_item(value, levels - 1, tuples)


def _flaw_of_key(value: Any) -> tuple[list[str], str] | None:
    if type(value) is dict:
        for key in value:
            if type(key) is not str:
                return [], f"the key {key!r} is not a string"
            if not key.isascii() and not _is_unicode(key):
                return [], f"the key {key!r} holds half a surrogate pair"
    return None


def _flaw_of_item(value: Any, levels: int, tuples: bool) -> tuple[list[str], str] | None:
    for key, item in value.items() if type(value) is dict else enumerate(value):
        if (found := _flaw(item, levels, tuples)) is not None:
            found[0].append(str(key))
            return found
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
