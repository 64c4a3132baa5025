"""OpenAI's chat completions, as a server speaks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synalinks.testing._answer import ChatAnswer, pieces, server_sent, tokens_of


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
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, **message},
        "finish_reason": finish_reason,
    }
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model", ""),
        "choices": [choice],
        "usage": _usage(body, ChatAnswer(text)),
    }


def _usage(asked: Mapping[str, Any], answer: ChatAnswer) -> dict[str, int]:
    prompt = tokens_of(asked)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": answer.tokens,
        "total_tokens": prompt + answer.tokens,
    }


class ChatCompletions:
    """See `Protocol`."""

    media_type = "text/event-stream"

    def speaks(self, path: str) -> bool:
        """Return whether it is spoken at a path."""
        return path.endswith("/chat/completions")

    def streams(self, path: str, asked: Mapping[str, Any]) -> bool:
        """Return whether the answer is to come in pieces."""
        return asked.get("stream") is True

    def whole(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of an answer."""
        extra: dict[str, Any] = {"tool_calls": list(answer.tool_calls)} if answer.tool_calls else {}
        if answer.reasoning:
            extra["reasoning_content"] = answer.reasoning
        return completion(asked, answer.text, finish_reason=answer.reason, **extra)

    def streamed(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> bytes:
        """Return the pieces of an answer."""

        def chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
            return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

        head = {
            "id": "chatcmpl-0",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": asked.get("model", ""),
        }
        chunks = [chunk({"role": "assistant", "content": None if answer.text is None else ""})]
        chunks += [chunk({"reasoning_content": piece}) for piece in pieces(answer.reasoning)]
        chunks += [chunk({"content": piece}) for piece in pieces(answer.text or "")]
        for index, call in enumerate(answer.tool_calls):
            function = {**call["function"], "arguments": ""}
            chunks.append(chunk({"tool_calls": [{"index": index, **call, "function": function}]}))
            arguments = {"arguments": call["function"]["arguments"]}
            chunks.append(chunk({"tool_calls": [{"index": index, "function": arguments}]}))
        chunks.append(chunk({}, answer.reason))
        if (asked.get("stream_options") or {}).get("include_usage"):
            chunks.append({**head, "choices": [], "usage": _usage(asked, answer)})
        return server_sent([*((None, each) for each in chunks), (None, "[DONE]")])

    def refusal(self, status: int, message: str) -> dict[str, Any]:
        """Return the body of an error."""
        return {"error": {"message": message, "type": "invalid_request_error"}}
