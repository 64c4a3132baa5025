"""A provider behind HTTP, in whichever dialect it speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final

import orjson

from synalinks.errors import LanguageModelError, ProtocolError
from synalinks.language_models._request import Request, Response
from synalinks.language_models.providers._dialect import Dialect
from synalinks.language_models.providers._failures import error_within, failure_of
from synalinks.language_models.providers._http import Endpoint, Reply
from synalinks.language_models.providers._rate_limits import pause_of
from synalinks.language_models.providers._secret import Secret

_MALFORMED: Final = (TypeError, KeyError, IndexError, AttributeError, ValueError)
"""What reading JSON of another form than expected raises."""

_HEADERS: Final = {
    "Content-Type": "application/json",
    "User-Agent": "synalinks",
    "Accept": "application/json",
}


class HttpProvider:
    """Sends requests to a server over HTTP; see `Provider`.

    Args:
        name: The provider's name.
        model: The model's name without the provider.
        dialect: How the server is spoken to.
        api_base: The server's address.
        key: The key, empty where the server needs none.
        timeout: Seconds for one exchange, or None.
        connect_timeout: Seconds to make a connection, or None.
    """

    def __init__(
        self,
        name: str,
        model: str,
        *,
        dialect: Dialect,
        api_base: str,
        key: Secret,
        timeout: float | None,
        connect_timeout: float | None,
    ) -> None:
        self.name = name
        self.account = f"{api_base}#{key.digest()}"
        self._dialect, self._key, self._full_name = dialect, key, f"{name}/{model}"
        headers = {**_HEADERS, **dialect.headers(key)}

        def endpoint(*, stream: bool) -> Endpoint:
            return Endpoint(
                dialect.url(api_base, model, stream=stream),
                headers=headers,
                timeout=timeout,
                connect_timeout=connect_timeout,
                model=self._full_name,
                key=key,
            )

        self._whole, self._streamed = endpoint(stream=False), endpoint(stream=True)

    async def complete(self, request: Request) -> Response:
        """Send `request` and return its answer; see `Provider`."""
        answer = self._read(await self._whole.post(self._encoded(request, stream=False)))
        if isinstance(answer, LanguageModelError):
            raise answer  # here, where no variable holds what the server sent: it may have echoed the key
        return answer

    async def stream(self, request: Request, sink: Callable[[str], None]) -> Response:
        """Send `request` and return its answer, telling of its text while it comes; see `Provider`."""
        answer = await self._assembled(self._encoded(request, stream=True), sink)
        if isinstance(answer, LanguageModelError):
            raise answer  # as above
        return answer

    def check(self, model: str, params: Mapping[str, Any]) -> None:
        """Refuse parameters that the server is known not to take.

        Raises:
            ConfigurationError: There is such a one.
        """
        said = [{"role": "user", "content": "?"}]
        self._dialect.body(Request(self.name, model, said, params=params), stream=False)

    def _encoded(self, request: Request, *, stream: bool) -> bytes:
        """Return the request's body; it is serialised here and nowhere else."""
        try:
            return orjson.dumps(self._dialect.body(request, stream=stream))
        except TypeError as error:
            failure = request.not_json(error)
        raise failure

    def _read(self, reply: Reply) -> Response | LanguageModelError:
        """Return the answer in what a server sent, or the error that it is."""
        return _with_pause(self._answer_in(reply), reply.headers)

    def _answer_in(self, reply: Reply) -> Response | LanguageModelError:
        if reply.status != 200:
            return failure_of(reply.status, reply.headers, reply.body, model=self._full_name, key=self._key)
        value = self._parsed(reply.body)
        if isinstance(value, LanguageModelError):
            return value
        try:
            return self._dialect.read(value)
        except _MALFORMED:
            return error_within(value, reply.headers, model=self._full_name, key=self._key)

    async def _assembled(self, body: bytes, sink: Callable[[str], None]) -> Response | LanguageModelError:
        assembly = self._dialect.assembly()
        headers: Mapping[str, str] = {}
        async with aclosing(self._streamed.stream(body)) as items:
            async for item in items:
                if isinstance(item, Reply):
                    headers = item.headers
                    if item.status != 200:
                        return self._read(item)
                    continue
                value = self._piece(item)
                if value is None:
                    continue
                if isinstance(value, LanguageModelError):
                    return value
                try:
                    text = assembly.feed(value)
                except _MALFORMED:
                    return error_within(value, headers, model=self._full_name, key=self._key)
                if text:
                    sink(text)
        try:
            answer = assembly.response()
        except _MALFORMED:
            answer = None
        if answer is None:
            return ProtocolError(
                f"{self._full_name}: the stream ended before the answer did.",
                model=self._full_name,
                status=200,
            )
        return _with_pause(answer, headers)

    def _piece(self, line: bytes) -> Any:
        """Return what a line of a stream holds; None where it holds nothing.

        Lines are those of server-sent events (html.spec.whatwg.org, 9.2), or JSON each.
        """
        data = line[5:].strip() if line.startswith(b"data:") else line if line.startswith(b"{") else b""
        return self._parsed(data) if data and data != b"[DONE]" else None

    def _parsed(self, data: bytes) -> Any:
        """Return the JSON of a server, or the error that it is none."""
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            shown = self._key.mask(data[:2000].decode("utf-8", "replace"))[:200]
            return ProtocolError(
                f"{self._full_name}: the answer is not JSON ({error}): {shown!r}",
                model=self._full_name,
                status=200,
            )


def _with_pause(
    answer: Response | LanguageModelError, headers: Mapping[str, str]
) -> Response | LanguageModelError:
    """Return an answer or an error with what the headers say of the account's limits."""
    pause = pause_of(headers)
    if not pause:
        return answer
    if isinstance(answer, Response):
        return replace(answer, pause=pause)
    answer.pause = pause
    return answer
