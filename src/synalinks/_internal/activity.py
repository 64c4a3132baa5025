"""What a training, an evaluation or a prediction is doing now, counted as it goes.

Code that runs samples and calls adds to the counters, whether or not anyone looks; a display reads them
when it is due. So nothing is told to anyone per call, and what happens within a long step can be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol


class _Usage(Protocol):
    @property
    def input_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...


class _Record(Protocol):
    @property
    def usage(self) -> _Usage: ...
    @property
    def cost(self) -> float | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def replayed(self) -> bool: ...
    @property
    def cached(self) -> bool: ...


@dataclass(slots=True, eq=False)
class Work:
    """A part of what is being done.

    Attributes:
        title: What it is, in a few words.
        total: Number of its samples, None where it has none or they are not known.
        done: Samples done.
    """

    title: str
    total: int | None = None
    done: int = 0


@dataclass(slots=True)
class Activity:
    """The counters of what runs, all in this process.

    Attributes:
        calls: Calls of models that ended, those taken from a journal or a cache left out.
        replayed: Calls whose answer came from a journal.
        cached: Calls whose answer came from a cache.
        failed: Calls that failed for good.
        tokens: Tokens of prompts and answers.
        cost: US dollars, of calls whose price is known.
        unpriced: Calls whose price is not known.
        backing_off: Calls that wait until they are tried again.
        expected: Language-model calls expected in all, None where nothing was expected.
        work: What is being done, the innermost part last.
    """

    calls: int = 0
    replayed: int = 0
    cached: int = 0
    failed: int = 0
    tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    backing_off: int = 0
    expected: int | None = None
    work: list[Work] = field(default_factory=list)

    def count(self, record: _Record) -> None:
        """Count a call that ended."""
        if record.replayed:
            self.replayed += 1
            return
        if record.cached:
            self.cached += 1
            return
        self.calls += 1
        if record.error is not None and record.error != "CancelledError":
            self.failed += 1
        usage = record.usage
        self.tokens += usage.input_tokens + usage.output_tokens
        if record.cost is None:
            self.unpriced += 1
        else:
            self.cost += record.cost


activity: ContextVar[Activity | None] = ContextVar("synalinks_activity", default=None)
"""What counts here, or None."""


@contextmanager
def counted() -> Iterator[Activity]:
    """Count what the block does; within another such block, as part of that one."""
    outer = activity.get()
    if outer is not None:
        yield outer
        return
    token = activity.set(counting := Activity())
    try:
        yield counting
    finally:
        activity.reset(token)


@contextmanager
def working(title: str, total: int | None = None) -> Iterator[Work]:
    """Say what the block does; the caller counts what is done of it."""
    counting, work = activity.get(), Work(title, total)
    if counting is None:
        yield work
        return
    counting.work.append(work)
    try:
        yield work
    finally:
        counting.work.remove(work)
