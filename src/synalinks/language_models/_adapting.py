"""Adapting a schema to what a provider accepts where it enforces one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import orjson

from synalinks.data._schema import reference_to, referenced_name, resolve, used_definitions
from synalinks.errors import DataError
from synalinks.language_models._restoring import Restoring, is_object
from synalinks.language_models._schema_rules import SchemaRules
from synalinks.language_models._schema_shape import (
    NULL,
    has_free_keys,
    kind_of,
    left_out_as_null,
    normal,
    parts_of,
    type_of,
    wrapping_key,
)

_SAYS_NOTHING = frozenset({
    "$schema", "$id", "$comment", "$anchor", "$defs", "discriminator", "title", "deprecated", "readOnly",
    "writeOnly",
})  # fmt: skip
"""Keywords that are left out without a word where they are not accepted."""

_FORM = frozenset({
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref",
    "allOf", "oneOf", "prefixItems", "patternProperties", "$dynamicRef",
})  # fmt: skip
"""Keywords that make the form of a value: what is not accepted among them cannot be left out."""


class _CannotSayError(Exception):
    """A schema cannot be said within the rules."""


def adapted(schema: dict[str, Any], rules: SchemaRules) -> dict[str, Any] | None:
    """Return `schema` as it can be said within `rules`, or None where it cannot.

    Every value of what is returned is, restored, a value of the schema but for constraints that the rules
    have no keyword for: those are said in descriptions. A schema that meets the rules is returned as it
    is; `schema` is never changed.
    """
    try:
        made = schema if meets(schema, rules) else _Adapter(schema, rules).whole()
        return made if made is schema or meets(made, rules) else None
    except (_CannotSayError, DataError):  # the latter of a reference to something else than a definition
        return None


class _Adapter:
    def __init__(self, root: dict[str, Any], rules: SchemaRules) -> None:
        self.root, self.rules = root, rules
        self.definitions: Mapping[str, Any] = root.get("$defs", {})
        # Keywords that are kept as they are may refer to any definition.
        self.waiting = [] if rules.closed else list(self.definitions)
        self.restoring = Restoring(root)

    def whole(self) -> dict[str, Any]:
        rules, root = self.rules, {key: value for key, value in self.root.items() if key != "$defs"}
        wrap = rules.root_object and not is_object(root, self.definitions)
        # A reference is no object of its own to a provider: what it refers to is said twice.
        made = self.node(resolve(root, self.definitions) if rules.root_object and not wrap else root)
        if wrap:
            key = wrapping_key(root, self.definitions)
            if key is None:
                raise _CannotSayError
            made = {
                "type": "object",
                "properties": {key: made},
                "required": [key],
                "additionalProperties": False,
            }
        definitions: dict[str, Any] = {}
        while self.waiting:
            name = self.waiting.pop()
            if name not in definitions:
                definitions[name] = NULL  # it may refer to itself
                definitions[name] = self.node(self.definitions[name])
        ordered = {name: definitions[name] for name in self.definitions if name in definitions}
        return {**made, "$defs": ordered} if ordered else made

    def node(self, schema: Any) -> dict[str, Any]:
        """Return one schema within the rules."""
        if not isinstance(schema, dict):
            raise _CannotSayError
        schema = normal(schema)
        if "$ref" in schema:
            return self._reference(schema)
        if "anyOf" in schema:
            return self._union(schema)
        if "const" in schema or "enum" in schema:
            return self._listed(schema)
        if has_free_keys(schema) and self.rules.closed:
            return self._pairs(schema)
        if schema.get("type") == "object":
            return self._object(schema)
        if schema.get("type") == "array":
            return self._list(schema)
        if self.rules.closed and "type" not in schema:
            raise _CannotSayError
        return self._kept(schema)

    def _kept(self, schema: Mapping[str, Any], **made: Any) -> dict[str, Any]:
        """Return the keywords that are accepted, with `made` in their place, and the others in words."""
        kept, said = {}, []
        for key, value in {**schema, **made}.items():
            if self.rules.accept(key, value):
                kept[key] = value
            elif key in _FORM:
                raise _CannotSayError
            elif key not in _SAYS_NOTHING and key != "description" and (key, value) != ("default", None):
                said.append(f"{key}: {orjson.dumps(value).decode()}")
        return self._described(kept, said)

    def _reference(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        name = referenced_name(schema["$ref"])
        self.waiting.append(name)
        alone = {"$ref": reference_to(name)}
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "title")}
        if not _FORM.isdisjoint(rest):
            raise _CannotSayError
        beside = self._kept(rest)
        if not beside:
            return alone
        return {"anyOf": [alone], **beside} if self.rules.lone_ref else {**alone, **beside}

    def _union(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        if not _FORM.isdisjoint(rest):
            raise _CannotSayError
        self._check_branches(schema)
        return self._kept(schema, anyOf=[self.node(branch) for branch in schema["anyOf"]])

    def _check_branches(self, schema: Any) -> None:
        """Make sure that an answer tells which branch it is of, where that matters for mapping it back."""
        for one, other in combinations(parts_of(schema, self.definitions), 2):
            if self.rules.distinct_first_keys and self._begin_alike(one.schema, other.schema):
                raise _CannotSayError
            matters = self.restoring.touches(one.source) or self.restoring.touches(other.source)
            if matters and not self._are_apart(one.schema, other.schema):
                raise _CannotSayError

    def _are_apart(self, one: Any, other: Any) -> bool:
        if self._type(one) != self._type(other) or self._type(one) not in ("object", "array"):
            return self._type(one) is not None and self._type(other) is not None
        if self._type(one) == "array":
            return False
        if self.rules.all_required and set(one["properties"]) != set(other["properties"]):
            return True
        common = set(one.get("required", ())) & set(other.get("required", ()))
        return any(self._differ(one, other, key) for key in common)

    def _type(self, schema: Any) -> str | None:
        """Return the type of a branch once it is adapted."""
        if not isinstance(schema, dict):
            return None
        if has_free_keys(schema):
            return "array"
        types = {"number" if name == "integer" else name for name in kind_of(schema, self.definitions).types}
        return types.pop() if len(types) == 1 else None

    def _differ(self, one: Any, other: Any, key: str) -> bool:
        kinds = [kind_of(branch["properties"][key], self.definitions) for branch in (one, other)]
        return kinds[0].is_apart_from(kinds[1])

    def _begin_alike(self, one: Any, other: Any) -> bool:
        if not all(isinstance(branch, dict) and branch.get("properties") for branch in (one, other)):
            return False
        first, second = next(iter(one["properties"])), next(iter(other["properties"]))
        return first == second and not self._differ(one, other, first)

    def _listed(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the schema of listed values, with the type that some providers want beside them."""
        values = [schema["const"]] if "const" in schema else schema["enum"]
        types = list(dict.fromkeys(map(type_of, values)))
        if "type" not in schema and self.rules.closed:
            if len(types) > 1:
                parts = [[value for value in values if type_of(value) == name] for name in types]
                rest = {key: value for key, value in schema.items() if key != "enum"}
                return self._kept(
                    rest, anyOf=[{"type": n, "enum": p} for n, p in zip(types, parts, strict=True)]
                )
            schema = {"type": types[0], **schema}
        if self.rules.closed and not {"object", "array"}.isdisjoint(types):
            raise _CannotSayError
        if "const" in schema and not self.rules.accept("const", values):
            schema = {"enum" if key == "const" else key: value for key, value in schema.items()}
            schema["enum"] = values
        return self._kept(schema)

    def _pairs(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        value = self.node(schema["additionalProperties"])
        pair = {
            "type": "object",
            "properties": {"key": {"type": "string"}, "value": value},
            "required": ["key", "value"],
            "additionalProperties": False,
        }
        rest = {
            k: v for k, v in schema.items() if k not in ("properties", "required", "additionalProperties")
        }
        made = self._kept(rest, type="array", items=pair)
        return self._described(made, ["each key once, with its value"])

    def _object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        if not self.rules.closed:
            return self._open_object(schema)
        properties = schema.get("properties", {})
        if schema.get("additionalProperties", not properties) not in (False, True) or (
            not properties and schema.get("additionalProperties", True) is not False
        ):
            raise _CannotSayError
        made = {key: self.node(part) for key, part in properties.items()}
        required = schema.get("required", [])
        if any(key not in properties for key in required):
            raise _CannotSayError
        if self.rules.all_required:
            droppable = left_out_as_null(schema, self.definitions)
            made = {key: self._or_null(part) if key in droppable else part for key, part in made.items()}
            required = list(properties)
        return self._kept(schema, properties=made, required=required, additionalProperties=False)

    def _open_object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if "properties" in schema:
            made["properties"] = {key: self.node(part) for key, part in schema["properties"].items()}
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            made["additionalProperties"] = self.node(extra)
        elif not self.rules.accept("additionalProperties", extra):
            schema = {key: value for key, value in schema.items() if key != "additionalProperties"}
        return self._kept(schema, **made)

    def _list(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if "items" in schema:
            made["items"] = self.node(schema["items"])
        if "prefixItems" in schema:
            made["prefixItems"] = [self.node(part) for part in schema["prefixItems"]]
        if self.rules.closed and made.keys() != {"items"}:
            raise _CannotSayError
        return self._kept(schema, **made)

    def _described(self, schema: dict[str, Any], said: list[str]) -> dict[str, Any]:
        """Return a schema whose description also says what its keywords cannot."""
        if not said or not self.rules.accept("description", said):
            return schema
        told = f"({'; '.join(said)})"
        description = schema.get("description")
        return {**schema, "description": f"{description} {told}" if description else told}

    def _or_null(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a value that may be null as well."""
        outside = {key: value for key, value in schema.items() if key in ("title", "description")}
        inside = {key: value for key, value in schema.items() if key not in outside}
        branches = inside["anyOf"] if inside.keys() == {"anyOf"} else [inside]
        return self._described({"anyOf": [*branches, NULL], **outside}, ["null leaves it out"])


# --- Judging ---------------------------------------------------------------------------------


def meets(schema: Any, rules: SchemaRules) -> bool:
    """Return whether a schema can be sent as it is to a provider with these rules."""
    if not isinstance(schema, dict) or (rules.root_object and schema.get("type") != "object"):
        return False
    return all(_meets(part, rules) for part in _parts(schema)) and _is_within_limits(schema, rules)


def _children(schema: Mapping[str, Any]) -> Iterator[Any]:
    yield from schema.get("properties", {}).values()
    yield from schema.get("$defs", {}).values()
    yield from schema.get("anyOf", ())
    yield from schema.get("prefixItems", ())
    if "items" in schema:
        yield schema["items"]
    if isinstance(schema.get("additionalProperties"), dict):
        yield schema["additionalProperties"]


def _parts(schema: Any) -> Iterator[Any]:
    """Yield a schema and all that it is made of."""
    yield schema
    if isinstance(schema, dict):
        for child in _children(schema):
            yield from _parts(child)


def _meets(schema: Any, rules: SchemaRules) -> bool:
    if not isinstance(schema, dict) or not all(rules.accept(*pair) for pair in schema.items()):
        return False
    if rules.lone_ref and "$ref" in schema and len(schema) > 1 and schema.keys() != {"$ref", "$defs"}:
        return False
    if not rules.recursive and not schema.get("$ref", "#/$defs/").startswith("#/$defs/"):
        return False
    return not rules.closed or _is_closed(schema, rules)


def _is_closed(schema: Mapping[str, Any], rules: SchemaRules) -> bool:
    if not {"type", "anyOf", "$ref", "enum", "const"} & schema.keys():
        return False
    if schema.get("type") == "array" and "items" not in schema:
        return False
    if schema.get("type") != "object":
        return True
    required, properties = set(schema.get("required", ())), set(schema.get("properties", ()))
    return schema.get("additionalProperties") is False and (not rules.all_required or required == properties)


def _is_within_limits(schema: dict[str, Any], rules: SchemaRules) -> bool:
    parts = list(_parts(schema))
    names = [name for part in parts for key in ("properties", "$defs") for name in part.get(key, ())]
    values = [
        v for part in parts for v in (*part.get("enum", ()), *([part["const"]] if "const" in part else ()))
    ]
    properties = sum(len(part.get("properties", ())) for part in parts)
    text = sum(map(len, names)) + sum(len(value) for value in values if isinstance(value, str))
    measured = (
        (properties, rules.most_properties),
        (len(values), rules.most_enum_values),
        (text, rules.most_text),
    )
    if any(most is not None and size > most for size, most in measured):
        return False
    definitions = schema.get("$defs", {})
    if not rules.recursive and any(_recurs(name, definitions) for name in definitions):
        return False
    return rules.deepest is None or _levels(schema, definitions, {}) <= rules.deepest


def _recurs(name: str, definitions: Mapping[str, Any]) -> bool:
    return name in used_definitions([definitions[name]], definitions)


def _levels(schema: Any, definitions: Mapping[str, Any], known: dict[str, int]) -> int:
    """Return how many objects are nested in a value of `schema`; what recurs is counted once."""
    reference: str | None = schema.get("$ref")
    if reference is not None:
        if reference not in known:
            known[reference] = 0
            target = definitions.get(reference.removeprefix("#/$defs/"), {})
            known[reference] = _levels(target, definitions, known)
        return known[reference]
    own = {key: value for key, value in schema.items() if key != "$defs"}
    inner = [_levels(part, definitions, known) for part in _children(own)]
    return max(inner, default=0) + int(schema.get("type") == "object")
