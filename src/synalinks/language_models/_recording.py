"""What a call leaves behind: a record, for whoever collects them."""

from __future__ import annotations

import time
from typing import Any, Protocol

from synalinks._internal.activity import activity
from synalinks._internal.scope import SampleScope, module_path, purpose, sample_scope
from synalinks.hooks import CallRecord, Usage
from synalinks.language_models._last_calls import last_calls
from synalinks.language_models._pipeline import Call
from synalinks.language_models._prices import DOLLAR, Price
from synalinks.language_models._request import Request, Response


class Model(Protocol):
    """What a record says of the model that was asked.

    Attributes:
        model: Full model name.
        price: Its price, None where it is not known.
    """

    model: str
    price: Price | None


def recorded(
    model: Model,
    request: Request,
    call: Call,
    started: float,
    response: Response | None,
    error: BaseException | None,
) -> CallRecord:
    """Return the record of a call that ended now, which whoever collects records has then as well.

    Args:
        model: The model that was asked.
        request: The question.
        call: What was counted of the call.
        started: When it started, by `time.perf_counter`.
        response: The answer, None where it failed.
        error: Why, or None.
    """
    scope, failure = sample_scope.get(), None if error is None else type(error).__name__
    record = record_of(
        model, call, started, time.perf_counter(), purpose.get(), module_path.get(), response, failure, scope
    )
    if scope is not None:
        scope.records.append(record)
    if (counting := activity.get()) is not None:
        counting.count(record)
    if (calls := last_calls.get()) is not None:
        calls.add((call.request or request, response or f"{failure}: {error}", lambda: record))
    return record


def kept(model: Model, request: Request, call: Call, started: float, response: Response) -> None:
    """Keep a call that nobody needs the record of now, for those who ask for the last calls later."""
    if (calls := last_calls.get()) is not None:
        ended, whose, where = time.perf_counter(), purpose.get(), module_path.get()
        about: tuple[Any, ...] = (record_of, model, call, started, ended, whose, where, response)
        calls.add((call.request or request, response, *about))


def record_of(
    model: Model,
    call: Call,
    started: float,
    ended: float,
    purpose: str,
    module: str,
    response: Response | None,
    failure: str | None = None,
    scope: SampleScope | None = None,
) -> CallRecord:
    """Return the record of a call: of a model, with times, by whom and where."""
    usage, cost = call.usage, call.cost(model.price)
    cached = response is not None and response.cached and usage is None
    if response is not None and cached:
        usage = response.usage
        cost = None if model.price is None else model.price.cost(usage)
    return CallRecord(
        model.model,
        purpose,
        scope.phase if scope is not None else "",
        scope.epoch if scope is not None else None,
        scope.step if scope is not None else None,
        scope.sample if scope is not None else None,
        module,
        usage or Usage(),
        max(1, call.attempts),
        ended - started,
        failure,
        None if response is None else response.finish_reason,
        call.replayed,
        None if cost is None else cost / DOLLAR,
        cached,
        None if response is None else response.answered_by or None,
    )
