"""The way of a call, from the outside in. This file is the one place where the order is written.

validation, journal, cache and joining, budget, fallback, retry, limiter, gate, provider.

A wrapper takes a request and the call it belongs to, and passes them on; the provider at the end sees the
request alone.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from synalinks._internal.activity import Activity, activity
from synalinks._internal.scope import sample_scope
from synalinks.errors import InfrastructureError, InvalidOutputError, ProgramFaultError
from synalinks.hooks import Usage, emit
from synalinks.language_models._cache import Cache
from synalinks.language_models._fallback import Route, replaced
from synalinks.language_models._journal import Gate, Journal, Place, gate, journal, longest_wait, place_of
from synalinks.language_models._limiter import Limiters, Pace
from synalinks.language_models._meter import Hold, Meter, meter, spent_on
from synalinks.language_models._prices import Price
from synalinks.language_models._provider import Provider
from synalinks.language_models._request import Request, Response
from synalinks.language_models._retry import Retry
from synalinks.language_models._sharing import shared
from synalinks.language_models._validation import asks_for_tools, check_ending, read


class Sink(Protocol):
    """Is told of an answer while it comes."""

    def __call__(self, piece: str) -> None:
        """Take a piece of its text."""
        ...

    def again(self) -> None:
        """Forget the pieces: the answer was not valid and is asked for again."""
        ...


class Call:
    """What is counted of a call while it is under way.

    Attributes:
        attempts: Requests sent to the provider.
        hold: What a budget has set aside for it, None without a budget.
        own: Tokens of all answers of the model that was asked.
        others: Tokens and price of each answer that was paid for otherwise: a fallback is involved.
        replayed: Whether an answer came from a journal.
        request: The question in its last form, where it was asked again; otherwise None.
        sink: Who is told of the answer's text while it comes, None where nobody is.
        told: Whether a piece of it was handed out: then nothing can be asked again in its place.
    """

    __slots__ = ("attempts", "hold", "others", "own", "replayed", "request", "sink", "told")

    def __init__(self, sink: Sink | None = None) -> None:
        self.attempts = 0
        self.hold: Hold | None = None
        self.replayed = self.told = False
        self.request: Request | None = None
        self.sink = sink
        self.own: Usage | None = None
        self.others: tuple[tuple[Usage, Price | None], ...] = ()

    def count(self, usage: Usage) -> None:
        """Add the tokens of one more answer."""
        self.own = usage if self.own is None else self.own + usage

    def count_other(self, usage: Usage, price: Price | None) -> None:
        """Add the tokens of one more answer, with the price of the model that gave it."""
        self.others = (*self.others, (usage, price))

    @property
    def usage(self) -> Usage | None:
        """Tokens of all answers that came, None where none did."""
        if not self.others:
            return self.own
        return sum((usage for usage, _ in self.others), self.own or Usage())

    def cost(self, price: Price | None) -> int | None:
        """Return what all answers cost, in parts of a dollar, None where it is not known.

        Args:
            price: Of the model that was asked.
        """
        paid = list(self.others)
        if self.own is not None or not paid:
            paid.append((self.own or Usage(), price))
        cost = 0
        for usage, each in paid:
            if each is None:
                return None
            cost += each.cost(usage)
        return cost

    def ask_again(self, request: Request) -> None:
        """Begin anew, with the question in another form."""
        self.request, self.told = request, False
        if self.sink is not None:
            self.sink.again()

    def tell(self, piece: str) -> None:
        """Hand out a piece of the answer's text."""
        if self.sink is not None:
            self.told = True
            self.sink(piece)


Handler = Callable[[Request, Call], Awaitable[Response]]

Prices = Mapping[str, Price | None]
"""Full names of fallbacks to their prices."""

_NONE: Final[Prices] = MappingProxyType({})


def pipeline(
    routes: Sequence[Route],
    *,
    validation_retries: int,
    cache: Cache | None = None,
    where: str = "",
) -> Handler:
    """Return the way of a call.

    Args:
        routes: The model, and those that are asked in its place, in order.
        validation_retries: As for `validated`.
        cache: As for `shared`, None for none.
        where: Likewise.
    """
    price = routes[0].price
    others = {route.model: route.price for route in routes[1:]}
    *first, handler = (sending(route) for route in routes)
    for inner, route, fallback in reversed([*zip(first, routes, routes[1:], strict=False)]):
        handler = replaced(inner, handler, route, fallback)
    handler = metered(handler, price)
    handler = shared(handler, cache, where)
    handler = journaled(handler, price, others=others, shares=cache is not None)
    return validated(handler, validation_retries, others=others)


def sending(route: Route) -> Handler:
    """Return the way of a call to one model, as far as it is a matter of that model alone."""
    handler = gated(route.provider)
    handler = limited(
        handler,
        route.provider.account,
        route.max_concurrency,
        pace=route.pace,
        longest=route.retry.maximum_wait,
    )
    return retried(handler, route.retry)


def validated(inner: Handler, retries: int, *, others: Prices = _NONE) -> Handler:
    """Judge each answer; one that is not valid for the schema is asked for again, with the reason."""

    async def handle(request: Request, call: Call) -> Response:
        schema = request.schema
        while True:
            response = await inner(request, call)
            if response.answered_by and not response.cached:
                call.count_other(response.usage, others.get(response.answered_by))
            elif not response.cached:
                call.count(response.usage)
            check_ending(request, response)
            if schema is None or asks_for_tools(request, response):
                return response
            text = response.text or ""
            value, problem = read(schema, text)
            if problem is None:
                return response.with_parsed(value)
            if request.reask >= retries:
                raise _not_valid(request, text, problem)
            _tell_of_retry(request, call, 0.0, f"The answer is not valid: {problem}")
            request = request.asked_again(text, problem)
            call.ask_again(request)

    return handle


