"""What a call may cost at most, and who counts it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Protocol

from synalinks.errors import CallTimeoutError, ProtocolError
from synalinks.hooks import Usage
from synalinks.language_models._prices import Price
from synalinks.language_models._request import Request, Response

_BYTES_PER_TOKEN: Final = 3
"""Bytes of JSON that count as one token where nobody has counted: most texts have more of them per token."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Calls, their tokens, and their cost in parts of a US dollar (see `DOLLAR`)."""

    calls: int = 0
    tokens: int = 0
    cost: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.cost + other.cost)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.cost - other.cost)


class Meter(Protocol):
    """Counts what calls use, and lets none start that does not fit any more."""

    def check(self, model: str, price: Price | None, bound: int | None) -> None:
        """Refuse calls that cannot be counted.

        Args:
            model: Full model name.
            price: Its price, None where it is not known.
            bound: Most tokens of an answer, None where there is no bound.

        Raises:
            ConfigurationError: What is limited needs what is missing.
        """
        ...

    async def reserve(self, most: Amount, *, wait: bool) -> None:
        """Set aside what a call may use.

        Args:
            most: That.
            wait: Whether to wait for calls in flight, which may give back some of theirs.

        Raises:
            BudgetExhaustedError: It does not fit.
        """
        ...

    def settle(self, reserved: Amount, spent: Amount) -> None:
        """Count what a call used in place of what was set aside for it."""
        ...

    def lose(self, reserved: Amount) -> None:
        """Count what was set aside as used: an attempt may have been charged, and has no answer."""
        ...

    def replay(self, spent: Amount) -> None:
        """Count an answer that an earlier process of the run paid for, and that its state does not have."""
        ...


meter: ContextVar[Meter | None] = ContextVar("synalinks_meter", default=None)
"""The meter in force here, or None."""

_within: ContextVar[bool] = ContextVar("synalinks_metered", default=False)
"""Whether the code runs in a call that has something set aside: then it must not wait for that."""


def _tokens(size: int) -> int:
    return -(-size // _BYTES_PER_TOKEN)


def _amount(usage: Usage, price: Price | None) -> Amount:
    cost = 0 if price is None else price.cost(usage)
    return Amount(1, usage.input_tokens + usage.output_tokens, cost)


def most_of(request: Request, price: Price | None) -> Amount:
    """Return what one attempt at a call may use."""
    prompt, answer = _tokens(request.size), request.answer_bound or 0
    return Amount(1, prompt + answer, 0 if price is None else price.most(prompt, answer))


def spent_on(request: Request, response: Response, price: Price | None) -> Amount:
    """Return what an answer used; by its size where the server did not count."""
    usage = response.usage
    if not (usage.input_tokens or usage.output_tokens):
        usage = Usage(_tokens(request.size), _tokens(response.size))
    return _amount(usage, price)


class Hold:
    """What is set aside for a call while it is under way.

    Args:
        active: Who counts.
        request: The call's request.
        price: Price of its model.
        attempts: Attempts at the call so far.
    """

    __slots__ = ("_held", "_meter", "_most", "_over", "_price", "_request")

    def __init__(self, active: Meter, request: Request, price: Price | None, attempts: int) -> None:
        self._meter = active
        self._held, self._over = False, attempts
        self._set(request, price)

    def _set(self, request: Request, price: Price | None) -> None:
        self._meter.check(f"{request.provider}/{request.model}", price, request.answer_bound)
        self._request, self._price, self._most = request, price, most_of(request, price)

    async def take(self) -> None:
        """Set aside what one attempt may use, unless it is still there.

        Raises:
            BudgetExhaustedError: It does not fit.
        """
        if not self._held:
            await self._meter.reserve(self._most, wait=not _within.get())
            self._held = True

    @contextmanager
    def within(self) -> Iterator[None]:
        """Run the block as part of the call."""
        token = _within.set(True)
        try:
            yield
        finally:
            _within.reset(token)

    def failed(self, error: BaseException, attempts: int) -> None:
        """Take note that an attempt has no answer; where it may have been charged it stays counted.

        Args:
            error: Why.
            attempts: Attempts so far: none is under way where the number has not grown.
        """
        sent, self._over = attempts > self._over, attempts
        if self._held and sent and _may_be_charged(error):
            self._held = False
            self._meter.lose(self._most)

    def answered(self, response: Response) -> None:
        """Count what the answer used."""
        self._held = False
        self._meter.settle(self._most, spent_on(self._request, response, self._price))

    async def move(self, request: Request, price: Price | None) -> None:
        """Set aside what another model may use, in place of what is left for the one that was asked.

        Raises:
            BudgetExhaustedError: It does not fit.
        """
        self._give_back()
        self._set(request, price)
        await self.take()

    def end(self, error: BaseException, attempts: int) -> None:
        """Take note that the call has failed for good."""
        self.failed(error, attempts)
        self._give_back()

    def _give_back(self) -> None:
        if self._held:
            self._held = False
            self._meter.settle(self._most, Amount())


def _may_be_charged(error: BaseException) -> bool:
    """Return whether a server may have made an answer that did not come, or that cannot be read."""
    if isinstance(error, CallTimeoutError):
        return error.status is None
    return isinstance(error, ProtocolError | asyncio.CancelledError)
