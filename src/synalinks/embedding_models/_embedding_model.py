"""The embedding model that modules call."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar, Final, cast, overload

import orjson

from synalinks._internal.scope import sample_scope
from synalinks._internal.settings import settings
from synalinks.embedding_models._dialects import dialect_of
from synalinks.embedding_models._pipeline import pipeline
from synalinks.embedding_models._request import EmbeddingRequest, Embeddings
from synalinks.embedding_models._table import EmbeddingSpec, embedding_spec
from synalinks.errors import ConfigurationError
from synalinks.hooks import EmbeddingModelCallEnded, EmbeddingModelCallStarted, observed
from synalinks.language_models import Provider, Retry
from synalinks.language_models._cache import Cache
from synalinks.language_models._options import (
    address_and_key,
    check_count,
    hidden,
)
from synalinks.language_models._pipeline import Call, Handler
from synalinks.language_models._prices import checked_prices, price_of
from synalinks.language_models._recording import kept, recorded
from synalinks.language_models._served_model import ServedModel, named
from synalinks.language_models.providers._http_provider import HttpProvider
from synalinks.language_models.providers._table import (
    IN_PROCESS,
    PROVIDERS,
)

_OPTIONS: Final = (
    "api_base", "api_key", "timeout", "connect_timeout", "retry", "cache", "max_concurrency",
    "requests_per_minute", "tokens_per_minute", "batch_size", "dimensions", "prices",
)  # fmt: skip
_RESERVED: Final = frozenset({"model", "input", "texts", "requests", "content", "encoding_format"})
"""Parameters of the protocols that are not the caller's."""


