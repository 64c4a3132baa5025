"""Asking once what is asked more than once: answers of a cache, and equal calls in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextvars import ContextVar
from copy import copy
from typing import TYPE_CHECKING

import orjson

from synalinks.errors import LanguageModelError, ProgramFaultError
from synalinks.language_models._cache import Cache, Flight, Outcome
from synalinks.language_models._request import Request, Response
from synalinks.language_models._validation import asks_for_tools, check_ending, read

if TYPE_CHECKING:
    from synalinks.language_models._pipeline import Call, Handler


step_answers: ContextVar[Cache | None] = ContextVar("synalinks_step_answers", default=None)
"""Answers that candidates of one step share, where the model has no cache of its own; None elsewhere."""


def shared(inner: Handler, cache: Cache | None, where: str) -> Handler:
    """Ask what was asked before of the cache, and wait for equal calls in flight.

    A failure of the call that is waited for is that of all who wait; where it is cancelled, or has no part
    in a budget, the next of them makes it. Two calls may share an answer only where it would be the same,
    or where they say by their rollout that it is.

    Args:
        inner: What is asked otherwise.
        cache: Keeps the answers that can be used; None for that of the step, in one.
        where: What the answers depend on besides the request.
    """

    def handle(request: Request, call: Call) -> Awaitable[Response]:
        kept = step_answers.get() if cache is None else cache
        if kept is None or (request.sampled and (request.rollout is None or cache is None)):
            return inner(request, call)
        return _once(inner, kept, where + request.key, request, call)

    return handle


async def _once(inner: Handler, cache: Cache, key: str, request: Request, call: Call) -> Response:
    flights = cache.flights(asyncio.get_running_loop())
    while True:
        outcome: Outcome = cache.get(key)
        if outcome is None and (flight := flights.get(key)) is not None:
            outcome = await over(flight)
            if outcome is None:
                continue
        if isinstance(outcome, LanguageModelError):
            raise again(outcome)
        if outcome is None:
            return await _first(inner, cache, key, request, call, flights)
        response = Response.from_parts(orjson.loads(outcome), cached=True)
        if response.text:
            call.tell(response.text)
        return response


async def _first(
    inner: Handler, cache: Cache, key: str, request: Request, call: Call, flights: dict[str, Flight]
) -> Response:
    flight = flights[key] = Flight()
    outcome: Outcome = None
    try:
        response = await inner(request, call)
        outcome = response.to_bytes()
        if _is_usable(request, response):
            cache.put(key, outcome)
    except LanguageModelError as error:
        # What was handed out keeps the call from being tried again, which is nothing to those who wait.
        outcome = None if call.told else error
        raise
    finally:
        del flights[key]
        if flight.over is not None:
            flight.over.set_result(outcome)
    return response


def over(flight: Flight) -> Awaitable[Outcome]:
    """Return what comes of a call, to be waited for; whoever is cancelled leaves the others waiting."""
    if flight.over is None:
        flight.over = asyncio.get_running_loop().create_future()
    return asyncio.shield(flight.over)


def again(error: LanguageModelError) -> LanguageModelError:
    """Return the error anew: each task that raises it has a traceback of its own."""
    try:
        return copy(error)
    except TypeError:  # one of the user's, made in a way of its own
        return error


def _is_usable(request: Request, response: Response) -> bool:
    """Return whether an answer is worth keeping.

    One that is not valid, refused or cut may come right another time, and that of a fallback is to be the
    model's own again.
    """
    if response.answered_by:
        return False
    try:
        check_ending(request, response)
    except ProgramFaultError:
        return False
    schema = request.schema
    if schema is None or asks_for_tools(request, response):
        return True
    return read(schema, response.text or "")[1] is None
