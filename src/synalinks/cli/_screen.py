"""Writing to a terminal of any width, or to a pipe."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TextIO

from synalinks._internal.text import printable

_NARROWEST = 24

HEADING, QUIET, REMOVED, ADDED = "bold", "bright_black", "red strike", "green bold"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text with a style; an empty one is that of the terminal."""

    text: str
    style: str = ""


class Screen:
    """Writes lines that fit, in colour where people want it.

    Text is shown as it is but for control characters, which become escapes: it comes from files and
    models, and could steer the terminal.

    Args:
        stream: Where to; None for nowhere.
        width: Columns; None for those of the terminal.
        colour: Whether to use colour; None for: on a terminal, unless NO_COLOR is set.
    """

    def __init__(
        self, stream: TextIO | None, *, width: int | None = None, colour: bool | None = None
    ) -> None:
        from rich.console import Console

        self.width = max(_NARROWEST, width or shutil.get_terminal_size((100, 24)).columns)
        self.colour = _wants_colour(stream) if colour is None else colour
        self._stream = stream
        if isinstance(stream, io.TextIOWrapper):  # what its encoding lacks is shown as an escape
            stream.reconfigure(errors="backslashreplace")
        self._console = Console(
            width=self.width, color_system="standard" if self.colour else None, force_terminal=self.colour,
            highlight=False, markup=False, emoji=False, legacy_windows=False,
        )  # fmt: skip

    def write(self, *spans: Span | str, indent: int = 0, hang: int = 0) -> None:
        """Write a paragraph; its lines are broken where the screen ends.

        Args:
            *spans: Its pieces.
            indent: Columns to its left.
            hang: Further columns to the left of all lines but the first.
        """
        from rich.text import Text

        text = Text()
        for span in spans:
            piece = span if isinstance(span, Span) else Span(span)
            text.append(printable(piece.text, lines=True), piece.style or None)
        indent = min(indent, self.width // 3)
        lines: list[Any] = []
        for line in text.split("\n", allow_blank=True) or [Text()]:
            room = self.width - indent - (hang if lines else 0)
            lines += line.wrap(self._console, room) or [Text()]
        for number, line in enumerate(lines):
            line.rstrip()
            self._emit(" " * (indent + (hang if number else 0)), line)

    def _emit(self, margin: str, line: Any) -> None:
        if self._stream is None:
            return
        text = line.plain
        if self.colour:
            with self._console.capture() as written:
                self._console.print(line, end="", no_wrap=True, crop=False, soft_wrap=True)
            text = written.get()
        self._stream.write((margin + text if text else "") + "\n")


def _wants_colour(stream: TextIO | None) -> bool:
    if stream is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(stream.isatty())


def complain(text: str) -> None:
    """Write an error as one line to standard error."""
    if sys.stderr is not None:
        sys.stderr.write(f"synalinks: {printable(' '.join(text.split()))}\n")


def listed(words: Iterable[str]) -> str:
    """Return words with commas between them."""
    return ", ".join(words)
