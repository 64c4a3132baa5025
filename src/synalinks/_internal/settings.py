"""Process-wide settings: the only mutable state that is not owned by an object or a context.

`settings()` is the process's one `Settings`, unless a context variable overrides it (`override`).
"""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary


@dataclass(slots=True)
class Settings:
    """What the user set for the whole process.

    Attributes:
        language_model: The model that modules without one of their own use.
        embedding_model: Likewise for embeddings.
        hooks: Hooks that hear every event.
        monitor: Makes, of the callbacks given to a training, one more for it, or None for none.
        registry: Registered name to class or function, for loading files.
    """

    language_model: Any = None
    embedding_model: Any = None
    hooks: tuple[Any, ...] = ()
    monitor: Any = None
    registry: dict[str, Any] = field(default_factory=dict)


_process = Settings()
_override: ContextVar[Settings | None] = ContextVar("synalinks_settings", default=None)


def settings() -> Settings:
    """Return the settings in force here."""
    return _override.get() or _process


@contextmanager
def override(**changes: Any) -> Iterator[Settings]:
    """Use changed settings within the block, in this context only; the registry is copied."""
    now = settings()
    values = {name: getattr(now, name) for name in Settings.__slots__}
    values["registry"] = dict(now.registry)
    token = _override.set(Settings(**{**values, **changes}))
    try:
        yield settings()
    finally:
        _override.reset(token)


_loops: WeakKeyDictionary[AbstractEventLoop, dict[Hashable, Any]] = WeakKeyDictionary()


def of_loop(loop: AbstractEventLoop) -> dict[Hashable, Any]:
    """Return what belongs to an event loop and ends with it: its HTTP session, its limiters."""
    values = _loops.get(loop)
    if values is None:
        for known in _loops.keyrefs():  # a list, as another thread may add its own loop meanwhile
            if (other := known()) is not None and other.is_closed():
                _loops.pop(other, None)
        values = _loops[loop] = {}
    return values
