"""The language model that modules call."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from synalinks._internal.scope import sample_scope
from synalinks._internal.settings import settings
from synalinks.errors import ConfigurationError
from synalinks.hooks import LanguageModelCallEnded, LanguageModelCallStarted, observed
from synalinks.hooks._span import Span
from synalinks.language_models._cache import Cache
from synalinks.language_models._fallback import Route
from synalinks.language_models._feed import feed_of
from synalinks.language_models._messages import as_messages
from synalinks.language_models._options import (
    address_and_key,
    check_count,
    hidden,
)
from synalinks.language_models._parameters import check_parameters, checked_defaults
from synalinks.language_models._pipeline import Call, Handler, pipeline
from synalinks.language_models._prices import checked_prices, price_of
from synalinks.language_models._provider import Provider
from synalinks.language_models._recording import kept, recorded
from synalinks.language_models._request import Request, Response
from synalinks.language_models._retry import Retry
from synalinks.language_models._schema import output_schema
from synalinks.language_models._served_model import ServedModel, named
from synalinks.language_models._stream import Stream
from synalinks.language_models.providers._http_provider import HttpProvider
from synalinks.language_models.providers._litellm import LiteLLM
from synalinks.language_models.providers._make import dialect_of
from synalinks.language_models.providers._table import (
    EMBEDDED,
    IN_PROCESS,
    PROVIDERS,
)


class LanguageModel(ServedModel):
    """A language model behind a server.

    `await lm(messages)` sends a request and returns a `Response`. Calls that fail on their way are tried
    again, answers are validated against the schema asked for, and the calls in flight are bounded per
    account. One object may be used from many tasks at once, and on several event loops.

    The provider's key is read from its environment variable when it is first needed. It is in no
    configuration, no error and no `repr`.

    Args:
        model: "provider/name", for example "openai/gpt-4o-mini" or "ollama/llama3.2", or
            "embedded/arithmetic", the tiny model that is in the package (extra `embedded`).
        api_base: Address of the server; the provider's own when not given. An address without a path gets
            the provider's usual one ("/v1" for those that speak OpenAI's protocol).
        api_key: The key; the provider's environment variable when not given.
        timeout: Seconds for one exchange from start to last byte; None for no end.
        connect_timeout: Seconds for making a connection; None for no end of its own.
        retry: When failures of the infrastructure are tried again.
        fallback: Who is asked where this model fails on its way, also after trying again, or refuses: a
            model's name, a `LanguageModel`, or a list of them, asked in order. One that is given by its name
            has the default parameters of this model. An error that every call would have, such as a wrong
            key, is raised. Results of a resumed run are exact only without a fallback.
        cache: Where answers are kept and asked for first: "memory", the path of a file, which any number of
            processes may share, or a `MemoryCache` or `FileCache` with a size of its own, which several
            models may share. Equal calls in flight have one answer then. Of calls with another temperature
            than 0 only those with a `rollout` take part. Not kept are answers that are not valid, refused
            or cut.
        max_concurrency: Bound on the calls in flight of the account (address and key), which models of
            one account share. Where the server says that the rate is too high, fewer are in flight for a
            while, and none starts for as long as it asks.
        requests_per_minute: Calls that start within a minute at most, tries included; None for no limit.
            The models of one account that have such a limit share it.
        tokens_per_minute: Tokens of prompts and answers likewise, about: a call is let through for its
            prompt and its `max_tokens`, and counted as the server counted it.
        validation_retries: How often an answer that is not valid for the schema is asked for again, with
            the reason.
        prices: What the model's tokens cost, in US dollars per million: `{"input": 0.15, "output": 0.6}`, and
            "cached" for input that the provider takes from its prompt cache and "cache_write" for input
            that it writes there, where these have prices of their own. Well-known models need none (the
            table is `prices.json` in this package), local ones cost nothing.
        **default_params: Sampling parameters of every call by their OpenAI names, for example
            `temperature=0.2` or `max_tokens=512`; a server's own parameters too.

    Raises:
        ConfigurationError: An argument cannot be used; an unknown provider is an `UnknownNameError`.
    """

    model: str = ""
    api_base: str | None = None  # these two so that one whose arguments are refused can be shown

    kind: ClassVar[str] = "language model"

    def __init__(
        self,
        model: str,
        *,
        api_base: str | None = None,
        api_key: str | None = None,
        timeout: float | None = 120.0,
        connect_timeout: float | None = 10.0,
        retry: Retry | None = None,
        fallback: str | LanguageModel | Sequence[str | LanguageModel] | None = None,
        cache: str | os.PathLike[str] | Cache | None = None,
        max_concurrency: int = 64,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        validation_retries: int = 2,
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
        check_count("validation_retries", validation_retries, least=0)
        self.validation_retries = validation_retries
        self.prices = checked_prices(prices)
        self.price = price_of(model, self.prices)
        self.default_params: Mapping[str, Any] = checked_defaults(default_params)
        self.fallback = tuple(_as_fallback(one, self) for one in _listed(fallback))
        _refuse_repetition(self.chain())
        self._handler: Handler | None = None

    async def __call__(
        self,
        messages: Any,
        schema: Any = None,
        tools: list[dict[str, Any]] | None = None,
        *,
        rollout: int | None = None,
        **params: Any,
    ) -> Response:
        """Ask the model.

        Args:
            messages: A text, `ChatMessage`, `ChatMessages` or a list of dicts in the OpenAI chat format.
            schema: What the answer must be valid for: a JSON schema, a `DataModel` class, a symbolic data
                model or an `OutputSchema`. `Response.parsed` is then the answer as JSON.
            tools: Tools the model may call, in the OpenAI format.
            rollout: Which of several answers to one question is asked for, from 0: calls with equal ones may
                have one answer, of the cache or of the journal. The provider is not told.
            **params: Sampling parameters of this call; None leaves the default in force.

        Raises:
            InfrastructureError: The call failed on its way, also after trying again.
            ProgramFaultError: The answer cannot be used, also after asking again.
            FatalCallError: Every such call would fail.
            ConfigurationError: The key is missing, or the arguments make no request.
        """
        handler = self._handler or self.check()
        request = self._request(messages, schema, tools, params, rollout)
        feed = feed_of(self)
        with self._observed(request) as span:
            call, started = Call(feed if sample_scope.get() is None else None), time.perf_counter()
            try:
                response = await handler(request, call)
            except BaseException as error:
                span.result(record=recorded(self, request, call, started, None, error))
                raise
            if span or sample_scope.get() is not None:
                record = recorded(self, request, call, started, response, None)
                span.result(record=record, message=response.message, response_model=response.model)
            else:
                kept(self, request, call, started, response)
        if feed is not None:
            feed.end(response)
        return response

    def stream(
        self, messages: Any, schema: Any = None, tools: list[dict[str, Any]] | None = None, **params: Any
    ) -> Stream[Response]:
        """Ask the model and read its answer while it comes.

        The answer takes the same way as that of a call: it is recorded and, with a schema, validated and
        asked for again. Within a run (`fit`, `evaluate`, `predict`) it comes in one piece.

        Args:
            messages: As for a call, likewise the others.
            schema: What the answer must be valid for; the items are then JSON values that grow.
            tools: Tools the model may call; what it asks for is in the result's message.
            **params: Sampling parameters, and `rollout`.

        Returns:
            The stream; `await stream.result()` is the `Response`.

        Raises:
            ConfigurationError: `schema` is none. Whatever else a call raises is raised by the stream.

        Example:
            ```python
            stream = language_model.stream("Tell me a story.")
            async for piece in stream:
                print(piece, end="")
            print((await stream.result()).usage)
            ```
        """
        asked = None if schema is None else output_schema(schema)
        return Stream(lambda: self(messages, asked, tools, **params), owner=self, schema=asked)

    def _observed(self, request: Request) -> Span:
        return observed(
            LanguageModelCallStarted,
            LanguageModelCallEnded,
            model=self.model,
            messages=request.messages,
            schema=None if request.schema is None else request.schema.schema,
            tools=request.tools,
            params=request.params,
        )

    def check(self) -> Handler:
        """Make sure that the model and its fallbacks can be called, without calling them.

        Raises:
            MissingAPIKeyError: A key is needed, none was given and the environment holds none.
            ConfigurationError: A default parameter is one that the server is known not to take.
            FileError: The file of the cache cannot be used.
        """
        if self._handler is None:
            if self.cache is not None:
                self.cache.open()
            self._handler = pipeline(
                [model._route() for model in self.chain()],
                validation_retries=self.validation_retries,
                cache=self.cache,
                where=self._where(),
            )
        return self._handler

    def _route(self) -> Route:
        return Route(
            self.model,
            self._provider(),
            self.retry,
            self.max_concurrency,
            self._pace,
            self.price,
            self.default_params,
        )

    def chain(self) -> list[LanguageModel]:
        """Return this model and its fallbacks with theirs, in the order in which they are asked."""
        return [self, *(model for fallback in self.fallback for model in fallback.chain())]

    def _identity(self) -> Any:
        """Return what two models have in common that are one and the same, under the same key."""
        if self._provider_name == IN_PROCESS:
            return id(self)
        return self.model, self.api_base, self._given_key and self._given_key.digest()

    async def probe(self) -> None:
        """Make sure that servers that should be on this machine are there; see `ServedModel.probe`."""
        await super().probe()
        for model in self.fallback:
            await model.probe()

    def _request(
        self,
        messages: Any,
        schema: Any,
        tools: list[dict[str, Any]] | None,
        params: dict[str, Any],
        rollout: int | None,
    ) -> Request:
        given = {name: value for name, value in params.items() if value is not None} if params else None
        if given:
            check_parameters(given)
        return Request(
            self._provider_name,
            self._model_name,
            as_messages(messages),
            None if schema is None else output_schema(schema),
            tools or None,
            {**self.default_params, **given} if given else self.default_params,
            rollout=None if rollout is None else _checked_rollout(rollout),
        )

    def _provider(self) -> Provider:
        self._refuse_in_process()
        if self._provider_name == EMBEDDED:
            return embedded_provider(self._model_name, timeout=self.timeout, params=self.default_params)
        spec = PROVIDERS[self._provider_name]
        base, key = address_and_key(self.model, spec, self.api_base, self._given_key)
        if spec.dialect == "litellm":
            return LiteLLM(self._model_name, spec=spec, api_base=base, key=key, timeout=self.timeout)
        provider = HttpProvider(
            self._provider_name,
            self._model_name,
            dialect=dialect_of(spec),
            api_base=base,
            key=key,
            timeout=self.timeout,
            connect_timeout=self.connect_timeout,
        )
        provider.check(self._model_name, self.default_params)
        return provider

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain JSON, without the key."""
        return {
            **super().get_config(),
            "validation_retries": self.validation_retries,
            "fallback": [model.get_config() for model in self.fallback] or None,
            "prices": self.prices,
            **self.default_params,
        }

    @staticmethod
    def from_config(config: Mapping[str, Any]) -> LanguageModel:
        """Return the model that `get_config` described; its key comes from the environment."""
        return LanguageModel._made(config)

    def __reduce__(self) -> tuple[Any, ...]:
        return LanguageModel.from_config, (self.get_config(),)


