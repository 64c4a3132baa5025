"""Caches of answers: what they have in common, and the one in memory."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from asyncio import AbstractEventLoop, Future
from collections import OrderedDict
from typing import Any
from weakref import WeakKeyDictionary

from synalinks.errors import ConfigurationError, LanguageModelError

Outcome = bytes | LanguageModelError | None
"""What came of a call: its answer, why it failed, or None where it was given up."""


class Flight:
    """A call in flight that equal ones wait for.

    Attributes:
        over: Gets what comes of it; None as long as nobody waits.
    """

    __slots__ = ("over",)

    def __init__(self) -> None:
        self.over: Future[Outcome] | None = None


class Cache(ABC):
    """Keeps answers under the hash of all that they depend on; `MemoryCache` and `FileCache` are those.

    Several models may share one, in any number of threads and event loops. `len(cache)` is the number of
    answers in it.

    Args:
        max_bytes: Size of all answers, in bytes; those that were not used for longest make room.

    Raises:
        ConfigurationError: It is no such number.
    """

    def __init__(self, *, max_bytes: int) -> None:
        if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 1:
            raise ConfigurationError(
                f"max_bytes must be an integer of at least 1, not {max_bytes!r}.", argument="max_bytes"
            )
        self.max_bytes = max_bytes
        self._flights: WeakKeyDictionary[AbstractEventLoop, dict[str, Flight]] = WeakKeyDictionary()

    def flights(self, loop: AbstractEventLoop) -> dict[str, Flight]:
        """Return the calls in flight on an event loop, by their keys."""
        flights = self._flights.get(loop)
        if flights is None:
            flights = self._flights[loop] = {}
        return flights

    def open(self) -> None:  # noqa: B027 - most have nothing to open
        """Make sure that it can be used.

        Raises:
            FileError: It cannot.
        """

    @abstractmethod
    def get(self, key: str) -> bytes | None:
        """Return the answer under `key`, or None."""

    @abstractmethod
    def put(self, key: str, answer: bytes) -> None:
        """Keep an answer; the caller does not wait."""

    @abstractmethod
    def clear(self) -> None:
        """Remove all answers."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain JSON."""


class MemoryCache(Cache):
    """A cache in memory, gone with the process.

    Args:
        max_bytes: Size of all answers, in bytes; those that were not used for longest make room.
    """

    def __init__(self, *, max_bytes: int = 2**28) -> None:
        super().__init__(max_bytes=max_bytes)
        self._answers: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """Return the answer under `key`, or None."""
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None:
                self._answers.move_to_end(key)
            return answer

    def put(self, key: str, answer: bytes) -> None:
        """Keep an answer."""
        with self._lock:
            self._bytes += size_of(key, answer) - size_of(key, self._answers.pop(key, None))
            self._answers[key] = answer
            while self._bytes > self.max_bytes:
                self._bytes -= size_of(*self._answers.popitem(last=False))

    def clear(self) -> None:
        """Remove all answers."""
        with self._lock:
            self._answers.clear()
            self._bytes = 0

    def __len__(self) -> int:
        return len(self._answers)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain JSON."""
        return {"max_bytes": self.max_bytes}

    def __repr__(self) -> str:
        return f"MemoryCache(max_bytes={self.max_bytes})"


def size_of(key: str, answer: bytes | None) -> int:
    """Return what an answer counts, in bytes; 0 for none."""
    return 0 if answer is None else len(key) + len(answer)
