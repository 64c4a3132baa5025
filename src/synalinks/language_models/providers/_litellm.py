"""Whatever LiteLLM reaches, through the extra of that name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache
from types import ModuleType
from typing import Any, Final

import orjson

from synalinks._internal.lazy import optional
from synalinks.errors import (
    AuthenticationError,
    BadRequestError,
    CallConnectionError,
    CallTimeoutError,
    ConfigurationError,
    ContextTooLongError,
    LanguageModelError,
    MissingAPIKeyError,
    ProtocolError,
    RateLimitedError,
    RefusedError,
    ServerError,
    UnknownModelError,
)
from synalinks.language_models._request import Request, Response
from synalinks.language_models._schema import OutputSchema
from synalinks.language_models.providers._chat_completions import ChatCompletions
from synalinks.language_models.providers._failures import kind_of, retry_after
from synalinks.language_models.providers._secret import Secret
from synalinks.language_models.providers._table import ProviderSpec

_MEANING: Final[tuple[tuple[str, type[LanguageModelError]], ...]] = (
    ("ContextWindowExceededError", ContextTooLongError),
    ("ContentPolicyViolationError", RefusedError),
    ("AuthenticationError", AuthenticationError),
    ("PermissionDeniedError", AuthenticationError),
    ("NotFoundError", UnknownModelError),
    ("RateLimitError", RateLimitedError),
    ("Timeout", CallTimeoutError),
    ("APIConnectionError", CallConnectionError),
    ("ServiceUnavailableError", ServerError),
    ("InternalServerError", ServerError),
    ("BadGatewayError", ServerError),
    ("APIResponseValidationError", ProtocolError),
)
"""LiteLLM's exceptions (docs.litellm.ai/docs/exception_mapping), what derives from others first; the status
and the words of the rest say what they mean."""

_MALFORMED: Final = (TypeError, KeyError, IndexError, AttributeError, ValueError)
_KEYS: Final = ("_KEY", "_TOKEN", "_SECRET", "_CREDENTIALS")
"""Endings of environment variables from which LiteLLM takes keys by itself."""


class LiteLLM:
    """Asks LiteLLM, once per call: what it would try again, log or report is left off; see `Provider`.

    Args:
        model: The model's name as LiteLLM knows it, "provider/name".
        spec: How its answers differ from OpenAI's.
        api_base: Address of the server, "" for the one that LiteLLM knows.
        key: The key, empty where LiteLLM is to find it in the environment.
        timeout: Seconds for one call, or None.

    Raises:
        MissingExtraError: LiteLLM is not installed.
        MissingAPIKeyError: LiteLLM says that a variable is not set.
        ConfigurationError: LiteLLM does not know the provider.
    """

    name = "litellm"

    def __init__(
        self, model: str, *, spec: ProviderSpec, api_base: str, key: Secret, timeout: float | None
    ) -> None:
        self._litellm = _imported()
        self._full_name, self._key, self._timeout = f"{self.name}/{model}", key, timeout
        provider = model.partition("/")[0]
        self.account = f"{provider}@{api_base}#{key.digest()}"
        self._check_name(model)
        if not key and not api_base:
            self._check_environment(model)
        self._takes_schema: bool = self._litellm.supports_response_schema(model=model)
        self._dialect = ChatCompletions(replace(spec, takes_schema=self._takes_schema))
        self._options: dict[str, Any] = {
            "timeout": timeout,
            "max_retries": 0,
            "num_retries": 0,
            "drop_params": False,
            "no-log": True,
        }
        if api_base:
            self._options["api_base"] = api_base

    def _check_name(self, model: str) -> None:
        try:
            self._litellm.get_llm_provider(model=model)
        except self._litellm.exceptions.BadRequestError:
            problem = f'LiteLLM knows no provider of {model!r}: write "litellm/provider/name".'
        else:
            return
        raise ConfigurationError(problem, argument="model")

    def _check_environment(self, model: str) -> None:
        found = self._litellm.validate_environment(model=model)
        missing = found.get("missing_keys") or ()
        if missing and not found.get("keys_in_environment"):
            raise MissingAPIKeyError(
                f"No API key for {self._full_name!r}: set the environment variable {' and '.join(missing)}, "
                "or pass api_key=.",
                argument="api_key",
            )

    async def complete(self, request: Request) -> Response:
        """Ask and return the answer; see `Provider`."""
        return await self._in_time(self._whole(request))

    async def stream(self, request: Request, sink: Callable[[str], None]) -> Response:
        """Ask and return the answer, telling of its text while it comes; see `Provider`."""
        return await self._in_time(self._streamed(request, sink))

    async def _in_time(self, asking: Coroutine[Any, Any, Response | Exception]) -> Response:
        answer: Response | Exception
        try:
            async with asyncio.timeout(self._timeout) as limit:
                answer = await asking
        except TimeoutError:
            if not limit.expired():
                raise
            text = f"{self._full_name}: no complete answer within {self._timeout} s."
            answer = CallTimeoutError(text, model=self._full_name)
        if isinstance(answer, Exception):
            raise answer  # here, where no variable holds what the exception of LiteLLM does
        return answer

    async def _whole(self, request: Request) -> Response | Exception:
        answer = await self._asked(request, stream=False)
        if isinstance(answer, Exception):
            return answer
        try:
            return self._dialect.read(answer.model_dump(exclude_none=True))
        except _MALFORMED as error:
            return self._malformed(error)

    async def _streamed(self, request: Request, sink: Callable[[str], None]) -> Response | Exception:
        assembly = self._dialect.assembly()
        async with aclosing(self._chunks(request)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, Exception):
                    return chunk
                try:
                    text = assembly.feed(chunk)
                except _MALFORMED as error:
                    return self._malformed(error)
                if text:
                    sink(text)
        return assembly.response() or ProtocolError(
            f"{self._full_name}: the stream ended before the answer did.", model=self._full_name
        )

    async def _chunks(self, request: Request) -> AsyncGenerator[dict[str, Any] | Exception]:
        answer = await self._asked(request, stream=True)
        if isinstance(answer, Exception):
            yield answer
            return
        try:
            async for chunk in answer:
                yield chunk.model_dump(exclude_none=True)
        except Exception as error:  # noqa: BLE001 - as below
            yield self._failure(error)
        finally:
            await answer.aclose()

    async def _asked(self, request: Request, *, stream: bool) -> Any:
        """Return what LiteLLM does, or the error that its exception means."""
        arguments = self._arguments(request, stream=stream)
        try:
            return await self._litellm.acompletion(**arguments, api_key=self._key.reveal() or None)
        except Exception as error:  # noqa: BLE001 - it raises classes of its own, of others and plain ones
            return self._failure(error)

    def _malformed(self, error: Exception) -> ProtocolError:
        what = f"LiteLLM's answer is none of the protocol: {self._shown(repr(error))}"
        return ProtocolError(f"{self._full_name}: {what}", model=self._full_name)

    def _arguments(self, request: Request, *, stream: bool) -> dict[str, Any]:
        arguments = self._dialect.body(request, stream=stream)
        if request.schema is not None and self._takes_schema:
            arguments["response_format"] = _response_format(request.schema)
        else:
            arguments.pop("response_format", None)
        if request.tools:
            arguments["_skip_mcp_handler"] = True  # it needs a package that LiteLLM does not bring
        return {**arguments, **self._options}

    def _failure(self, error: Exception) -> Exception:
        said = self._shown(str(error))
        known = self._litellm.exceptions
        if isinstance(error, known.UnsupportedParamsError):
            return ConfigurationError(f"{self._full_name}: {said}")
        status = getattr(error, "status_code", None)
        status = status if isinstance(status, int) else None
        kind = next((ours for name, ours in _MEANING if isinstance(error, getattr(known, name))), None)
        if kind is None:
            kind = BadRequestError if status is None else kind_of(status, said)
        if kind is CallTimeoutError or kind is CallConnectionError:
            status = None  # LiteLLM's own: no server has said it
        headers = getattr(error, "litellm_response_headers", None) or {}
        wait = retry_after({name.lower(): value for name, value in headers.items()})
        return kind(f"{self._full_name}: {said}", model=self._full_name, status=status, retry_after=wait)

    def _shown(self, text: str) -> str:
        """Return a text of LiteLLM's without the keys that may be in it."""
        text = self._key.mask(text)
        for name, value in os.environ.items():
            if name.upper().endswith(_KEYS) and len(value) >= 8:
                text = text.replace(value, "***")
        return text if len(text) <= 500 else text[:500] + "…"


@lru_cache(maxsize=256)
def _response_format(schema: OutputSchema) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(orjson.dumps(schema.response_format))
    return value


def _imported() -> ModuleType:
    """Import LiteLLM without the download of prices that it begins with, and keep it from printing."""
    variable = "LITELLM_LOCAL_MODEL_COST_MAP"
    before = os.environ.get(variable)
    os.environ[variable] = "True"
    try:
        litellm = optional("litellm", feature="LanguageModel('litellm/...')", extra="litellm")
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before
    litellm.suppress_debug_info = True  # type: ignore[attr-defined]  # a setting of that module
    litellm.telemetry = False  # type: ignore[attr-defined]  # likewise
    return litellm
