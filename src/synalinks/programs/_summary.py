"""A program as a table in plain text."""

from __future__ import annotations

import shutil
import textwrap
from typing import Any

from synalinks._internal.text import printable
from synalinks.modules._index import modules_by_path, trainable_variables_by_path, variables_by_path
from synalinks.modules._module import Module

_HEAD = ("Module (class)", "Output", "Variables")


class Summary(str):
    """A text that a notebook or a console shows as it is, when nobody prints it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def summary_text(program: Module, *, width: int | None = None) -> str:
    """Return the modules, their outputs and variables as a table.

    Args:
        program: The program.
        width: Columns to fit into; None for those of the terminal.
    """
    columns = max(40, width or shutil.get_terminal_size((100, 24)).columns)
    rows = [_HEAD, *(_row(path, module) for path, module in modules_by_path(program).items())]
    everything, trainable = variables_by_path(program), trainable_variables_by_path(program)
    lines = [f"{type(program).__name__}: {printable(program.name)}"]
    if program.description:
        lines += textwrap.wrap(printable(program.description), columns)
    lines += _table(rows, columns)
    lines.append(f"Variables: {len(everything)} ({len(trainable)} trainable)")
    return "\n".join(lines)


def _row(path: str, module: Module) -> tuple[str, str, str]:
    schema = getattr(module, "_answer_schema", None)
    keys = ", ".join(schema.get("properties", ())) if schema else ""
    names = ", ".join(
        v.name + ("" if v.trainable and module.trainable else " (fixed)") for v in module.own_variables()
    )
    return printable(f"{path} ({type(module).__name__})"), printable(keys), printable(names)


def _table(rows: list[Any], columns: int) -> list[str]:
    room = (columns - 2 * (len(_HEAD) - 1)) // len(_HEAD)
    widths = [min(room, max(len(row[i]) for row in rows)) for i in range(len(_HEAD))]
    rule = "─" * min(columns, sum(widths) + 2 * (len(_HEAD) - 1))
    lines = [rule]
    for number, row in enumerate(rows):
        cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
        for line in range(max(map(len, cells))):
            parts = [(c[line] if line < len(c) else "").ljust(w) for c, w in zip(cells, widths, strict=True)]
            lines.append("  ".join(parts).rstrip())
        if number == 0:
            lines.append(rule)
    return [*lines, rule]
