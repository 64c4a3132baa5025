"""What a test server answers, as it stands or as a fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson

from synalinks.testing._answer import as_answer
from synalinks.testing._protocols import ChatProtocol


@dataclass(frozen=True, slots=True)
class ChatReply:
    """An answer of the server, as it stands or as a fault.

    Attributes:
        status: HTTP status.
        headers: Headers to add; "Content-Type" and "Content-Length" among them replace the usual ones, and
            with a "Transfer-Encoding" no length is sent.
        body: The body: bytes or text as they are, other JSON serialised; None for an empty one.
        delay: Seconds before it is sent.
        cut: Number of bytes of the whole answer, headers included, after which the connection is closed.
        reset: Whether the connection is broken off instead of answered.
        hang: Whether nothing is ever sent.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    delay: float = 0.0
    cut: int | None = None
    reset: bool = False
    hang: bool = False

    def encoded(self) -> bytes:
        """Return the answer as it goes over the wire, before any cut."""
        data = self._data()
        headers = {"content-type": "application/json", "content-length": str(len(data))}
        headers |= {name.lower(): value for name, value in self.headers.items()}
        if "transfer-encoding" in headers:
            del headers["content-length"]
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + data

    def _data(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else orjson.dumps(self.body)


_REASONS = {status.value: status.phrase for status in HTTPStatus}


def refusal(protocol: ChatProtocol, status: int, message: str) -> ChatReply:
    """Return an error."""
    return ChatReply(status=status, body=protocol.refusal(status, message))


def as_reply(value: Any, asked: Mapping[str, Any], path: str, protocol: ChatProtocol) -> ChatReply:
    """Return what a server's function answered as a reply, in the protocol of the path."""
    if isinstance(value, ChatReply):
        return value
    answer = as_answer(value)
    if not protocol.streams(path, asked):
        return ChatReply(body=protocol.whole(answer, asked))
    return ChatReply(body=protocol.streamed(answer, asked), headers={"Content-Type": protocol.media_type})
