"""The structure of a program, read from its document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from synalinks._internal.names import first_free, snake_case
from synalinks.cli._files import short
from synalinks.cli._screen import listed
from synalinks.saving import is_model

Line = tuple[int, str]
"""Depth, and what stands there."""

_SYMBOLS = {"concat": "+", "and": "&", "or": "|", "xor": "^", "not": "~"}


def structure_lines(document: Mapping[str, Any], name: str) -> Iterator[Line]:
    """Yield the lines that describe a program or module, those inside it one deeper."""
    yield 0, f"{name} ({short(document['$class'])})"
    for depth, text in _inside(document):
        yield depth + 1, text


def _inside(document: Mapping[str, Any]) -> Iterator[Line]:
    config = document["config"]
    if config.get("description"):
        yield 0, str(config["description"])
    if "nodes" in config:
        yield from _graph(config)
    else:
        yield from _facts(document)
        taken: set[str] = set()
        for child in _children(config):
            base = child["config"].get("name") or snake_case(short(child["$class"]))
            name = first_free(str(base), taken)
            taken.add(name)
            yield from structure_lines(child, name)


def _facts(document: Mapping[str, Any]) -> Iterator[Line]:
    """Yield what the configuration of a module says of its model, its answer and its training."""
    config = document["config"]
    model = config.get("language_model")
    if isinstance(model, Mapping):
        yield 0, f"model {model['config'].get('model', short(model['$class']))}"
    elif short(document["$class"]) == "Generator":
        yield 0, "model: the default one"
    schema = config.get("schema")
    if isinstance(schema, Mapping):
        yield 0, f"answers {_schema(schema)}"
    plain = {
        key: value
        for key, value in config.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    if plain:
        yield 0, listed(f"{key} {value}" for key, value in plain.items())
    if config.get("trainable") is False:
        yield 0, "not trainable"


def _children(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the modules that a configuration holds, in order; language models are none."""
    if isinstance(value, dict):
        if "$class" in value:
            if not is_model(value) and isinstance(value.get("config"), dict):
                yield value
            return
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _children(part)


def _graph(config: Mapping[str, Any]) -> Iterator[Line]:
    """Yield inputs, calls in order, and outputs; "<-" says where each gets its values from."""
    inputs = dict(_leaves(config["inputs"], "$input"))
    names: dict[Any, str] = {}
    for path, leaf in inputs.items():
        words = leaf.get("name") or "/".join(map(str, path))
        names[path] = f"input {words}" if words else "input"
        yield 0, f"{names[path]}: {_schema(leaf['schema'])}"
    shown: set[str] = set()
    results: list[str] = []
    operators = 0
    for node in config["nodes"]:
        sources = listed(_source(place, names, results) for _, place in _leaves(node["inputs"], "$slot"))
        if "operation" in node:
            operators += 1
            results.append(f"[{operators}]")
            yield 0, f"[{operators}] {_operation(node['operation'])} <- {sources}"
            continue
        name = str(node["module"])
        module = config["modules"][name]
        results.append(name)
        what = short(module["$class"]) if "$class" in module else "used before"
        yield 0, f"{name} ({what}) <- {sources}"
        if "$class" in module and name not in shown:
            shown.add(name)
            for depth, text in _inside(module):
                yield depth + 1, text
    for path, place in _leaves(config["outputs"], "$slot"):
        words = "/".join(map(str, path))
        yield 0, f"{f'output {words}' if words else 'output'} <- {_source(place, names, results)}"
    yield from _beside(config)


def _beside(config: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the modules that the program holds besides its graph."""
    for name, module in (config.get("attributes") or {}).items():
        for child in _children(module):
            yield from structure_lines(child, f"beside the graph, {name}")


def _source(place: list[Any], names: Mapping[Any, str], results: list[str]) -> str:
    source, *path = place
    if source == "inputs":
        return names[tuple(path)]
    return "/".join([results[source], *map(str, path)])


def _operation(operation: Mapping[str, Any]) -> str:
    options = operation.get("options") or {}
    told = [listed(map(str, options.get("mask") or ())), options.get("pattern"), options.get("name")]
    kind = str(operation["kind"])
    return " ".join([_SYMBOLS.get(kind, kind.replace("_", " ")), *(str(t) for t in told if t)])


def _leaves(document: Any, marker: str, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield (path, content) of each `{marker: content}` of a structure."""
    if isinstance(document, dict):
        if marker in document:
            yield path, document[marker]
            return
        document = document.get("$dict", document.get("$tuple", document))
    parts = document.items() if isinstance(document, dict) else enumerate(document or ())
    if isinstance(document, dict | list):
        for key, part in parts:
            yield from _leaves(part, marker, (*path, key))


def _schema(schema: Mapping[str, Any]) -> str:
    """Return title and keys of a data model."""
    keys = listed(map(str, schema.get("properties") or ()))
    title = schema.get("title")
    return f"{title} ({keys})" if title else keys or "any object"
