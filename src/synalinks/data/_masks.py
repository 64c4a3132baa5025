"""Masks: the plan of keeping, or of leaving out, the keys of certain names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from synalinks._internal.names import base_name, first_free
from synalinks.data._plans import Json, Plan
from synalinks.data._schema import (
    ANNOTATIONS,
    Schema,
    Shape,
    is_object,
    local_shape,
    reference_to,
    referenced_name,
    rename_references,
    resolve,
    shape_of,
    used_definitions,
    without_all_of,
)
from synalinks.data._validation import validator

Change = Callable[[Any], Any]

WHOLE, DROP, DESCEND = "whole", "drop", "descend"


def masking(
    schema: Schema, *, keep: bool, names: tuple[str, ...], pattern: str | None, recursive: bool
) -> Plan:
    """Plan a mask.

    Args:
        schema: What is masked.
        keep: True keeps the selected keys (`in_mask`), False leaves them out (`out_mask`).
        names: Selects the keys with the base name of one of these.
        pattern: Selects the keys in which, or in whose base name, this regular expression is found.
        recursive: Also inside of nested objects.
    """
    shape = shape_of(schema)
    selects = _selector(names, pattern)
    if not recursive:
        return _flat(schema, shape, lambda name: selects(name) is keep)
    mask = _Mask(selects, keep=keep, definitions=shape.definitions)
    if not mask.touches_shape(shape, set()):
        return Plan(schema, lambda value: value)
    return Plan(mask.result(shape), mask.of_shape(shape))


def _selector(names: tuple[str, ...], pattern: str | None) -> Callable[[str], bool]:
    bases = frozenset(map(base_name, names))
    expression = re.compile(pattern) if pattern is not None else None

    def selects(name: str) -> bool:
        base = base_name(name)
        if base in bases:
            return True
        return expression is not None and bool(expression.search(name) or expression.search(base))

    return selects


def _flat(schema: Schema, shape: Shape, stays: Callable[[str], bool]) -> Plan:
    kept = {name: value for name, value in shape.properties.items() if stays(name)}
    if len(kept) == len(shape.properties) and shape.extra is False:
        return Plan(schema, lambda value: value)
    required = tuple(name for name in shape.required if name in kept)
    named = shape.properties.keys()

    def apply(value: Json) -> Json:
        return {k: v for k, v in value.items() if (k in kept if k in named else stays(k))}

    return Plan(replace(shape, properties=kept, required=required).schema(), apply)


class _Mask:
    """A recursive mask on the schemas that share some definitions.

    Each question (does the mask change this schema? what becomes of the schema? of its values?) is
    answered by following the schema, so that a value never loses or keeps a key that its schema does not.
    Keys of a mapping (`dict[str, X]`) are data, not names: the mask looks into the mapping only.
    """

    def __init__(self, selects: Callable[[str], bool], *, keep: bool, definitions: Mapping[str, Any]) -> None:
        self.selects, self.keep, self.definitions = selects, keep, definitions
        self.masked: dict[str, Any] = {}
        self.masked_names: dict[str, str] = {}
        self.changes: dict[str, Change] = {}

    # --- Following a schema ---

    def target(self, schema: Any) -> Any:
        """Return what `schema` stands for, with one type per schema."""
        schema = without_all_of(resolve(schema, self.definitions), self.definitions)
        if not (isinstance(schema, dict) and isinstance(schema.get("type"), list)):
            return schema
        annotations = {key: schema[key] for key in ANNOTATIONS if key in schema}
        return {**annotations, "anyOf": [{**schema, "type": kind} for kind in schema["type"]]}

    def action(self, name: str, schema: Any) -> str:
        if self.selects(name):
            return WHOLE if self.keep else DROP
        return DESCEND if not self.keep or self.reaches(schema, set()) else DROP

    def extra_action(self, extra: Any) -> str:
        """Say what becomes of keys that the schema does not name but has a schema for."""
        return DESCEND if not self.keep or self.reaches(extra, set()) else DROP

    def reaches(self, schema: Any, seen: set[str]) -> bool:
        """Return whether a property of a selected name lies inside `schema`."""
        if self.met(schema, seen):
            return False
        return any(
            (name is not None and self.selects(name)) or self.reaches(part, seen)
            for name, part in self.parts(self.target(schema))
        )

    def touches(self, schema: Any, seen: set[str]) -> bool:
        """Return whether the mask changes `schema`."""
        if self.met(schema, seen):
            return False
        schema = self.target(schema)
        if is_object(schema):
            return self.touches_shape(local_shape(schema, {}), seen)
        return any(self.touches(part, seen) for _, part in self.parts(schema))

    def touches_shape(self, shape: Shape, seen: set[str]) -> bool:
        actions = [(self.action(name, part), part) for name, part in shape.properties.items()]
        if shape.extra is True:
            return True  # keys without a schema are judged by their name, value by value
        if shape.extra is not False:
            actions.append((self.extra_action(shape.extra), shape.extra))
        return any(
            action is DROP or (action is DESCEND and self.touches(part, seen)) for action, part in actions
        )

    def met(self, schema: Any, seen: set[str]) -> bool:
        """Note the definition that `schema` refers to; return whether it was noted before."""
        if not isinstance(schema, dict) or "$ref" not in schema:
            return False
        name = referenced_name(schema["$ref"])
        known = name in seen
        seen.add(name)
        return known

    def parts(self, schema: Any) -> Iterator[tuple[str | None, Any]]:
        """Yield the schemas inside a resolved one, each with the property's name where it has one."""
        if not isinstance(schema, dict):
            return
        if is_object(schema):
            shape = local_shape(schema, {})
            yield from shape.properties.items()
            if not isinstance(shape.extra, bool):
                yield None, shape.extra
        for keyword in ("anyOf", "oneOf", "prefixItems"):
            for part in schema.get(keyword, ()):
                yield None, part
        if "items" in schema:
            yield None, schema["items"]

    # --- The schema of the result ---

    def result(self, shape: Shape) -> Schema:
        """Return the masked schema; a definition that is needed only masked keeps its name."""
        schema = replace(self.shape(shape), definitions={}).schema()
        definitions = used_definitions([schema], {**self.definitions, **self.masked})
        back = {new: old for old, new in self.masked_names.items() if old not in definitions}
        renamed: Schema = rename_references(schema, back)
        if not definitions:
            return renamed
        named = {back.get(key, key): rename_references(value, back) for key, value in definitions.items()}
        return {"$defs": named, **renamed}

    def shape(self, shape: Shape) -> Shape:
        properties = {}
        for name, part in shape.properties.items():
            action = self.action(name, part)
            if action is not DROP:
                properties[name] = part if action is WHOLE else self.schema(part)
        extra = shape.extra
        if not isinstance(extra, bool):
            extra = False if self.extra_action(extra) is DROP else self.schema(extra)
        required = tuple(name for name in shape.required if name in properties)
        return replace(shape, properties=properties, required=required, extra=extra)

    def schema(self, schema: Any) -> Any:
        """Return the masked schema; what may no longer be true of masked values is left out of it."""
        if not self.touches(schema, set()):
            return schema
        annotations = {key: schema[key] for key in ANNOTATIONS if key in schema}
        if "$ref" in schema:
            return {"$ref": reference_to(self.definition(referenced_name(schema["$ref"]))), **annotations}
        schema = self.target(schema)
        if is_object(schema):
            masked = self.shape(local_shape(schema, {})).schema()
            return masked if "type" in schema else {k: v for k, v in masked.items() if k != "type"}
        for keyword in ("anyOf", "oneOf"):  # masked, the parts of a oneOf may no longer exclude each other
            if keyword in schema:
                return {**annotations, "anyOf": [self.schema(part) for part in schema[keyword]]}
        return {**annotations, **self.array(schema)}

    def array(self, schema: Schema) -> Schema:
        array: Schema = {key: schema[key] for key in ("type", "minItems", "maxItems") if key in schema}
        if "prefixItems" in schema:
            array["prefixItems"] = [self.schema(part) for part in schema["prefixItems"]]
        if "items" in schema:
            array["items"] = self.schema(schema["items"])
        return array

    def definition(self, name: str) -> str:
        """Return the name of the masked form of a definition."""
        if name not in self.masked_names:
            new = first_free(name, {**self.definitions, **self.masked})
            self.masked_names[name] = new
            self.masked[new] = None  # taken, also by a definition that contains itself
            self.masked[new] = self.schema(self.target(self.definitions[name]))
        return self.masked_names[name]

    # --- The values ---

    def of_shape(self, shape: Shape) -> Change:
        """Return the change that the mask makes to objects of this shape."""
        kept: dict[str, Change | None] = {}
        for name, part in shape.properties.items():
            action = self.action(name, part)
            if action is not DROP:
                kept[name] = None if action is WHOLE else self.change(part)
        extra = self.of_extra(shape.extra)
        named = frozenset(shape.properties)

        def apply(value: Any) -> Any:
            if type(value) is not dict:
                return value
            result = {}
            for key, item in value.items():
                if key in kept:
                    inner = kept[key]
                    result[key] = item if inner is None else inner(item)
                elif key not in named and extra is not None:
                    extra(result, key, item)
            return result

        return apply

    def of_extra(self, extra: Any) -> Callable[[Json, str, Any], None] | None:
        """Return what adds a key without a schema of its own to a result; None adds nothing."""
        if extra is True:

            def judge(result: Json, key: str, item: Any) -> None:
                if self.selects(key) is self.keep:
                    result[key] = item

            return judge
        if extra is False or self.extra_action(extra) is DROP:
            return None
        change = self.change(extra)

        def descend(result: Json, key: str, item: Any) -> None:
            result[key] = item if change is None else change(item)

        return descend

    def change(self, schema: Any) -> Change | None:
        """Return the change that the mask makes to values of `schema`; None when there is none."""
        if not self.touches(schema, set()):
            return None
        if "$ref" in schema:
            return self.of_definition(referenced_name(schema["$ref"]))
        schema = self.target(schema)
        if is_object(schema):
            return self.of_shape(local_shape(schema, {}))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self.of_choices(schema[keyword])
        return self.of_array(schema)

    def of_definition(self, name: str) -> Change:
        if name not in self.changes:
            self.changes[name] = lambda value: self.changes[name](value)  # while a recursive one is made
            change = self.change(self.target(self.definitions[name]))
            self.changes[name] = change or (lambda value: value)
        return self.changes[name]

    def of_array(self, schema: Schema) -> Change:
        first = [self.change(part) for part in schema.get("prefixItems", ())]
        rest = self.change(schema.get("items", True))

        def apply(value: Any) -> Any:
            if type(value) is not list:
                return value
            changes = [*first, *[rest] * (len(value) - len(first))]
            return [
                item if change is None else change(item) for item, change in zip(value, changes, strict=False)
            ]

        return apply

    def of_choices(self, parts: list[Any]) -> Change:
        """Change a value as the first part does for which it is valid."""
        definitions = dict(self.definitions)
        choices = [
            ({"allOf": [part], "$defs": definitions}, self.change(part), self.kinds(part)) for part in parts
        ]

        def apply(value: Any) -> Any:
            kind = type(value)
            possible = [(check, change) for check, change, kinds in choices if kind in kinds]
            for check, change in possible:
                if len(possible) == 1 or validator(check).is_valid(value):
                    return value if change is None else change(value)
            return value

        return apply

    def kinds(self, schema: Any) -> tuple[type, ...]:
        """Return which of dict and list a value of `schema` may be."""
        schema = self.target(schema)
        kind = schema.get("type") if isinstance(schema, dict) else None
        return {None: (dict, list), "object": (dict,), "array": (list,)}.get(kind, ())
