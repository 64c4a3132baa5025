"""When a call of an account may start: how many at once, how many a minute, and when none at all."""

from __future__ import annotations

import asyncio
import math
import sys
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from synalinks._internal.settings import of_loop
from synalinks.errors import InfrastructureError, RateLimitedError
from synalinks.language_models._meter import most_of, spent_on
from synalinks.language_models._request import Request, Response

_ANY: Final = sys.maxsize
_REQUESTS, _TOKENS = 0, 1
_RATE_LIMIT: Final = "rate limit"


class Charge(NamedTuple):
    """What a call uses of a limit per minute.

    Attributes:
        kind: Of requests or of tokens.
        seconds: How much of the minute it takes.
        burst: Seconds of the limit that may have been saved up.
    """

    kind: int
    seconds: float
    burst: float


class Rate:
    """A bound per minute as a pace: one after another, about a second's worth of them at once.

    Providers enforce their limits over shorter times than a minute (platform.openai.com/docs/guides/
    rate-limits), so a minute's worth at once would be refused. Of what counts one each, never more than
    the bound start within 60 seconds.

    Args:
        per_minute: The bound.
    """

    __slots__ = ("burst", "spacing")

    def __init__(self, per_minute: int) -> None:
        at_once = per_minute // 60
        self.spacing = 60.0 / (per_minute - at_once)
        self.burst = at_once * self.spacing

    def charge(self, kind: int, amount: int) -> Charge:
        """Return what so many use of the limit."""
        return Charge(kind, amount * self.spacing, self.burst)


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits per minute of a model, of which at least one is not None."""

    requests: Rate | None
    tokens: Rate | None

    def charges(self, request: Request, response: Response | None = None) -> list[Charge]:
        """Return what a call uses: at most, as long as it has no answer, and then what it did use."""
        found = [] if self.requests is None else [self.requests.charge(_REQUESTS, 1)]
        if self.tokens is not None:
            amount = most_of(request, None) if response is None else spent_on(request, response, None)
            found.append(self.tokens.charge(_TOKENS, amount.tokens))
        return found


def pace_of(requests: int | None, tokens: int | None) -> Pace | None:
    """Return limits per minute as a pace, None where there are none."""
    if requests is None and tokens is None:
        return None
    return Pace(None if requests is None else Rate(requests), None if tokens is None else Rate(tokens))


class Limiter:
    """Hands out places, first come first served; each asker names the bound that holds for it.

    Below the bounds there is a limit of its own. The first call that is refused for its rate halves it,
    further ones only if they were sent after that; each good answer lets it grow, by one for as many
    answers as it has places (additive increase, multiplicative decrease: Chiu and Jain, 1989). While the
    account is paused, or its limits per minute are reached, nothing starts; what is in flight goes on.

    Attributes:
        in_flight: Places taken.
        bound: The bound that was named last.
        window: How often the limit was halved.
    """

    __slots__ = (
        "_due", "_limit", "_paused_until", "_reason", "_room", "_timer", "_waiting", "bound", "in_flight",
        "window",
    )  # fmt: skip

    def __init__(self) -> None:
        self.in_flight = self.bound = self.window = 0
        self._waiting: deque[tuple[asyncio.Future[None], int, Sequence[Charge]]] = deque()
        self._limit = math.inf
        self._room = _ANY  # places there are now: none in a pause
        self._paused_until = 0.0
        self._reason = ""
        self._due = [0.0, 0.0]  # when the requests and the tokens that were let through are paid off
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Number of askers that wait for a place."""
        return sum(not waiter.done() for waiter, _, _ in self._waiting)

    # --- Places ------------------------------------------------------------------------------

    def take(self, bound: int, charges: Sequence[Charge] = ()) -> bool:
        """Take a place at once if fewer than `bound` are taken and none is held back; return whether."""
        self.bound = bound
        if self._waiting or self.in_flight >= bound or self.in_flight >= self._room:
            return False
        if charges and self._due_at(charges) > _now():
            return False
        self._start(charges)
        return True

    async def wait(self, bound: int, charges: Sequence[Charge] = ()) -> None:
        """Wait in line for a place among `bound`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((waiter, bound, charges))
        self._hand_over()
        try:
            await waiter
        except BaseException:
            if waiter.cancelled():
                self._hand_over()  # this one may have stood before others that fit
            else:  # the place came in the same turn as the cancellation
                self._give_back(charges)
                self.release()
            raise

    def release(self) -> None:
        """Give a place back."""
        self.in_flight -= 1
        if self._waiting:
            self._hand_over()

    def _hand_over(self) -> None:
        while self._waiting:
            waiter, bound, charges = self._waiting[0]
            if not waiter.done():
                if self.in_flight >= bound or self.in_flight >= self._room:
                    return
                if charges and (due := self._due_at(charges)) > _now():
                    self._wake_at(due)
                    return
                self._start(charges)
                waiter.set_result(None)
            self._waiting.popleft()

    def _start(self, charges: Sequence[Charge]) -> None:
        self.in_flight += 1
        for kind, seconds, burst in charges:
            self._due[kind] = max(self._due[kind], _now() - burst) + seconds

    # --- Limits per minute -------------------------------------------------------------------

    def _due_at(self, charges: Sequence[Charge]) -> float:
        return max(self._due[charge.kind] for charge in charges)

    def _give_back(self, charges: Sequence[Charge]) -> None:
        for kind, seconds, _ in charges:
            self._due[kind] -= seconds

    def correct(self, charges: Sequence[Charge], used: Sequence[Charge]) -> None:
        """Count what a call used in place of what it was let through for."""
        self._give_back(charges)
        for kind, seconds, _ in used:
            self._due[kind] += seconds

    # --- What answers tell -------------------------------------------------------------------

    def answered(self, window: int, bound: int, pause: float) -> None:
        """Take note of a good answer.

        Args:
            window: How often the limit had been halved when the call was sent.
            bound: The bound of the call.
            pause: Seconds for which the server says that nothing is left.
        """
        if pause:
            self._pause(pause, _RATE_LIMIT)
        if window == self.window and self._limit < bound:
            self._limit += 1.0 / int(self._limit)
            self._set_room()

    def failed(self, error: InfrastructureError, window: int, bound: int, longest: float) -> None:
        """Take note of a call that failed on its way.

        Args:
            error: How.
            window: How often the limit had been halved when the call was sent.
            bound: The bound of the call.
            longest: Seconds that a server is waited for; where it asks for more, the call has failed, and
                the others are left to find out.
        """
        limited = isinstance(error, RateLimitedError)
        if limited and window == self.window:
            self.window += 1
            self._limit = max(1.0, min(self._limit, max(bound, self.in_flight)) / 2.0)
            self._set_room()
        asked = error.retry_after or 0.0
        pause = asked if asked <= longest else 0.0
        if pause or error.pause:
            self._pause(pause or min(error.pause, longest), _RATE_LIMIT if limited else "server busy")

    def _set_room(self) -> None:
        if not self._paused_until:
            self._room = _ANY if self._limit == math.inf else int(self._limit)

    def _pause(self, seconds: float, reason: str) -> None:
        until = _now() + seconds
        if until > self._paused_until:
            self._paused_until, self._reason, self._room = until, reason, 0
            self._wake_at(until)

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, self._wake)

    def _wake(self) -> None:
        self._timer = None
        if self._paused_until > _now():
            self._wake_at(self._paused_until)
            return
        self._paused_until = 0.0
        self._set_room()
        self._hand_over()

    # --- For those who look ------------------------------------------------------------------

    @property
    def limit(self) -> int:
        """Calls that may be in flight now; what a pause allows is not meant."""
        return int(min(self._limit, self.bound))

    def held(self) -> tuple[float, str]:
        """Return for how many seconds no call starts, and why; 0.0 where it is for want of a place."""
        if self._paused_until:
            return max(0.0, self._paused_until - _now()), self._reason
        if self.waiting and self._timer is not None:
            return max(0.0, self._timer.when() - _now()), "limit per minute"
        return 0.0, ""


def _now() -> float:
    return asyncio.get_running_loop().time()


def limiter_for(account: str) -> Limiter:
    """Return the limiter of an account on the running event loop."""
    values = of_loop(asyncio.get_running_loop())
    limiter: Limiter | None = values.get(account)
    if limiter is None:
        limiter = values[account] = Limiter()
    return limiter


class Limiters:
    """The limiters of an account, of which the one used last is found at once.

    Args:
        account: The account.
    """

    __slots__ = ("_account", "_last")

    def __init__(self, account: str) -> None:
        self._account = account
        self._last: tuple[Callable[[], object], Limiter] = (object, Limiter())

    def here(self) -> Limiter:
        """Return the limiter on the running event loop."""
        loop = asyncio.get_running_loop()
        last = self._last  # both parts at once: other threads have other loops
        if last[0]() is not loop:
            last = self._last = (weakref.ref(loop), limiter_for(self._account))
        return last[1]


@dataclass(frozen=True, slots=True)
class Load:
    """What the accounts of an event loop are doing that have a call, or are held back.

    Attributes:
        in_flight: Calls in flight.
        limit: Calls that may be in flight now: after answers that the rate is too high, fewer than `bound`.
        bound: Calls that may be in flight at most.
        waiting: Calls that wait for a place, or for the end of a pause.
        held: Seconds for which an account starts no call, the longest of them; 0.0 where all may start.
        reason: Why: "rate limit" (the provider's), "server busy", "limit per minute" (one that was set) or
            "".
    """

    in_flight: int
    limit: int
    bound: int
    waiting: int
    held: float = 0.0
    reason: str = ""


def current_load() -> Load:
    """Return what the accounts in use on the running event loop are doing; idle ones do not count.

    Raises:
        RuntimeError: No event loop is running.
    """
    values = of_loop(asyncio.get_running_loop()).values()
    limiters = [value for value in values if isinstance(value, Limiter)]
    busy = [one for one in limiters if one.in_flight or one.waiting or one.held()[0]]
    held, reason = max((limiter.held() for limiter in busy), default=(0.0, ""))
    return Load(
        sum(limiter.in_flight for limiter in busy),
        sum(limiter.limit for limiter in busy),
        sum(limiter.bound for limiter in busy),
        sum(limiter.waiting for limiter in busy),
        held,
        reason if held else "",
    )
