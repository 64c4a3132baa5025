"""Generators, async generators, callables that return one, and other iterables, read in one way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from synalinks._internal.coroutines import resolved
from synalinks.errors import DataError


def is_stream(value: Any) -> bool:
    """Return whether `value` can be read as a stream: it yields items, or is a callable that may."""
    return isinstance(value, AsyncIterable | Iterable) or (callable(value) and not isinstance(value, type))


@dataclass(frozen=True, slots=True)
class Source:
    """Something that yields items.

    Args:
        given: An iterator (one pass), an iterable, or a callable that returns either; plain or async.
        argument: The name of the argument that it was given as, for errors.
    """

    given: Any
    argument: str

    @property
    def reusable(self) -> bool:
        """Whether more than one pass can be had."""
        return not isinstance(self.given, Iterator | AsyncIterator)

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[AsyncIterator[Any], None]:
        """Give an iterator over a pass; a generator is closed afterwards."""
        items = self.given
        if not isinstance(items, AsyncIterable | Iterable):
            items = await resolved(items())
        if isinstance(items, AsyncIterable):
            async with _closing(aiter(items), "aclose") as iterator:
                yield iterator
        elif isinstance(items, Iterable) and not isinstance(items, str | bytes):
            async with _closing(iter(items), "close") as plain:
                yield _asynchronous(plain)
        else:
            raise DataError(
                f"The callable given as {self.argument} returned {items!r} ({type(items).__name__}); "
                "expected a fresh generator on each call.",
                argument=self.argument,
            )


@asynccontextmanager
async def _closing(iterator: Any, method: str) -> AsyncGenerator[Any, None]:
    close: Callable[[], Any] | None = getattr(iterator, method, None)
    try:
        yield iterator
    finally:
        if close is not None:
            await resolved(close())


async def _asynchronous(iterator: Iterator[Any]) -> AsyncIterator[Any]:
    for item in iterator:
        yield item
