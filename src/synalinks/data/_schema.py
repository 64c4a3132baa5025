"""Reading and building JSON schemas of objects: references, definitions, and the shape of an object.

Nothing here changes a schema that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from synalinks._internal.names import first_free
from synalinks.errors import DataError

Schema = dict[str, Any]
"""A JSON schema (draft 2020-12) that describes an object."""

_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLES = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
            "unevaluatedItems", "unevaluatedProperties")  # fmt: skip
_LOCAL = ("#/$defs/", "#/definitions/")
ANNOTATIONS = ("title", "description")


def map_children(schema: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy of `schema` with `change` applied to each schema directly inside it."""
    if not isinstance(schema, dict):
        return schema
    copy = dict(schema)
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            copy[key] = {name: change(child) for name, child in value.items()}
        elif key in _LISTS and isinstance(value, list):
            copy[key] = [change(child) for child in value]
        elif key in _SINGLES:
            copy[key] = change(value)
    return copy


def children(schema: Any) -> Iterator[Any]:
    """Yield each schema directly inside `schema`, definitions included."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            yield from value.values()
        elif key in _LISTS and isinstance(value, list):
            yield from value
        elif key in _SINGLES:
            yield value


def reference_to(name: str) -> str:
    """Return the `$ref` of the definition called `name`."""
    return "#/$defs/" + name.replace("~", "~0").replace("/", "~1")


def referenced_name(reference: str) -> str:
    """Return the name of the definition that a `$ref` points to.

    Raises:
        DataError: It points to anything but a definition of its own schema.
    """
    for prefix in _LOCAL:
        name = reference.removeprefix(prefix)
        if name != reference and "/" not in name:
            return unquote(name).replace("~1", "/").replace("~0", "~")
    raise DataError(
        f"A schema has the reference {reference!r}; expected '#/$defs/<name>'. Move what it points to into "
        "the schema's '$defs'."
    )


def resolve(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Return what `schema` stands for: the definition when it is a reference, itself otherwise.

    Raises:
        DataError: The definition does not exist, or refers to itself only.
    """
    seen: set[str] = set()
    while isinstance(schema, dict) and "$ref" in schema:
        name = referenced_name(schema["$ref"])
        if name not in definitions or name in seen:
            raise DataError(
                f"A schema refers to the definition {name!r}, which does not exist or refers to itself. "
                f"Defined: {', '.join(map(repr, definitions)) or 'none'}."
            )
        seen.add(name)
        annotations = {key: schema[key] for key in ANNOTATIONS if key in schema}
        target = definitions[name]
        schema = {**target, **annotations} if annotations and isinstance(target, dict) else target
    return schema


def rename_references(schema: Any, names: Mapping[str, str]) -> Any:
    """Return `schema` with every reference to a key of `names` pointing to its value instead."""
    if not names:
        return schema

    def renamed(reference: str) -> str:
        name = referenced_name(reference)
        return reference_to(names[name]) if name in names else reference

    def change(part: Any) -> Any:
        part = map_children(part, change)
        if isinstance(part, dict) and isinstance(part.get("$ref"), str):
            part["$ref"] = renamed(part["$ref"])
        if isinstance(part, dict) and isinstance(part.get("discriminator"), dict):
            mapping = part["discriminator"].get("mapping", {})
            mapping = {value: renamed(reference) for value, reference in mapping.items()}
            part["discriminator"] = {**part["discriminator"], "mapping": mapping}
        return part

    return change(schema)


def references(schema: Any) -> Iterator[str]:
    """Yield the names of the definitions that `schema` refers to directly."""
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        yield referenced_name(schema["$ref"])
    for child in children(schema):
        yield from references(child)


