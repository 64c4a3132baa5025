"""Graphs to JSON configurations and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from synalinks._internal.coroutines import run_sync
from synalinks._internal.structure import at_path, leaves_with_path
from synalinks.data import Operation, SymbolicDataModel
from synalinks.data._operators import apply
from synalinks.errors import DamagedFileError
from synalinks.modules._graph import Graph, Slot
from synalinks.modules._module import Module

_SLOT, _INPUT, _DICT = "$slot", "$input", "$dict"


def graph_config(graph: Graph, names: Mapping[Module, str]) -> dict[str, Any]:
    """Return what `graph_from_config` needs to trace the graph again.

    Args:
        graph: The graph.
        names: The name of each of its modules.
    """
    sources: dict[int, list[Any]] = {
        slot.index: ["inputs", *path] for path, slot in leaves_with_path(graph.input_slots)
    }
    for position, node in enumerate(graph.nodes):
        sources.update({slot.index: [position, *path] for path, slot in node.outputs})

    def place(leaf: Any) -> Any:
        return {_SLOT: sources[leaf.index]} if isinstance(leaf, Slot) else leaf

    nodes = []
    for node in graph.nodes:
        inputs = _structure(node.inputs, place)
        if isinstance(node.producer, Operation):
            nodes.append({"operation": node.producer.get_config(), "inputs": inputs})
        else:
            nodes.append({"module": names[node.producer], "inputs": inputs})
    return {
        "inputs": _structure(graph.inputs, _input_config),
        "modules": {names[module]: module for module in graph.modules},
        "nodes": nodes,
        "outputs": _structure(graph.output_slots, place),
    }


def _structure(structure: Any, leaf: Callable[[Any], Any]) -> Any:
    """Return a structure in a form in which what stands for a leaf differs from any dict of the user's."""
    if isinstance(structure, list | tuple):
        return type(structure)(_structure(value, leaf) for value in structure)
    if not isinstance(structure, dict):
        return leaf(structure)
    content = {key: _structure(value, leaf) for key, value in structure.items()}
    return {_DICT: content} if any(str(key).startswith("$") for key in content) else content


def _read_structure(document: Any, marker: str, leaf: Callable[[Any], Any]) -> Any:
    """Return the structure that `_structure` described; `marker` is that of its leaves."""
    if isinstance(document, list | tuple):
        return type(document)(_read_structure(value, marker, leaf) for value in document)
    if not isinstance(document, dict):
        return document
    if marker in document:
        return leaf(document[marker])
    content = document.get(_DICT, document)
    return {key: _read_structure(value, marker, leaf) for key, value in content.items()}


def graph_from_config(config: Mapping[str, Any]) -> tuple[Any, Any]:
    """Trace a graph again.

    Args:
        config: From `graph_config`, its modules made again.

    Returns:
        The symbolic inputs and outputs.

    Raises:
        DamagedFileError: The configuration does not hold together.
    """
    try:
        inputs = _read_structure(config["inputs"], _INPUT, lambda value: SymbolicDataModel(**value))
        results: dict[Any, Any] = {"inputs": inputs}

        def read(place: list[Any]) -> Any:
            source, *path = place
            return at_path(results[source], tuple(path))

        for position, node in enumerate(config["nodes"]):
            arguments = _read_structure(node["inputs"], _SLOT, read)
            if "operation" in node:
                results[position] = apply(Operation.from_config(node["operation"]), *arguments)
            else:
                module = config["modules"][node["module"]]
                results[position] = run_sync(module(arguments), what=f"Building {module.name!r}")
        return inputs, _read_structure(config["outputs"], _SLOT, read)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise DamagedFileError(
            f"The program's configuration does not hold together ({type(error).__name__}: {error}): it was "
            "edited by hand, or is not a program's."
        ) from None


def map_objects(
    matches: Callable[[dict[str, Any]], bool], function: Callable[[dict[str, Any]], Any], structure: Any
) -> Any:
    """Return `structure` with `function` applied to the dicts in it that match."""
    if isinstance(structure, dict):
        if matches(structure):
            return function(structure)
        return {key: map_objects(matches, function, value) for key, value in structure.items()}
    if isinstance(structure, list):
        return [map_objects(matches, function, value) for value in structure]
    return structure


def _input_config(leaf: SymbolicDataModel) -> dict[str, Any]:
    return {_INPUT: {"name": leaf.name, "schema": leaf.get_schema()}}