def embedded_provider(model: str, *, timeout: float | None, params: Mapping[str, Any]) -> Provider:
    """Return what asks a model of the package.

    Raises:
        ConfigurationError: A parameter is one that it does not know.
        MissingExtraError: The extra "embedded" is not installed.
    """
    from synalinks.language_models.embedded._provider import Embedded

    provider = Embedded(model, timeout=timeout)
    provider.check(params)
    return provider


def _checked_rollout(rollout: Any) -> int:
    if isinstance(rollout, bool) or not isinstance(rollout, int) or rollout < 0:
        raise ConfigurationError(
            f"rollout must be an integer of at least 0, or None; it is {rollout!r}.", argument="rollout"
        )
    return rollout


def _listed(fallback: Any) -> Sequence[Any]:
    return () if fallback is None else fallback if isinstance(fallback, list | tuple) else (fallback,)


def _as_fallback(given: Any, of: LanguageModel) -> LanguageModel:
    if isinstance(given, LanguageModel):
        return given
    if isinstance(given, str):
        return LanguageModel(given, **of.default_params)
    if isinstance(given, Mapping):
        return LanguageModel.from_config(given)
    raise ConfigurationError(
        f'fallback must be a name "provider/name", a LanguageModel, or a list of them, not {given!r}.',
        argument="fallback",
    )


def _refuse_repetition(chain: Sequence[LanguageModel]) -> None:
    """Refuse to ask one model twice, which its own fallbacks may lead to."""
    found = set()
    for model in chain:
        if (identity := model._identity()) in found:
            raise ConfigurationError(
                f"fallback: {model.model!r} would be asked twice, in the order "
                f"{', '.join(repr(each.model) for each in chain)}. Leave one of them out.",
                argument="fallback",
            )
        found.add(identity)


def set_default_language_model(model: LanguageModel | str | None) -> None:
    """Set the model that modules without one of their own use, for the whole process.

    Args:
        model: A model, its name, or None for no default.
    """
    settings().language_model = None if model is None else get(model)


def get(identifier: Any = None) -> LanguageModel:
    """Return the language model that `identifier` names.

    Args:
        identifier: A `LanguageModel`, a name "provider/name", a configuration, or None for the default.

    Raises:
        ConfigurationError: It names none, or it is None and no default was set.
    """
    found: LanguageModel = named(identifier, LanguageModel, settings().language_model)
    return found
