"""What an operation does, worked out from schemas alone: the result's schema and how values follow it.

Because a value is always transformed by the plan of its schema, keys of values and schemas agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from synalinks._internal.names import base_name, first_free, plural, strip_number
from synalinks.data._schema import (
    Schema,
    Shape,
    any_of,
    merge_definitions,
    rename_references,
    resolve,
    shape_of,
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """The result of an operation on certain schemas.

    Attributes:
        schema: The schema of the result.
        apply: From the values of the operands to the value of the result; changes none of them.
    """

    schema: Schema
    apply: Callable[..., Json]


def concatenation(left: Schema, right: Schema) -> Plan:
    """Plan the properties of both, the right one's colliding names numbered."""
    first, second, definitions = _with_shared_definitions(left, right)
    taken = dict.fromkeys(first.properties)
    names: dict[str, str] = {}
    for name in second.properties:
        names[name] = first_free(name, taken)
        taken[names[name]] = None
    second = second.renamed(names)
    title = "".join(str(shape.annotations.get("title", "")) for shape in (first, second))
    result = Shape(
        {**first.properties, **second.properties},
        first.required + second.required,
        _either_extra(first.extra, second.extra),
        definitions,
        {"title": title} if title else {},
    )
    if first.extra is False and second.extra is False:
        return Plan(result.schema(), _joiner({k: n for k, n in names.items() if k != n}))
    return Plan(result.schema(), _open_joiner({k: k for k in first.properties}, names, frozenset(taken)))


def _joiner(changed: dict[str, str]) -> Callable[[Json, Json], Json]:
    if not changed:
        return lambda left, right: {**left, **right}

    def join(left: Json, right: Json) -> Json:
        joined = dict(left)
        for key, value in right.items():
            joined[changed.get(key, key)] = value
        return joined

    return join


def _open_joiner(
    left_names: dict[str, str], right_names: dict[str, str], reserved: frozenset[str]
) -> Callable[[Json, Json], Json]:
    """Join values that may hold keys of which their schemas know nothing."""

    def join(left: Json, right: Json) -> Json:
        joined: Json = {}
        _place(joined, left, left_names, reserved)
        _place(joined, right, right_names, reserved)
        return joined

    return join


def _place(target: Json, value: Json, names: dict[str, str], reserved: frozenset[str]) -> None:
    """Put `value` into `target` under its new names; keys without one get a name that is free."""
    for key, item in value.items():
        name = names.get(key)
        target[name if name is not None else first_free(key, reserved | target.keys())] = item


def _with_shared_definitions(left: Schema, right: Schema) -> tuple[Shape, Shape, dict[str, Any]]:
    first, second = shape_of(left), shape_of(right)
    definitions, names = merge_definitions(first.definitions, second.definitions)
    properties = {key: rename_references(value, names) for key, value in second.properties.items()}
    return (
        first,
        replace(second, properties=properties, extra=rename_references(second.extra, names)),
        definitions,
    )


def _either_extra(left: Any, right: Any) -> Any:
    """Return what extra keys may hold in a value that is made of both."""
    if left is False or left == right:
        return right
    return left if right is False else True


def alternatives(left: Schema, right: Schema) -> Schema:
    """Return the schema of "one of the two": all properties, the left one's where both have it."""
    first, second, definitions = _with_shared_definitions(left, right)
    others = {key: value for key, value in second.properties.items() if key not in first.properties}
    return Shape(
        {**first.properties, **others},
        tuple(name for name in first.required if name in second.required),
        _either_extra(first.extra, second.extra),
        definitions,
    ).schema()


def renaming(schema: Schema, rename: Callable[[str], str]) -> Plan:
    """Plan every key renamed; `rename` must give different names for different keys."""
    shape = shape_of(schema)
    names = {name: rename(name) for name in shape.properties}

    def apply(value: Json) -> Json:
        return {names[key] if key in names else rename(key): item for key, item in value.items()}

    return Plan(shape.renamed(names).schema(), apply)


def factorization(schema: Schema) -> Plan:
    """Plan the keys of one base name gathered into one list under the plural."""
    shape = shape_of(schema)
    groups: dict[str, list[str]] = {}
    for name in shape.properties:
        groups.setdefault(base_name(name), []).append(name)
    lists = {members[0]: (base, members) for base, members in groups.items() if len(members) > 1}
    if not lists:
        return Plan(schema, lambda value: value)
    gathered = {name for _, members in lists.values() for name in members}
    taken = dict.fromkeys(name for name in shape.properties if name not in gathered)
    properties: dict[str, Any] = {}
    required: list[str] = []
    steps: list[tuple[str, tuple[str, ...]]] = []
    for name, item in shape.properties.items():
        if name in lists:
            base, members = lists[name]
            target = first_free(plural(base), taken)
            taken[target] = None
            properties[target] = _list_schema([(m, shape.properties[m]) for m in members], shape.definitions)
            steps.append((target, tuple(members)))
            needed = any(member in shape.required for member in members)
        elif name not in gathered:
            target, needed = name, name in shape.required
            properties[name] = item
            steps.append((name, ()))
        else:
            continue
        if needed:
            required.append(target)
    result = replace(shape, properties=properties, required=tuple(required))
    return Plan(result.schema(), _gatherer(steps, frozenset(shape.properties), frozenset(properties)))


def _gatherer(
    steps: list[tuple[str, tuple[str, ...]]], named: frozenset[str], reserved: frozenset[str]
) -> Callable[[Json], Json]:
    def gather(value: Json) -> Json:
        result: Json = {}
        for target, members in steps:
            present = [member for member in members if member in value]
            if present:
                result[target] = [item for member in present for item in _items(member, value[member])]
            elif not members and target in value:
                result[target] = value[target]
        extras = {key: item for key, item in value.items() if key not in named}
        if extras:
            _place(result, extras, {}, reserved)
        return result

    return gather


def _is_plural(name: str) -> bool:
    return strip_number(name) != base_name(name)


def _items(name: str, value: Any) -> Iterable[Any]:
    """Return what a member contributes: a list under a plural name its items, anything else itself."""
    return value if _is_plural(name) and isinstance(value, list) else (value,)


def _list_schema(members: list[tuple[str, Any]], definitions: Any) -> Schema:
    parts = [part for name, item in members for part in _item_schemas(name, item, definitions)]
    items = any_of([_untitled(part) for part in parts]) if parts else True
    return {"type": "array", "items": items}


def _item_schemas(name: str, schema: Any, definitions: Any) -> list[Any]:
    """Return the schemas of the items that a member contributes."""
    if not _is_plural(name):
        return [schema]
    resolved = resolve(schema, definitions)
    if not isinstance(resolved, dict):
        return [schema, True]
    for keyword in ("anyOf", "oneOf"):
        if keyword in resolved:
            return [part for choice in resolved[keyword] for part in _item_schemas(name, choice, definitions)]
    kind = resolved.get("type")
    if kind == "array":
        return [*resolved.get("prefixItems", ()), resolved.get("items", True)]
    may_be_list = kind is None or (isinstance(kind, list) and "array" in kind)
    return [True] if may_be_list else [schema]


def _untitled(schema: Any) -> Any:
    """Return an item's schema without what was said of it as a property."""
    if not isinstance(schema, dict):
        return schema
    return {key: value for key, value in schema.items() if key not in ("title", "default")}
