"""OpenAI's chat completions, as spoken by most servers of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from synalinks.hooks import Usage
from synalinks.language_models._request import Request, Response
from synalinks.language_models._schema import OutputSchema
from synalinks.language_models.providers._dialect import answer_of, count, text_of
from synalinks.language_models.providers._quirks import Quirks, Refused, check_taken, refused_by
from synalinks.language_models.providers._secret import HiddenText, Secret
from synalinks.language_models.providers._table import PROVIDERS, ProviderSpec

_JSON_OBJECT = orjson.Fragment(b'{"type":"json_object"}')


class ChatCompletions:
    """OpenAI's chat completions (platform.openai.com/docs/api-reference/chat); see `Dialect`.

    Args:
        spec: How the provider differs from OpenAI.
    """

    def __init__(self, spec: ProviderSpec) -> None:
        self._spec, self._quirks = spec, spec.quirks
        self._refused: dict[str, Refused] = {}
        self._foreign = _foreign_keys(spec.quirks)

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of the answers; see `Dialect`, as below."""
        return f"{base}/chat/completions"

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the header with the key."""
        return {"Authorization": HiddenText(f"Bearer {key.reveal()}")} if key else {}

    def body(self, request: Request, *, stream: bool) -> dict[str, Any]:
        """Return the request's body."""
        refused = self._refused.get(request.model)
        if refused is None:
            refused = self._refused[request.model] = refused_by(self._quirks.refusals, request.model)
        if not refused.keys().isdisjoint(request.params):
            check_taken(refused, request.model, request.params)
        body: dict[str, Any] = {"model": request.model, "messages": self._messages(request.messages)}
        body.update(self._renamed(request.params))
        if request.tools:
            body["tools"] = request.tools
        if request.schema is not None:
            self._ask_for(request.schema, body, alone=not request.tools and not stream)
        if stream:
            body["stream"] = True
            if self._quirks.stream_options:
                body["stream_options"] = {"include_usage": True}
        return body

    def _ask_for(self, schema: OutputSchema, body: dict[str, Any], *, alone: bool) -> None:
        """Ask for a schema in the way that the server knows."""
        fits = alone or not self._quirks.schema_alone
        if self._spec.takes_schema and fits:
            strict = self._spec.strict
            body["response_format"] = schema.response_format if strict else schema.plain_response_format
            return
        body["messages"] = with_schema(body["messages"], schema)
        if fits:
            body["response_format"] = _JSON_OBJECT

    def _messages(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return messages without what is of use to other providers alone."""
        foreign = self._foreign
        for message in messages:
            if not foreign.isdisjoint(message):
                return [m if foreign.isdisjoint(m) else self._cleaned(m) for m in messages]
        return messages

    def _cleaned(self, message: dict[str, Any]) -> dict[str, Any]:
        cleaned = {name: value for name, value in message.items() if name not in self._foreign}
        if self._quirks.reasoning is not None and "reasoning_content" in message:
            cleaned[self._quirks.reasoning] = message["reasoning_content"]
        for provider in self._quirks.kept:
            cleaned.update(message.get(provider, {}))
        return cleaned

    def _renamed(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        renamed = self._spec.renamed
        if not renamed or renamed.keys().isdisjoint(params):
            return params
        return {renamed.get(name, name): value for name, value in params.items()}

    def read(self, value: Any) -> Response:
        """Return the answer in a chat completion."""
        choice = value["choices"][0]
        message = choice["message"]
        content = message.get("content")
        return answer_of(
            text_of(content),
            usage=read_usage(value.get("usage"), self._quirks),
            finish_reason=_word(choice.get("finish_reason")),
            model=value.get("model"),
            tool_calls=message.get("tool_calls"),
            refusal=message.get("refusal"),
            reasoning_content=message.get("reasoning_content")
            or message.get("reasoning")
            or _thought(content),
            **_kept(self._quirks, message),
        )

    def assembly(self) -> ChunkAssembly:
        """Return what puts the chunks of an answer together."""
        return ChunkAssembly(self._quirks)


def _foreign_keys(quirks: Quirks) -> frozenset[str]:
    """Return keys of messages that a server must not see, or not under that name."""
    keys = {*PROVIDERS, *quirks.kept, *quirks.unknown_keys}
    return frozenset(keys if quirks.reasoning == "reasoning_content" else {*keys, "reasoning_content"})


def _kept(quirks: Quirks, message: Any) -> dict[str, Any]:
    """Return what of a message the server wants to see again, by the provider's name."""
    found = {
        provider: {name: message[name] for name in names if message.get(name)}
        for provider, names in quirks.kept.items()
    }
    return {provider: parts for provider, parts in found.items() if parts}


def _thought(content: Any) -> str | None:
    """Return the thoughts among the parts of a message's content."""
    if not isinstance(content, list):
        return None
    parts = (part for part in content if isinstance(part, dict) and part.get("type") == "thinking")
    return "".join(text_of(part.get("thinking")) or "" for part in parts)


class ChunkAssembly:
    """Puts the chunks of a streamed chat completion together; see `Assembly`.

    Args:
        quirks: How the server differs from OpenAI's.
    """

    def __init__(self, quirks: Quirks) -> None:
        self._quirks = quirks
        self._texts: list[str] = []
        self._parts: dict[str, list[str]] = {}
        self._kept: dict[str, list[dict[str, Any]]] = {}
        self._calls: list[dict[str, Any]] = []
        self._open: dict[int, dict[str, Any]] = {}
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._model: Any = ""

    def feed(self, value: Any) -> str:
        """Take one chunk."""
        if usage := value.get("usage"):
            self._usage = read_usage(usage, self._quirks)
        self._model = value.get("model") or self._model
        if not value["choices"]:  # the last chunk holds the usage alone
            return ""
        choice = value["choices"][0]
        self._reason = _word(choice.get("finish_reason")) or self._reason
        delta = choice.get("delta") or choice.get("message") or {}  # some servers do not stream
        content = delta.get("content")
        for ours, theirs in _TEXTS:
            if piece := delta.get(theirs):
                self._parts.setdefault(ours, []).append(piece)
        if thought := _thought(content):
            self._parts.setdefault("reasoning_content", []).append(thought)
        for piece in delta.get("tool_calls") or ():
            self._add_tool(piece)
        for name in (name for names in self._quirks.kept.values() for name in names):
            for piece in delta.get(name) or ():
                _add_block(self._kept.setdefault(name, []), piece)
        text = text_of(content) or ""
        self._texts.append(text)
        return text

    def _add_tool(self, piece: Any) -> None:
        """Add a piece of a call; one with another id begins a new call, whatever its index."""
        known, index = piece.get("id"), piece.get("index", len(self._calls))
        call = self._open.get(index)
        if call is None or (known and known != call.get("id", known)):
            call = self._open[index] = {"type": "function", "function": {"name": "", "arguments": ""}}
            self._calls.append(call)
        function = piece.get("function") or {}
        for name in ("name", "arguments"):
            call["function"][name] += function.get(name) or ""
        call.update((name, part) for name, part in piece.items() if part and name not in _FORM_OF_CALLS)

    def response(self) -> Response | None:
        """Return the answer, once its last chunk has come."""
        if self._reason is None:
            return None
        text = "".join(self._texts)
        return answer_of(
            text or (None if self._calls else ""),
            usage=self._usage,
            finish_reason=self._reason,
            model=self._model,
            tool_calls=self._calls,
            **{name: "".join(pieces) for name, pieces in self._parts.items()},
            **_kept(self._quirks, self._kept),
        )


_FORM_OF_CALLS = ("function", "index", "type")
_TEXTS = (
    ("refusal", "refusal"),
    ("reasoning_content", "reasoning_content"),
    ("reasoning_content", "reasoning"),
)
"""Texts of a chunk besides the answer's own: our name, a server's name."""


def _add_block(blocks: list[dict[str, Any]], piece: dict[str, Any]) -> None:
    """Add a piece of a block of reasoning to the block that it goes on with, or as a new one."""
    last = blocks[-1] if blocks else {}
    texts = [name for name in ("text", "summary", "thinking") if isinstance(piece.get(name), str)]
    same = all(last.get(name) == piece.get(name) for name in ("type", "index"))
    if not blocks or not texts or not same or last.get("signature"):
        blocks.append(dict(piece))
        return
    for name, value in piece.items():
        if name in texts:
            last[name] = (last.get(name) or "") + value
        elif value is not None:
            last[name] = value


def with_schema(messages: list[dict[str, Any]], schema: OutputSchema) -> list[dict[str, Any]]:
    """Return messages whose first, a system message, also asks for the schema in words."""
    first = messages[0]
    if first["role"] == "system" and isinstance(first.get("content"), str):
        joined = f"{first['content']}\n\n{schema.instruction}"
        return [{**first, "content": joined}, *messages[1:]]
    return [{"role": "system", "content": schema.instruction}, *messages]


_WORDS = {"function_call": "tool_calls", "model_length": "length", "eos": "stop"}
"""Reasons to stop that servers call otherwise than OpenAI."""

_BREAKDOWNS = ("error", "insufficient_system_resource")
"""Reasons to stop that are a failure of the server's (openrouter.ai/docs/api/reference/errors-and-debugging;
api-docs.deepseek.com/api/create-chat-completion)."""


def _word(reason: Any) -> str | None:
    if reason in _BREAKDOWNS:
        raise ValueError(reason)
    return _WORDS.get(reason, reason) if isinstance(reason, str) else None


def read_usage(usage: Any, quirks: Quirks) -> Usage:
    """Return the tokens of a chat completion; 0 where the server does not say."""
    if not isinstance(usage, dict):
        return Usage()
    details = usage.get("prompt_tokens_details")
    reasoning = count(usage.get("completion_tokens_details"), "reasoning_tokens")
    return Usage(
        count(usage, "prompt_tokens"),
        count(usage, "completion_tokens") + (reasoning if quirks.reasoning_apart else 0),
        count(details, "cached_tokens") or count(usage, "prompt_cache_hit_tokens"),
        reasoning,
        count(details, "cache_write_tokens"),
    )
