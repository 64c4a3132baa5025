"""The address scope: where in a run the code is that runs now.

A language-model call reads it to know whose call it is; an evaluation sets it per sample. The parts
that change most often (module, purpose) are context variables of their own, because setting one is
cheaper than copying a record.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class SampleScope:
    """One sample being run, and what is collected about it.

    Attributes:
        phase: "train", "val", "test", "predict", "candidate:<hash>", "propose" or "hook:<callback>.<hook>".
        epoch: Epoch, 0-based, or None outside `fit`.
        step: Batch within the epoch, 0-based, or None.
        sample: Index of the sample in the data given, or None.
        records: A `CallRecord` for each language-model call, in the order in which they ended.
        trace: (module path, inputs, outputs) of each traced module call, or None when not wanted.
        paths: Module to its path in the program that runs.
        occurrences: (module, purpose, request key) to the number of such calls started so far, for
            addresses in a journal.
        in_flight: The same to the number of such calls in flight.
        again: Whether the sample is run again in this process, after an outage.
        inner: Number of evaluations and predictions started within this scope so far.
    """

    phase: str = ""
    epoch: int | None = None
    step: int | None = None
    sample: int | None = None
    records: list[Any] = field(default_factory=list)
    trace: list[tuple[str, Any, Any]] | None = None
    paths: dict[Any, str] = field(default_factory=dict)
    occurrences: dict[tuple[str, str, str], int] = field(default_factory=dict)
    in_flight: dict[tuple[str, str, str], int] = field(default_factory=dict)
    again: bool = False
    inner: int = 0


sample_scope: ContextVar[SampleScope | None] = ContextVar("synalinks_sample", default=None)
"""The sample that is being run, or None."""

module_path: ContextVar[str] = ContextVar("synalinks_module", default="")
"""Path of the module whose `call` is running."""

branch_name: ContextVar[str] = ContextVar("synalinks_branch", default="")
"""Path of the named branches that the code runs in, see `branch`."""

purpose: ContextVar[str] = ContextVar("synalinks_purpose", default="program")
"""Whose calls these are: "program", "reward", "metric", "optimizer" or "callback"."""


run_id: ContextVar[str | None] = ContextVar("synalinks_run", default=None)
"""Id of the training that the code is part of, or None."""


@contextmanager
def entered(scope: SampleScope) -> Iterator[SampleScope]:
    """Run the block as part of `scope`."""
    token = sample_scope.set(scope)
    try:
        yield scope
    finally:
        sample_scope.reset(token)


@contextmanager
def branch(name: str) -> Iterator[None]:
    """Tell the calls of the block apart from those of other branches that run at the same time.

    A resumed run gives each call the answer it had, and calls of one sample, module and request are told
    apart by the order in which they start. Where your own code starts equal sampled calls at the same
    time (with `asyncio.gather`, say), that order depends on chance: give each a name.

    Args:
        name: Name of the branch, the same in every run.

    Example:
        ```python
        async def vote(number):
            with synalinks.branch(f"vote {number}"):
                return await generator(inputs)
        ```
    """
    outer = branch_name.get()
    token = branch_name.set(f"{outer}/{name}" if outer else name)
    try:
        yield
    finally:
        branch_name.reset(token)


@contextmanager
def for_purpose(name: str) -> Iterator[None]:
    """Count the calls of the block under the purpose `name`."""
    token = purpose.set(name)
    try:
        yield
    finally:
        purpose.reset(token)
