"""The moving part of the progress display, on a terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

_REFRESHES_PER_SECOND = 5
_WIDEST = 40


def short_time(seconds: float) -> str:
    """Return a duration as people write it: 4.1s, 2m05s, 3h07m."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}m"


class ProgressBar:
    """Two lines at the bottom of the terminal: a bar with counts, and the figures so far.

    What is printed meanwhile, by anyone, appears above them. They go away when the bar is closed.
    """

    def __init__(self) -> None:
        from rich import get_console  # the console that `rich.print` uses too, so both know of each other
        from rich.live import Live

        self._console = get_console()
        self._live = Live(
            self,
            console=self._console,
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
        )
        self.begin("", None)

    def open(self) -> bool:
        """Show the bar; False if the terminal already has another one that cannot be joined."""
        from rich.errors import LiveError

        try:
            self._live.start(refresh=False)
        except LiveError:
            return False
        return True

    def close(self) -> None:
        """Take the bar away."""
        self._live.stop()

    def begin(self, title: str, total: int | None) -> None:
        """Start from 0, of `total` if that is known."""
        self._title, self._total, self._done, self._figures = title, total, 0, ""
        self._since = time.monotonic()

    def advance(self, done: int, figures: str) -> None:
        """Show `done` as done, and the figures so far."""
        self._done, self._figures = max(self._done, done), figures

    def print(self, text: str, *, bold: int) -> None:
        """Print text that stays, its first `bold` characters in bold."""
        from rich.text import Text

        self._console.print(Text.assemble((text[:bold], "bold"), text[bold:]))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.progress_bar import ProgressBar as Bar
        from rich.table import Table
        from rich.text import Text

        counts = f"{self._done}/{'?' if self._total is None else self._total}"
        elapsed = short_time(time.monotonic() - self._since)
        room = options.max_width - len(self._title) - len(counts) - len(elapsed) - 4
        row = Table.grid(padding=(0, 1))
        cells = [Text(self._title, style="bold"), Text(counts), Text(elapsed, style="dim")]
        if room >= 5:
            bar = Bar(self._total, self._done, width=min(room, _WIDEST), pulse=self._total is None)
            row.add_row(cells[0], bar, *cells[1:])
        else:
            row.add_row(*cells)
        yield row
        if self._figures:
            yield Text(f"  {self._figures}", no_wrap=True, overflow="ellipsis", end="\n")
