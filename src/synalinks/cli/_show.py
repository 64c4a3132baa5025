"""`synalinks show`: what a saved program is made of, and what it has learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synalinks.cli._files import Saved, read_saved, reading
from synalinks.cli._screen import HEADING, QUIET, Screen, Span, listed
from synalinks.cli._structure import structure_lines
from synalinks.cli._values import lines_of


def show(screen: Screen, path: Path, *, full: bool) -> None:
    """Write the structure of a program and its variables.

    Args:
        screen: Where to.
        path: A file of a program, or of its variables.
        full: Whether to show all of long values.

    Raises:
        FileError: The file cannot be read.
    """
    saved = read_saved(path)
    if saved.program is None:
        screen.write(Span(f"Variables of {saved.name}", HEADING))
    else:
        _show_structure(screen, saved)
        screen.write("")
        screen.write(Span("Variables", HEADING))
    if not saved.variables:
        screen.write("none", indent=2)
    for variable_path, value in saved.variables.items():
        show_variable(screen, variable_path, value, full=full)
    screen.write("")
    screen.write(Span(f"Written by synalinks {saved.written_by}", QUIET))


def _show_structure(screen: Screen, saved: Saved) -> None:
    assert saved.program is not None
    with reading(saved.path):
        lines = list(structure_lines(saved.program, saved.name))
    (_, first), *others = lines
    screen.write(Span(first, HEADING), hang=4)
    for depth, text in others:
        name, mark, rest = text.partition(" <- ")
        screen.write(name, Span(mark + rest, QUIET), indent=2 * depth, hang=4)
    described = {text.partition(" (")[0] for _, text in lines}
    others_known = dict.fromkeys(
        path.split("/")[0] for path in (*saved.variables, *saved.built) if "/" in path
    )
    unknown = [name for name in others_known if name not in described]
    if unknown:
        screen.write(f"modules that its class makes: {listed(unknown)}", indent=2, hang=4)


def show_variable(screen: Screen, path: str, value: Any, *, full: bool) -> None:
    """Write a variable: its path, and its value indented below."""
    if value in ([], {}):
        screen.write(Span(path, "cyan"), ": none", indent=2, hang=4)
        return
    count = f" ({len(value)})" if isinstance(value, list) else ""
    screen.write(Span(path, "cyan"), count, indent=2, hang=4)
    for depth, text in lines_of(value, full=full):
        screen.write(text, indent=4 + 2 * depth, hang=2 if isinstance(value, dict | list) else 0)
