"""A server on loopback that speaks the protocols of language models, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import orjson

from synalinks.testing._answer import ChatAnswer
from synalinks.testing._chat_completions import ChatCompletions, completion
from synalinks.testing._protocols import ChatProtocol, protocol_at
from synalinks.testing._replies import ChatReply, as_reply, refusal


class _Connection(asyncio.Protocol):
    """One connection: requests one after another."""

    def __init__(self, server: ChatServer) -> None:
        self.server = server
        self.buffer = b""
        self.busy = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a server's transport can be written to
        self.server._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server._connections.discard(self)
        self.server._changed.set()
        if self.busy:
            self.answered()

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        if not self.busy:
            self.take()

    def take(self) -> None:
        """Take the next request from the buffer once it is there in full."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end]
        length = _content_length(head)
        if len(self.buffer) < end + 4 + length:
            return
        body = self.buffer[end + 4 : end + 4 + length]
        self.buffer = self.buffer[end + 4 + length :]
        self.busy = True
        self.server.in_flight += 1
        self.server.most_in_flight = max(self.server.most_in_flight, self.server.in_flight)
        self.server._changed.set()
        self.server._handle(self, head, body)

    def send(self, reply: ChatReply) -> None:
        """Send an answer, or do what its fault says."""
        if reply.hang or self.transport.is_closing():
            return
        if reply.reset:
            self.transport.abort()
            return
        self.transport.write(reply.encoded()[: reply.cut])
        self.answered()
        if reply.cut is not None:
            self.transport.close()
        elif self.buffer:
            self.take()

    def answered(self) -> None:
        """Count the request as no longer in flight."""
        self.busy = False
        self.server.in_flight -= 1
        self.server._changed.set()


def _content_length(head: bytes) -> int:
    lower = head.lower()
    start = lower.find(b"\r\ncontent-length:")
    if start < 0:
        return 0
    end = lower.find(b"\r\n", start + 2)
    return int(lower[start + 17 : end if end >= 0 else None])


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


class ChatServer:
    """A server of language models on 127.0.0.1, for tests and demonstrations.

    It speaks OpenAI's chat completions (at any path that ends in "/chat/completions"), Anthropic's Messages
    ("/v1/messages"), Ollama's chat ("/api/chat") and Gemini's generateContent (":generateContent"), each also
    in pieces where the request asks for that; and embeddings of OpenAI ("/embeddings"), Ollama ("/api/embed")
    and Gemini (":batchEmbedContents").
    It runs in the event loop that opens it (`async with ChatServer(fn) as server`), or in a thread of its
    own (`with ChatServer(fn).run_in_thread() as server`). What the function raises is answered as status
    400 with the error's text.

    Args:
        fn: The model: called with the body of a request, plain or async. It returns the answer as a text,
            as JSON (answered as JSON text), as a `ChatServer.Answer` with calls of tools, reasoning or
            another ending, or as a `ChatServer.Reply` to set everything, with `ChatServer.completion` for
            its body where that is a chat completion. Asked for embeddings, it returns a list of vectors, or
            None: then texts with the same words are near each other.
        latency: Seconds before each answer.
        record: Whether requests and headers are kept.

    Attributes:
        requests: Bodies of the requests that came, in order of arrival.
        headers: Their headers, names in lower case.
        paths: Their paths, with the query.
        in_flight: Requests that came and are not answered yet.
        most_in_flight: The highest that `in_flight` was.
    """

    Answer = ChatAnswer
    Reply = ChatReply
    completion = staticmethod(completion)

    def __init__(
        self, fn: Callable[[dict[str, Any]], Any], *, latency: float = 0.0, record: bool = True
    ) -> None:
        self._fn, self._latency, self._record = fn, latency, record
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.in_flight = self.most_in_flight = 0
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """Address to give as `api_base`; the server must run."""
        if self._url is None:
            raise RuntimeError("The server does not run: open it with `async with` or `run_in_thread()`.")
        return self._url

    @property
    def connections(self) -> int:
        """Number of connections that are open."""
        return len(self._connections)

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition()` holds; it is asked when calls or connections come and go.

        Only for a server that runs in the event loop of the one who waits.
        """
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self), "127.0.0.1", 0, backlog=1024
        )
        self._url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self._url = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in self._connections:
            connection.transport.abort()
        await asyncio.sleep(0)  # lets the connections see that they are closed

    @contextmanager
    def run_in_thread(self) -> Iterator[Self]:
        """Run the server in a thread of its own for the block."""
        started: Future[asyncio.AbstractEventLoop] = Future()
        stop = asyncio.Event()

        async def serve() -> None:
            async with self:
                started.set_result(asyncio.get_running_loop())
                await stop.wait()

        def run() -> None:
            try:
                asyncio.run(serve())
            except Exception as error:
                if started.done():
                    raise
                started.set_exception(error)

        thread = threading.Thread(target=run, name="synalinks-chat-server", daemon=True)
        thread.start()
        loop = started.result()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()

    def _handle(self, connection: _Connection, head: bytes, body: bytes) -> None:
        """Answer a request, at once where nothing stands against it."""
        target = head.split(b" ", 2)[1].decode("latin-1")
        path = target.partition("?")[0]
        protocol = protocol_at(path)
        if protocol is not None:
            self._complete(connection, _Asked(target, path, protocol), head, body)
        elif path.endswith("/models"):
            connection.send(ChatReply(body={"object": "list", "data": [{"id": "test", "object": "model"}]}))
        else:
            connection.send(refusal(ChatCompletions(), 404, "There is nothing at this address."))

    def _complete(self, connection: _Connection, asked: _Asked, head: bytes, body: bytes) -> None:
        try:
            asked.body = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            connection.send(refusal(asked.protocol, 400, f"The request is not JSON: {error}"))
            return
        if self._record:
            self.requests.append(asked.body)
            self.headers.append(_headers(head))
            self.paths.append(asked.target)
        try:
            answer = self._fn(asked.body)
        except Exception as error:  # noqa: BLE001 - the client is told, nobody else would hear of it
            answer = _raised(error, asked)
        if inspect.isawaitable(answer):
            task = asyncio.get_running_loop().create_task(self._later(connection, asked, answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._answer(connection, asked, answer)

    async def _later(self, connection: _Connection, asked: _Asked, answer: Any) -> None:
        try:
            answer = await answer
        except Exception as error:  # noqa: BLE001 - likewise
            answer = _raised(error, asked)
        self._answer(connection, asked, answer)

    def _answer(self, connection: _Connection, asked: _Asked, answer: Any) -> None:
        reply = as_reply(answer, asked.body, asked.path, asked.protocol)
        delay = self._latency + reply.delay
        if delay:
            asyncio.get_running_loop().call_later(delay, connection.send, reply)
        else:
            connection.send(reply)


@dataclass(slots=True)
class _Asked:
    """A request: its target, the path in it, the protocol spoken there, and its body."""

    target: str
    path: str
    protocol: ChatProtocol
    body: dict[str, Any] = field(default_factory=dict)


def _raised(error: Exception, asked: _Asked) -> ChatReply:
    return refusal(asked.protocol, 400, f"The server's function raised {type(error).__name__}: {error}")
