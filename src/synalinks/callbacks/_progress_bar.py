"""The moving part of the progress display, on a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from synalinks._internal.text import printable
from synalinks.callbacks._live_region import LiveRegion, region_of
from synalinks.callbacks._status import Line, Status, flowed, named

_INTERVAL: Final = 0.2  # seconds between two updates


class ProgressBar:
    """Lines at the bottom of the terminal: a bar with counts, the figures so far, and what is done now.

    What is printed meanwhile, by anyone, appears above them. They go away when the bar is closed. A bar that
    is opened while another one is shown has its place until it is closed.
    """

    def __init__(self) -> None:
        self._region = region_of(sys.stdout) or LiveRegion(sys.stdout, colour=not os.environ.get("NO_COLOR"))
        self._status: Status | None = None
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Show the bar."""
        if not self._region.bars:
            self._region.show()
        self._region.bars.append(self)

    def close(self) -> None:
        """Take the bar away."""
        self._stop_timer()
        self._region.bars.remove(self)
        if not self._region.bars:
            self._region.close()

    def show(self, status: Status) -> None:
        """Show how far something is, from now on."""
        self._status = status
        self._draw()

    def print(self, head: str, texts: Sequence[str], figures: Mapping[str, str] | None = None) -> None:
        """Print a line that stays, its head in bold."""
        first, *rest = flowed([head, *texts, *named(figures or {})], shutil.get_terminal_size().columns - 2)
        lines: list[Line] = [[(head, "bold"), (printable(first[len(head) :]), "")]]
        lines += [[(f"  {printable(text)}", "")] for text in rest]
        with contextlib.suppress(OSError, ValueError, AttributeError):  # as `say` does
            self._region.end_lines()
            sys.stdout.write("".join(f"{self._region.styled(line)}\n" for line in lines))

    def _draw(self) -> None:
        self._stop_timer()
        if self._status is not None and self._region.bars[-1] is self:
            self._region.draw(self._status.lines(shutil.get_terminal_size().columns - 1))
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._draw)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
