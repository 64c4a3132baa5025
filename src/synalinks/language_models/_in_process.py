"""Models that answer in the process, for tests: a function and a script."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from synalinks.errors import ConfigurationError
from synalinks.language_models._language_model import LanguageModel
from synalinks.language_models._provider import Provider
from synalinks.language_models._request import Request, Response
from synalinks.language_models._retry import Retry
from synalinks.language_models.providers._table import IN_PROCESS

Failures = Mapping[int, Exception] | Callable[[Request], Exception | None]

_AT_ONCE = Retry(initial=0.0)
_WORDS = re.compile(r"\s*\S+|\s+$")
"""The pieces in which a text is streamed."""


def as_response(answer: Any) -> Response:
    """Return an answer as a provider would give it; raise it where it is an exception."""
    if isinstance(answer, str):
        return Response.from_text(answer)
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, BaseException):
        raise answer
    value = answer.get_json() if hasattr(answer, "get_json") else answer
    try:
        return Response.from_text(orjson.dumps(value).decode())
    except TypeError as error:
        raise ConfigurationError(
            f"A test model's answer must be a text, JSON, a data model, a Response or an exception, "
            f"not {answer!r}."
        ) from error


class _InProcess:
    """A provider that asks a function, after a wait, and fails where it is told to."""

    name = IN_PROCESS

    def __init__(self, answer: Callable[[Request], Any], latency: float, failures: Failures | None) -> None:
        self.account = f"{IN_PROCESS}#{id(self)}"
        self._answer, self._latency, self._failures = answer, latency, failures
        self.requests: list[Request] = []

    async def complete(self, request: Request) -> Response:
        number = len(self.requests)
        self.requests.append(request)
        if self._latency:
            await asyncio.sleep(self._latency)
        if self._failures is not None:
            failure = (
                self._failures.get(number) if isinstance(self._failures, Mapping) else self._failures(request)
            )
            if failure is not None:
                raise failure
        answer = self._answer(request)
        return as_response(await answer if inspect.isawaitable(answer) else answer)

    async def stream(self, request: Request, sink: Callable[[str], None]) -> Response:
        response = await self.complete(request)
        for piece in _WORDS.findall(response.text or ""):
            sink(piece)
        return response


class _InProcessModel(LanguageModel):
    """What the two models have in common."""

    def __init__(
        self,
        answer: Callable[[Request], Any],
        *,
        name: str,
        latency: float,
        failures: Failures | None,
        retry: Retry | None,
        **options: Any,
    ) -> None:
        super().__init__(f"{IN_PROCESS}/{name}", retry=_AT_ONCE if retry is None else retry, **options)
        self._asked = _InProcess(answer, latency, failures)

    def _provider(self) -> Provider:
        return self._asked

    def _address(self) -> str | None:
        return None

    @property
    def requests(self) -> list[Request]:
        """The requests that came, in order of arrival; those tried or asked again included."""
        return self._asked.requests


class FunctionModel(_InProcessModel):
    """A language model whose answers are those of a function.

    Calls take the same way as those of a real model: validation, retry, limit.

    Args:
        fn: Called with a `Request`, plain or async. It returns the answer: a text, JSON or a data model
            (answered as JSON text), a `Response` (to set usage or finish reason), or an exception, which
            is raised.
        latency: Seconds that each answer takes.
        failures: Failures on request: number of the request, from 0 in order of arrival, to the exception
            it fails with; or a function of the request that returns one, or None.
        name: The model's name after "testing/".
        retry: When failures are tried again; without waiting when not given.
        **options: Other arguments of `LanguageModel`.
    """

    def __init__(
        self,
        fn: Callable[[Request], Any],
        *,
        latency: float = 0.0,
        failures: Failures | None = None,
        name: str = "function",
        retry: Retry | None = None,
        **options: Any,
    ) -> None:
        super().__init__(fn, name=name, latency=latency, failures=failures, retry=retry, **options)


class ScriptedModel(_InProcessModel):
    """A language model that gives the answers of a list, one after another.

    With more than one call in flight the order of the answers would be the order of arrival, so a second
    call at the same time is refused.

    Args:
        answers: The answers, see `FunctionModel`. Tries after a failure and questions asked again take an
            answer each.
        latency: Seconds that each answer takes.
        failures: As for `FunctionModel`; a request that fails takes no answer.
        name: The model's name after "testing/".
        retry: When failures are tried again; without waiting when not given.
        **options: Other arguments of `LanguageModel`.
    """

    def __init__(
        self,
        answers: Iterable[Any],
        *,
        latency: float = 0.0,
        failures: Failures | None = None,
        name: str = "scripted",
        retry: Retry | None = None,
        **options: Any,
    ) -> None:
        self._answers = list(answers)
        self._given = 0
        self._busy = False
        super().__init__(self._next, name=name, latency=latency, failures=failures, retry=retry, **options)

    @property
    def remaining(self) -> int:
        """Number of answers that were not asked for yet."""
        return len(self._answers) - self._given

    async def __call__(
        self, messages: Any, schema: Any = None, tools: list[dict[str, Any]] | None = None, **params: Any
    ) -> Response:
        """Ask the model; see `LanguageModel`.

        Raises:
            ConfigurationError: Another call is in flight, or the script is at its end.
        """
        if self._busy:
            raise ConfigurationError(
                "A ScriptedModel was asked twice at the same time: which answer belongs to which question "
                "would depend on who comes first. Use FunctionModel(fn), whose answers depend on the request."
            )
        self._busy = True
        try:
            await asyncio.sleep(0)  # so that a call made at the same time is seen
            return await super().__call__(messages, schema, tools, **params)
        finally:
            self._busy = False

    def _next(self, request: Request) -> Any:
        if not self.remaining:
            raise ConfigurationError(
                f"The script is at its end: it has {len(self._answers)} answers and was asked once more, "
                f"for {request.messages[-1].get('content')!r:.200}."
            )
        self._given += 1
        return self._answers[self._given - 1]
