"""Ollama's chat, as a server speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from synalinks.testing._answer import ChatAnswer, pieces, tokens_of

_REASONS = {"tool_calls": "stop"}


class OllamaChat:
    """See `Protocol` (docs.ollama.com/api/chat)."""

    media_type = "application/x-ndjson"

    def speaks(self, path: str) -> bool:
        """Return whether it is spoken at a path."""
        return path.endswith("/api/chat")

    def streams(self, path: str, asked: Mapping[str, Any]) -> bool:
        """Return whether the answer is to come in pieces: unless the request says otherwise."""
        return asked.get("stream") is not False

    def whole(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of an answer."""
        message = {"content": answer.text or ""}
        if answer.reasoning:
            message["thinking"] = answer.reasoning
        return self._line(asked, {**message, **_tools(answer)}, answer)

    def streamed(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> bytes:
        """Return the pieces of an answer."""
        parts: list[dict[str, Any]] = [
            {"content": "", "thinking": piece} for piece in pieces(answer.reasoning)
        ]
        parts += [{"content": piece} for piece in pieces(answer.text or "")]
        if answer.tool_calls:
            parts.append({"content": "", **_tools(answer)})
        lines = [self._line(asked, part) for part in parts]
        lines.append(self._line(asked, {"content": ""}, answer))
        return b"".join(orjson.dumps(line) + b"\n" for line in lines)

    def _line(
        self, asked: Mapping[str, Any], message: dict[str, Any], answer: ChatAnswer | None = None
    ) -> dict[str, Any]:
        """Return a piece, or with the answer the last or only one."""
        line = {
            "model": asked.get("model", ""),
            "created_at": "2025-01-01T00:00:00Z",
            "message": {"role": "assistant", **message},
            "done": answer is not None,
        }
        if answer is not None:
            line |= {
                "done_reason": _REASONS.get(answer.reason, answer.reason),
                "prompt_eval_count": tokens_of(asked),
                "eval_count": answer.tokens,
            }
        return line

    def refusal(self, status: int, message: str) -> dict[str, Any]:
        """Return the body of an error."""
        return {"error": message}


def _tools(answer: ChatAnswer) -> dict[str, Any]:
    calls = []
    for call in answer.tool_calls:
        function = call["function"]
        arguments = orjson.loads(function["arguments"] or "{}")
        calls.append({"function": {"name": function["name"], "arguments": arguments}})
    return {"tool_calls": calls} if calls else {}
