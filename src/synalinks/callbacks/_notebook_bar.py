"""The moving part of the progress display, in a notebook."""

from __future__ import annotations

import asyncio
import importlib
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from synalinks._internal.text import printable
from synalinks.callbacks._status import Status
from synalinks.callbacks._terminal import say

_INTERVAL: Final = 0.5  # seconds between two updates
_WIDTH: Final = 100


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook; IPython is not imported to find out."""
    ipython = sys.modules.get("IPython")
    find_shell = getattr(ipython, "get_ipython", None)
    return find_shell is not None and getattr(find_shell(), "kernel", None) is not None


class NotebookBar:
    """Lines in the cell's output that are written anew in their place, and in the end become what is printed.

    They are plain text, so that nothing in them can be taken for HTML.
    """

    def __init__(self) -> None:
        self._display = importlib.import_module("IPython.display").display
        self._handle: Any = None
        self._status: Status | None = None
        self._due = 0.0  # when the next update may be shown
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Do nothing: the lines begin with what they first show."""

    def close(self) -> None:
        """Leave what is shown as it is."""
        self._stop_timer()
        self._handle = self._status = None

    def show(self, status: Status) -> None:
        """Show how far something is, from now on."""
        self._status = status
        if time.monotonic() >= self._due:
            self._draw()

    def print(self, head: str, texts: Sequence[str]) -> None:
        """Let the lines become one that stays; the next ones begin below it."""
        text = printable("  ".join([head, *texts]))
        if self._handle is None:
            say(text)
        else:
            self._handle.update(_bundle(text), raw=True)
        self.close()

    def _draw(self) -> None:
        self._stop_timer()
        if self._status is None:
            return
        self._due = time.monotonic() + _INTERVAL
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._draw)
        bundle = _bundle("\n".join("".join(text for text, _ in line) for line in self._status.lines(_WIDTH)))
        if self._handle is None:
            self._handle = self._display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None


def _bundle(text: str) -> dict[str, str]:
    return {"text/plain": text}
