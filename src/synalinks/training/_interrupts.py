"""Ending a training in good order when the process is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final, Self

from synalinks.callbacks._terminal import say

GRACE: Final = 10.0
"""Seconds that calls in flight have to come back after the first signal."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class CallGate:
    """Lets calls start until it is shut; then those in flight can be waited for."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._shut: asyncio.Future[None] | None = None
        self._empty: asyncio.Event = asyncio.Event()

    async def enter(self) -> None:
        """Start a call; once the gate is shut, wait for the end of the training instead."""
        if self._shut is not None:
            await asyncio.shield(self._shut)
        self.in_flight += 1
        self._empty.clear()

    def leave(self) -> None:
        """End a call."""
        self.in_flight -= 1
        if not self.in_flight:
            self._empty.set()

    async def drain(self) -> None:
        """Shut the gate and wait until nothing is in flight, for `GRACE` seconds at most."""
        self._shut = self._shut or asyncio.get_running_loop().create_future()
        if self.in_flight:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE):
                    await self._empty.wait()


class Interrupts:
    """Turns the first SIGINT or SIGTERM into an orderly end of the training; the second ends it at once.

    Handlers are installed in the main thread only, for the time of the block, and the previous ones are
    put back; a signal that the process ignores stays ignored. On the first signal the gate is shut, calls
    in flight get `GRACE` seconds, and then the task of the training is cancelled. One that comes when the
    block is over already is handed to the previous handler.

    Args:
        gate: The gate of the training's calls, None where none is kept: then nothing is waited for.
        resume: What to say of how the training can be resumed, as the last line.

    Attributes:
        received: The signal that came, or None.
    """

    def __init__(self, gate: CallGate | None, *, resume: str) -> None:
        self.received: signal.Signals | None = None
        self._gate, self._resume = gate, resume
        self._raised = False
        self._previous: dict[signal.Signals, Any] = {}
        self._beginning: asyncio.Handle | None = None
        self._ending: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._put_back()
        if self._ending is not None:
            self._ending.cancel()
        if kind is None and self.received is not None:
            signal.raise_signal(self.received)

    def _put_back(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: not set by Python
        self._previous = {}

    def _handle(self, number: int, frame: FrameType | None) -> None:
        """Run by Python between two instructions of the main thread: the loop does the rest."""
        if self.received is None:
            self.received = signal.Signals(number)
            self._beginning = self._loop.call_soon_threadsafe(self._begin)
            return
        self._put_back()
        if (
            self._ending is None and self._beginning is not None
        ):  # code that does not give way holds up the loop: end it where it is
            self._beginning.cancel()
            self._raised = True
            raise _end_of(self.received, self._resume)
        self._loop.call_soon_threadsafe(self._cancel)

    def _begin(self) -> None:
        self._ending = self._loop.create_task(self._end())

    async def _end(self) -> None:
        if self._gate is not None:
            if self._gate.in_flight:
                say(f"Waiting up to {GRACE:.0f} s for {self._gate.in_flight} calls; once more ends at once.")
            await self._gate.drain()
        self._cancel()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def translated(self, error: BaseException) -> BaseException:
        """Return what a signal means in place of what it led to, or `error` if it came of itself."""
        if self._raised:  # out of the loop already: the task that it ended has nothing to add
            return asyncio.CancelledError()
        if self.received is None or not isinstance(error, asyncio.CancelledError) or self._task is None:
            return error
        self._task.uncancel()
        return _end_of(self.received, self._resume)


def _end_of(received: signal.Signals, resume: str) -> KeyboardInterrupt | SystemExit:
    """Return how a process ends that got a signal; `resume` becomes the last line of what it says."""
    if received is signal.SIGTERM:
        say(resume)
        return SystemExit(128 + received)
    end = KeyboardInterrupt(resume)
    end.__suppress_context__ = True  # that a task was cancelled for it is of no interest
    return end
