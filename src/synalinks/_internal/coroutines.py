"""Small helpers around awaitables."""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from typing import Any, TypeVar

from synalinks.errors import ProgramError

Result = TypeVar("Result")


async def resolved(value: Any) -> Any:
    """Return `value`, awaited if it can be: user functions may be plain or async."""
    return await value if inspect.isawaitable(value) else value


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
