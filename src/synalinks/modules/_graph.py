"""Graphs: what tracing modules on symbolic data models leaves behind, and running it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Any

from synalinks._internal.coroutines import cancelled_itself, self_cancelled
from synalinks._internal.structure import at_path, leaves, leaves_with_path, map_leaves
from synalinks.data import JsonDataModel, Operation, Origin, SymbolicDataModel, schema_of
from synalinks.data._misfits import misfit
from synalinks.data._operators import apply
from synalinks.data._schema import shape_of
from synalinks.errors import ConfigurationError, InfrastructureError, ProgramError, ProgramFaultError
from synalinks.modules._module import Module


def Input(  # noqa: N802 - named as in Keras, where it reads like a class
    data_model: Any = None, *, schema: dict[str, Any] | None = None, name: str | None = None
) -> SymbolicDataModel:
    """Make a symbolic data model that stands for an input of a program.

    Args:
        data_model: The data model of the input (a class).
        schema: Its JSON schema, in place of `data_model`.
        name: Name of the input; needed where several inputs are given as a dict.

    Raises:
        ConfigurationError: Neither or both of `data_model` and `schema` are given.
    """
    if (data_model is None) == (schema is None):
        raise ConfigurationError(
            "Input takes either data_model= or schema=, for example Input(data_model=Query)."
        )
    return SymbolicDataModel(schema=schema if schema is not None else schema_of(data_model), name=name)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a graph's table of values."""

    index: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An input of a graph.

    Attributes:
        path: Where it stands in what the graph is given.
        slot: Where its value goes.
        schema: What it was traced with.
        required: The keys that a value needs.
    """

    path: tuple[Any, ...]
    slot: Slot
    schema: dict[str, Any]
    required: tuple[str, ...]

    def read(self, inputs: Any) -> Any:
        """Return what stands at the place of this input.

        Raises:
            ProgramError: There is nothing.
        """
        try:
            return at_path(inputs, self.path)
        except (KeyError, IndexError, TypeError):
            raise ProgramError(
                f"The program's inputs have no {'/'.join(map(str, self.path))!r}: give them in the structure "
                "in which the program was made."
            ) from None

    def check(self, value: Any, owner: str) -> None:
        """Refuse a value that cannot be this input, before it is paid for.

        Raises:
            ProgramError: It is a structure, or a required key is missing.
        """
        if value is None or (isinstance(value, JsonDataModel) and value.get_schema() is self.schema):
            return
        where = f" at {'/'.join(map(str, self.path))!r}" if self.path else ""
        wanted = self.schema.get("title") or "data model"
        if not isinstance(value, JsonDataModel):
            raise ProgramError(
                f"{owner!r} takes one {wanted}{where}, got a {type(value).__name__}. For a list of samples "
                "call `await program.predict([...])`."
            )
        if missing := [key for key in self.required if key not in value]:
            others = [key for key in value if key not in self.schema.get("properties", {})]
            unexpected = f"; unexpected: {', '.join(map(repr, others))}" if others else ""
            raise ProgramError(
                f"{owner!r} takes {wanted}{where}, and the value given does not fit. Missing: "
                f"{', '.join(map(repr, missing))}{unexpected}."
            )


@dataclass(frozen=True, slots=True)
class Node:
    """One call of a module, or one operator, of a graph.

    Attributes:
        producer: What is called.
        inputs: Structure of slots and constants that the producer is called with.
        outputs: (path within the producer's outputs, slot) pairs.
        needs: Positions of the nodes whose outputs it reads.
    """

    producer: Module | Operation
    inputs: Any
    outputs: tuple[tuple[tuple[Any, ...], Slot], ...]
    needs: tuple[int, ...]

    def start(self, values: list[Any], training: bool) -> Awaitable[Any]:
        """Call the producer on the values of its slots; what comes of it goes to `finish`."""
        inputs = self.inputs
        if type(inputs) is Slot:
            arguments = values[inputs.index]
        else:
            arguments = map_leaves(lambda leaf: values[leaf.index] if type(leaf) is Slot else leaf, inputs)
        if isinstance(self.producer, Operation):
            return _at_once(self.producer, arguments)
        return self.producer(arguments, training=training)

    def finish(self, values: list[Any], outputs: Any) -> None:
        """Fill the slots of the outputs."""
        for path, slot in self.outputs:
            values[slot.index] = at_path(outputs, path) if outputs is not None else None


async def _at_once(operation: Operation, operands: Any) -> Any:
    return apply(operation, *operands)


class Graph:
    """The calls between inputs and outputs of a program, in order of appearance.

    Args:
        inputs: Symbolic inputs, in any structure.
        outputs: Symbolic outputs, in any structure.

    Raises:
        ProgramError: An output does not depend on the inputs, or depends on something else.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs, self.outputs = inputs, outputs
        self._slots: dict[int, Slot] = {}
        self._positions: dict[tuple[int, int], int] = {}
        self._keep: list[Any] = []
        self.nodes: list[Node] = []
        self.input_slots = map_leaves(self._input_slot, inputs)
        _check_names(leaves(inputs))
        slots = leaves_with_path(self.input_slots)
        self._entries = [
            _entry(path, slot, leaf) for (path, slot), leaf in zip(slots, leaves(inputs), strict=True)
        ]
        self.output_slots = map_leaves(self._slot, outputs)
        self._size = len(self._slots)
        self._dependents = self._find_dependents()
        self._chain = all(node.needs in ((), (i - 1,)) for i, node in enumerate(self.nodes)) and (
            sum(not node.needs for node in self.nodes) <= 1
        )

    @property
    def modules(self) -> list[Module]:
        """The modules that are called, in order of appearance, each once."""
        return list(dict.fromkeys(n.producer for n in self.nodes if isinstance(n.producer, Module)))

    def last_module(self) -> Module | None:
        """Return the module whose one output, of its one call, is what the graph returns; None for others."""
        if not isinstance(self.output_slots, Slot):
            return None
        made = (((), self.output_slots),)
        last = [node.producer for node in self.nodes if node.outputs == made]
        calls = [node.producer for node in self.nodes if node.producer in last]
        return calls[0] if len(calls) == 1 and isinstance(calls[0], Module) else None

    def symbols(self) -> dict[int, SymbolicDataModel]:
        """Return what was traced for each slot, by the slot's index."""
        traced = [kept for kept in self._keep if isinstance(kept, SymbolicDataModel)]
        return {self._slots[id(symbolic)].index: symbolic for symbolic in traced}

    def check(self, inputs: Any, owner: str) -> None:
        """Refuse values that do not fit the inputs; `owner` names the program.

        Raises:
            ProgramError: One is not there, is a structure, or lacks a key.
        """
        for entry in self._entries:
            entry.check(entry.read(inputs), owner)

    async def run(self, inputs: Any, training: bool) -> Any:
        """Run the graph on `inputs`: every node starts as soon as its own inputs are there."""
        values: list[Any] = [None] * self._size
        for entry in self._entries:
            values[entry.slot.index] = entry.read(inputs)
        if self._chain or any(isinstance(v, SymbolicDataModel) for v in values):
            for node in self.nodes:
                node.finish(values, await node.start(values, training))
        else:
            await _Execution(self.nodes, self._dependents, values, training).run()
        return map_leaves(lambda slot: values[slot.index], self.output_slots)

    # --- Following the history of the outputs ----------------------------------------------

    def _new_slot(self, symbolic: SymbolicDataModel) -> Slot:
        slot = self._slots[id(symbolic)] = Slot(len(self._slots))
        self._keep.append(symbolic)
        return slot

    def _input_slot(self, leaf: Any) -> Slot:
        if not isinstance(leaf, SymbolicDataModel):
            raise ProgramError(
                f"A program's inputs are made by synalinks.Input(data_model=...), got {leaf!r:.100}."
            )
        return self._new_slot(leaf)

    def _slot(self, leaf: Any) -> Slot | Any:
        """Return the slot of a symbolic data model, adding the nodes it comes from; constants stay."""
        if leaf is None or isinstance(leaf, JsonDataModel):
            return leaf
        if not isinstance(leaf, SymbolicDataModel):
            raise ProgramError(
                f"A program's outputs are what its modules returned for its inputs; got {misfit(leaf)}"
            )
        if id(leaf) not in self._slots:
            if leaf.origin is None:
                raise ProgramError(
                    f"{leaf!r} is not connected to the program's inputs. Add it to inputs=, or compute it "
                    "from them."
                )
            self._add_call(leaf, leaf.origin)
        return self._slots[id(leaf)]

    def _add_call(self, leaf: SymbolicDataModel, origin: Origin) -> None:
        # All outputs of one call share the tuple of its arguments: that tells which call it was.
        call = (id(origin.producer), id(origin.arguments))
        if call in self._positions:
            position = self._positions[call]
            node = self.nodes[position]
            pair = (origin.path, self._new_slot(leaf))
            self.nodes[position] = Node(node.producer, node.inputs, (*node.outputs, pair), node.needs)
            return
        self._keep.append(origin)
        arguments = map_leaves(self._slot, origin.arguments)
        inputs = arguments if isinstance(origin.producer, Operation) else arguments[0]
        made = {slot.index: i for i, n in enumerate(self.nodes) for _, slot in n.outputs}
        needs = {made[s.index] for s in leaves(inputs) if isinstance(s, Slot) and s.index in made}
        self._positions[call] = len(self.nodes)
        pair = (origin.path, self._new_slot(leaf))
        self.nodes.append(Node(origin.producer, inputs, (pair,), tuple(sorted(needs))))

    def _find_dependents(self) -> list[list[int]]:
        dependents: list[list[int]] = [[] for _ in self.nodes]
        for position, node in enumerate(self.nodes):
            for needed in node.needs:
                dependents[needed].append(position)
        return dependents


class _Execution:
    """One run of a graph that is no chain: a task only where nodes run side by side.

    A call that fails is one sample's failure: what runs beside it is brought to its end, so that what comes
    of the sample does not depend on which call ends first. Any other error ends what runs beside it.
    """

    def __init__(
        self, nodes: list[Node], dependents: list[list[int]], values: list[Any], training: bool
    ) -> None:
        self.nodes, self.dependents, self.values, self.training = nodes, dependents, values, training
        self.waiting = [len(node.needs) for node in nodes]
        self.failures: dict[int, BaseException] = {}

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as self.group:
                await self.follow([i for i, count in enumerate(self.waiting) if count == 0])
        except BaseExceptionGroup:
            if not self.failures:
                raise
        if self.failures:
            raise self.failures[min(self.failures, key=self._weight)] from None

    def _weight(self, position: int) -> tuple[int, int]:
        """Rank a failure: errors in code come before calls that failed on their way, then the lowest node."""
        failure = self.failures[position]
        kinds = (ProgramFaultError, InfrastructureError)
        return -next((rank for rank, kind in enumerate(kinds) if isinstance(failure, kind)), 2), position

    async def follow(self, ready: list[int]) -> None:
        """Run the first ready node here, the others as tasks; go on with what became ready by it."""
        while ready:
            position, *others = ready
            for other in others:
                self.group.create_task(self.follow([other]))
            node = self.nodes[position]
            try:
                node.finish(self.values, await node.start(self.values, self.training))
            except (InfrastructureError, ProgramFaultError) as error:
                self.failures[position] = error
                return
            except Exception as error:
                self.failures[position] = error
                raise
            except asyncio.CancelledError as error:
                if not cancelled_itself():
                    raise
                self.failures[position] = self_cancelled(f"{node.producer!r}")
                raise self.failures[position] from error
            ready = []
            for dependent in self.dependents[position]:
                self.waiting[dependent] -= 1
                if self.waiting[dependent] == 0:
                    ready.append(dependent)


def _check_names(inputs: Iterable[SymbolicDataModel]) -> None:
    seen: set[str] = set()
    for leaf in inputs:
        if leaf.name is not None and leaf.name in seen:
            raise ProgramError(f"Two inputs are both named {leaf.name!r}; give them different names.")
        if leaf.name is not None:
            seen.add(leaf.name)


def _entry(path: tuple[Any, ...], slot: Slot, leaf: SymbolicDataModel) -> Entry:
    schema = leaf.get_schema()
    return Entry(path, slot, schema, shape_of(schema).required)
