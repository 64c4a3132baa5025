"""A bounded group of workers whose results are delivered in the order of their items."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, TypeVar

from synalinks._internal.coroutines import cancelled_itself, self_cancelled

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Ordered(Generic[Item, Result]):
    """The state of one `run_ordered`."""

    def __init__(
        self,
        source: AsyncIterator[Item],
        work: Callable[[Item], Awaitable[Result]],
        deliver: Callable[[int, Result], Awaitable[None] | None],
        limit: int,
    ) -> None:
        self.source, self.work, self.deliver, self.limit = source, work, deliver, limit
        self.pulling = asyncio.Lock()
        self.started = 0
        self.exhausted = False
        self.workers: set[asyncio.Task[None]] = set()
        self.ready: dict[int, Result] = {}
        self.failures: dict[int, BaseException] = {}
        self.wake = asyncio.Event()

    def spawn(self) -> None:
        task = asyncio.get_running_loop().create_task(self.worker())
        self.workers.add(task)
        task.add_done_callback(self.ended)

    def ended(self, task: asyncio.Task[None]) -> None:
        self.workers.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failures.setdefault(self.started, error)
        self.wake.set()

    async def take(self) -> tuple[int, Item] | None:
        """Return the next item and its index; None when there is none. One worker pulls at a time."""
        async with self.pulling:
            if self.exhausted or self.failures:
                return None
            try:
                item = await anext(self.source)
            except StopAsyncIteration:
                self.exhausted = True
                return None
            index = self.started
            self.started += 1
            return index, item

    async def worker(self) -> None:
        """Work until there is nothing left; an end that nobody asked for is a failure."""
        try:
            await self.work_on()
        except asyncio.CancelledError as error:
            if not cancelled_itself():
                raise
            failure = self_cancelled("A source of samples or a hook")
            failure.__cause__ = error
            self.failures.setdefault(self.started, failure)

    async def work_on(self) -> None:
        """Pull and work until the source is empty; a worker that found work calls in another."""
        first = True
        while (taken := await self.take()) is not None:
            if first and len(self.workers) < self.limit:
                self.spawn()
            first = False
            index, item = taken
            try:
                self.ready[index] = await self.work(item)
            except Exception as error:  # noqa: BLE001 - handed on by run_ordered, the lowest index first
                self.failures[index] = error
            except asyncio.CancelledError as error:
                if not cancelled_itself():
                    raise
                self.failures[index] = self_cancelled(f"The code that ran item {index}")
                self.failures[index].__cause__ = error
            self.wake.set()

    async def run(self) -> int:
        delivered = 0
        self.spawn()
        try:
            while True:
                await self.wake.wait()
                self.wake.clear()
                if self.failures:
                    raise self.failures[min(self.failures)]
                while delivered in self.ready:
                    outcome = self.deliver(delivered, self.ready.pop(delivered))
                    delivered += 1
                    if outcome is not None:
                        await outcome
                if not self.workers and not self.failures and delivered == self.started:
                    return delivered
        finally:
            await self.stop()

    async def stop(self) -> None:
        self.exhausted = True  # also for work that catches its cancellation and goes on
        for task in self.workers:
            task.cancel()
        if self.workers:
            await asyncio.gather(*self.workers, return_exceptions=True)


async def run_ordered(
    source: AsyncIterator[Item],
    work: Callable[[Item], Awaitable[Result]],
    deliver: Callable[[int, Result], Any],
    *,
    limit: int,
) -> int:
    """Work on the items of `source`, at most `limit` at a time, and deliver results in item order.

    Items are pulled one at a time when a worker is free, so a source of any length costs the memory of
    `limit` items. A slow item holds back the delivery of later ones, not the work on them.

    Args:
        source: The items.
        work: Called with an item; may raise.
        deliver: Called with index and result, in index order; may return an awaitable.
        limit: Number of workers, at least 1.

    Returns:
        The number of items.

    Raises:
        Exception: What `work` raised, the lowest index first; the other work is cancelled before it is
            raised, and nothing of it runs on.
    """
    return await _Ordered(source, work, deliver, limit).run()
