"""Anthropic's Messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.hooks import Usage
from synalinks.language_models._request import Request, Response
from synalinks.language_models._schema_rules import SchemaRules
from synalinks.language_models.providers._anthropic_turns import mark, parted
from synalinks.language_models.providers._claude import ClaudeModel, claude
from synalinks.language_models.providers._dialect import answer_of, count
from synalinks.language_models.providers._secret import HiddenText, Secret
from synalinks.language_models.providers._table import ProviderSpec

_VERSION = "2023-06-01"
"""Of the API. The next one, 2026-10-21, refuses `temperature` also for the models that take it; requests
and answers are the same otherwise (platform.claude.com/docs/en/api/versioning)."""

_SCHEMAS = SchemaRules(
    frozenset({
        "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref",
        "$defs", "title", "description", "format", "minItems",
    }),
    formats=frozenset({
        "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
    }),
    most_min_items=1,
    closed=True,
    lone_ref=True,
    recursive=False,
)  # fmt: skip
"""What is enforced (platform.claude.com/docs/en/build-with-claude/structured-outputs, "JSON Schema
limitations")."""

_RENAMED = {"max_completion_tokens": "max_tokens"}
_TRANSLATED = frozenset({
    "cache_control", "parallel_tool_calls", "reasoning_effort", "safety_identifier", "stop", "tool_choice",
    "user",
})  # fmt: skip
_REFUSED = frozenset({
    "frequency_penalty", "logit_bias", "logprobs", "min_p", "modalities", "prediction", "presence_penalty",
    "prompt_cache_key", "repetition_penalty", "seed", "store", "top_logprobs", "verbosity",
})  # fmt: skip
_SAMPLING = ("temperature", "top_p", "top_k")

_EFFORTS = {
    "none": "none",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}
_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 4096, "high": 8192, "xhigh": 12_288, "max": 15_360}
"""Tokens to think with, for models that want a number: more than half of `max_tokens` is never taken."""

_LEAST_BUDGET = 1024
"""The least that the server takes (platform.claude.com/docs/en/build-with-claude/extended-thinking)."""

_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}

_CHOICES = {"auto": "auto", "none": "none", "required": "any"}
_CACHE_MARK = {"type": "ephemeral"}


class Anthropic:
    """Anthropic's Messages (platform.claude.com/docs/en/api/messages); see `Dialect`.

    Args:
        spec: The provider.
    """

    def __init__(self, spec: ProviderSpec) -> None:
        self._spec = spec

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of the answers; see `Dialect`, as below."""
        return f"{base}/v1/messages"

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the headers with the key and the API's version."""
        headers = {"anthropic-version": _VERSION}
        return {**headers, "x-api-key": HiddenText(key.reveal())} if key else headers

    def body(self, request: Request, *, stream: bool) -> dict[str, Any]:
        """Return the request's body."""
        model, params, schema = claude(request.model), request.params, request.schema
        system, turns = parted(request.messages)
        enforced = schema.adapted(_SCHEMAS) if schema is not None and model.schemas else None
        if schema is not None and enforced is None:
            system.append({"type": "text", "text": schema.instruction})
        if marked := params.get("cache_control", _CACHE_MARK):
            mark(system, turns, marked)
        body: dict[str, Any] = {"model": request.model, "max_tokens": model.max_tokens, "messages": turns}
        if system:
            body["system"] = system
        if request.tools:
            body["tools"] = [_tool(tool) for tool in request.tools]
        if params:
            _add_parameters(body, params, request.model, model)
        if enforced is not None:
            form = {"type": "json_schema", "schema": enforced.fragment}
            body["output_config"] = {**body.get("output_config", {}), "format": form}
        if stream:
            body["stream"] = True
        return body

    def read(self, value: Any) -> Response:
        """Return the answer in a message.

        One with blocks that have no place in the OpenAI format keeps all of them under the key "anthropic" of
        the assistant's message, so that they can be sent back unchanged, signatures included.
        """
        content, reason = value["content"], value["stop_reason"]
        texts = [block["text"] for block in content if block["type"] == "text"]
        thoughts = [block["thinking"] for block in content if block["type"] == "thinking"]
        calls = [_call(block) for block in content if block["type"] == "tool_use"]
        details = value.get("stop_details") or {}
        return answer_of(
            "".join(texts) if texts or not calls else None,
            usage=_usage(value.get("usage")),
            finish_reason=_REASONS.get(reason, reason),
            model=value.get("model"),
            tool_calls=calls,
            refusal=details.get("explanation") if reason == "refusal" else None,
            reasoning_content="\n\n".join(filter(None, thoughts)),
            anthropic={"content": content} if len(texts) + len(calls) < len(content) else None,
        )

    def assembly(self) -> EventAssembly:
        """Return what puts the events of an answer together."""
        return EventAssembly(self)


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    """Return a tool as the server takes it; one that is in no known form is the server's own."""
    function = tool.get("function")
    if not isinstance(function, dict):
        return tool
    made = {
        "name": function.get("name"),
        "input_schema": function.get("parameters") or {"type": "object", "properties": {}},
    }
    made.update(
        (name, function[name]) for name in ("description", "strict") if function.get(name) is not None
    )
    return made


