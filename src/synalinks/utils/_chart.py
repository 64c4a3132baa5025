"""What a drawing of a program shows: boxes with a few words each, and the arrows between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from synalinks._internal.structure import leaves, leaves_with_path
from synalinks.data import JsonDataModel, Operation
from synalinks.modules import Module
from synalinks.modules._graph import Graph, Node, Slot
from synalinks.modules._index import modules_by_path, named_submodules
from synalinks.utils._drawing import label

_SYMBOLS = {"concat": "+", "and": "and  &", "or": "or  |", "xor": "xor  ^", "not": "not  ~"}
_CHAINED = frozenset({"concat", "and", "or"})
"""Operators of which `a + b + c` is drawn as one: it does not matter which two come first."""

_NAME_LENGTH, _KEYS_LENGTH = 38, 46
"""Most characters of a name and of a list of keys, which is cut after the last that fits."""


@dataclass(slots=True)
class Box:
    """One thing in a drawing.

    Attributes:
        kind: "input", "output", "value", "operator", "module" or "program", which has modules inside.
        title: Its name.
        lines: What else is written in it, from the top down.
        inside: What is drawn in it, or None.
    """

    kind: str
    title: str
    lines: tuple[str, ...] = ()
    inside: Chart | None = None


@dataclass(slots=True)
class Chart:
    """Boxes, arrows as (from, to) positions of boxes, and a remark for below them."""

    boxes: list[Box] = field(default_factory=list)
    arrows: list[tuple[int, int]] = field(default_factory=list)
    remark: str = ""


def chart_of(program: Module, *, expand: bool, within: frozenset[int] = frozenset()) -> Chart:
    """Return what to draw of a program, or of a module that has modules inside.

    Args:
        program: The program.
        expand: Whether modules that have modules inside are drawn with them.
        within: Identities of the modules that it is drawn in: one may hold itself.
    """
    within = within | {id(program)}
    names = {module: name for name, module in named_submodules(program).items()}
    graph: Graph | None = getattr(program, "_graph", None)
    if graph is None:
        boxes = [module_box(m, name, expand=expand, within=within) for m, name in names.items()]
        return Chart(boxes, remark="in order; no graph was traced" if boxes else "no modules")
    chart = _graph_chart(graph, names, expand, within)
    called = set(graph.modules)
    others = [(m, name) for m, name in names.items() if m not in called]
    chart.boxes += [module_box(m, name, expand=expand, within=within) for m, name in others]
    return chart


def _graph_chart(graph: Graph, names: Mapping[Module, str], expand: bool, within: frozenset[int]) -> Chart:
    drawer = _GraphDrawer(graph)
    for path, slot in leaves_with_path(graph.input_slots):
        drawer.input(path, slot)
    for node in graph.nodes:
        if isinstance(node.producer, Operation):
            drawer.operator(node, node.producer)
            continue
        schemas = [drawer.symbols[slot.index].get_schema() for _, slot in node.outputs]
        uses = sum(other.producer is node.producer for other in graph.nodes)
        name = names[node.producer]
        drawer.node(node, module_box(node.producer, name, schemas, uses, expand=expand, within=within))
    for path, leaf in leaves_with_path(graph.output_slots):
        drawer.output(path, leaf)
    return drawer.chart


class _GraphDrawer:
    """Makes the chart of a graph, from its inputs down."""

    def __init__(self, graph: Graph) -> None:
        self.chart = Chart()
        self.symbols = graph.symbols()
        self._made: dict[int, int] = {}  # index of a slot to position of its box
        read = [*(node.inputs for node in graph.nodes), graph.output_slots]
        self._readers = Counter(leaf.index for leaf in leaves(read) if isinstance(leaf, Slot))

    def input(self, path: tuple[Any, ...], slot: Slot) -> None:
        symbol = self.symbols[slot.index]
        self._made[slot.index] = self._box(_end_box("input", symbol.name, path, symbol.get_schema()))

    def output(self, path: tuple[Any, ...], leaf: Any) -> None:
        found = self.symbols.get(leaf.index) if isinstance(leaf, Slot) else leaf
        schema = found.get_schema() if found is not None else {}
        self._lead(leaf, self._box(_end_box("output", None, path, schema)))

    def operator(self, node: Node, operation: Operation) -> None:
        box, first = _operator_box(operation), next(leaves(node.inputs))
        if operation.kind in _CHAINED and isinstance(first, Slot) and self._readers[first.index] == 1:
            position = self._made[first.index]
            if self.chart.boxes[position] == box:  # `a + b`, which nothing else reads, + c
                self._lead(list(leaves(node.inputs))[1:], position)
                self._made.update({slot.index: position for _, slot in node.outputs})
                return
        self.node(node, box)

    def node(self, node: Node, box: Box) -> None:
        position = self._box(box)
        self._lead(node.inputs, position)
        self._made.update({slot.index: position for _, slot in node.outputs})

    def _box(self, box: Box) -> int:
        self.chart.boxes.append(box)
        return len(self.chart.boxes) - 1

    def _lead(self, inputs: Any, position: int) -> None:
        """Add the arrows to a box; a value that is given with the graph becomes a box as well."""
        for leaf in leaves(inputs):
            if isinstance(leaf, Slot):
                source = self._made[leaf.index]
            elif isinstance(leaf, JsonDataModel):
                source = self._box(Box("value", "value", _keys([leaf.get_schema()])))
            else:
                continue
            if (source, position) not in self.chart.arrows:
                self.chart.arrows.append((source, position))


def module_box(
    module: Module,
    name: str,
    schemas: Iterable[Mapping[str, Any]] = (),
    uses: int = 1,
    *,
    expand: bool,
    within: frozenset[int],
) -> Box:
    """Return the box of a module; `schemas` are those of its outputs, where a graph knows them."""
    own = getattr(module, "_answer_schema", None)
    about = [type(module).__name__]
    about += ["fixed"] if not module.trainable else []
    about += [f"called {uses} times"] if uses > 1 else []
    lines = [_line(" · ".join(about)), *_keys(list(schemas) or ([own] if own else []))]
    if hasattr(module, "language_model"):
        model = module.language_model
        lines.append("default model" if model is None else _line(str(getattr(model, "model", model))))
    inside = modules_by_path(module)
    if not inside:
        return Box("module", _line(name), tuple(lines))
    if expand and id(module) not in within:
        return Box("program", _line(name), (lines[0],), chart_of(module, expand=True, within=within))
    count = f"{len(inside)} module{'s' if len(inside) > 1 else ''} inside"
    return Box("program", _line(name), (*lines, count))


def _end_box(kind: str, name: str | None, path: tuple[Any, ...], schema: Mapping[str, Any]) -> Box:
    """Return the box of an input or output; in a structure it is told from others by its place."""
    named = name or "/".join(map(str, path))
    title = f"{kind} {named}" if named else kind
    about = [str(schema["title"])] if isinstance(schema.get("title"), str) and kind == "input" else []
    return Box(kind, _line(title), (*map(_line, about), *_keys([schema] if schema else [])))


def _operator_box(operation: Operation) -> Box:
    options = operation.options
    if operation.kind in _SYMBOLS:
        return Box("operator", _SYMBOLS[operation.kind])
    told = [", ".join(options.get("mask", ())), options.get("pattern") or "", options.get("name") or ""]
    return Box("operator", _line(" ".join([operation.kind.replace("_", " "), *filter(None, told)])))


def _line(text: str) -> str:
    return label(text, _NAME_LENGTH)


def _keys(schemas: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the line that lists the keys of outputs, cut after the last one that fits."""
    keys = [str(key) for schema in schemas for key in schema.get("properties", ())]
    if not keys:
        return ()
    text = label(keys[0], _NAME_LENGTH - 8)
    for position, key in enumerate(keys[1:], 1):
        longer = f"{text}, {label(key, _NAME_LENGTH)}"
        left = len(keys) - position - 1
        if len(longer) > _KEYS_LENGTH - (8 if left else 0):
            return (f"{text} and {left + 1} more",)
        text = longer
    return (text,)
