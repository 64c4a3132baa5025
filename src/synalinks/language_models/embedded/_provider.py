"""The provider of the embedded models: answers on threads of its own."""

from __future__ import annotations

import asyncio
import codecs
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import orjson

from synalinks._internal.lazy import optional
from synalinks.errors import CallTimeoutError, ConfigurationError, ContextTooLongError, InvalidOutputError
from synalinks.hooks import Usage
from synalinks.language_models._request import Request, Response, answer_bound
from synalinks.language_models.embedded._model import LONGEST_ANSWER, Answer, Model, Prompt, loaded
from synalinks.language_models.embedded._sampling import Sampler
from synalinks.language_models.embedded._threads import SingleThreaded, single_threaded
from synalinks.language_models.providers._table import EMBEDDED

PARAMETERS = ("temperature", "top_p", "seed", "max_tokens", "max_completion_tokens")
"""Sampling parameters that an embedded model knows."""

_DRAWS = 6
"""Answers that are drawn where a schema says what no grammar can, until one is valid."""

_BOLDER = 3.0
"""What the temperature of each further such answer is higher by."""

_SHORTEST = 8
"""Tokens that must be free for an answer."""

Sink = Callable[[str], object]


class Embedded:
    """Answers in the process, with a model out of the package.

    Args:
        model: Name of the model, without "embedded/".
        timeout: Seconds for an answer; None for no end.

    Raises:
        MissingExtraError: The extra "embedded" is not installed.
    """

    name = EMBEDDED

    def __init__(self, model: str, *, timeout: float | None) -> None:
        for module in ("numpy", "llguidance", "threadpoolctl"):
            optional(module, feature=f'The model "{EMBEDDED}/{model}"', extra="embedded")
        self.account = f"{EMBEDDED}/{model}"
        self._model, self._timeout = model, timeout

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse parameters that an embedded model does not know.

        Raises:
            ConfigurationError: One of them is such.
        """
        for name in params:
            if name not in PARAMETERS:
                raise ConfigurationError(
                    f"{self.account!r} does not know {name!r}; it knows {', '.join(PARAMETERS)}.",
                    argument=name,
                )

    async def complete(self, request: Request) -> Response:
        """Answer a request.

        Raises:
            ConfigurationError: It offers tools or has a parameter that is not known.
            ContextTooLongError: The messages do not fit.
            CallTimeoutError: The time is over.
        """
        return await self._run(request, None)

    async def stream(self, request: Request, sink: Sink) -> Response:
        """Answer a request; hand each piece of the text to `sink` when it comes.

        Raises:
            LanguageModelError: As for `complete`.
        """
        return await self._run(request, sink)

    async def _run(self, request: Request, sink: Sink | None) -> Response:
        if request.tools:
            raise ConfigurationError(
                f"{self.account!r} cannot call tools; leave out tools=.", argument="tools"
            )
        self.check(request.params)
        loop, ended = asyncio.get_running_loop(), threading.Event()

        def tell(piece: str) -> None:
            if sink is not None:
                loop.call_soon_threadsafe(sink, piece)

        work = _Work(self._model, self.account, request, tell if sink else None, ended, single_threaded())
        try:
            async with asyncio.timeout(self._timeout):
                return await loop.run_in_executor(_threads(os.getpid()), work.run)
        except TimeoutError as error:
            raise CallTimeoutError(
                f"{self.account} gave no complete answer within {self._timeout:g} s.", model=self.account
            ) from error
        finally:
            ended.set()


@lru_cache(maxsize=1)
def _threads(process: int) -> ThreadPoolExecutor:
    """Return the threads of a process that answer; a process that was forked gets its own."""
    del process
    return ThreadPoolExecutor(
        max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="synalinks-embedded"
    )


class _Ended(Exception):  # noqa: N818 - no error: nobody waits for the answer any more
    """Nobody waits for the answer any more."""


class _Work:
    """One request, on its thread."""

    def __init__(
        self,
        model: str,
        account: str,
        request: Request,
        tell: Sink | None,
        ended: threading.Event,
        threads: SingleThreaded,
    ) -> None:
        self._name, self._account, self._request = model, account, request
        self._sink, self._ended, self._threads = tell, ended, threads
        self._text = codecs.getincrementaldecoder("utf-8")("replace")

    def run(self) -> Response:
        """Return the answer."""
        with self._threads.entered():
            return self._answered(loaded(self._name))

    def _answered(self, model: Model) -> Response:
        prompt = model.prompt(self._request.messages)
        room = model.network.context - len(prompt)
        if room < _SHORTEST:
            raise ContextTooLongError(
                f"The messages have {len(prompt)} tokens; {self._account} reads {model.network.context} at "
                f"most, with room for an answer of {_SHORTEST}. Show fewer or shorter examples.",
                model=self._account,
            )
        asked = answer_bound(self._request.params)
        most = min(room, LONGEST_ANSWER if asked is None else asked)
        answer = self._drawn(model, prompt, most)
        usage = Usage(len(prompt), answer.tokens, answer.remembered)
        return Response.from_text(
            answer.text, usage=usage, finish_reason="stop" if answer.whole else "length"
        )

    def _drawn(self, model: Model, prompt: Prompt, most: int) -> Answer:
        """Return an answer; where a grammar cannot say all of the schema, draw until one is valid."""
        schema = self._request.schema
        draws = 1 if schema is None or self._sink is not None else _DRAWS
        for number in range(draws):
            try:
                constraint = model.constraint(schema)
            except ValueError as error:
                raise InvalidOutputError(
                    f"{self._account} can give no answer of the schema: {error}", model=self._account
                ) from error
            answer = model.answer(
                prompt, constraint, self._sampler(number), most=most, tell=self._teller(model)
            )
            if schema is None or not answer.whole or schema.problem(orjson.loads(answer.text)) is None:
                break
        return answer

    def _sampler(self, number: int) -> Sampler:
        params = self._request.params
        seed = params.get("seed")
        temperature = float(params.get("temperature", 0.0))
        return Sampler(
            temperature=temperature if number == 0 else max(_BOLDER * number, temperature),
            top_p=float(params.get("top_p", 1.0)),
            seed=f"{number}:{self._request.key}" if seed is not None or temperature == 0 else None,
        )

    def _teller(self, model: Model) -> Callable[[int], None]:
        texts = model.tokenizer.texts

        def tell(token: int) -> None:
            if self._ended.is_set():
                raise _Ended
            piece = self._text.decode(texts[token]) if self._sink is not None else ""
            if piece and self._sink is not None:
                self._sink(piece)

        return tell
