"""Gemini's generateContent, as a server speaks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from synalinks.testing._answer import ChatAnswer, pieces, server_sent

_REASONS = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
_ERRORS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class GeminiContent:
    """See `Protocol` (ai.google.dev/api/generate-content)."""

    media_type = "text/event-stream"

    def speaks(self, path: str) -> bool:
        """Return whether it is spoken at a path."""
        return path.endswith((":generateContent", ":streamGenerateContent"))

    def streams(self, path: str, asked: Mapping[str, Any]) -> bool:
        """Return whether the answer is to come in pieces."""
        return path.endswith(":streamGenerateContent")

    def whole(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of an answer."""
        return _response(answer, asked, list(_parts(answer)), _REASONS.get(answer.reason, answer.reason))

    def streamed(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> bytes:
        """Return the pieces of an answer."""
        parted = [piece for part in _parts(answer) for piece in _parted(part)]
        chunks = [_response(answer, asked, [piece], None) for piece in parted]
        last = _response(answer, asked, [], _REASONS.get(answer.reason, answer.reason))
        return server_sent([(None, chunk) for chunk in [*chunks, last]])

    def refusal(self, status: int, message: str) -> dict[str, Any]:
        """Return the body of an error."""
        return {"error": {"code": status, "message": message, "status": _ERRORS.get(status, "UNKNOWN")}}


def _response(
    answer: ChatAnswer, asked: Mapping[str, Any], parts: list[dict[str, Any]], reason: str | None
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = reason
    prompt = _tokens(asked)
    return {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": prompt,
            "candidatesTokenCount": answer.tokens,
            "totalTokenCount": prompt + answer.tokens,
        },
        "modelVersion": "test",
        "responseId": "0",
    }


def _tokens(asked: Mapping[str, Any]) -> int:
    """Return the tokens of a request's texts, counted as four characters each."""
    contents = [*asked.get("contents", ()), asked.get("systemInstruction") or {}]
    texts = (part.get("text") or "" for content in contents for part in content.get("parts", ()))
    return sum(map(len, texts)) // 4 + 1


def _parts(answer: ChatAnswer) -> Iterator[dict[str, Any]]:
    if answer.reasoning:
        yield {"text": answer.reasoning, "thought": True}
    if answer.text is not None:
        yield {"text": answer.text}
    for call in answer.tool_calls:
        function = call["function"]
        arguments = orjson.loads(function["arguments"] or "{}")
        said = {"id": call.get("id"), "name": function["name"], "args": arguments}
        yield {"functionCall": said, "thoughtSignature": "b2Ytbm8tdXNl"}


def _parted(part: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a part in the pieces in which it is streamed."""
    return [{**part, "text": piece} for piece in pieces(part["text"])] if "text" in part else [part]
