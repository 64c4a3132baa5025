"""What goes into modules and comes out of them: conversions, and refusals of what is no data model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Union, get_args, get_origin, get_type_hints

from synalinks._internal.coroutines import forgotten_await
from synalinks._internal.structure import leaves, map_leaves
from synalinks.data import DataModel, JsonDataModel, Operators, Origin, SymbolicDataModel
from synalinks.data._misfits import misfit
from synalinks.data._symbolic_data_model import NoValueError
from synalinks.data._union import DataModelUnion
from synalinks.errors import ProgramError


def as_values(inputs: Any, owner: str) -> Any:
    """Return the inputs of a module with values alone in them.

    Args:
        inputs: Values or None, in any structure.
        owner: The module's name, for the error.

    Raises:
        ProgramError: Something else is in them.
    """
    return map_leaves(partial(_as_value, inputs, owner), inputs)


def _as_value(inputs: Any, owner: str, leaf: Any) -> JsonDataModel | None:
    if leaf is None or isinstance(leaf, JsonDataModel):
        return leaf
    if isinstance(leaf, DataModel):
        return leaf.to_json_data_model()
    raise ProgramError(f"{owner!r} takes data models; got {misfit(_offender(inputs))}")


def as_nodes(inputs: Any, owner: str) -> Any:
    """Return the inputs of a module as nodes without history: inside of it they are where data begins.

    Raises:
        ProgramError: Something in them is no data model.
    """

    def node(leaf: Any) -> SymbolicDataModel | None:
        return as_node(leaf if isinstance(leaf, SymbolicDataModel) else _as_value(inputs, owner, leaf))

    return map_leaves(node, inputs)


def as_node(leaf: Any, origin: Origin | None = None) -> SymbolicDataModel | None:
    """Return a data model of any kind as a node of a graph; None stays."""
    if leaf is None:
        return None
    symbol = leaf.to_symbolic_data_model()
    return SymbolicDataModel(schema=symbol.get_schema(), name=symbol.name, origin=origin)


def as_outputs(outputs: Any, owner: object) -> Any:
    """Return what the `call` of `owner` returned, with `JsonDataModel`s in place of `DataModel`s.

    Raises:
        ProgramError: Something in it is no data model.
    """
    if type(outputs) is JsonDataModel or outputs is None:
        return outputs
    return map_leaves(partial(_as_output, outputs, owner), outputs)


def _as_output(outputs: Any, owner: object, leaf: Any) -> Any:
    if leaf is None or isinstance(leaf, JsonDataModel | SymbolicDataModel):
        return leaf
    if isinstance(leaf, DataModel):
        return leaf.to_json_data_model()
    raise ProgramError(f"{type(owner).__name__}.call returned {misfit(_offender(outputs))}")


def check_spec(outputs: Any, owner: object) -> None:
    """Refuse what `compute_output_spec` returned if it holds something else than data models of any kind."""
    if not all(leaf is None or isinstance(leaf, Operators) for leaf in leaves(outputs)):
        raise ProgramError(
            f"{type(owner).__name__}.compute_output_spec returned {misfit(_offender(outputs))}"
        )


def _offender(structure: Any) -> Any:
    """Return what a message shows: a forgotten `await`, the first wrong part, or all if nothing is right."""
    parts = list(leaves(structure))
    wrong = [p for p in parts if not (p is None or _is_instance(p))]
    awaitable = [p for p in wrong if forgotten_await(p)]
    return awaitable[0] if awaitable else structure if len(wrong) == len(parts) else wrong[0]


def _is_instance(leaf: Any) -> bool:
    return isinstance(leaf, DataModel | JsonDataModel | SymbolicDataModel)


def declared_output(cls: type, error: NoValueError) -> type[DataModel]:
    """Return the data model that the `call` of a module class is annotated to return, alone or `| None`.

    Args:
        cls: The class.
        error: Why the output cannot be found by tracing.

    Raises:
        ProgramError: `call` has no such annotation.
    """
    declared = _annotated_output(cls.call)  # type: ignore[attr-defined] # a module has it
    if declared is None:
        raise ProgramError(
            f"{cls.__name__}.call reads {error.what}, so its output cannot be found by tracing. Annotate it "
            "with the DataModel class that it returns, `async def call(self, inputs) -> Answer`, or add "
            "`async def compute_output_spec(self, inputs, training=False): return "
            "synalinks.SymbolicDataModel(data_model=Answer)`."
        ) from error
    return declared


def _annotated_output(call: Callable[..., Any]) -> type[DataModel] | None:
    try:
        hint = get_type_hints(call).get("return")
    except (NameError, AttributeError, TypeError):  # names that only a type checker can see
        return None
    if isinstance(hint, DataModelUnion):
        members = hint.members
    else:
        members = get_args(hint) if get_origin(hint) is Union else (hint,)
    found = [m for m in members if isinstance(m, type) and issubclass(m, DataModel) and m is not DataModel]
    others = [m for m in members if m not in (None, type(None)) and m not in found]
    return found[0] if len(found) == 1 and not others else None
