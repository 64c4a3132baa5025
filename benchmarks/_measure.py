"""Costs of one way of doing something, and of two ways in alternating pairs."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
        server: CPU time of the server meanwhile, NaN where nobody measured it.
    """

    calls: int
    cpu: float
    wall: float
    server: float = math.nan

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


async def cost(work: Work, calls: int, *, server: Callable[[], float] = lambda: math.nan) -> Cost:
    """Do `calls` calls and return what they cost.

    Args:
        work: Does so many calls.
        calls: How many.
        server: Returns the seconds of CPU that the server has used.
    """
    gc.collect()  # garbage of the round before is not charged to this one
    before, cpu, wall = server(), time.process_time(), time.perf_counter()
    await work(calls)
    spent, took = time.process_time() - cpu, time.perf_counter() - wall
    return Cost(calls, spent, took, server() - before)


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
        return ratio(self.ours, self.bare, value)


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


async def turns(
    works: Mapping[str, tuple[Work, int]], *, server: Callable[[], float], rounds: int = ROUNDS
) -> dict[str, list[Cost]]:
    """Measure several ways in turns, each with its number of calls, after a round of each that warms up."""
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for work, calls in works.values():
        await work(max(1, calls // 10))
    names = list(works)
    for number in range(rounds):
        for name in names if number % 2 else reversed(names):
            work, calls = works[name]
            costs[name].append(await cost(work, calls, server=server))
    return costs


def ratio(ours: Sequence[Cost], bare: Sequence[Cost], value: Callable[[Cost], float]) -> float:
    """Return the median over the rounds of ours to bare."""
    return median(value(o) / value(b) for o, b in zip(ours, bare, strict=True))


def typical(costs: list[Cost], value: Callable[[Cost], float]) -> float:
    """Return the median of a value."""
    return median(value(c) for c in costs)
