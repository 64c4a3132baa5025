"""Ways of making many calls: one after another, so many at a time, so many per second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Call = Callable[[], Awaitable[object]]


async def one_by_one(call: Call, calls: int) -> None:
    """Make the calls one after another."""
    for _ in range(calls):
        await call()


async def in_flight(call: Call, calls: int, *, limit: int) -> None:
    """Make the calls, always `limit` at a time."""
    numbers = iter(range(calls))

    async def worker() -> None:
        for _ in numbers:
            await call()

    await asyncio.gather(*(worker() for _ in range(limit)))


async def paced(call: Call, calls: int, *, per_second: float) -> None:
    """Start the calls at even distances whether or not earlier ones are back, and wait for all."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(calls):
            wait = started + number / per_second - loop.time()
            await asyncio.sleep(max(0.0, wait))
            group.create_task(_made(call))


async def _made(call: Call) -> None:
    await call()
