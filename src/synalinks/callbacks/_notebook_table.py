"""The progress display in a notebook: a table with a row for each epoch, and lines that move below it."""

from __future__ import annotations

import asyncio
import html
import importlib
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from synalinks._internal.text import printable
from synalinks.callbacks._status import Status, named, short_name

_INTERVAL: Final = 0.5  # seconds between two updates
_WIDTH: Final = 100  # characters of a line that moves
_MOST_ROWS: Final = 100
_MOST_ROWS_MOVING: Final = 20  # fewer, so that what moves stays in sight and an update stays small
_MOST_COLUMNS: Final = 30

# The classes keep MathJax from taking what stands between two prices for a formula. There are no colours, as
# the page may be dark or light: a bar is drawn in the colour of the text.
_BOX: Final = '<div class="tex2jax_ignore mathjax_ignore" style="overflow-x:auto">'
_TABLE: Final = '<table cellpadding="4" style="text-align:right;font-variant-numeric:tabular-nums">'
_HEAD: Final = '<th style="text-align:left;white-space:nowrap">'
_LINE: Final = '<div style="white-space:pre-wrap{style}">'
_STYLES: Final = {"bold": ";font-weight:bold", "dim": ";opacity:.7"}
_BAR: Final = (
    '<span style="display:inline-block;width:14em;height:.6em;border:1px solid;opacity:.7">'
    '<span style="display:block;width:{percent:.1f}%;height:100%;background:currentColor"></span></span>'
)


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook; IPython is not imported to find out."""
    ipython = sys.modules.get("IPython")
    find_shell = getattr(ipython, "get_ipython", None)
    return find_shell is not None and getattr(find_shell(), "kernel", None) is not None


class Row(NamedTuple):
    """What is left of an epoch, an evaluation or a prediction that is over: its title, time and figures."""

    head: str
    time: str
    figures: Mapping[str, str]

    def text(self) -> str:
        """Return it as a line."""
        return printable("  ".join([self.head, self.time, *named(self.figures)]))


class NotebookTable:
    """One output of the cell that is renewed in its place, as HTML and as plain text.

    The cost of an update is bounded, whatever the number of epochs and of figures.
    """

    def __init__(self) -> None:
        self._display = importlib.import_module("IPython.display").display
        self._handle: Any = None
        self._status: Status | None = None
        self._rows: deque[Row] = deque(maxlen=_MOST_ROWS)
        self._ended = 0  # rows, those that are not kept included
        self._wide = False  # whether there are figures without a column
        self._above: list[str] = []  # lines that came before the first row
        self._below: list[str] = []
        self._due = 0.0  # when the next update may be shown
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Do nothing: the output begins with what it first shows."""

    def close(self) -> None:
        """Let all rows stay, and nothing that moves."""
        self._stop_timer()
        self._status = None
        if self._handle is not None or self._rows or self._above or self._below:
            self._show(_MOST_ROWS)

    def show(self, status: Status) -> None:
        """Show how far something is, from now on."""
        self._status = status
        self._changed()

    def print(self, head: str, texts: Sequence[str], figures: Mapping[str, str] | None = None) -> None:
        """Add a row, or a line where there are no figures, which takes the place of what moved."""
        self._status = None
        if figures is None:
            lines = self._below if self._rows else self._above
            lines.append(printable("  ".join([head, *texts])))
        else:
            self._rows.append(
                Row(printable(head), "  ".join(texts), dict(islice(figures.items(), _MOST_COLUMNS)))
            )
            self._ended += 1
            self._wide = self._wide or len(figures) > _MOST_COLUMNS
        self._changed()

    def _changed(self) -> None:
        if time.monotonic() >= self._due:
            self._draw()

    def _draw(self) -> None:
        self._stop_timer()
        self._due = time.monotonic() + _INTERVAL
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._draw)
        self._show(_MOST_ROWS_MOVING)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _show(self, most: int) -> None:
        rows = list(self._rows)[-most:]
        hidden = self._ended - len(rows)
        columns, whole = _columns(row.figures for row in rows)
        earlier = f"{hidden} earlier epochs are not shown; the history has them all." if hidden else ""
        more = "" if whole and not self._wide else f"Only {_MOST_COLUMNS} figures are shown."
        above = [text for text in (*self._above, earlier) if text]
        below = [text for text in (more, *self._below) if text]
        bundle = {
            "text/html": "\n".join(
                [
                    _BOX,
                    *map(_line, above),
                    *_table(rows, columns),
                    *map(_line, below),
                    *_moving(self._status),
                    "</div>",
                ]
            ),
            "text/plain": "\n".join([*above, *(row.text() for row in rows), *below, *_texts(self._status)]),
        }
        if self._handle is None:
            self._handle = self._display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def _columns(rows: Iterable[Mapping[str, str]]) -> tuple[list[str], bool]:
    """Return the names in rows, in the order in which they come there, and whether these are all."""
    columns: list[str] = []
    before: Mapping[str, str] = {}
    for row in rows:
        if row.keys() == before.keys():
            continue
        before, place = row, 0
        for name in row:
            if name in columns:
                place = columns.index(name) + 1
            elif len(columns) == _MOST_COLUMNS:
                return columns, False
            else:
                columns.insert(place, name)
                place += 1
    return columns, True


def _table(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[str]:
    if not rows:
        return
    heads = "".join(f"<th>{html.escape(short_name(name))}</th>" for name in columns)
    yield f"{_TABLE}<thead><tr><th></th><th>time</th>{heads}</tr></thead><tbody>"
    for row in rows:
        cells = "".join(f"<td>{html.escape(row.figures.get(name, ''))}</td>" for name in columns)
        yield f"<tr>{_HEAD}{html.escape(row.head)}</th><td>{html.escape(row.time)}</td>{cells}</tr>"
    yield "</tbody></table>"


def _line(text: str, style: str = "") -> str:
    return f"{_LINE.format(style=_STYLES.get(style, ''))}{html.escape(text)}</div>"


def _moving(status: Status | None) -> Iterator[str]:
    if status is None:
        return
    bar = f"{_BAR.format(percent=100 * (status.share() or 0.0))}  " if status.total else ""
    tail = html.escape("  ".join(status.tail()))
    yield f"{_LINE.format(style='')}<b>{html.escape(status.title)}</b>  {bar}{tail}</div>"
    for line in status.details(_WIDTH):
        yield "".join(_line(text, style) for text, style in line)


def _texts(status: Status | None) -> list[str]:
    lines = [] if status is None else status.lines(_WIDTH)
    return ["".join(text for text, _ in line) for line in lines]
