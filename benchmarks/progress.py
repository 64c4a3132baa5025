"""What the progress display costs while calls are under way, on a terminal that takes all at once."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from unittest.mock import patch

from benchmarks._figures import Figure
from synalinks._internal.activity import Activity, activity, counted, working
from synalinks.callbacks._progress_bar import ProgressBar
from synalinks.callbacks._status import Counters, Status
from synalinks.hooks import CallRecord, Usage

SECONDS = 5.0
COUNTED = 100_000


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def _shown(seconds: float) -> tuple[float, int]:
    """Show a bar for a while; return the CPU time it took, as a share, and how often it was drawn."""
    counting = Activity(calls=123_456, tokens=12_345_678, cost=12.3)
    activity.set(counting)
    terminal = _Terminal()
    with patch.object(sys, "stdout", terminal), working("scoring 4 candidates", 112):
        bar = ProgressBar()
        bar.open()
        status = Status(title="Epoch 3/8", total=100, counters=Counters(counting), later=5)
        status.advance(40, {"reward": 0.5, "failed": 2.0, "f1": 0.25, "accuracy": 0.125})
        bar.show(status)
        before, began = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        share = (time.process_time() - before) / (time.monotonic() - began)
        bar.close()
    return share, terminal.getvalue().count("\x1b[?25l")


def _counting() -> float:
    """Return what it costs to count a call, in microseconds."""
    record = CallRecord("m", "program", "train", 0, 0, 0, "generator", Usage(100, 10), 1, 0.5, cost=0.001)
    with counted():
        began = time.process_time()
        for _ in range(COUNTED):
            if (active := activity.get()) is not None:
                active.count(record)
        return (time.process_time() - began) / COUNTED * 1e6


def measure() -> list[Figure]:
    """Return the figures of the display."""
    share, drawn = asyncio.run(_shown(SECONDS))
    return [
        Figure("the moving lines, CPU", share * 100, "%", at_most=1),
        Figure("the moving lines, drawn", drawn / SECONDS, "times/s", at_most=10),
        Figure("counting a call, CPU", _counting(), "µs", at_most=1),
    ]
