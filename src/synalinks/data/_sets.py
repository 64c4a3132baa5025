"""The order of sets in JSON.

A set comes out of pydantic as a list in the order of its hashes, which differs from process to process. In
a fixed order, equal data have equal content hashes everywhere, so that a resumed run knows its data again.
"""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BaseModel

from synalinks.data._schema import Schema, children

_TYPED = ("type", "$ref", "enum", "const", "anyOf", "oneOf", "allOf")


def may_hold_sets(schema: Schema) -> bool:
    """Return whether a value of this schema may be made from sets."""
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict) and ("uniqueItems" in part or not any(key in part for key in _TYPED)):
            return True
        waiting.extend(children(part))
    return False


def with_ordered_sets(value: Any, json: Any) -> Any:
    """Return the JSON form of a Python value with what were sets in a fixed order.

    Args:
        value: The Python value.
        json: What pydantic made of it; parts that a custom serializer changed stay as they are.
    """
    if isinstance(value, BaseModel) and isinstance(json, dict):
        names = {field.serialization_alias or name: name for name, field in type(value).model_fields.items()}
        return {
            key: with_ordered_sets(getattr(value, names[key], item), item) if key in names else item
            for key, item in json.items()
        }
    if isinstance(value, dict) and isinstance(json, dict) and len(value) == len(json):
        pairs = zip(value.values(), json.items(), strict=True)
        return {key: with_ordered_sets(inner, item) for inner, (key, item) in pairs}
    ordered = isinstance(value, list | tuple)
    if not isinstance(json, list) or not (ordered or isinstance(value, set | frozenset)):
        return json
    if len(value) != len(json):
        return json
    items = [with_ordered_sets(inner, item) for inner, item in zip(value, json, strict=True)]
    return items if ordered else sorted(items, key=orjson.dumps)
