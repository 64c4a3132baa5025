"""Costs of one way of doing something, and of two ways in alternating pairs."""

from __future__ import annotations

import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

ROUNDS = 5

Work = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What `calls` calls took, in seconds.

    Attributes:
        calls: Number of calls.
        cpu: CPU time of this process, all threads, system time included.
        wall: Time on the clock.
    """

    calls: int
    cpu: float
    wall: float

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU per call."""
        return self.cpu / self.calls * 1e6

    @property
    def wall_us(self) -> float:
        """Microseconds on the clock per call."""
        return self.wall / self.calls * 1e6

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.wall

    @property
    def busy(self) -> float:
        """Share of the time in which this process computed: near 1 where it, not the server, is the bound."""
        return self.cpu / self.wall


async def cost(work: Work, calls: int) -> Cost:
    """Do `calls` calls and return what they cost."""
    gc.collect()  # garbage of the round before is not charged to this one
    cpu, wall = time.process_time(), time.perf_counter()
    await work(calls)
    return Cost(calls, time.process_time() - cpu, time.perf_counter() - wall)


async def repeated(work: Work, calls: int, *, rounds: int = ROUNDS) -> list[Cost]:
    """Return the costs of several rounds, after one that warms up."""
    await work(calls // 10)
    return [await cost(work, calls) for _ in range(rounds)]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Costs of two ways of doing the same, measured in turns so that a busy machine hits both."""

    ours: list[Cost]
    bare: list[Cost]

    def ratio(self, value: Callable[[Cost], float]) -> float:
        """Return the median over the pairs of ours to bare."""
        return median(value(o) / value(b) for o, b in zip(self.ours, self.bare, strict=True))


async def pairs(ours: Work, bare: Work, calls: int, *, rounds: int = ROUNDS) -> Pairs:
    """Measure two ways in alternating pairs, after a round of each that warms up."""
    measured = Pairs([], [])
    for work in (ours, bare):
        await work(calls // 10)
    for number in range(rounds):
        turns = [(ours, measured.ours), (bare, measured.bare)]
        for work, costs in turns if number % 2 else reversed(turns):
            costs.append(await cost(work, calls))
    return measured


def typical(costs: list[Cost], value: Callable[[Cost], float]) -> float:
    """Return the median of a value."""
    return median(value(c) for c in costs)
