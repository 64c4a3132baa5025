"""A run in the forms in which a tracking server keeps it: names, parameters, tables and texts."""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson

from synalinks._internal.canonical import content_hash, digest
from synalinks._internal.text import printable
from synalinks.hooks import CandidateRecord
from synalinks.runs import HistoryData
from synalinks.runs._fingerprint import SOURCE

_NAME_LENGTH: Final = 250
_VALUE_LENGTH: Final = 500
_INDENTED: Final = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS


def safe_name(name: str) -> str:
    """Return a name of a metric, parameter or tag with which every server can live."""
    kept = re.sub(r"[^\w.\- :/]", "_", name)
    if posixpath.normpath(kept) != kept or kept.startswith(("/", "..")) or kept in ("", "."):
        kept = re.sub(r"[./]", "_", kept) or "_"
    return kept if len(kept) <= _NAME_LENGTH else _told_apart(kept, name)


def _told_apart(safe: str, name: str) -> str:
    return f"{safe[: _NAME_LENGTH - 9]}_{digest(name.encode('utf-8', 'surrogatepass'), size=4)}"


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Return each name with its safe form; no two have the same."""
    found: dict[str, str] = {}
    for name in names:
        safe = safe_name(name)
        if safe in found.values():
            safe = _told_apart(safe, name)
        found[name] = safe
    return found


def short_text(value: Any, length: int = _VALUE_LENGTH) -> str:
    """Return a value as text of one line that is not too long."""
    text = value if isinstance(value, str) else orjson.dumps(value, default=repr).decode()
    text = printable(text.encode("utf-8", "replace").decode())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def parameters(params: Mapping[str, Any], described: Mapping[str, Any], program: str) -> dict[str, str]:
    """Return the parameters of a run.

    Args:
        params: The parameters of callbacks.
        described: What decides the course of the training, by name: the fingerprint of the run.
        program: Name of the program.
    """
    values: dict[str, Any] = {"program": program}
    for name, value in described.items():
        if name in ("program", "variables"):
            values[f"{name}.hash"] = content_hash(value)
        elif name.startswith(SOURCE):
            values[f"source.{name.removeprefix(SOURCE)}"] = value
        elif name == "models":
            values["models"] = ", ".join(sorted({str(model.get("model")) for model in value.values()}))
        else:
            values.update(_flat(name.replace(" ", "_"), value))
    values.update({name: value for name, value in params.items() if name not in ("metrics", "verbose")})
    values["metrics"] = ", ".join(params.get("metrics", ()))
    named = safe_names(values)
    return {named[name]: short_text(value) for name, value in values.items() if value is not None}


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the scalars of an object's description by dotted names."""
    if not isinstance(value, dict):
        yield name, value
        return
    if "$class" in value:
        yield f"{name}.class", value["$class"]
        value = value.get("config") or {}
    for key, item in value.items():
        yield from _flat(f"{name}.{key}", item)


def history_table(history: HistoryData) -> bytes:
    """Return the figures of all epochs as CSV."""
    columns = list(history.history)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["epoch", *columns])
    for epoch, row in zip(history.epoch, history.rows, strict=True):
        writer.writerow([epoch, *(repr(row[key]) if key in row else "" for key in columns)])
    return buffer.getvalue().encode("utf-8", "replace")


def variables_text(variables: Mapping[str, Any]) -> bytes:
    """Return variables as text for people: each with its path, strings as they are, examples one by one."""
    parts = [f"{path}\n{'=' * len(path)}\n\n{_shown(value)}\n" for path, value in variables.items()]
    return printable("\n".join(parts).replace("\r\n", "\n"), lines=True).encode("utf-8", "replace")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return "\n\n".join(f"{n}.\n{_fields(item)}" for n, item in enumerate(value, 1))
    return _json(value)


def _fields(item: Mapping[str, Any]) -> str:
    shown = (f"{key}: {v if isinstance(v, str) else _json(v)}" for key, v in item.items())
    return "\n".join("   " + line for text in shown for line in text.split("\n"))


def _json(value: Any) -> str:
    return orjson.dumps(value, default=repr, option=_INDENTED).decode()


def candidate_json(record: CandidateRecord, epoch: int, step: int) -> dict[str, Any]:
    """Return a candidate as JSON, with when it was proposed."""
    return {"epoch": epoch, "batch": step, **asdict(record)}


def lines(documents: Iterable[Any]) -> bytes:
    """Return documents as JSON lines."""
    return b"".join(orjson.dumps(d, default=repr, option=orjson.OPT_APPEND_NEWLINE) for d in documents)
