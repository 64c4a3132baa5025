"""Calls of modules whose answer is read while it comes."""

from __future__ import annotations

from typing import Any

from synalinks._internal.scope import module_path, sample_scope
from synalinks._internal.structure import leaves, map_leaves
from synalinks.data import JsonDataModel, SymbolicDataModel
from synalinks.language_models import Stream
from synalinks.modules._module import Module
from synalinks.modules._values import as_node, as_values


def is_interactive(training: bool) -> bool:
    """Return whether a call is one that somebody waits for: outermost, and in no run."""
    return not training and sample_scope.get() is None and not module_path.get()


async def answered(module: Module, inputs: Any) -> Any:
    """Call a module, and return a stream where its answer can be read while it comes."""
    values = inputs
    if type(inputs) is not JsonDataModel:
        if any(isinstance(leaf, SymbolicDataModel) for leaf in leaves(inputs)):
            return await Module.__call__(module, inputs)
        values = as_values(inputs, module.name)
    if values is not None and not module.built:
        await module._ensure_built(map_leaves(as_node, values))
    streamer = None if values is None else module._streamer()
    if streamer is None:
        return await Module.__call__(module, values)
    return Stream(lambda: Module.__call__(module, values), owner=streamer, schema=streamer._output_schema)
