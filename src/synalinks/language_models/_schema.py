"""The schema of an answer, prepared once for every call that asks for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import orjson

from synalinks._internal.canonical import content_hash
from synalinks.data import validate, validator
from synalinks.errors import ConfigurationError, DataError
from synalinks.language_models._adapting import adapted
from synalinks.language_models._restoring import Restore, Restoring
from synalinks.language_models._schema_rules import AN_OBJECT, OPENAI_STRICT, SchemaRules
from synalinks.language_models._schema_shape import ALL_TYPES, Kind, kind_of, type_of


@dataclass(frozen=True, slots=True)
class AdaptedSchema:
    """A schema in the form that a provider enforces.

    Attributes:
        schema: It; read-only.
        fragment: It, serialised: put it into the body in place of the schema.
    """

    schema: dict[str, Any]
    fragment: orjson.Fragment


class OutputSchema:
    """A JSON schema that answers must obey, with what a call needs of it worked out once.

    Make one where the schema is known (a module does when it is built) and pass it to every call.

    A dialect says which part of JSON Schema its servers enforce as `SchemaRules`, once, at module level, and
    asks for `schema.adapted(RULES)` in each `body`: the schema in that form, or None where it cannot be said.
    Then the server is asked without enforcing it; the pipeline validates in any case. Nothing but the
    pipeline maps answers back: `restore` undoes every adaptation, and it calls it before it validates.

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
        self._adapted: dict[SchemaRules, AdaptedSchema | None] = {}

    def adapted(self, rules: SchemaRules) -> AdaptedSchema | None:
        """Return the schema as a provider with these rules takes it, or None where it cannot be said to it.

        Worked out once per rules.
        """
        if rules not in self._adapted:
            made = adapted(self.schema, rules)
            fragment = None if made is None else orjson.Fragment(orjson.dumps(made))
            self._adapted[rules] = None if made is None or fragment is None else AdaptedSchema(made, fragment)
        return self._adapted[rules]

    @property
    def strict(self) -> AdaptedSchema | None:
        """The schema as OpenAI's strict mode takes it, or None where it cannot be said there."""
        return self.adapted(OPENAI_STRICT)

    @cached_property
    def fragment(self) -> orjson.Fragment:
        """The schema as it is, serialised."""
        return orjson.Fragment(orjson.dumps(self.schema))

    @cached_property
    def response_format(self) -> orjson.Fragment:
        """The `response_format` of OpenAI's chat completions, strict where it can be, serialised."""
        strict = self.strict
        schema = self.schema if strict is None else strict.schema
        shape = {"name": self.name, "schema": schema, "strict": strict is not None}
        return orjson.Fragment(orjson.dumps({"type": "json_schema", "json_schema": shape}))

    @cached_property
    def plain_response_format(self) -> orjson.Fragment:
        """The same with the schema as it is, for servers that enforce any schema."""
        shape = {"name": self.name, "schema": self.schema}
        return orjson.Fragment(orjson.dumps({"type": "json_schema", "json_schema": shape}))

    @cached_property
    def instruction(self) -> str:
        """A sentence that asks for it in words, for servers that take no schema.

        It asks for an object in any case, as such servers may offer no other form of JSON.
        """
        asked = self.adapted(AN_OBJECT)
        text = orjson.dumps(self.schema if asked is None else asked.schema).decode()
        what = "JSON" if asked is None else "one JSON object"
        return f"Answer with {what} only, valid for this JSON schema:\n{text}"

    @cached_property
    def key(self) -> str:
        """Hash of the schema and its name."""
        return content_hash([self.name, self.schema])

    def restore(self, value: Any) -> Any:
        """Return an answer of an adapted schema in the form of the schema itself; others stay as they are.

        See `Restoring`. `value` is not changed, and returned itself where nothing is to be undone.
        """
        restore = self._restore
        return value if restore is None else restore(value)

    def restore_partial(self, value: Any) -> Any:
        """Return an answer that may end anywhere likewise, None where it is not of the schema's form yet."""
        restored = value if self._restore_partial is None else self._restore_partial(value)
        return restored if type_of(restored) in self._kind.types else None

    @cached_property
    def _restore_partial(self) -> Restore | None:
        return _restorer(self.schema, partial=True)

    @cached_property
    def _kind(self) -> Kind:
        try:
            return kind_of(self.schema, self.schema.get("$defs", {}))
        except DataError:
            return Kind(ALL_TYPES, None)

    @cached_property
    def _restore(self) -> Restore | None:
        return _restorer(self.schema, partial=False)

    def problem(self, value: Any) -> str | None:
        """Return what is wrong with a JSON value, in one line, or None when it is valid."""
        if self._validator.is_valid(value):
            return None
        return validate(self.schema, value) or "it is not valid for the schema"

    def __repr__(self) -> str:
        return f"OutputSchema({self.name!r})"


def _restorer(schema: dict[str, Any], *, partial: bool) -> Restore | None:
    try:
        return Restoring(schema, partial=partial).whole(schema)
    except DataError:  # it refers to something else than a definition, so it is never adapted
        return None


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
