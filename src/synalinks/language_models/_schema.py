"""The schema of an answer, prepared once for every call that asks for it."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import Any

import orjson

from synalinks._internal.canonical import content_hash
from synalinks.data import validate, validator
from synalinks.errors import ConfigurationError

_STRICT_KEYWORDS = frozenset({
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref",
    "$defs", "title", "description", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minItems", "maxItems",
})  # fmt: skip
"""What OpenAI's strict mode accepts (platform.openai.com/docs/guides/structured-outputs)."""


def is_strict(schema: Any, *, root: bool = True) -> bool:
    """Return whether a schema meets the rules of OpenAI's strict mode.

    Every object lists all its properties as required and allows no others, only supported keywords
    are used, and the root is an object.
    """
    if not isinstance(schema, dict) or not schema.keys() <= _STRICT_KEYWORDS:
        return False
    if root and schema.get("type") != "object":
        return False
    properties = schema.get("properties", {})
    is_object = schema.get("type") == "object"
    if is_object and (
        schema.get("additionalProperties") is not False or set(schema.get("required", ())) != set(properties)
    ):
        return False
    parts = [*properties.values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())]
    if "items" in schema:
        parts.append(schema["items"])
    return all(is_strict(part, root=False) for part in parts)


class OutputSchema:
    """A JSON schema that answers must obey, with what a call needs of it worked out once.

    Make one where the schema is known (a module does when it is built) and pass it to every call.

    Args:
        schema: The JSON schema; it must not be changed afterwards.
        name: A name for it that the model sees; the schema's title when not given.

    Attributes:
        schema: The JSON schema.
        name: Letters, digits, "_" and "-" only, at most 64.
    """

    def __init__(self, schema: dict[str, Any], name: str | None = None) -> None:
        self.schema = schema
        self.name = re.sub(r"[^A-Za-z0-9_-]+", "_", name or str(schema.get("title") or "answer"))[:64]
        self._validator = validator(schema)

    @cached_property
    def response_format(self) -> orjson.Fragment:
        """The request's `response_format`, serialised."""
        shape = {"name": self.name, "schema": self.schema, "strict": is_strict(self.schema)}
        return orjson.Fragment(orjson.dumps({"type": "json_schema", "json_schema": shape}))

    @cached_property
    def instruction(self) -> str:
        """A sentence that asks for it in words, for servers that take no schema."""
        text = orjson.dumps(self.schema).decode()
        return f"Answer with one JSON object only, valid for this JSON schema:\n{text}"

    @cached_property
    def key(self) -> str:
        """Hash of the schema and its name."""
        return content_hash([self.name, self.schema])

    def problem(self, value: Any) -> str | None:
        """Return what is wrong with a JSON value, in one line, or None when it is valid."""
        if self._validator.is_valid(value):
            return None
        return validate(self.schema, value) or "it is not valid for the schema"

    def __repr__(self) -> str:
        return f"OutputSchema({self.name!r})"


class _ByIdentity:
    """A schema as a key of a memo: the same dict, not an equal one."""

    __slots__ = ("schema",)

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and self.schema is other.schema


@lru_cache(maxsize=256)
def _prepared(reference: _ByIdentity) -> OutputSchema:
    return OutputSchema(reference.schema)


def output_schema(schema: Any) -> OutputSchema:
    """Return the prepared form of a schema; the same schema object is prepared once.

    Args:
        schema: An `OutputSchema`, a JSON schema, a `DataModel` class or a symbolic data model.

    Raises:
        ConfigurationError: It is none of them.
    """
    if isinstance(schema, OutputSchema):
        return schema
    if isinstance(schema, dict):
        return _prepared(_ByIdentity(schema))
    if not hasattr(schema, "get_schema"):
        raise ConfigurationError(
            f"schema must be a JSON schema, a DataModel class or a symbolic data model, not {schema!r}.",
            argument="schema",
        )
    return _prepared(_ByIdentity(schema.get_schema()))