def _tell_of_retry(
    request: Request, call: Call, wait: float, reason: str, error: Exception | None = None
) -> None:
    emit(
        request.retried,
        model=f"{request.provider}/{request.model}",
        attempts=call.attempts,
        wait=wait,
        reason=reason,
        error=error,
    )


def _not_valid(request: Request, text: str, problem: str) -> InvalidOutputError:
    model = f"{request.provider}/{request.model}"
    asked = f", asked {request.reask + 1} times" if request.reask else ""
    shown = text if len(text) <= 300 else text[:300] + "…"
    return InvalidOutputError(
        f"The answer of {model}{asked}, is not valid: {problem}. It was: {shown!r}", text=text, model=model
    )


def journaled(
    inner: Handler, price: Price | None, *, others: Prices = _NONE, shares: bool = False
) -> Handler:
    """Take a completed call of an interrupted run from its journal, and keep each that completes.

    Args:
        inner: What is asked otherwise.
        price: What replayed answers were paid with.
        others: The same for those of fallbacks.
        shares: Whether equal calls in flight with a rollout have one answer: then they are no race.
    """

    async def kept(active: Journal, place: Place, request: Request, call: Call) -> Response:
        again = (scope := sample_scope.get()) is not None and scope.again
        known = active.lookup(place.address, request, again=again)
        if known is not None:
            call.replayed = True
            if not again and not known.cached and (counting := meter.get()) is not None:
                counting.replay(spent_on(request, known, others.get(known.answered_by, price)))
            return known
        equal = place.start()
        if equal and request.sampled and not (shares and request.rollout is not None):
            active.race(place.address)
        try:
            response = await inner(request, call)
            await active.record(place.address, request, response)
        except (InfrastructureError, ProgramFaultError) as error:
            await active.fail(place.address, request, error)
            raise
        finally:
            place.end()
        return response

    def handle(request: Request, call: Call) -> Awaitable[Response]:
        active = journal.get()
        place = None if active is None else place_of(request)
        if active is None or place is None:
            return inner(request, call)
        return kept(active, place, request, call)

    return handle


def metered(inner: Handler, price: Price | None) -> Handler:
    """Set aside what a call may use of the budget before it starts, and count what it did use."""

    async def counted(active: Meter, request: Request, call: Call) -> Response:
        hold = call.hold = Hold(active, request, price, call.attempts)
        await hold.take()
        try:
            with hold.within():
                response = await inner(request, call)
        except BaseException as error:
            hold.end(error, call.attempts)
            raise
        hold.answered(response)
        return response

    def handle(request: Request, call: Call) -> Awaitable[Response]:
        active = meter.get()
        return inner(request, call) if active is None else counted(active, request, call)

    return handle


def retried(inner: Handler, retry: Retry) -> Handler:
    """Wait out failures of the infrastructure; no place among the calls in flight is held meanwhile.

    An answer of which a piece was handed out is not asked for again: it might begin otherwise.
    """

    async def handle(request: Request, call: Call) -> Response:
        tries = 0
        while True:
            tries += 1
            try:
                return await inner(request, call)
            except InfrastructureError as error:
                wait = retry.wait_after(tries, error)
                if wait is None or call.told or (error.retry_after or 0.0) > longest_wait.get():
                    error.add_note(f"Tried {tries} time{'s' if tries > 1 else ''}.")
                    raise
                if call.hold is not None:
                    call.hold.failed(error, call.attempts)
                _tell_of_retry(request, call, wait, f"{type(error).__name__}: {error}", error)
            await _back_off(wait)
            if call.hold is not None:
                await call.hold.take()

    return handle


async def _back_off(seconds: float) -> None:
    counting = activity.get() or Activity()
    counting.backing_off += 1
    try:
        await asyncio.sleep(seconds)
    finally:
        counting.backing_off -= 1


def limited(
    inner: Handler, account: str, bound: int, *, pace: Pace | None = None, longest: float = math.inf
) -> Handler:
    """Start calls of an account on one event loop as it can take them: at most `bound` are in flight.

    Args:
        inner: What is limited.
        account: The account.
        bound: Calls in flight at most.
        pace: Limits per minute, None for none.
        longest: Seconds that a server is waited for at most.
    """
    limiters = Limiters(account)

    async def handle(request: Request, call: Call) -> Response:
        limiter = limiters.here()
        charges = () if pace is None else pace.charges(request)
        if not limiter.take(bound, charges):
            await limiter.wait(bound, charges)
        window = limiter.window
        try:
            response = await inner(request, call)
            if pace is not None:
                limiter.correct(charges, pace.charges(request, response))
            if response.pause or window:
                limiter.answered(window, bound, min(response.pause, longest, longest_wait.get()))
        except InfrastructureError as error:
            limiter.failed(error, window, bound, min(longest, longest_wait.get()))
            raise
        finally:
            limiter.release()
        return response

    return handle


def gated(provider: Provider) -> Handler:
    """Send the request, unless the run is being ended: then neither a call nor another try of one starts."""

    def sent(request: Request, call: Call) -> Awaitable[Response]:
        call.attempts += 1
        return provider.complete(request) if call.sink is None else provider.stream(request, call.tell)

    async def passed(active: Gate, request: Request, call: Call) -> Response:
        await active.enter()
        try:
            return await sent(request, call)
        finally:
            active.leave()

    def handle(request: Request, call: Call) -> Awaitable[Response]:
        active = gate.get()
        return sent(request, call) if active is None else passed(active, request, call)

    return handle
