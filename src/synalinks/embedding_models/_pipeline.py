"""The way of a call for embeddings, from the outside in.

journal, cache and joining of each text, batches, budget, retry, limiter, whether each text has a vector,
gate, provider.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, Final, cast

from synalinks.embedding_models._request import EmbeddingRequest, Embeddings, size_of
from synalinks.errors import BadRequestError, LanguageModelError, ProtocolError
from synalinks.hooks import Usage
from synalinks.language_models import Provider, Request, Response, Retry
from synalinks.language_models._cache import Cache, Flight, Outcome
from synalinks.language_models._limiter import Pace
from synalinks.language_models._pipeline import Call, Handler, gated, journaled, limited, metered, retried
from synalinks.language_models._prices import Price
from synalinks.language_models._sharing import again, over

_DOUBLE: Final = 8
_BYTES_PER_TOKEN: Final = 2
"""Bytes that count as one token where a request must not have too many: nearly all texts have more."""


def pipeline(
    provider: Provider,
    *,
    most: int,
    tokens: int | None,
    retry: Retry,
    max_concurrency: int,
    pace: Pace | None,
    price: Price | None,
    cache: Cache | None,
    where: str,
) -> Handler:
    """Return the way of a call to `provider`, in requests of at most so many texts and tokens."""
    handler = matched(gated(provider))
    handler = limited(handler, provider.account, max_concurrency, pace=pace, longest=retry.maximum_wait)
    handler = retried(handler, retry)
    handler = metered(handler, price)
    handler = batched(handler, most, tokens)
    if cache is not None:
        handler = shared(handler, cache, where)
    return journaled(handler, price)


def matched(inner: Handler) -> Handler:
    """Take an answer only if it has a vector for each text, all of the length asked for."""

    async def handle(request: Request, call: Call) -> Response:
        response = await inner(request, call)
        asked, vectors = cast(EmbeddingRequest, request), cast(Embeddings, response).vectors
        model, lengths = f"{request.provider}/{request.model}", set(map(len, vectors))
        if len(vectors) != len(asked.texts) or len(lengths) != 1:
            raise ProtocolError(
                f"{model}: for {len(asked.texts)} texts came {len(vectors)} vectors of the lengths "
                f"{sorted(lengths)}.",
                model=model,
                status=200,
            )
        wanted = request.params.get("dimensions")
        if wanted not in (None, *lengths):
            raise BadRequestError(
                f"{model}: its vectors have {lengths.pop()} numbers where dimensions={wanted} was asked for. "
                "It cannot shorten them: leave out dimensions=.",
                model=model,
                status=200,
            )
        return response

    return handle


def batched(inner: Handler, most: int, tokens: int | None) -> Handler:
    """Ask in requests of at most `most` texts and about `tokens` tokens, all in flight together."""

    async def one(request: EmbeddingRequest, call: Call) -> Embeddings:
        response = cast(Embeddings, await inner(request, call))
        call.count(response.usage)
        return response

    async def handle(request: Request, call: Call) -> Response:
        asked = cast(EmbeddingRequest, request)
        parts = [asked.part(texts) for texts in _batches(asked.texts, most, tokens)]
        if len(parts) == 1:
            return await one(parts[0], call)
        calls = [Call() for _ in parts]
        try:
            found = await _together([one(*each) for each in zip(parts, calls, strict=True)])
        finally:
            for part in calls:
                call.attempts += part.attempts
                call.count(part.usage or Usage())
        vectors = [vector for response in found for vector in response.vectors]
        return Embeddings.of(vectors, call.usage, found[0].model)

    return handle


def shared(inner: Handler, cache: Cache, where: str) -> Handler:
    """Ask only for texts whose vectors neither the cache has nor another call is getting.

    Args:
        inner: What is asked for the others.
        cache: Keeps vectors.
        where: What they depend on besides the request.
    """

    async def handle(request: Request, call: Call) -> Response:
        asked = cast(EmbeddingRequest, request)
        keys = {text: where + asked.part((text,)).key for text in asked.texts}
        vectors: dict[str, list[float]] = {}
        model = ""
        flights = cache.flights(asyncio.get_running_loop())
        while len(vectors) < len(keys):
            open_ = [text for text in keys if text not in vectors and not _found(cache, keys, text, vectors)]
            others = [over(flights[keys[text]]) for text in open_ if keys[text] in flights]
            if own := [text for text in open_ if keys[text] not in flights]:
                found = await asking(asked.part(own), call, [keys[text] for text in own], flights)
                vectors.update(zip(own, found.vectors, strict=True))
                model = found.model
            for other in others:
                outcome = await other
                if isinstance(outcome, LanguageModelError):
                    raise again(outcome)
        ordered = [vectors[text] for text in asked.texts]
        return Embeddings.of(ordered, call.usage, model, cached=call.usage is None)

    async def asking(
        request: EmbeddingRequest, call: Call, keys: Sequence[str], flights: dict[str, Flight]
    ) -> Embeddings:
        own = {key: Flight() for key in keys}
        flights.update(own)
        outcome: Outcome = None
        try:
            found = cast(Embeddings, await inner(request, call))
            outcome = b""
            for key, vector in zip(keys, found.vectors, strict=True):
                cache.put(key, array("d", vector).tobytes())
        except LanguageModelError as error:
            outcome = error
            raise
        finally:
            for key, flight in own.items():
                del flights[key]
                if flight.over is not None:
                    flight.over.set_result(outcome)
        return found

    return handle


def _found(cache: Cache, keys: Mapping[str, str], text: str, vectors: dict[str, list[float]]) -> bool:
    """Take a text's vector from the cache; return whether it has one."""
    kept = cache.get(keys[text])
    if not kept or len(kept) % _DOUBLE:
        return False
    vectors[text] = array("d", kept).tolist()
    return True


def _batches(texts: Sequence[str], most: int, tokens: int | None) -> Iterator[Sequence[str]]:
    """Yield the texts in order, in parts of at most so many; a text that is too long comes alone."""
    room = None if tokens is None else tokens * _BYTES_PER_TOKEN
    start = size = 0
    for number, text in enumerate(texts):
        added = 0 if room is None else size_of(text)
        full = number - start >= most or (room is not None and size + added > room)
        if number > start and full:
            yield texts[start:number]
            start, size = number, 0
        size += added
    yield texts[start:]


async def _together(work: Sequence[Coroutine[Any, Any, Embeddings]]) -> list[Embeddings]:
    """Return the results of coroutines that run together; where one fails none of the others runs on.

    Raises:
        Exception: What the first of those that failed raised, in the order given.
    """
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException as error:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        failures = [each for each in ended if isinstance(each, Exception)]
        if isinstance(error, Exception) and failures:
            error = failures[0]
        raise error
