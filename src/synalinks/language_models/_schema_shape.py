"""What the parts of a schema are, as adapting a schema and mapping answers back both see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from synalinks.data._schema import resolve

NULL = {"type": "null"}

_TYPES = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}


def type_of(value: Any) -> str:
    """Return the name of a JSON value's type; a whole number is an "integer"."""
    return _TYPES[type(value)]


def normal(schema: Any) -> Any:
    """Return a schema with unions in one form: `anyOf`, for lists of types too, and no `allOf` of one part.

    Only the outermost level is looked at.
    """
    if not isinstance(schema, dict):
        return schema
    while isinstance(parts := schema.get("allOf"), list) and len(parts) == 1 and isinstance(parts[0], dict):
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        clash = [key for key in parts[0] if key in rest and rest[key] != parts[0][key]]
        if not set(clash) <= {"title", "description", "default"} or ("$ref" in parts[0] and "$ref" in rest):
            break
        schema = {**parts[0], **rest}
    if "oneOf" in schema and "anyOf" not in schema:
        schema = {"anyOf" if key == "oneOf" else key: value for key, value in schema.items()}
    types = schema.get("type")
    return _union_of_types(schema, types) if isinstance(types, list) and "anyOf" not in schema else schema


def _union_of_types(schema: dict[str, Any], types: list[str]) -> dict[str, Any]:
    outside = {key: value for key, value in schema.items() if key in ("title", "description", "default")}
    inside = {key: value for key, value in schema.items() if key not in outside and key != "type"}
    branches = [NULL if name == "null" else _of_type(name, inside) for name in types]
    return {**outside, "anyOf": branches} if len(branches) > 1 else {**outside, **branches[0]}


def _of_type(name: str, inside: dict[str, Any]) -> dict[str, Any]:
    made = {"type": name, **inside}
    if "enum" in made:
        wanted = {name, "integer"} if name == "number" else {name}
        made["enum"] = [value for value in made["enum"] if type_of(value) in wanted]
    return made


def has_free_keys(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema is that of an object whose keys are free, and whose values have a schema."""
    extra = schema.get("additionalProperties")
    is_object = schema.get("type") == "object"
    return is_object and not schema.get("properties") and isinstance(extra, dict) and bool(extra)


class Kind(NamedTuple):
    """What a value of a schema can be, seen from outside.

    Attributes:
        types: Names of JSON types.
        values: The values as JSON texts where the schema lists them, None where it does not.
    """

    types: frozenset[str]
    values: frozenset[bytes] | None

    def takes(self, value: Any) -> bool:
        """Return whether a value can be of this kind, as far as can be seen from outside."""
        return type_of(value) in self.types and (self.values is None or orjson.dumps(value) in self.values)

    def or_null(self) -> Kind:
        """Return this kind with null."""
        values = None if self.values is None else self.values | {b"null"}
        return Kind(self.types | {"null"}, values)

    def is_apart_from(self, other: Kind) -> bool:
        """Return whether no value can be of both kinds."""
        if self.values is not None and other.values is not None:
            return self.values.isdisjoint(other.values)
        return self.types.isdisjoint(other.types)


ALL_TYPES = frozenset(_TYPES.values())


class Part(NamedTuple):
    """One of the schemas of a union.

    Attributes:
        schema: It, with no reference and no union outermost.
        source: How the union names it: itself, or a reference to it.
    """

    schema: Any
    source: Any


def parts_of(schema: Any, definitions: Mapping[str, Any]) -> list[Part]:
    """Return what `schema` is a union of, unions within it taken apart; itself alone where it is none."""
    found, waiting, seen = [], [schema], set()
    while waiting:
        source = normal(waiting.pop(0))
        reference = source.get("$ref") if isinstance(source, dict) else None
        if reference in seen:
            continue
        if reference is not None:
            seen.add(reference)
        part = normal(resolve(source, definitions))
        if isinstance(part, dict) and "$ref" in part:
            waiting = [part, *waiting]
        elif isinstance(part, dict) and "anyOf" in part:
            waiting = [*part["anyOf"], *waiting]
        else:
            found.append(Part(part, source))
    return found


def kind_of(schema: Any, definitions: Mapping[str, Any]) -> Kind:
    """Return what values of `schema` can be."""
    kinds = [_kind_of_one(part.schema) for part in parts_of(schema, definitions)]
    types = frozenset[str]().union(*(kind.types for kind in kinds))
    lists = [kind.values for kind in kinds if kind.values is not None]
    return Kind(types, frozenset[bytes]().union(*lists) if len(lists) == len(kinds) else None)


def _kind_of_one(schema: Any) -> Kind:
    if not isinstance(schema, dict):
        return Kind(ALL_TYPES if schema else frozenset(), None)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values is not None:
        return Kind(frozenset(map(type_of, values)), frozenset(map(orjson.dumps, values)))
    if schema.get("type") == "null":
        return Kind(frozenset({"null"}), frozenset({b"null"}))
    if has_free_keys(schema):
        return Kind(frozenset({"object", "array"}), None)  # it may be adapted
    name = schema.get("type")
    if name == "number":
        return Kind(frozenset({"number", "integer"}), None)
    return Kind(ALL_TYPES if name is None else frozenset({name}), None)


def takes_null(schema: Any, definitions: Mapping[str, Any]) -> bool:
    """Return whether null is a value of `schema`."""
    return kind_of(schema, definitions).takes(None)


def left_out_as_null(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> frozenset[str]:
    """Return the keys of an object that may be left out and cannot be null: null can stand for "left out"."""
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    return frozenset(
        key for key, part in properties.items() if key not in required and not takes_null(part, definitions)
    )


def wrapping_key(root: Any, definitions: Mapping[str, Any]) -> str | None:
    """Return the key under which a root that is no object is put into one; None where it cannot be told.

    It is told by its key alone, so no object among what the root can be may have free keys.
    """
    branches = [part.schema for part in parts_of(root, definitions)]
    if not all(isinstance(branch, dict) and _has_form(branch) for branch in branches):
        return None
    taken = {key for branch in branches for key in branch.get("properties", ())}
    return next(key for key in ("value", *(f"value_{n}" for n in range(len(taken) + 1))) if key not in taken)


def _has_form(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema says the type of its values, and the keys where that is an object."""
    if schema.get("type") == "object":
        return bool(schema.get("properties")) or schema.get("additionalProperties") is False
    return not schema.keys().isdisjoint(("type", "enum", "const"))
