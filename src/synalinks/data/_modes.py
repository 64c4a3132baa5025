"""Whether what a data model writes is what its schema describes.

The schema is that of what a model reads. Aliases, excluded fields and serializers can make it write something
else, which a language model would then be shown, and a reward compare, under the wrong schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synalinks.data._schema import Schema, children, map_children

_MODE_ONLY = frozenset({"required", "default", "readOnly"})


def mode_problem(reads: Schema, writes: Schema) -> str | None:
    """Return why values would never fit their schema, naming model and field, or None.

    Args:
        reads: The schema of what the model reads.
        writes: The schema of what it writes.
    """
    for model, properties, written in _pairs(reads, writes):
        for name, part in properties.items():
            if any(_is_secret(inner) for inner in _all_parts(part)):
                return (
                    f"The field {name!r} of the data model {model!r} is a secret, which would be written as "
                    "asterisks: data models flow to language models and into files. Keep secrets out of them."
                )
        lost, new = [k for k in properties if k not in written], [k for k in written if k not in properties]
        if lost or new:
            return (
                f"The data model {model!r} reads {lost} and writes {new} instead: its values would not fit "
                "its schema. Give a field one alias= in place of validation_alias= and serialization_alias=, "
                "and no exclude=True."
            )
    return None


def must_be_checked(reads: Schema, writes: Schema, core_schema: Any) -> bool:
    """Return whether only a look at a value tells if it fits the schema: its types may be written as others.

    Args:
        reads: The schema of what the model reads.
        writes: The schema of what it writes.
        core_schema: Pydantic's own schema of the model.
    """
    return _bare(reads) != _bare(writes) or _has_serializer(core_schema)


def _pairs(reads: Schema, writes: Schema) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield title, read and written properties of the model and of each definition that both have."""
    written = writes.get("$defs", {})
    both = [(reads, writes)]
    both += [(part, written[name]) for name, part in reads.get("$defs", {}).items() if name in written]
    for read, write in both:
        properties = write.get("properties", {})
        kept = {name: part for name, part in properties.items() if not _is_computed(part)}
        yield str(read.get("title")), read.get("properties", {}), kept


def _is_computed(part: Any) -> bool:
    return isinstance(part, dict) and part.get("readOnly") is True


def _is_secret(part: Any) -> bool:
    return isinstance(part, dict) and part.get("writeOnly") is True and part.get("format") == "password"


def _all_parts(schema: Any) -> Iterator[Any]:
    yield schema
    for child in children(schema):
        yield from _all_parts(child)


def _bare(schema: Any) -> Any:
    """Return a schema without what says nothing of the types of its fields."""
    if not isinstance(schema, dict):
        return schema
    bare = {key: value for key, value in schema.items() if key not in _MODE_ONLY}
    if isinstance(properties := bare.get("properties"), dict):
        bare["properties"] = {name: part for name, part in properties.items() if not _is_computed(part)}
    return map_children(bare, _bare)


def _has_serializer(part: Any) -> bool:
    """Return whether a function of somebody's writes a part of a model."""
    if isinstance(part, list | tuple):
        return any(map(_has_serializer, part))
    if not isinstance(part, dict):
        return False
    serialization = part.get("serialization")
    if isinstance(serialization, dict) and str(serialization.get("type")).startswith("function"):
        return True
    return any(_has_serializer(value) for key, value in part.items() if key != "metadata")
