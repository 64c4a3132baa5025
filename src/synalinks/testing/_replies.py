"""What a test server answers, as it stands or as a fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson


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


def completion(
    body: Mapping[str, Any], text: str | None, *, finish_reason: str = "stop", **message: Any
) -> dict[str, Any]:
    """Return the body of a chat completion.

    Args:
        body: The request's body; its tokens are counted as four characters each.
        text: Text of the answer.
        finish_reason: Why the model stopped.
        **message: Other parts of the assistant's message, for example `tool_calls` or `refusal`.
    """
    asked = sum(len(str(m.get("content") or "")) for m in body.get("messages", ())) // 4 + 1
    answered = len(text or "") // 4 + 1
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model", ""),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, **message},
                "finish_reason": finish_reason,
            }
        ],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
        },
    }


def refusal(status: int, message: str) -> ChatReply:
    """Return an error in OpenAI's form."""
    return ChatReply(status=status, body={"error": {"message": message, "type": "invalid_request_error"}})


def as_reply(answer: Any, asked: Mapping[str, Any]) -> ChatReply:
    """Return what a server's function answered as a reply: a text or JSON becomes a chat completion."""
    if isinstance(answer, ChatReply):
        return answer
    if not isinstance(answer, str):
        value = answer.get_json() if hasattr(answer, "get_json") else answer
        answer = orjson.dumps(value).decode()
    return ChatReply(body=completion(asked, answer))
