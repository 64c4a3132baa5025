"""How the demo prints: headings, paragraphs and tables, no wider than 80 columns."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

from rich.console import Console

COLUMN = 10
"""Width of a column of numbers."""


def width() -> int:
    """Return how many columns a line may have."""
    return max(40, min(80, shutil.get_terminal_size().columns) - 1)


def heading(text: str) -> None:
    """Print a heading: bold on a terminal."""
    Console(highlight=False, markup=False, soft_wrap=True).print(f"\n{text}", style="bold")


def say(text: str) -> None:
    """Print a paragraph."""
    indent = "  "
    print(
        textwrap.fill(
            text,
            width(),
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
    )


def table(problems: Sequence[str], **columns: Sequence[float | None]) -> None:
    """Print problems with numbers beside each of them; None is a dash."""
    room = width() - 2 - COLUMN * len(columns)
    print(f"\n  {'problem':<{room}}" + "".join(f"{name:>{COLUMN}}" for name in columns))
    for problem, *numbers in zip(problems, *columns.values(), strict=True):
        *above, last = textwrap.wrap(problem, room - 1)
        print("".join(f"  {line}\n" for line in above), end="")
        cells = ["-" if number is None else f"{number:g}" for number in numbers]
        print(f"  {last:<{room}}" + "".join(f"{cell:>{COLUMN}}" for cell in cells))
