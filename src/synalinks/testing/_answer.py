"""What a test server's function may say a model answered, in no protocol's own form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """An answer of a model; the server says it in the protocol in which it was asked.

    Attributes:
        text: Its text, None for none (a call of tools).
        tool_calls: Calls of tools, in OpenAI's form: `{"id": ..., "type": "function", "function": {"name":
            ..., "arguments": "<JSON>"}}`.
        reasoning: What the model thought before, "" for nothing.
        finish_reason: Why it stopped, in OpenAI's words; "tool_calls" or "stop" when not given.
    """

    text: str | None = None
    tool_calls: Sequence[Mapping[str, Any]] = ()
    reasoning: str = ""
    finish_reason: str | None = None

    @property
    def reason(self) -> str:
        """Why the model stopped."""
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")

    @property
    def tokens(self) -> int:
        """The tokens of the answer, counted as four characters each."""
        return len(self.text or "") // 4 + 1


def as_answer(value: Any) -> ChatAnswer:
    """Return what a server's function answered as an answer: a text as it is, JSON as JSON text."""
    if isinstance(value, ChatAnswer):
        return value
    if isinstance(value, str):
        return ChatAnswer(value)
    return ChatAnswer(orjson.dumps(value.get_json() if hasattr(value, "get_json") else value).decode())


def tokens_of(asked: Mapping[str, Any]) -> int:
    """Return the tokens of a request's messages, counted as four characters each."""
    return sum(len(str(m.get("content") or "")) for m in asked.get("messages", ())) // 4 + 1


def pieces(text: str) -> list[str]:
    """Return a text in the pieces in which a stream has it: words with the space after them."""
    return re.findall(r"\S+\s*|\s+", text)


def server_sent(events: Sequence[tuple[str | None, Any]]) -> bytes:
    """Return events, each a name or None and its data, as they are streamed (html.spec.whatwg.org, 9.2)."""
    parts = []
    for name, data in events:
        head = b"" if name is None else b"event: " + name.encode() + b"\n"
        text = data.encode() if isinstance(data, str) else orjson.dumps(data)
        parts.append(head + b"data: " + text + b"\n\n")
    return b"".join(parts)