def _call(block: dict[str, Any]) -> dict[str, Any]:
    given = block["input"]
    arguments = given if isinstance(given, str) else orjson.dumps(given).decode()
    return {
        "id": block["id"],
        "type": "function",
        "function": {"name": block["name"], "arguments": arguments},
    }


def _usage(usage: Any) -> Usage:
    """Return the tokens of a message; the server counts those read from and written to a cache apart."""
    read, written = count(usage, "cache_read_input_tokens"), count(usage, "cache_creation_input_tokens")
    details = usage.get("output_tokens_details") if isinstance(usage, dict) else None
    return Usage(
        count(usage, "input_tokens") + read + written,
        count(usage, "output_tokens"),
        read,
        count(details, "thinking_tokens"),
        written,
    )


# --- Parameters ------------------------------------------------------------------------------


def _add_parameters(body: dict[str, Any], params: Mapping[str, Any], name: str, model: ClaudeModel) -> None:
    if refused := _REFUSED.intersection(params):
        raise ConfigurationError(
            f"Anthropic's models take no {', '.join(sorted(refused))}: leave it out.", argument=min(refused)
        )
    body.update((_RENAMED.get(key, key), params[key]) for key in params if key not in _TRANSLATED)
    if "stop" in params:
        stop = params["stop"]
        body["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    if user := params.get("safety_identifier") or params.get("user"):
        body["metadata"] = {"user_id": user, **body.get("metadata", {})}
    if "tool_choice" in params or params.get("parallel_tool_calls") is False:
        _add_choice(body, params, name, model)
    if "reasoning_effort" in params:
        _add_reasoning(body, params["reasoning_effort"], name, model)
    _check_sampling(body, name, model)


def _check_sampling(body: dict[str, Any], name: str, model: ClaudeModel) -> None:
    given = [key for key in _SAMPLING if body.get(key, 1) != 1]
    if not given:
        return
    if not model.sampling:
        raise ConfigurationError(
            f"{name} takes no {' and '.join(given)}, as Claude 4.6 and earlier did: leave it out.",
            argument=given[0],
        )
    if given != ["top_p"] and "thinking" in body and body["thinking"] != {"type": "disabled"}:
        raise ConfigurationError(
            f"{name} takes no {' and '.join(given)} while it thinks: leave it out, or reasoning_effort.",
            argument=given[0],
        )
    if body.get("temperature", 0) > 1:
        raise ConfigurationError(
            f"{name} takes a temperature between 0 and 1, not {body['temperature']}.", argument="temperature"
        )


def _add_choice(body: dict[str, Any], params: Mapping[str, Any], name: str, model: ClaudeModel) -> None:
    given = params.get("tool_choice", "auto")
    if isinstance(given, dict):
        choice = {"type": "tool", "name": given["function"]["name"]} if "function" in given else dict(given)
    elif given in _CHOICES:
        choice = {"type": _CHOICES[given]}
    else:
        raise UnknownNameError("tool_choice", str(given), _CHOICES)
    if choice["type"] in ("any", "tool") and not model.forced_tools:
        raise ConfigurationError(
            f'{name} cannot be made to call a tool: say tool_choice="auto" and ask for the call in words.',
            argument="tool_choice",
        )
    if params.get("parallel_tool_calls") is False and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = True
    if body.get("tools") or "tool_choice" in params:
        body["tool_choice"] = choice


def _add_reasoning(body: dict[str, Any], given: Any, name: str, model: ClaudeModel) -> None:
    effort = _EFFORTS.get(given)
    if effort is None:
        raise UnknownNameError("reasoning_effort", str(given), _EFFORTS)
    if effort == "none":
        if model.thinking_off is None:
            raise ConfigurationError(
                f'{name} always thinks: say reasoning_effort="low" for the least of it.',
                argument="reasoning_effort",
            )
        if model.thinking_off:
            body.setdefault("thinking", {"type": model.thinking_off})
    elif model.adaptive:
        body.setdefault("thinking", {"type": "adaptive", "display": "summarized"})
        body["output_config"] = {"effort": effort, **body.get("output_config", {})}
    else:
        body.setdefault("thinking", {"type": "enabled", "budget_tokens": _budget(given, body["max_tokens"])})


def _budget(effort: str, most: int) -> int:
    if most <= _LEAST_BUDGET:
        raise ConfigurationError(
            f"max_tokens={most} leaves too few tokens to think with (reasoning_effort={effort!r}): thinking "
            f"takes at least {_LEAST_BUDGET} of them.",
            argument="max_tokens",
        )
    return max(_LEAST_BUDGET, min(_BUDGETS[effort], most // 2))


# --- Streaming -------------------------------------------------------------------------------

_DELTAS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
    "input_json_delta": ("input", "partial_json"),
}
"""Type of a delta to what of its block it adds to, and to the key that holds what is added."""


class EventAssembly:
    """Puts the events of a streamed message together; see `Assembly`.

    The events are those of platform.claude.com/docs/en/build-with-claude/streaming; others may come and mean
    nothing.

    Args:
        dialect: What reads the message that comes of it.
    """

    def __init__(self, dialect: Anthropic) -> None:
        self._dialect = dialect
        self._message: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._pieces: dict[tuple[int, str], list[str]] = {}
        self._response: Response | None = None

    def feed(self, value: Any) -> str:
        """Take one event."""
        kind = value["type"]
        if kind == "content_block_delta":
            return self._add(value["index"], value["delta"])
        if kind == "content_block_start":
            self._blocks[value["index"]] = dict(value["content_block"])
        elif kind == "message_start":
            self._message = dict(value["message"])
        elif kind == "message_delta":
            self._message.update(value["delta"])
            known = (self._message.get("usage") or {}).items()
            said = (item for item in value["usage"].items() if item[1] is not None)
            self._message["usage"] = {**dict(known), **dict(said)}
        elif kind == "message_stop":
            self._message["content"] = [self._whole(index) for index in sorted(self._blocks)]
            self._response = self._dialect.read(self._message)
        elif kind == "error":
            raise ValueError("the stream holds an error")
        return ""

    def _add(self, index: int, delta: dict[str, Any]) -> str:
        name, key = _DELTAS.get(delta["type"], ("", ""))
        if not name:
            return ""
        piece: str = delta[key]
        self._pieces.setdefault((index, name), []).append(piece)
        return piece if name == "text" else ""

    def _whole(self, index: int) -> dict[str, Any]:
        block = self._blocks[index]
        for name in ("text", "thinking", "signature", "input"):
            if pieces := self._pieces.get((index, name)):
                text = "".join(pieces)
                block[name] = _parsed(text) if name == "input" else block.get(name, "") + text
        return block

    def response(self) -> Response | None:
        """Return the answer, once its last event has come."""
        return self._response


def _parsed(text: str) -> Any:
    """Return the JSON in a text; of an answer that was cut off within it, the text."""
    try:
        return orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return text