class EmbeddingModel(ServedModel):
    """A model that gives texts as vectors: texts of like meaning are near each other.

    `await em(text)` gives a list of numbers, `await em(texts)` one for each text, in their order. Texts are
    sent in as few requests as the provider takes, which are in flight together. Calls take the way of those
    of a `LanguageModel`: those that fail on their way are tried again, budgets and limits hold, and a
    resumed run takes them from its journal.

    No text may be empty, since providers refuse that. One that is too long for the model is a
    `ContextTooLongError` where the server says so; some cut it silently (Gemini does). Vectors are given
    as the server sends them: whether their length is 1 depends on the model.

    Args:
        model: "provider/name", for example "openai/text-embedding-3-small" or "ollama/nomic-embed-text".
        api_base: Address of the server; the provider's own when not given.
        api_key: The key; the provider's environment variable when not given.
        timeout: Seconds for one request from start to last byte; None for no end.
        connect_timeout: Seconds for making a connection; None for no end of its own.
        retry: When failures of the infrastructure are tried again.
        cache: Where vectors are kept and looked for first, text by text: "memory", the path of a file, which
            any number of processes may share, or a `MemoryCache` or `FileCache` with a size of its own,
            which other models may share. A text that two calls ask for at once is sent once.
        max_concurrency: Bound on the requests in flight of the account (address and key), which all models
            of one account share.
        requests_per_minute: Requests that start within a minute at most; None for no limit.
        tokens_per_minute: Tokens of texts likewise.
        batch_size: Texts in a request at most; None for what suits the provider (128, Gemini 100).
        dimensions: Numbers in a vector, for models that can shorten theirs; None for all.
        prices: What tokens cost, in US dollars per million: `{"input": 0.02}`. Well-known models need none,
            local ones cost nothing.
        **default_params: Parameters of the provider for every request, for example `user="me"`, or at
            Gemini `task_type="RETRIEVAL_QUERY"`.

    Raises:
        ConfigurationError: An argument cannot be used; an unknown provider is an `UnknownNameError`.
    """

    model: str = ""
    api_base: str | None = None  # these two so that one whose arguments are refused can be shown

    kind: ClassVar[str] = "embedding model"

    def __init__(
        self,
        model: str,
        *,
        api_base: str | None = None,
        api_key: str | None = None,
        timeout: float | None = 120.0,
        connect_timeout: float | None = 10.0,
        retry: Retry | None = None,
        cache: str | os.PathLike[str] | Cache | None = None,
        max_concurrency: int = 64,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        batch_size: int | None = None,
        dimensions: int | None = None,
        prices: Mapping[str, float] | None = None,
        **default_params: Any,
    ) -> None:
        key = hidden(api_key)
        del api_key
        super().__init__(
            model,
            api_base=api_base,
            key=key,
            timeout=timeout,
            connect_timeout=connect_timeout,
            retry=retry,
            cache=cache,
            max_concurrency=max_concurrency,
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
        )
        in_process = self._provider_name == IN_PROCESS
        self._spec = EmbeddingSpec() if in_process else embedding_spec(self._provider_name, model)
        check_count("dimensions", dimensions, least=1, allow_none=True)
        self.batch_size, self.dimensions = _checked_batch(batch_size, self._spec, model), dimensions
        self.prices = None if prices is None else _checked_prices(prices)
        self.price = price_of(model, None if self.prices is None else {**self.prices, "output": 0.0})
        self.default_params: Mapping[str, Any] = _checked_params(default_params)
        self._handler: Handler | None = None

    @overload
    async def __call__(self, texts: str) -> list[float]: ...
    @overload
    async def __call__(self, texts: list[str] | tuple[str, ...]) -> list[list[float]]: ...
    async def __call__(self, texts: str | list[str] | tuple[str, ...]) -> list[float] | list[list[float]]:
        """Return the vector of a text, or of each text of a list; an empty list costs no call.

        Args:
            texts: A text, or a list or tuple of texts, none of them empty.

        Raises:
            InfrastructureError: A request failed on its way, also after trying again.
            ContextTooLongError: A text is too long for the model.
            FatalCallError: Every such call would fail.
            ConfigurationError: The key is missing, or a text is none or empty.
        """
        handler = self._handler or self.check()
        asked = [texts] if isinstance(texts, str) else texts
        _check_texts(asked)
        if not asked:
            return []
        params = self.default_params
        if self.dimensions is not None:
            params = {**params, "dimensions": self.dimensions}
        found = await self._answered(
            handler, EmbeddingRequest.of(self._provider_name, self._model_name, tuple(asked), params)
        )
        return found[0] if isinstance(texts, str) else list(found)

    async def _answered(self, handler: Handler, request: EmbeddingRequest) -> Sequence[list[float]]:
        with observed(
            EmbeddingModelCallStarted,
            EmbeddingModelCallEnded,
            model=self.model,
            texts=request.texts,
            params=request.params,
        ) as span:
            call, started = Call(), time.perf_counter()
            try:
                response = cast(Embeddings, await handler(request, call))
            except BaseException as error:
                span.result(record=recorded(self, request, call, started, None, error))
                raise
            if call.usage is None and not response.cached:  # it came from the journal
                call.count(response.usage)
            if span or sample_scope.get() is not None:
                record = recorded(self, request, call, started, response, None)
                span.result(record=record, dimensions=response.dimensions, response_model=response.model)
            else:
                kept(self, request, call, started, response)
        return response.vectors

    def check(self) -> Handler:
        """Make sure that the model can be called, without calling it.

        Raises:
            MissingAPIKeyError: A key is needed, none was given and the environment holds none.
            FileError: The file of the cache cannot be used.
        """
        if self._handler is None:
            if self.cache is not None:
                self.cache.open()
            self._handler = pipeline(
                self._provider(),
                most=self.batch_size or self._spec.usual,
                tokens=self._spec.tokens,
                retry=self.retry,
                max_concurrency=self.max_concurrency,
                pace=self._pace,
                price=self.price,
                cache=self.cache,
                where=self._where(),
            )
        return self._handler

    def _provider(self) -> Provider:
        self._refuse_in_process()
        spec = PROVIDERS[self._provider_name]
        base, key = address_and_key(self.model, spec, self.api_base, self._given_key)
        return HttpProvider(
            self._provider_name,
            self._model_name,
            dialect=dialect_of(self._spec),
            api_base=base,
            key=key,
            timeout=self.timeout,
            connect_timeout=self.connect_timeout,
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain JSON, without the key."""
        return {
            **super().get_config(),
            "batch_size": self.batch_size,
            "dimensions": self.dimensions,
            "prices": self.prices,
            **self.default_params,
        }

    @staticmethod
    def from_config(config: Mapping[str, Any]) -> EmbeddingModel:
        """Return the model that `get_config` described; its key comes from the environment."""
        return EmbeddingModel._made(config)

    def __reduce__(self) -> tuple[Any, ...]:
        return EmbeddingModel.from_config, (self.get_config(),)


def _check_texts(texts: Any) -> None:
    if not isinstance(texts, list | tuple):
        raise ConfigurationError(
            f"An EmbeddingModel takes a text or a list of texts, not {type(texts).__name__}.",
            argument="texts",
        )
    for number, text in enumerate(texts):
        if not isinstance(text, str) or not text:
            what = "is empty, and providers refuse that" if text == "" else f"is no text: {text!r:.100}"
            raise ConfigurationError(f"texts[{number}] {what}. Leave it out.", argument="texts")


def _checked_batch(batch_size: Any, spec: EmbeddingSpec, model: str) -> int | None:
    check_count("batch_size", batch_size, least=1, allow_none=True)
    if batch_size is not None and batch_size > spec.most:
        raise ConfigurationError(
            f"batch_size={batch_size} is more than the provider of {model!r} takes at once: {spec.most}.",
            argument="batch_size",
        )
    return cast(int | None, batch_size)


def _checked_prices(prices: Any) -> dict[str, float]:
    if not isinstance(prices, Mapping) or set(prices) != {"input"}:
        raise ConfigurationError(
            f'prices must be {{"input": ...}}, in US dollars per million tokens; it is {prices!r:.200}.',
            argument="prices",
        )
    checked = checked_prices({**prices, "output": 0.0}) or {}
    return {"input": checked["input"]}


def _checked_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of every request without those that are None."""
    for name in params:
        if name in _RESERVED:
            raise ConfigurationError(f"{name!r} is not a parameter of a caller's.", argument=name)
        close = get_close_matches(name.lower(), _OPTIONS, n=1, cutoff=0.8)
        if close:
            raise ConfigurationError(
                f"Unknown option {name!r} of EmbeddingModel. Did you mean {close[0]!r}?", argument=name
            )
    given = {name: value for name, value in params.items() if value is not None}
    try:
        orjson.dumps(given)
    except TypeError as error:
        raise ConfigurationError(f"A parameter is not JSON: {error}.") from None
    return given


def set_default_embedding_model(model: EmbeddingModel | str | None) -> None:
    """Set the model that modules without one of their own use for embeddings, for the whole process.

    Args:
        model: A model, its name, or None for no default.
    """
    settings().embedding_model = None if model is None else get(model)


def get(identifier: Any = None) -> EmbeddingModel:
    """Return the embedding model that `identifier` names.

    Args:
        identifier: An `EmbeddingModel`, a name "provider/name", a configuration, or None for the default.

    Raises:
        ConfigurationError: It names none, or it is None and no default was set.
    """
    found: EmbeddingModel = named(identifier, EmbeddingModel, settings().embedding_model)
    return found
