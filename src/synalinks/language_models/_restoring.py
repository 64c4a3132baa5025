"""Mapping answers of an adapted schema back to the form of the schema they were asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from synalinks.data._schema import resolve
from synalinks.language_models._schema_shape import (
    Kind,
    Part,
    has_free_keys,
    kind_of,
    left_out_as_null,
    normal,
    parts_of,
    wrapping_key,
)

Restore = Callable[[Any], Any]
"""Returns a value in the schema's own form, the same object where nothing changes; it changes no value."""


class Restoring:
    """What undoes, in an answer, whatever adapting `schema` may have done to it.

    It looks at the answer and not at how it was asked for, so that it fits every provider, a cache and a
    journal: null for a property that may be left out and cannot be null leaves it out, a list of
    {"key", "value"} for an object with free keys becomes the object, and a root that was put into an object
    is taken out. A value that is in the schema's own form stays as it is. The time is linear in the value.

    Args:
        schema: The schema that was asked for, before it was adapted.
        partial: Whether answers may end anywhere; a pair whose value has not come is then left out.
    """

    def __init__(self, schema: Mapping[str, Any], *, partial: bool = False) -> None:
        self.definitions: Mapping[str, Any] = schema.get("$defs", {})
        self._partial = partial
        self._made: dict[str, Restore | None] = {}

    def whole(self, schema: Any) -> Restore | None:
        """Return what restores whole answers, None where nothing ever needs to be."""
        inner = self.of(schema)
        if is_object(schema, self.definitions):
            return inner
        key = wrapping_key(schema, self.definitions)

        def restore(value: Any) -> Any:
            if type(value) is dict and len(value) == 1 and key in value:
                value = value[key]
            return value if inner is None else inner(value)

        return inner if key is None else restore

    def of(self, schema: Any) -> Restore | None:
        """Return what restores values of a part of the schema, None where nothing ever needs to be."""
        if not self.touches(schema):
            return None
        schema = normal(schema)
        if "$ref" in schema:
            return self._definition(schema["$ref"])
        if "anyOf" in schema:
            return self._union(schema)
        if has_free_keys(schema):
            return self._pairs(self.of(schema["additionalProperties"]))
        return self._list(schema) if schema["type"] == "array" else self._object(schema)

    def touches(self, schema: Any) -> bool:
        """Return whether a value of a part of the schema may hold something to restore."""
        return self._touches(schema, set())

    def _touches(self, schema: Any, seen: set[str]) -> bool:
        if not isinstance(schema, dict):
            return False
        schema = normal(schema)
        if (reference := schema.get("$ref")) is not None:
            if reference in seen:
                return False
            seen.add(reference)
            return self._touches(resolve({"$ref": reference}, self.definitions), seen)
        if "anyOf" in schema:
            return any(self._touches(branch, seen) for branch in schema["anyOf"])
        if schema.get("type") == "array":
            return self._touches(schema.get("items"), seen)
        if schema.get("type") != "object":
            return False
        if has_free_keys(schema) or left_out_as_null(schema, self.definitions):
            return True
        return any(self._touches(part, seen) for part in schema.get("properties", {}).values())

    def _definition(self, reference: str) -> Restore:
        made = self._made
        if reference not in made:
            made[reference] = None  # it may refer to itself
            made[reference] = self.of(resolve({"$ref": reference}, self.definitions))

        def restore(value: Any) -> Any:
            found = made[reference]
            return value if found is None else found(value)

        return restore

    def _object(self, schema: Mapping[str, Any]) -> Restore:
        droppable = left_out_as_null(schema, self.definitions)
        restored = {key: self.of(part) for key, part in schema.get("properties", {}).items()}
        inner = {key: restore for key, restore in restored.items() if restore is not None}

        def restore(value: Any) -> Any:
            if type(value) is not dict:
                return value
            made = value
            for key, item in value.items():
                if item is None and key in droppable:
                    made = dict(made) if made is value else made
                    del made[key]
                elif key in inner and (new := inner[key](item)) is not item:
                    made = dict(made) if made is value else made
                    made[key] = new
            return made

        return restore

    def _list(self, schema: Mapping[str, Any]) -> Restore:
        inner = self.of(schema["items"])
        assert inner is not None  # a list is touched through its items alone

        def restore(value: Any) -> Any:
            if type(value) is not list:
                return value
            made = [inner(item) for item in value]
            return value if all(new is old for new, old in zip(made, value, strict=True)) else made

        return restore

    def _pairs(self, inner: Restore | None) -> Restore:
        partial = self._partial

        def restore(value: Any) -> Any:
            if type(value) is dict:
                return value if inner is None else _mapped(inner, value)
            if type(value) is not list:
                return value
            pairs = value[:-1] if partial and value and not _is_pair(value[-1]) else value
            if not all(map(_is_pair, pairs)):
                return value
            return {p["key"]: p["value"] if inner is None else inner(p["value"]) for p in pairs}

        return restore

    def _union(self, schema: Any) -> Restore:
        branches = [self._branch(part) for part in parts_of(schema, self.definitions)]

        def restore(value: Any) -> Any:
            fitting = [branch for branch in branches if branch.fits(value)]
            if not fitting:
                return value
            best = fitting[0] if len(fitting) == 1 else min(fitting, key=lambda branch: branch.missing(value))
            return value if best.restore is None else best.restore(value)

        return restore

    def _branch(self, part: Part) -> Branch:
        schema, restore = part.schema, self.of(part.source)
        kind = kind_of(schema, self.definitions)
        if not isinstance(schema, dict) or schema.get("type") != "object" or has_free_keys(schema):
            return Branch(kind, None, restore)
        droppable = left_out_as_null(schema, self.definitions)
        kinds = {key: kind_of(inner, self.definitions) for key, inner in schema.get("properties", {}).items()}
        kinds = {key: found.or_null() if key in droppable else found for key, found in kinds.items()}
        return Branch(kind, kinds, restore)


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the schemas of a union, as far as it takes to tell whether a value is of it.

    Attributes:
        kind: What its values are.
        properties: For an object, what its properties are; None where any keys fit.
        restore: What restores its values.
    """

    kind: Kind
    properties: Mapping[str, Kind] | None
    restore: Restore | None

    def fits(self, value: Any) -> bool:
        """Return whether a value is of this branch, as far as its own keys and their types tell."""
        if type(value) is not dict or self.properties is None:
            return self.kind.takes(value)
        known = self.properties
        return all(key in known and known[key].takes(item) for key, item in value.items())

    def missing(self, value: Any) -> int:
        """Return how many properties a value that fits lacks."""
        return len(self.properties or ()) - len(value) if type(value) is dict else 0


def _mapped(restore: Restore, value: dict[str, Any]) -> dict[str, Any]:
    made = {key: restore(item) for key, item in value.items()}
    return value if all(made[key] is item for key, item in value.items()) else made


def _is_pair(value: Any) -> bool:
    return type(value) is dict and value.keys() == {"key", "value"} and type(value["key"]) is str


def is_object(schema: Any, definitions: Mapping[str, Any]) -> bool:
    """Return whether a schema is that of one kind of object with keys of its own."""
    parts = [part.schema for part in parts_of(schema, definitions)]
    if len(parts) != 1 or not isinstance(parts[0], dict):
        return False
    return parts[0].get("type") == "object" and not has_free_keys(parts[0])
