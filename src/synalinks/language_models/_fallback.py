"""Asking another model in place of one that cannot be reached, or that refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from synalinks.errors import ConfigurationError, InfrastructureError, LanguageModelError, RefusedError
from synalinks.hooks import emit
from synalinks.language_models._limiter import Pace
from synalinks.language_models._prices import Price
from synalinks.language_models._provider import Provider
from synalinks.language_models._request import Request, Response
from synalinks.language_models._retry import Retry
from synalinks.language_models._validation import is_refusal

if TYPE_CHECKING:
    from synalinks.language_models._pipeline import Call, Handler


@dataclass(frozen=True, slots=True)
class Route:
    """A model as it is asked, alone or in place of another.

    Attributes:
        model: Full model name.
        provider: What asks it.
        retry: When failures are tried again.
        max_concurrency: Bound on the calls in flight of its account.
        pace: Its limits per minute, or None.
        price: Its price, None where it is not known.
        params: Its default parameters.
    """

    model: str
    provider: Provider
    retry: Retry
    max_concurrency: int
    pace: Pace | None
    price: Price | None
    params: Mapping[str, Any]

    def asked(self, request: Request, route: Route) -> Request:
        """Return a request to another model as one to this: its default parameters in place of those."""
        provider, _, model = self.model.partition("/")
        defaults = route.params
        given = {k: v for k, v in request.params.items() if k not in defaults or defaults[k] != v}
        return replace(request, provider=provider, model=model, params={**self.params, **given})


def replaced(inner: Handler, other: Handler, route: Route, fallback: Route) -> Handler:
    """Ask another model where one fails on its way, also after trying again, and where it refuses.

    What a budget has set aside is that of the model that is being asked.

    Args:
        inner: What asks the model.
        other: What asks the other one, which may have a fallback of its own.
        route: The model.
        fallback: The other one.
    """

    async def instead(request: Request, call: Call, reason: str, error: Exception | None) -> Response:
        emit(
            request.retried,
            model=route.model,
            attempts=call.attempts,
            wait=0.0,
            reason=f"{reason.rstrip('.')}; {fallback.model} is asked in its place.",
            error=error,
        )
        asked = fallback.asked(request, route)
        if call.hold is not None:
            await call.hold.move(asked, fallback.price)
        try:
            response = await other(asked, call)
        except (LanguageModelError, ConfigurationError) as failure:
            failure.add_note(f"{route.model} was asked before: {reason}")
            raise
        return response if response.answered_by else replace(response, answered_by=fallback.model)

    async def handle(request: Request, call: Call) -> Response:
        try:
            response = await inner(request, call)
        except (InfrastructureError, RefusedError) as error:
            if call.told:
                raise
            if call.hold is not None:
                call.hold.failed(error, call.attempts)
            failure = error
        else:
            if call.told or not is_refusal(response):
                return response
            call.count_other(response.usage, route.price)
            if call.hold is not None:
                call.hold.answered(response)
            return await instead(request, call, f"{route.model} refused to answer", None)
        return await instead(request, call, f"{type(failure).__name__}: {failure}", failure)

    return handle
