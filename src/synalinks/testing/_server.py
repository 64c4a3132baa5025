"""A server on loopback that speaks OpenAI's chat completions, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import orjson


@dataclass(frozen=True, slots=True)
class ChatReply:
    """An answer of the server, as it stands or as a fault.

    Attributes:
        status: HTTP status.
        headers: Headers to add.
        body: The body: bytes or text as they are, other JSON serialised; None for an empty one.
        delay: Seconds before it is sent.
        length: What Content-Length says, when it should not be the truth.
        cut: Number of bytes of the whole answer, headers included, after which the connection is closed.
        reset: Whether the connection is reset instead of answered.
        hang: Whether nothing is ever sent.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    delay: float = 0.0
    length: int | None = None
    cut: int | None = None
    reset: bool = False
    hang: bool = False

    def encoded(self) -> bytes:
        """Return the answer as it goes over the wire, before any cut."""
        body = self.body
        if body is None:
            data = b""
        elif isinstance(body, bytes):
            data = body
        else:
            data = body.encode() if isinstance(body, str) else orjson.dumps(body)
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = "Unknown"
        length = len(data) if self.length is None else self.length
        lines = [f"HTTP/1.1 {self.status} {reason}", f"Content-Length: {length}"]
        if not any(name.lower() == "content-type" for name in self.headers):
            lines.append("Content-Type: application/json")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + data


def completion(body: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return a chat completion with `text` as its answer; tokens are counted as four bytes each."""
    asked = sum(len(str(m.get("content") or "")) for m in body.get("messages", ())) // 4 + 1
    answered = len(text) // 4 + 1
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model", ""),
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
        },
    }


class _Connection(asyncio.Protocol):
    """One connection: requests one after another."""

    def __init__(self, server: ChatServer) -> None:
        self.server = server
        self.buffer = b""
        self.busy = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server._connections.discard(self)

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
        self.server._handle(self, head, body)

    def send(self, reply: ChatReply) -> None:
        """Send an answer, or do what its fault says."""
        if reply.hang or self.transport.is_closing():
            return
        if reply.reset:
            self.transport.abort()
            return
        self.write(reply.encoded(), reply.cut)

    def write(self, data: bytes, cut: int | None = None) -> None:
        """Write an answer, and take up the next request."""
        self.transport.write(data if cut is None else data[:cut])
        if cut is not None:
            self.transport.close()
            return
        self.busy = False
        if self.buffer:
            self.take()


def _content_length(head: bytes) -> int:
    lower = head.lower()
    start = lower.find(b"\r\ncontent-length:")
    if start < 0:
        return 0
    end = lower.find(b"\r\n", start + 2)
    return int(lower[start + 17 : end if end >= 0 else None])


class ChatServer:
    """A server of chat completions on 127.0.0.1, for tests and demonstrations.

    It runs in the event loop that opens it (`async with ChatServer(fn) as server`), or in a thread of its
    own (`with ChatServer(fn).run_in_thread() as server`).

    Args:
        fn: The model: called with the body of a request, plain or async. It returns the answer as a text,
            as JSON (answered as JSON text), or as a `ChatServer.Reply` to set everything.
        latency: Seconds before each answer.
        record: Whether requests and headers are kept.

    Attributes:
        requests: Bodies of the requests that came, in order of arrival.
        headers: Their headers, names in lower case.
        in_flight: Requests that came and are not answered yet.
        most_in_flight: The highest that `in_flight` was.
    """

    Reply = ChatReply

    def __init__(
        self, fn: Callable[[dict[str, Any]], Any], *, latency: float = 0.0, record: bool = True
    ) -> None:
        self._fn, self._latency, self._record = fn, latency, record
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.in_flight = self.most_in_flight = 0
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
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

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self), "127.0.0.1", 0, backlog=1024
        )
        self._url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        for connection in list(self._connections):
            connection.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # lets the connections see that they are closed
        self._url = None

    @contextmanager
    def run_in_thread(self) -> Iterator[Self]:
        """Run the server in a thread of its own for the block."""
        loop, ready = asyncio.new_event_loop(), threading.Event()
        stop = asyncio.Event()

        async def serve() -> None:
            async with self:
                ready.set()
                await stop.wait()

        def run() -> None:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(serve())

        thread = threading.Thread(target=run, name="synalinks-chat-server", daemon=True)
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()

    def _handle(self, connection: _Connection, head: bytes, body: bytes) -> None:
        """Answer a request, at once where nothing stands against it."""
        path = head.split(b" ", 2)[1]
        if not path.endswith(b"/chat/completions"):
            connection.send(_other_address(path))
            return
        asked = orjson.loads(body)
        if self._record:
            self.requests.append(asked)
            self.headers.append(_headers(head))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        answer = self._fn(asked)
        if inspect.isawaitable(answer):
            task = asyncio.get_running_loop().create_task(self._later(connection, asked, answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._answer(connection, asked, answer)

    async def _later(self, connection: _Connection, asked: dict[str, Any], answer: Any) -> None:
        self._answer(connection, asked, await answer)

    def _answer(self, connection: _Connection, asked: dict[str, Any], answer: Any) -> None:
        reply = answer if isinstance(answer, ChatReply) else ChatReply(body=completion(asked, _text(answer)))
        delay = self._latency + reply.delay
        if delay:
            asyncio.get_running_loop().call_later(delay, self._send, connection, reply)
        else:
            self._send(connection, reply)

    def _send(self, connection: _Connection, reply: ChatReply) -> None:
        self.in_flight -= 1
        connection.send(reply)


def _text(answer: Any) -> str:
    if isinstance(answer, str):
        return answer
    value = answer.get_json() if hasattr(answer, "get_json") else answer
    return orjson.dumps(value).decode()


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _other_address(path: bytes) -> ChatReply:
    """Return the list of models, or that there is nothing at this address."""
    if path.endswith(b"/models"):
        return ChatReply(body={"object": "list", "data": [{"id": "test", "object": "model"}]})
    return ChatReply(status=404, body={"error": {"message": "There is nothing at this address."}})
