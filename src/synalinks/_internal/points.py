"""Points of a run at which a check may want to look, or to end the process: around every write."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

observer: ContextVar[Callable[[str, object], None] | None] = ContextVar("synalinks_observer", default=None)
"""Called with the name of each point that is reached and what it is about; None for nobody."""


def reached(point: str, about: object = None) -> None:
    """Tell the observer, where there is one, that a point was reached.

    Args:
        point: Name of the point.
        about: What it is about: a path, rows, or an open file and what is about to be written to it.
    """
    if (told := observer.get()) is not None:
        told(point, about)
