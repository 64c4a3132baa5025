"""Nested objects of a value, read as attributes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from synalinks.errors import nearest_name

_CONTAINERS = frozenset({dict, list})


class NestedObject(dict[str, Any]):
    """An object inside of a value, as attribute access gives it: a dict whose fields are attributes too.

    A dict of its own, so that changing it would not change the value. A field with the name of a method of
    dicts, such as `items`, is read by `[...]`.
    """

    __slots__ = ()

    def __getattr__(self, key: str) -> Any:
        if key[:2] == "__":  # a protocol that Python asks for, not a field
            raise AttributeError(key)
        try:
            return nested(self[key])
        except KeyError:
            raise AttributeError(unknown_field(key, self), name=key, obj=None) from None

    def __setattr__(self, key: str, value: Any) -> NoReturn:
        raise unchangeable(key)


def nested(value: Any) -> Any:
    """Return a JSON value as attribute access gives it: with `NestedObject` in place of dicts."""
    if type(value) is dict:
        return NestedObject(value)
    if type(value) is list and any(type(item) in _CONTAINERS for item in value):
        return [nested(item) for item in value]
    return value


def unknown_field(key: object, known: Iterable[str]) -> str:
    """Return the message for a field that is not there."""
    nearest = nearest_name(str(key), known)
    hint = f" Did you mean {nearest!r}?" if nearest else ""
    return f"There is no field {key!r}.{hint} Fields: {', '.join(map(repr, known)) or 'none'}."


def unchangeable(key: str) -> AttributeError:
    """Return the error of assigning to a field."""
    return AttributeError(
        f"{key!r} cannot be set: values do not change. Make a new one, for example synalinks.JsonDataModel("
        f"schema=value.get_schema(), json={{**value.get_json(), {key!r}: ...}}).",
        name=key,
        obj=None,
    )
