"""Small helpers around awaitables."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any, TypeVar, cast

from synalinks.errors import ProgramError

Result = TypeVar("Result")


async def resolved(value: Any) -> Any:
    """Return `value`, awaited if it can be: user functions may be plain or async."""
    return await value if inspect.isawaitable(value) else value


async def together(awaitables: Iterable[Awaitable[Result]]) -> list[Result]:
    """Await all at the same time and return their results in order.

    Raises:
        BaseException: What the first of them in order raised. All have ended then, so it does not depend on
            which one failed first.
    """
    found = await asyncio.gather(*awaitables, return_exceptions=True)
    failed = next((result for result in found if isinstance(result, BaseException)), None)
    if failed is not None:
        raise failed
    return cast(list[Result], found)


def forgotten_await(value: object) -> bool:
    """Return whether `value` is awaitable, where one that was awaited is expected.

    A coroutine that nobody started is closed, so that Python does not warn of it besides the error.
    """
    if inspect.iscoroutine(value) and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
        value.close()
    return inspect.isawaitable(value)


def cancelled_itself() -> bool:
    """Return whether a `CancelledError` that was just caught came from the code, not from outside."""
    task = asyncio.current_task()
    return task is not None and not task.cancelling()


def self_cancelled(what: str) -> ProgramError:
    """Return what a `CancelledError` that nobody asked for is turned into: it must not look like an end."""
    return ProgramError(
        f"{what} raised asyncio.CancelledError although nothing was cancelled, for example by awaiting a "
        "future or a task of its own that was. Catch it where it can happen."
    )


def run_sync(coroutine: Coroutine[Any, Any, Result], *, what: str) -> Result:
    """Run a coroutine that waits for nothing, without an event loop.

    Tracing and building a program never wait for input or output, so loading a file and making a
    `Sequential` can be plain functions.

    Raises:
        ProgramError: The coroutine waits for something.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    coroutine.close()
    raise ProgramError(
        f"{what} waited for something outside the program. `build` and `compute_output_spec` must not do "
        "input or output; move that into `call`."
    )