def used_definitions(parts: list[Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `definitions` that `parts` need, in their order."""
    needed: set[str] = set()
    waiting = [name for part in parts for name in references(part)]
    while waiting:
        name = waiting.pop()
        if name not in needed and name in definitions:
            needed.add(name)
            waiting.extend(references(definitions[name]))
    return {name: value for name, value in definitions.items() if name in needed}


def merge_definitions(
    left: Mapping[str, Any], right: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Put two sets of definitions together.

    Returns:
        All definitions, and the names of `right` that had to change because `left` uses them for
        something else.
    """
    clash = {name for name in right if name in left and right[name] != left[name]}
    grown = True
    while grown:  # a definition that is spelt alike still differs when it refers to one that differs
        more = {n for n in right if n in left and n not in clash and clash.intersection(references(right[n]))}
        clash |= more
        grown = bool(more)
    taken = {**left, **right}
    names: dict[str, str] = {}
    for name in right:
        if name in clash:
            names[name] = first_free(name, taken)
            taken[names[name]] = None
    renamed = {names.get(name, name): rename_references(value, names) for name, value in right.items()}
    return {**left, **renamed}, names


@dataclass(frozen=True, slots=True)
class Shape:
    """What an object schema says, in one form whatever the way in which it was written.

    Attributes:
        properties: Property name to its schema, in order.
        required: The properties that must be there.
        extra: What other keys may hold: False nothing (there are none), True anything, or a schema.
        definitions: The schema's `$defs`.
        annotations: Title and description.
    """

    properties: dict[str, Any]
    required: tuple[str, ...] = ()
    extra: Any = False
    definitions: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, Any] = field(default_factory=dict)

    def schema(self) -> Schema:
        """Return the shape as a schema, without the definitions that it does not need."""
        definitions = used_definitions([*self.properties.values(), self.extra], self.definitions)
        schema: Schema = {"$defs": definitions} if definitions else {}
        schema |= {**self.annotations, "type": "object"}
        if self.properties or self.extra is False:
            schema["properties"] = self.properties
        if self.required:
            schema["required"] = list(self.required)
        if self.extra is not True:
            schema["additionalProperties"] = self.extra
        return schema

    def renamed(self, names: Mapping[str, str]) -> Shape:
        """Return the shape with its properties renamed."""
        return replace(
            self,
            properties={names.get(name, name): value for name, value in self.properties.items()},
            required=tuple(names.get(name, name) for name in self.required),
        )


def is_object(schema: Any) -> bool:
    """Return whether a resolved schema describes objects only."""
    if not isinstance(schema, dict):
        return False
    return schema["type"] == "object" if "type" in schema else "properties" in schema


def shape_of(schema: Schema) -> Shape:
    """Return the shape of an object schema.

    Raises:
        DataError: The schema does not describe an object.
    """
    schema = _with_plain_references(schema)
    definitions = schema.get("$defs", {})
    root = without_all_of(resolve(schema, definitions), definitions)
    if not (is_object(root) or (isinstance(root, dict) and "object" in root.get("type", ()))):
        raise DataError(
            "A data model's schema must describe an object, with 'type': 'object' and 'properties'; "
            f"got {_shortened(schema)}."
        )
    return local_shape(root, definitions)


def local_shape(schema: Schema, definitions: Mapping[str, Any]) -> Shape:
    """Return the shape of a resolved object schema inside a schema with these definitions."""
    extra = schema.get("additionalProperties", True)
    extra = True if extra == {} or "patternProperties" in schema else extra
    required = tuple(dict.fromkeys(schema.get("required", ())))
    properties = dict(schema.get("properties", {}))
    for name in required:
        properties.setdefault(name, extra)
    annotations = {key: schema[key] for key in ANNOTATIONS if key in schema}
    return Shape(properties, required, extra, definitions, annotations)


def without_all_of(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a resolved schema whose `allOf` describes an object with its parts merged into one object."""
    if not isinstance(schema, dict) or "allOf" not in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("allOf", "$defs", "definitions")}
    parts = [without_all_of(resolve(part, definitions), definitions) for part in schema["allOf"]]
    if any(key not in ANNOTATIONS for key in rest):
        parts.append(rest)
    if len(parts) == 1:
        return {**parts[0], **rest} if isinstance(parts[0], dict) else parts[0]
    if not any(is_object(part) for part in parts):
        return schema
    shapes = [local_shape(part, definitions) for part in parts if isinstance(part, dict)]
    names = dict.fromkeys(name for shape in shapes for name in shape.properties)
    merged = Shape(
        {name: _all_of([s.properties.get(name, s.extra) for s in shapes]) for name in names},
        tuple(dict.fromkeys(name for shape in shapes for name in shape.required)),
        _all_of([shape.extra for shape in shapes]),
    )
    return {**merged.schema(), **{key: rest[key] for key in ANNOTATIONS if key in rest}}


def _all_of(parts: list[Any]) -> Any:
    """Return the schema of what is valid for every one of `parts`."""
    if False in parts:
        return False
    binding: list[Any] = []
    for part in parts:
        if part is not True and part not in binding:
            binding.append(part)
    if len(binding) < 2:
        return binding[0] if binding else True
    return {"allOf": binding}


def any_of(parts: list[Any]) -> Any:
    """Return the schema of what is valid for one of `parts`; equal ones count once, titles aside."""
    if True in parts:
        return True
    plain: list[Any] = []
    alternatives: list[Any] = []
    for part in parts:
        bare = part
        if isinstance(part, dict):
            bare = {key: value for key, value in part.items() if key not in (*ANNOTATIONS, "default")}
        if bare not in plain:
            plain.append(bare)
            alternatives.append(part)
    return alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}


def _raw_references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        yield schema["$ref"]
    for child in children(schema):
        yield from _raw_references(child)


def detached(schema: Schema) -> tuple[Schema, dict[str, Any]]:
    """Return a schema without its definitions, to be put inside another one, and them for its root."""
    schema = _with_plain_references(schema)
    inner = {key: value for key, value in schema.items() if key not in ("$defs", "definitions")}
    return inner, dict(schema.get("$defs", {}))


def _with_plain_references(schema: Schema) -> Schema:
    """Return the schema with all that is referred to in its `$defs`, itself (`#`) too."""
    if all(reference.startswith("#/$defs/") for reference in _raw_references(schema)):
        return schema
    definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
    name = first_free(str(schema.get("title", "Root")), definitions)

    def change(part: Any) -> Any:
        part = map_children(part, change)
        if isinstance(part, dict) and isinstance(part.get("$ref"), str):
            part["$ref"] = reference_to(name if part["$ref"] == "#" else referenced_name(part["$ref"]))
        return part

    root: Schema = change(
        {key: value for key, value in schema.items() if key not in ("$defs", "definitions")}
    )
    return {**root, "$defs": {**{key: change(value) for key, value in definitions.items()}, name: root}}


def _shortened(schema: Any) -> str:
    text = repr(schema)
    return text if len(text) <= 120 else f"{text[:117]}..."
