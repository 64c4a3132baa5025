"""Which part of JSON Schema a provider accepts where it enforces a schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class SchemaRules:
    """The subset of JSON Schema that one provider enforces, as data.

    Keywords that are not accepted are left out of the schema that is sent and said in the description
    beside it; the answer is validated against the whole schema in any case. Make rules once: they are
    compared by identity, so that a schema finds its form for them at once.

    Attributes:
        keywords: The keywords that are accepted, None for all.
        formats: Values of `format` that are accepted, None for all.
        plain_patterns: Whether a `pattern` must do without "(?", that is without looking ahead and behind.
        most_min_items: Highest `minItems` that is accepted, None for any.
        closed: Whether nothing may be left open: every object lists its keys and allows no others, and every
            value has a type. An object with free keys becomes a list of {"key", "value"} objects.
        all_required: Whether every property must be required. One that may be left out becomes one that
            may be null.
        root_object: Whether the root must be an object; another root is put into {"value": ...}.
        lone_ref: Whether `$ref` must stand alone; what stood beside it then stands around it.
        distinct_first_keys: Whether the objects of one union must differ in their first keys, or in its
            values.
        recursive: Whether a schema may refer to itself.
        most_properties: Most properties in all, None for any number; likewise below.
        deepest: Most levels of objects.
        most_enum_values: Most values of all enumerations.
        most_text: Most characters of all names and enumerated values.
    """

    keywords: frozenset[str] | None = None
    formats: frozenset[str] | None = None
    plain_patterns: bool = False
    most_min_items: int | None = None
    closed: bool = False
    all_required: bool = False
    root_object: bool = False
    lone_ref: bool = False
    distinct_first_keys: bool = False
    recursive: bool = True
    most_properties: int | None = None
    deepest: int | None = None
    most_enum_values: int | None = None
    most_text: int | None = None

    def accept(self, keyword: str, value: Any) -> bool:
        """Return whether a keyword is accepted with this value, seen by itself."""
        if keyword == "format" and self.formats is not None and value not in self.formats:
            return False
        if keyword == "minItems" and self.most_min_items is not None and value > self.most_min_items:
            return False
        if keyword == "pattern" and self.plain_patterns and "(?" in value:
            return False
        return self.keywords is None or keyword in self.keywords


AN_OBJECT = SchemaRules(root_object=True)
"""Of a server that enforces no schema, only that the answer is an object."""

_OPENAI_KEYWORDS = frozenset({
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref",
    "$defs", "title", "description", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minItems", "maxItems",
})  # fmt: skip
_OPENAI_FORMATS = frozenset({
    "date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid",
})  # fmt: skip

OPENAI_STRICT = SchemaRules(
    _OPENAI_KEYWORDS,
    formats=_OPENAI_FORMATS,
    plain_patterns=True,
    closed=True,
    all_required=True,
    root_object=True,
    lone_ref=True,
    distinct_first_keys=True,
    most_properties=5000,
    deepest=10,
    most_enum_values=1000,
    most_text=120_000,
)
"""OpenAI's strict mode (platform.openai.com/docs/guides/structured-outputs, "Supported schemas")."""
