"""An embedding model that answers in the process, for tests."""

from __future__ import annotations

import asyncio
import inspect
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, cast
from zlib import crc32

from synalinks.embedding_models._embedding_model import EmbeddingModel
from synalinks.embedding_models._request import EmbeddingRequest, Embeddings
from synalinks.errors import ConfigurationError
from synalinks.hooks import Usage
from synalinks.language_models import Provider, Request, Response, Retry
from synalinks.language_models.providers._table import IN_PROCESS

_WORDS = re.compile(r"\w+")


def hashed_words(text: str, dimensions: int) -> list[float]:
    """Return a vector of length 1 in which each word of a text counts at a place of its own.

    Texts that share words are near each other, whatever the order of the words ("hashing trick",
    arxiv.org/abs/0902.2206). It is the same in each process.
    """
    vector = [0.0] * dimensions
    for word in _WORDS.findall(text.casefold()) or [text]:
        number = crc32(word.encode("utf-8", "surrogatepass"))
        vector[number % dimensions] += 1.0 if number & 0x40000000 else -1.0
    length = math.hypot(*vector)
    return [value / length for value in vector] if length else [1.0, *vector[1:]]


class _InProcess:
    """A provider that asks a function, after a wait, and fails where it is told to."""

    name = IN_PROCESS

    def __init__(
        self,
        fn: Callable[[str], Any],
        latency: float,
        failures: Mapping[int, Exception] | Callable[[EmbeddingRequest], Exception | None] | None,
    ) -> None:
        self.account = f"{IN_PROCESS}#{id(self)}"
        self._fn, self._latency, self._failures = fn, latency, failures
        self.requests: list[EmbeddingRequest] = []

    async def complete(self, request: Request) -> Response:
        asked, number, failures = cast(EmbeddingRequest, request), len(self.requests), self._failures
        self.requests.append(asked)
        if self._latency:
            await asyncio.sleep(self._latency)
        failure = failures.get(number) if isinstance(failures, Mapping) else failures and failures(asked)
        if failure is not None:
            raise failure
        vectors = [self._fn(text) for text in asked.texts]
        found = [await vector if inspect.isawaitable(vector) else vector for vector in vectors]
        tokens = sum(len(text) // 4 + 1 for text in asked.texts)
        return Embeddings.of([list(map(float, vector)) for vector in found], Usage(tokens))

    async def stream(self, request: Request, sink: Callable[[str], None]) -> Response:
        return await self.complete(request)


class FunctionEmbedding(EmbeddingModel):
    """An embedding model whose vectors are those of a function.

    Calls take the same way as those of a real model: batches, retry, limit.

    Args:
        fn: Called with a text, plain or async; it returns the vector, a sequence of numbers. Without one,
            words are hashed: the same text has the same vector in every process, and texts with the same
            words are near each other.
        dimensions: Numbers in a vector, where there is no `fn`.
        latency: Seconds that each request takes.
        failures: Failures on request: number of the request, from 0 in order of arrival, to the exception
            it fails with; or a function of the request that returns one, or None.
        name: The model's name after "testing/".
        retry: When failures are tried again; without waiting when not given.
        **options: Other arguments of `EmbeddingModel`.
    """

    def __init__(
        self,
        fn: Callable[[str], Any] | None = None,
        *,
        dimensions: int = 64,
        latency: float = 0.0,
        failures: Mapping[int, Exception] | Callable[[EmbeddingRequest], Exception | None] | None = None,
        name: str = "embedding",
        retry: Retry | None = None,
        **options: Any,
    ) -> None:
        if isinstance(dimensions, bool) or not isinstance(dimensions, int) or dimensions < 1:
            raise ConfigurationError(
                f"dimensions must be an integer of at least 1, not {dimensions!r}.", argument="dimensions"
            )
        retry = Retry(initial=0.0) if retry is None else retry
        super().__init__(f"{IN_PROCESS}/{name}", retry=retry, **options)
        self._asked = _InProcess(fn or (lambda text: hashed_words(text, dimensions)), latency, failures)

    def _provider(self) -> Provider:
        return self._asked

    def _address(self) -> str | None:
        return None

    @property
    def requests(self) -> list[EmbeddingRequest]:
        """The requests that came, in order of arrival; those tried again included."""
        return self._asked.requests
