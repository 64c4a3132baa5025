"""OpenAI's chat completions, as spoken by every server of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from synalinks._internal.canonical import digest
from synalinks.errors import ConfigurationError, LanguageModelError, ProtocolError
from synalinks.hooks import Usage
from synalinks.language_models._failures import error_within, failure_of
from synalinks.language_models._http import Endpoint, Reply
from synalinks.language_models._providers import ProviderSpec
from synalinks.language_models._request import Request, Response
from synalinks.language_models._schema import OutputSchema
from synalinks.language_models._secret import HiddenText, Secret

_JSON_OBJECT = orjson.Fragment(b'{"type":"json_object"}')


class ChatCompletions:
    """A server that speaks OpenAI's chat completions.

    Args:
        name: The provider's name.
        model: The model's name without the provider.
        spec: How the provider differs from OpenAI.
        api_base: The server's address.
        key: The key, empty where the server needs none.
        timeout: Seconds for one exchange, or None.
    """

    def __init__(
        self, name: str, model: str, *, spec: ProviderSpec, api_base: str, key: Secret, timeout: float | None
    ) -> None:
        self.name = name
        self.account = f"{api_base}#{digest(key.reveal().encode(), size=8) if key else ''}"
        self._spec, self._key, self._full_name = spec, key, f"{name}/{model}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "synalinks",
            "Accept": "application/json",
        }
        if key:
            headers["Authorization"] = HiddenText(f"Bearer {key.reveal()}")
        self._endpoint = Endpoint(
            f"{api_base}/chat/completions", headers=headers, timeout=timeout, model=self._full_name, key=key
        )

    async def complete(self, request: Request) -> Response:
        """Send `request` and return its answer; see `Provider`."""
        answer = self._read(await self._endpoint.post(self._body(request)))
        if isinstance(answer, LanguageModelError):
            raise answer  # here, where no variable holds what the server sent: it may have echoed the key
        return answer

    def _body(self, request: Request) -> bytes:
        """Return the request's body; it is serialised here and nowhere else."""
        schema = request.schema
        body: dict[str, Any] = {"model": request.model, "messages": request.messages}
        body.update(self._renamed(request.params))
        if request.tools:
            body["tools"] = request.tools
        if schema is not None and self._spec.takes_schema:
            body["response_format"] = schema.response_format
        elif schema is not None:
            body["messages"] = _with_schema(request.messages, schema)
            body["response_format"] = _JSON_OBJECT
        try:
            return orjson.dumps(body)
        except TypeError as error:
            failure = ConfigurationError(f"The request to {self._full_name} is not JSON: {error}.")
        raise failure

    def _renamed(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        renamed = self._spec.renamed
        if not renamed or renamed.keys().isdisjoint(params):
            return params
        return {renamed.get(name, name): value for name, value in params.items()}

    def _read(self, reply: Reply) -> Response | LanguageModelError:
        """Return the answer in what a server sent, or the error that it is."""
        model, key = self._full_name, self._key
        if reply.status != 200:
            return failure_of(reply.status, reply.headers, reply.body, model=model, key=key)
        try:
            value = orjson.loads(reply.body)
        except orjson.JSONDecodeError as error:
            shown = key.mask(reply.body[:2000].decode("utf-8", "replace"))[:200]
            return ProtocolError(
                f"{model}: the answer is not JSON ({error}): {shown!r}", model=model, status=200
            )
        return read_completion(value) or error_within(value, reply.headers, model=model, key=key)


def _with_schema(messages: list[dict[str, Any]], schema: OutputSchema) -> list[dict[str, Any]]:
    """Return messages whose first, a system message, also asks for the schema in words."""
    first = messages[0]
    if first["role"] == "system" and isinstance(first.get("content"), str):
        joined = f"{first['content']}\n\n{schema.instruction}"
        return [{**first, "content": joined}, *messages[1:]]
    return [{"role": "system", "content": schema.instruction}, *messages]


def read_completion(value: Any) -> Response | None:
    """Return the answer in a chat completion, or None where it is none."""
    try:
        choice = value["choices"][0]
        message = choice["message"]
        content = message.get("content")
        reason = choice.get("finish_reason")
    except (TypeError, KeyError, IndexError, AttributeError):
        return None
    text = content if isinstance(content, str) or content is None else _joined(content)
    answer: dict[str, Any] = {"role": "assistant", "content": text}
    for name, given in _OPTIONAL:
        found = message.get(given)
        if found:
            answer.setdefault(name, found)
    usage = value.get("usage")
    model = value.get("model")
    return Response(
        answer,
        text,
        None,
        read_usage(usage) if usage else Usage(),
        reason if isinstance(reason, str) else None,
        model if isinstance(model, str) else "",
    )


_OPTIONAL = (
    ("tool_calls", "tool_calls"),
    ("refusal", "refusal"),
    ("reasoning_content", "reasoning_content"),
    ("reasoning_content", "reasoning"),
)
"""Parts of a message that are kept where there are any: our name, a server's name."""


def _joined(parts: Any) -> str | None:
    """Return the text of content that came in parts."""
    if not isinstance(parts, list):
        return None
    texts = (part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))


def read_usage(usage: Any) -> Usage:
    """Return the tokens of a chat completion; 0 where the server does not say."""
    if not isinstance(usage, dict):
        return Usage()
    prompt, answer = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    cached = _count(prompt, "cached_tokens") or _count(usage, "prompt_cache_hit_tokens")
    return Usage(
        _count(usage, "prompt_tokens"),
        _count(usage, "completion_tokens"),
        cached,
        _count(answer, "reasoning_tokens"),
    )


def _count(values: Any, name: str) -> int:
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, int) and value > 0 else 0
