"""A bound on the calls in flight of one account."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from synalinks._internal.settings import of_loop


class Limiter:
    """Hands out places, first come first served; each asker names the bound that holds for it.

    Attributes:
        in_flight: Places taken.
        bound: The bound that was named last.
    """

    __slots__ = ("_waiting", "bound", "in_flight")

    def __init__(self) -> None:
        self.in_flight = self.bound = 0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    @property
    def waiting(self) -> int:
        """Number of askers that wait for a place."""
        return sum(not waiter.done() for waiter, _ in self._waiting)

    def take(self, bound: int) -> bool:
        """Take a place at once if fewer than `bound` are taken and nobody waits; return whether."""
        self.bound = bound
        if self._waiting or self.in_flight >= bound:
            return False
        self.in_flight += 1
        return True

    async def wait(self, bound: int) -> None:
        """Wait in line for a place among `bound`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((waiter, bound))
        try:
            await waiter
        except BaseException:
            if waiter.cancelled():
                self._hand_over()  # this one may have stood before others that fit
            else:
                self.release()  # the place came in the same turn as the cancellation
            raise

    def release(self) -> None:
        """Give a place back."""
        self.in_flight -= 1
        if self._waiting:
            self._hand_over()

    def _hand_over(self) -> None:
        while self._waiting:
            waiter, bound = self._waiting[0]
            if not waiter.done():
                if self.in_flight >= bound:
                    return
                self.in_flight += 1
                waiter.set_result(None)
            self._waiting.popleft()


def limiter_for(account: str) -> Limiter:
    """Return the limiter of an account on the running event loop."""
    values = of_loop(asyncio.get_running_loop())
    limiter: Limiter | None = values.get(account)
    if limiter is None:
        limiter = values[account] = Limiter()
    return limiter


@dataclass(frozen=True, slots=True)
class Load:
    """How busy the accounts are that are in use on an event loop.

    Attributes:
        in_flight: Calls in flight.
        bound: Calls that may be.
        waiting: Calls that wait for a place.
    """

    in_flight: int
    bound: int
    waiting: int


def current_load() -> Load:
    """Return how busy the accounts of the running event loop are; those without a call do not count."""
    values = of_loop(asyncio.get_running_loop()).values()
    busy = [v for v in values if isinstance(v, Limiter) and (v.in_flight or v.waiting)]
    return Load(
        sum(limiter.in_flight for limiter in busy),
        sum(limiter.bound for limiter in busy),
        sum(limiter.waiting for limiter in busy),
    )
