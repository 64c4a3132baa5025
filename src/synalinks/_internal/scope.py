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
    """

    phase: str = ""
    epoch: int | None = None
    step: int | None = None
    sample: int | None = None
    records: list[Any] = field(default_factory=list)
    trace: list[tuple[str, Any, Any]] | None = None
    paths: dict[Any, str] = field(default_factory=dict)
    occurrences: dict[tuple[str, str, str], int] = field(default_factory=dict)


sample_scope: ContextVar[SampleScope | None] = ContextVar("synalinks_sample", default=None)
"""The sample that is being run, or None."""

module_path: ContextVar[str] = ContextVar("synalinks_module", default="")
"""Path of the module whose `call` is running."""

purpose: ContextVar[str] = ContextVar("synalinks_purpose", default="program")
"""Whose calls these are: "program", "reward", "metric", "optimizer" or "callback"."""


@contextmanager
def entered(scope: SampleScope) -> Iterator[SampleScope]:
    """Run the block as part of `scope`."""
    token = sample_scope.set(scope)
    try:
        yield scope
    finally:
        sample_scope.reset(token)


@contextmanager
def for_purpose(name: str) -> Iterator[None]:
    """Count the calls of the block under the purpose `name`."""
    token = purpose.set(name)
    try:
        yield
    finally:
        purpose.reset(token)
