"""Graphs to JSON configurations and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from synalinks._internal.coroutines import run_sync
from synalinks._internal.structure import at_path, leaves_with_path, map_leaves
from synalinks.data import Operation, SymbolicDataModel
from synalinks.data._operators import apply
from synalinks.errors import DamagedFileError
from synalinks.modules._graph import Graph, Slot
from synalinks.modules._module import Module

_SLOT = "$slot"


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
        inputs = map_leaves(place, node.inputs)
        if isinstance(node.producer, Operation):
            nodes.append({"operation": node.producer.get_config(), "inputs": inputs})
        else:
            nodes.append({"module": names[node.producer], "inputs": inputs})
    return {
        "inputs": map_leaves(lambda leaf: {"name": leaf.name, "schema": leaf.get_schema()}, graph.inputs),
        "modules": {names[module]: module for module in graph.modules},
        "nodes": nodes,
        "outputs": map_leaves(place, graph.output_slots),
    }


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
        inputs = map_objects(_is_input, _input, config["inputs"])
        results: dict[Any, Any] = {"inputs": inputs}

        def read(leaf: dict[str, Any]) -> Any:
            source, *path = leaf[_SLOT]
            return at_path(results[source], tuple(path))

        for position, node in enumerate(config["nodes"]):
            arguments = map_objects(lambda v: _SLOT in v, read, node["inputs"])
            if "operation" in node:
                results[position] = apply(Operation.from_config(node["operation"]), *arguments)
            else:
                module = config["modules"][node["module"]]
                results[position] = run_sync(module(arguments), what=f"Building {module.name!r}")
        return inputs, map_objects(lambda v: _SLOT in v, read, config["outputs"])
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
    if isinstance(structure, list | tuple):
        return [map_objects(matches, function, value) for value in structure]
    return structure


def _is_input(value: dict[str, Any]) -> bool:
    return value.keys() == {"name", "schema"}


def _input(value: dict[str, Any]) -> SymbolicDataModel:
    return SymbolicDataModel(schema=value["schema"], name=value["name"])
