"""An answer while it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from contextvars import copy_context
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from synalinks._internal.coroutines import self_cancelled
from synalinks.errors import ProgramError
from synalinks.language_models._feed import NOTHING, Feed, TextFeed, ValueFeed, feeding
from synalinks.language_models._schema import OutputSchema

Result = TypeVar("Result")


class Stream(Generic[Result]):
    """An answer that is read while it comes: an asynchronous iterator of its pieces.

    Without a schema the items are pieces of text, which together are the answer. With one they are JSON
    values, each with more of the answer in it than the one before: its texts may still grow, everything else
    in it is complete, and the last is the whole, valid answer. Where an answer was not valid and is asked for
    again, the values begin anew. There are at most about 20 of them a second in a long answer.

    The call starts when the first item is waited for. It ends with the loop: to break out of it, to leave an
    `async with stream:`, or to close the stream cancels a call that is under way and frees its connection.
    What makes the call fail is raised by the loop, also after pieces came; such a call is not made again.

    Example:
        ```python
        async for piece in language_model.stream("Tell me a story."):
            print(piece, end="")
        ```
    """

    def __init__(
        self, run: Callable[[], Awaitable[Result]], *, owner: object, schema: OutputSchema | None
    ) -> None:
        """Make the stream of what `owner`, a module or a model, answers while `run` runs."""
        self._feed: Feed = TextFeed() if schema is None else ValueFeed(schema)
        self._run, self._owner = run, owner
        self._context = copy_context()  # the call belongs to where the stream was made
        self._task: asyncio.Task[Result] | None = None
        self._closed = False

    async def result(self) -> Result:
        """Return the whole answer, what the call would have returned, once it is there.

        It may be asked for in place of the items, after them, or beside them.

        Raises:
            LanguageModelError: The call failed.
            ProgramError: The stream was closed before.
        """
        if self._task is None and self._closed:
            raise _closed()
        task = self._started()
        await asyncio.wait({task})
        return self._outcome(task)

    def __aiter__(self) -> AsyncGenerator[Any]:
        return self._items()

    async def _items(self) -> AsyncGenerator[Any]:
        try:
            while (item := await self._next()) is not NOTHING:
                yield item
        finally:
            await self.aclose()

    async def __anext__(self) -> Any:
        item = await self._next()
        if item is NOTHING:
            raise StopAsyncIteration
        return item

    async def _next(self) -> Any:
        """Return the next item, `NOTHING` after the last."""
        if self._closed:
            return NOTHING
        task = self._started()
        while (item := self._feed.take()) is NOTHING:
            if task.done():
                self._outcome(task)
                return NOTHING
            await self._feed.more()
        return item

    def _started(self) -> asyncio.Task[Result]:
        if self._task is None:
            work = _fed(self._run, self._owner, self._feed)
            self._task = asyncio.get_running_loop().create_task(work, context=self._context)
            self._task.add_done_callback(_seen)
            self._task.add_done_callback(self._feed.wake)
        return self._task

    def _outcome(self, task: asyncio.Task[Result]) -> Result:
        if task.cancelled():
            raise _closed() if self._closed else self_cancelled("The call of a stream")
        return task.result()

    async def aclose(self) -> None:
        """Cancel the call where it is under way, and wait until everything it held is free."""
        self._closed = True
        task = self._task
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        task = self._task
        if task is not None and not task.done():
            with suppress(RuntimeError):  # the loop is closed, and the task with it
                task.get_loop().call_soon_threadsafe(task.cancel)


async def _fed(run: Callable[[], Awaitable[Result]], owner: object, feed: Feed) -> Result:
    # No method of the stream: the task must not keep a stream alive that nobody reads.
    with feeding(owner, feed):
        return await run()


def _seen(task: asyncio.Task[Any]) -> None:
    """Look at how a call ended: whoever reads no further has no use for asyncio's complaint."""
    if not task.cancelled():
        task.exception()


def _closed() -> ProgramError:
    return ProgramError("The stream was closed before its answer had come: read it to its end.")
