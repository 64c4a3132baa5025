"""The moving part of the progress display, in a notebook."""

from __future__ import annotations

import asyncio
import importlib
import sys
import time
from typing import Any, Final

from synalinks.callbacks._progress_bar import short_time
from synalinks.callbacks._terminal import say

_INTERVAL: Final = 0.5  # seconds between two updates
_WIDTH: Final = 20


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook; IPython is not imported to find out."""
    ipython = sys.modules.get("IPython")
    find_shell = getattr(ipython, "get_ipython", None)
    return find_shell is not None and getattr(find_shell(), "kernel", None) is not None


class NotebookBar:
    """A line in the cell's output that is written anew in its place, and in the end stays as what is printed.

    It is plain text, so that nothing in it can be taken for HTML.
    """

    def __init__(self) -> None:
        self._display = importlib.import_module("IPython.display").display
        self._handle: Any = None
        self._due = 0.0  # when the next update may be shown
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> bool:
        """Return True: a notebook always takes another line."""
        return True

    def close(self) -> None:
        """Leave what is shown as it is."""
        self._stop_timer()
        self._handle = None

    def begin(self, title: str, total: int | None) -> None:
        """Start from 0, of `total` if that is known."""
        self._title, self._total, self._done, self._figures = title, total, 0, ""
        self._since = time.monotonic()
        self._update()

    def advance(self, done: int, figures: str) -> None:
        """Show `done` as done, and the figures so far."""
        self._done, self._figures = max(self._done, done), figures
        self._update()

    def print(self, text: str, *, bold: int) -> None:
        """Let the line become `text`, which stays; the next one begins below it."""
        if self._handle is None:
            say(text)
        else:
            self._handle.update(_bundle(text), raw=True)
        self.close()

    def _update(self) -> None:
        """Show how far it is, now or as soon as it may be shown."""
        wait = self._due - time.monotonic()
        if wait <= 0:
            self._show()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._show)

    def _show(self) -> None:
        self._stop_timer()
        self._due = time.monotonic() + _INTERVAL
        if self._handle is None:
            self._handle = self._display(_bundle(self._text()), raw=True, display_id=True)
        else:
            self._handle.update(_bundle(self._text()), raw=True)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _text(self) -> str:
        parts = [self._title, f"{self._done}/{'?' if self._total is None else self._total}"]
        if self._total:
            full = min(_WIDTH, self._done * _WIDTH // self._total)
            parts.insert(1, "━" * full + "┈" * (_WIDTH - full))
        return "  ".join([*parts, short_time(time.monotonic() - self._since), self._figures]).rstrip()


def _bundle(text: str) -> dict[str, str]:
    return {"text/plain": text}
