"""Anthropic's Messages, as a server speaks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from synalinks.testing._answer import ChatAnswer, pieces, server_sent, tokens_of

_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class AnthropicMessages:
    """See `Protocol` (platform.claude.com/docs/en/api/messages and .../build-with-claude/streaming)."""

    media_type = "text/event-stream"

    def speaks(self, path: str) -> bool:
        """Return whether it is spoken at a path."""
        return path.endswith("/v1/messages")

    def streams(self, path: str, asked: Mapping[str, Any]) -> bool:
        """Return whether the answer is to come in pieces."""
        return asked.get("stream") is True

    def whole(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of an answer."""
        return {
            "id": "msg_0",
            "type": "message",
            "role": "assistant",
            "model": asked.get("model", ""),
            "content": list(_blocks(answer)),
            "stop_reason": _REASONS.get(answer.reason, answer.reason),
            "stop_sequence": None,
            "usage": {"input_tokens": tokens_of(asked), "output_tokens": answer.tokens},
        }

    def streamed(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> bytes:
        """Return the pieces of an answer."""
        message = self.whole(answer, asked)
        start = {**message, "content": [], "stop_reason": None}
        start["usage"] = {**message["usage"], "output_tokens": 1}
        events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
        for index, block in enumerate(message["content"]):
            empty, deltas = _parted(block)
            events.append({"type": "content_block_start", "index": index, "content_block": empty})
            events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
            events.append({"type": "content_block_stop", "index": index})
        end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
        events.append({
            "type": "message_delta", "delta": end, "usage": {"output_tokens": answer.tokens},
        })  # fmt: skip
        events.append({"type": "message_stop"})
        return server_sent([(event["type"], event) for event in events])

    def refusal(self, status: int, message: str) -> dict[str, Any]:
        """Return the body of an error."""
        return {"type": "error", "error": {"type": _ERRORS.get(status, "api_error"), "message": message}}


def _blocks(answer: ChatAnswer) -> Iterator[dict[str, Any]]:
    if answer.reasoning:
        yield {"type": "thinking", "thinking": answer.reasoning, "signature": "of-no-use"}
    if answer.text is not None:
        yield {"type": "text", "text": answer.text}
    for call in answer.tool_calls:
        function = call["function"]
        arguments = orjson.loads(function["arguments"] or "{}")
        yield {"type": "tool_use", "id": call.get("id"), "name": function["name"], "input": arguments}


def _parted(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a block as it begins, and what is added to it piece by piece."""
    if block["type"] == "tool_use":
        delta = {"type": "input_json_delta", "partial_json": orjson.dumps(block["input"]).decode()}
        return {**block, "input": {}}, [delta]
    name = block["type"]
    deltas = [{"type": f"{name}_delta", name: piece} for piece in pieces(block[name])]
    if name == "thinking":
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
        return {**block, name: "", "signature": ""}, deltas
    return {**block, name: ""}, deltas
