"""What a training has used, what is set aside for calls in flight, and who waits for a part of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from synalinks.errors import BudgetExhaustedError
from synalinks.language_models._meter import Amount


class Ledger:
    """Gives calls their part of a budget in the order in which they come.

    A call whose part is not there waits for those in flight, which give back what they did not use. When
    nothing is in flight and it still does not fit, the budget is exhausted, and stays so.

    Args:
        problem: Takes what would be used in all, returns the error that it means or None.

    Attributes:
        spent: What answers used.
        lost: What was set aside for attempts that may have been charged and have no answer.
        reserved: What is set aside for calls in flight.
        exhausted: Whether a call did not fit.
    """

    def __init__(self, problem: Callable[[Amount], BudgetExhaustedError | None]) -> None:
        self._problem = problem
        self.spent = self.lost = self.reserved = Amount()
        self.exhausted: BudgetExhaustedError | None = None
        self._holders = 0
        self._waiting: deque[tuple[Amount, asyncio.Future[None]]] = deque()

    @property
    def used(self) -> Amount:
        """What is gone for good."""
        return self.spent + self.lost

    def _problem_with(self, more: Amount) -> BudgetExhaustedError | None:
        return self._problem(self.used + self.reserved + more)

    def check(self) -> None:
        """Raise where a call did not fit, whatever became of the error that it got.

        Raises:
            BudgetExhaustedError: One did not.
        """
        if self.exhausted is not None:
            raise _again(self.exhausted)

    async def reserve(self, most: Amount, *, wait: bool) -> None:
        """Set `most` aside; see `Meter`."""
        self.check()
        problem = self._problem_with(most)
        if problem is None and not self._waiting:
            self._give(most)
            return
        if not wait:
            if problem is not None:
                self._exhaust(problem)
            self.check()
            self._give(most)
            return
        await self._queue(most)

    async def _queue(self, most: Amount) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((most, turn))
        self._serve()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.settle(most, Amount())  # it was given in the same turn of the loop
            self._serve()
            raise

    def _give(self, most: Amount) -> None:
        self.reserved += most
        self._holders += 1

    def _serve(self) -> None:
        """Give those who wait their parts, the first first, as far as they fit."""
        while self._waiting:
            most, turn = self._waiting[0]
            if turn.done():  # who waited was cancelled
                self._waiting.popleft()
                continue
            problem = self._problem_with(most)
            if problem is not None:
                if not self._holders:
                    self._exhaust(problem)
                return
            self._waiting.popleft()
            self._give(most)
            turn.set_result(None)

    def _exhaust(self, problem: BudgetExhaustedError) -> None:
        self.exhausted = problem
        waiting, self._waiting = self._waiting, deque()
        for _, turn in waiting:
            if not turn.done():
                turn.set_exception(_again(problem))

    def settle(self, reserved: Amount, spent: Amount) -> None:
        """Count `spent` in place of what was set aside; see `Meter`."""
        self.reserved -= reserved
        self.spent += spent
        self._leave()

    def lose(self, reserved: Amount) -> None:
        """Count what was set aside as used; see `Meter`."""
        self.reserved -= reserved
        self.lost += reserved
        self._leave()

    def replay(self, spent: Amount) -> None:
        """Count an answer that was paid for before; see `Meter`."""
        self.spent += spent

    def _leave(self) -> None:
        self._holders -= 1
        self._serve()


def _again(error: BudgetExhaustedError) -> BudgetExhaustedError:
    """Return the error anew: each task that raises it has a traceback of its own."""
    return BudgetExhaustedError(str(error), limit=error.limit)
