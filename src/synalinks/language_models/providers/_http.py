"""HTTP: one session per event loop, opened on first use, closed with the loop."""

from __future__ import annotations

import asyncio
import contextlib
import io
import weakref
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from synalinks._internal.settings import of_loop
from synalinks.errors import CallConnectionError, CallTimeoutError, InfrastructureError, ProtocolError
from synalinks.language_models.providers._secret import Secret

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

MAX_BODY = 64 * 2**20
"""Largest body that is read, in bytes, decompressed."""


_LARGE = 2**20
"""Bodies longer than this, in bytes, are sent in pieces, so that one never holds up the event loop."""


class Reply(NamedTuple):
    """An answer of a server."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _TooLongError(Exception):
    """A body is longer than `MAX_BODY`."""


class _OpenSession:
    """A session, for as long as its event loop is known."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session


async def _closing(session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[None]:
    """Close `session` when the loop closes its asynchronous generators, as `asyncio.run` does at its end."""
    try:
        yield
    finally:
        of_loop(loop).pop("http", None)
        await session.close()
        await asyncio.sleep(0)  # older versions of aiohttp do not wait for their transports themselves


def _close_left_over(
    session: aiohttp.ClientSession, closer: AsyncGenerator[None], loop: asyncio.AbstractEventLoop
) -> None:
    """Close the session of a loop that was closed without its generators, or not closed when Python ends."""
    if session.closed or loop.is_running():
        return
    if not loop.is_closed():
        loop.run_until_complete(closer.aclose())
        return
    closing = session.close()  # on a closed loop there is nothing that it could wait for
    with contextlib.suppress(StopIteration):
        closing.send(None)


async def _open() -> aiohttp.ClientSession:
    import aiohttp

    loop = asyncio.get_running_loop()
    connector = aiohttp.TCPConnector(limit=0)  # the limiter bounds the calls in flight
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    closer = _closing(session, loop)
    await anext(closer)  # makes the loop know it; runs without a pause, so no second session is opened
    opened = of_loop(loop)["http"] = _OpenSession(session)
    weakref.finalize(opened, _close_left_over, session, closer, loop)
    return session


class Endpoint:
    """An address to post to, with all that is the same in every call.

    Args:
        url: The address.
        headers: Headers of every request.
        timeout: Seconds from the start of an exchange to its last byte, or None for no end.
        connect_timeout: Seconds to make a connection, or None for no end of its own.
        model: Full model name, for errors.
        key: The key, masked in errors.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout: float | None,
        connect_timeout: float | None,
        model: str,
        key: Secret,
    ) -> None:
        import aiohttp
        from multidict import CIMultiDict
        from yarl import URL

        self._url: URL = URL(url)
        self._headers = CIMultiDict(headers)
        self._limits = aiohttp.ClientTimeout(total=timeout, sock_connect=connect_timeout)
        self._timeout, self._model, self._key = timeout, model, key

    async def post(self, body: bytes) -> Reply:
        """Send `body` and return the answer, whatever its status.

        Raises:
            CallTimeoutError: It took longer than the timeout.
            CallConnectionError: The connection could not be made, also not in its time, or broke.
            ProtocolError: The answer is not HTTP, or longer than `MAX_BODY`.
        """
        import aiohttp

        try:
            async with await self._exchange(body) as response:
                return Reply(response.status, response.headers, await _read(response))
        except (aiohttp.ClientError, TimeoutError, OSError, _TooLongError) as error:
            failure = self._failure(error)
        raise failure  # outside the handler: what it came from holds the request's headers

    async def stream(self, body: bytes) -> AsyncGenerator[Reply | bytes]:
        """Send `body` and yield the answer line by line, without the line breaks.

        Of an answer with another status than 200 there is one item, the whole `Reply`; of others the first
        item is a `Reply` without a body.

        Raises:
            InfrastructureError: As for `post`.
        """
        import aiohttp

        try:
            async with await self._exchange(body) as response:
                if response.status != 200:
                    yield Reply(response.status, response.headers, await _read(response))
                    return
                yield Reply(response.status, response.headers, b"")
                async for line in _lines(response):
                    yield line
            return
        except (aiohttp.ClientError, TimeoutError, OSError, _TooLongError) as error:
            failure = self._failure(error)
        raise failure  # as above

    async def _exchange(self, body: bytes) -> Any:
        opened = of_loop(asyncio.get_running_loop()).get("http")
        session = opened.session if opened is not None else await _open()
        data = body if len(body) <= _LARGE else io.BytesIO(body)
        return session.post(
            self._url, data=data, headers=self._headers, timeout=self._limits, allow_redirects=False
        )

    def _failure(self, error: Exception) -> InfrastructureError:
        import aiohttp

        if isinstance(error, aiohttp.ConnectionTimeoutError):
            what = f"no connection within {self._limits.sock_connect} s to {self._url}."
            return CallConnectionError(f"{self._model}: {what}", model=self._model)
        if isinstance(error, TimeoutError):
            what = f"no complete answer within {self._timeout} s from {self._url}."
            return CallTimeoutError(f"{self._model}: {what}", model=self._model)
        kind: type[InfrastructureError] = CallConnectionError
        if isinstance(error, aiohttp.ClientResponseError | _TooLongError):
            kind = ProtocolError
        if isinstance(error, aiohttp.ClientConnectorError):
            # Its own text speaks of settings of TLS also where there is none.
            reason = error.os_error.strerror or str(error.os_error) or type(error.os_error).__name__
            text = f"cannot connect to {error.host}:{error.port}: {reason}"
        else:
            text = str(error) or type(error).__name__
        what = self._key.mask(text)
        return kind(f"{self._model}: {what[:300]} ({self._url})", model=self._model)


async def nothing_listens(address: str) -> bool:
    """Return whether `address` is on this machine and nothing listens there; others are not asked."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host not in {"localhost", "::1"} and not host.startswith("127."):
        return False
    try:
        _, writer = await asyncio.open_connection(
            host, parts.port or (443 if parts.scheme == "https" else 80)
        )
    except OSError:
        return True
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return False


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the whole body, unless it is longer than `MAX_BODY`."""
    announced = response.content_length
    if announced is not None and announced <= MAX_BODY and "Content-Encoding" not in response.headers:
        return await response.read()
    return b"".join([part async for part in _parts(response)])


async def _parts(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
    """Yield a body as it comes, unless there is more of it than `MAX_BODY`."""
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > MAX_BODY:
            response.close()
            raise _TooLongError(f"the answer is longer than {MAX_BODY} bytes")
        yield part


async def _lines(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
    """Yield the lines of a body as they come; the time is linear in it, whatever its lines."""
    rest: list[bytes] = []
    async for part in _parts(response):
        first, *others = part.split(b"\n")
        rest.append(first)
        for other in others:
            yield b"".join(rest).removesuffix(b"\r")
            rest = [other]
    if any(rest):
        yield b"".join(rest)
