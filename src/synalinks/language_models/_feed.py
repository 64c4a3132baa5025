"""Where an answer is written while it comes, and read from by its stream."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from synalinks.language_models._extracting import after_thoughts, first_opening
from synalinks.language_models._request import Response
from synalinks.language_models._schema import OutputSchema

NOTHING: Final = object()
"""There is no item yet."""

_GROWTH: Final = 1 / 16
_PAUSE: Final = 0.05
_MAY_GO_ON: Final = "0123456789+-.eE"
"""Characters of a number: one at the end of a text may not be complete."""


class Feed(ABC):
    """What a stream hands out of an answer; see `Sink` for its first two methods."""

    def __init__(self) -> None:
        self._news = asyncio.Event()

    @abstractmethod
    def __call__(self, piece: str) -> None:
        """Take a piece of the answer's text."""
        self._news.set()

    @abstractmethod
    def again(self) -> None:
        """Begin anew: the answer was not valid and is asked for again."""

    @abstractmethod
    def end(self, response: Response) -> None:
        """Take the whole answer."""

    @abstractmethod
    def take(self) -> Any:
        """Return the next item, or `NOTHING`."""
        self._news.clear()

    async def more(self) -> None:
        """Wait until something happened since `take`."""
        await self._news.wait()

    def wake(self, _: Any) -> None:
        """Let whoever waits look again."""
        self._news.set()


class TextFeed(Feed):
    """Hands out the pieces of a text as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: deque[str] = deque()
        self._told = False

    def __call__(self, piece: str) -> None:
        """Take a piece; see `Feed`, as below."""
        self._told = True
        self._pieces.append(piece)
        super().__call__(piece)

    def again(self) -> None:
        """Do nothing: a text is not asked for again."""

    def end(self, response: Response) -> None:
        """Take the whole answer, which hands it out where it did not come in pieces."""
        if not self._told and response.text:
            self._pieces.append(response.text)

    def take(self) -> Any:
        """Return the next piece."""
        super().take()
        return self._pieces.popleft() if self._pieces else NOTHING


class ValueFeed(Feed):
    """Hands out a JSON value as it grows.

    Each time the whole text is read anew, so this is done only when it has grown by a sixteenth, or 20 times
    a second: the work stays linear in the answer's length and in its duration.

    Args:
        schema: What the answer must be valid for.
    """

    def __init__(self, schema: OutputSchema) -> None:
        super().__init__()
        self._schema = schema
        self._last: Any = NOTHING
        self._final: Any = NOTHING
        self._pieces: list[str] = []
        self._size = self._read_size = 0
        self._read_at = 0.0

    def __call__(self, piece: str) -> None:
        """Take a piece; see `Feed`, as below."""
        self._pieces.append(piece)
        self._size += len(piece)
        super().__call__(piece)

    def again(self) -> None:
        """Forget the text."""
        self._pieces, self._size, self._read_size = [], 0, 0

    def end(self, response: Response) -> None:
        """Take the whole answer; its value is the last item."""
        if response.parsed is not None:
            self._final = response.parsed

    def take(self) -> Any:
        """Return what there is now, where it is another value than before."""
        super().take()
        value = self._final
        if value is NOTHING and self._is_due():
            value = self._read()
        if value is NOTHING or value == self._last:
            return NOTHING
        self._last = value
        return value

    def _is_due(self) -> bool:
        grown, now = self._size - self._read_size, time.monotonic()
        if not grown or (grown < self._read_size * _GROWTH and now < self._read_at + _PAUSE):
            return False
        self._read_size, self._read_at = self._size, now
        return True

    def _read(self) -> Any:
        from pydantic_core import from_json

        text = "".join(self._pieces)
        self._pieces = [text]
        body = after_thoughts(text)
        start = first_opening(body)
        if start is None:
            return NOTHING
        try:
            value = from_json(body[start:].rstrip(_MAY_GO_ON), allow_partial="trailing-strings")
        except ValueError:
            return NOTHING
        restored = self._schema.restore_partial(value)
        return NOTHING if restored is None else restored


class _Target(NamedTuple):
    """Whose answer goes into a feed: that of a module, or of a model."""

    owner: object
    feed: Feed


_target: ContextVar[_Target | None] = ContextVar("synalinks_stream", default=None)
"""The stream that the code runs for, None where it runs for none."""


def feed_of(owner: object) -> Feed | None:
    """Return the feed that the answer of a module or a model goes into, None for most."""
    target = _target.get()
    return target.feed if target is not None and target.owner is owner else None


@contextmanager
def feeding(owner: object, feed: Feed) -> Iterator[None]:
    """Let the answers of `owner` in the block go into `feed`."""
    token = _target.set(_Target(owner, feed))
    try:
        yield
    finally:
        _target.reset(token)
