"""OpenAI's chat completions, as spoken by most servers of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from synalinks.hooks import Usage
from synalinks.language_models._request import Request, Response
from synalinks.language_models._schema import OutputSchema
from synalinks.language_models.providers._dialect import answer_of, count, text_of
from synalinks.language_models.providers._secret import HiddenText, Secret
from synalinks.language_models.providers._table import ProviderSpec

_JSON_OBJECT = orjson.Fragment(b'{"type":"json_object"}')


class ChatCompletions:
    """OpenAI's chat completions (platform.openai.com/docs/api-reference/chat); see `Dialect`.

    Args:
        spec: How the provider differs from OpenAI.
    """

    def __init__(self, spec: ProviderSpec) -> None:
        self._spec = spec

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of the answers; see `Dialect`, as below."""
        return f"{base}/chat/completions"

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the header with the key."""
        return {"Authorization": HiddenText(f"Bearer {key.reveal()}")} if key else {}

    def body(self, request: Request, *, stream: bool) -> dict[str, Any]:
        """Return the request's body."""
        schema = request.schema
        body: dict[str, Any] = {"model": request.model, "messages": request.messages}
        body.update(self._renamed(request.params))
        if request.tools:
            body["tools"] = request.tools
        if schema is not None and self._spec.takes_schema:
            strict = self._spec.strict
            body["response_format"] = schema.response_format if strict else schema.plain_response_format
        elif schema is not None:
            body["messages"] = with_schema(request.messages, schema)
            body["response_format"] = _JSON_OBJECT
        if stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        return body

    def _renamed(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        renamed = self._spec.renamed
        if not renamed or renamed.keys().isdisjoint(params):
            return params
        return {renamed.get(name, name): value for name, value in params.items()}

    def read(self, value: Any) -> Response:
        """Return the answer in a chat completion."""
        choice = value["choices"][0]
        message = choice["message"]
        return answer_of(
            text_of(message.get("content")),
            usage=read_usage(value.get("usage")),
            finish_reason=_word(choice.get("finish_reason")),
            model=value.get("model"),
            tool_calls=message.get("tool_calls"),
            refusal=message.get("refusal"),
            reasoning_content=message.get("reasoning_content") or message.get("reasoning"),
        )

    def assembly(self) -> ChunkAssembly:
        """Return what puts the chunks of an answer together."""
        return ChunkAssembly()


class ChunkAssembly:
    """Puts the chunks of a streamed chat completion together; see `Assembly`."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._parts: dict[str, list[str]] = {}
        self._tools: dict[int, dict[str, Any]] = {}
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._model: Any = ""

    def feed(self, value: Any) -> str:
        """Take one chunk."""
        if usage := value.get("usage"):
            self._usage = read_usage(usage)
        self._model = value.get("model") or self._model
        if not value["choices"]:  # the last chunk holds the usage alone
            return ""
        choice = value["choices"][0]
        self._reason = _word(choice.get("finish_reason")) or self._reason
        delta = choice.get("delta") or {}
        for ours, theirs in _TEXTS:
            if piece := delta.get(theirs):
                self._parts.setdefault(ours, []).append(piece)
        for piece in delta.get("tool_calls") or ():
            self._add_tool(piece)
        text = delta.get("content") or ""
        self._texts.append(text)
        return text

    def _add_tool(self, piece: Any) -> None:
        function = piece.get("function") or {}
        empty: dict[str, Any] = {"type": "function", "function": {"name": "", "arguments": ""}}
        call = self._tools.setdefault(piece.get("index", len(self._tools)), empty)
        if piece.get("id"):
            call["id"] = piece["id"]
        for name in ("name", "arguments"):
            call["function"][name] += function.get(name) or ""

    def response(self) -> Response | None:
        """Return the answer, once its last chunk has come."""
        if self._reason is None:
            return None
        text = "".join(self._texts)
        return answer_of(
            text or (None if self._tools else ""),
            usage=self._usage,
            finish_reason=self._reason,
            model=self._model,
            tool_calls=list(self._tools.values()),
            **{name: "".join(pieces) for name, pieces in self._parts.items()},
        )


_TEXTS = (
    ("refusal", "refusal"),
    ("reasoning_content", "reasoning_content"),
    ("reasoning_content", "reasoning"),
)
"""Texts of a chunk besides the answer's own: our name, a server's name."""


def with_schema(messages: list[dict[str, Any]], schema: OutputSchema) -> list[dict[str, Any]]:
    """Return messages whose first, a system message, also asks for the schema in words."""
    first = messages[0]
    if first["role"] == "system" and isinstance(first.get("content"), str):
        joined = f"{first['content']}\n\n{schema.instruction}"
        return [{**first, "content": joined}, *messages[1:]]
    return [{"role": "system", "content": schema.instruction}, *messages]


def _word(reason: Any) -> str | None:
    return reason if isinstance(reason, str) else None


def read_usage(usage: Any) -> Usage:
    """Return the tokens of a chat completion; 0 where the server does not say."""
    if not isinstance(usage, dict):
        return Usage()
    cached = count(usage.get("prompt_tokens_details"), "cached_tokens")
    return Usage(
        count(usage, "prompt_tokens"),
        count(usage, "completion_tokens"),
        cached or count(usage, "prompt_cache_hit_tokens"),
        count(usage.get("completion_tokens_details"), "reasoning_tokens"),
    )
