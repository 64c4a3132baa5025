"""Ollama's own chat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.hooks import Usage
from synalinks.language_models._request import Request, Response
from synalinks.language_models.providers._dialect import answer_of, arguments_of, count, image_of
from synalinks.language_models.providers._secret import HiddenText, Secret
from synalinks.language_models.providers._table import ProviderSpec

_RENAMED = {
    "max_tokens": "num_predict",
    "max_completion_tokens": "num_predict",
    "repetition_penalty": "repeat_penalty",
}
_TOP_LEVEL = frozenset({"keep_alive", "logprobs", "think", "top_logprobs", "truncate"})
_TRANSLATED = frozenset({"options", "parallel_tool_calls", "reasoning_effort", "tool_choice"})
_REFUSED = frozenset({
    "logit_bias", "metadata", "modalities", "prediction", "prompt_cache_key", "safety_identifier",
    "service_tier", "store", "user", "verbosity",
})  # fmt: skip

_LEVELS = {
    "none": "low",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}
_LEVELLED = "gpt-oss"
"""Models that take a level of thinking and cannot do without; others take whether to think
(docs.ollama.com/capabilities/thinking)."""


class Ollama:
    """Ollama's chat (docs.ollama.com/api/chat); see `Dialect`.

    Args:
        spec: The provider.
    """

    def __init__(self, spec: ProviderSpec) -> None:
        self._spec = spec

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of the answers; see `Dialect`, as below."""
        return f"{base}/api/chat"

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the header with the key, which ollama.com wants and a server of one's own does not."""
        return {"Authorization": HiddenText(f"Bearer {key.reveal()}")} if key else {}

    def body(self, request: Request, *, stream: bool) -> dict[str, Any]:
        """Return the request's body."""
        params = request.params
        body: dict[str, Any] = {
            "model": request.model,
            "messages": _messages(request.messages),
            "stream": stream,
        }
        if request.tools and params.get("tool_choice") != "none":
            body["tools"] = request.tools
        if request.schema is not None:
            body["format"] = request.schema.fragment
        if params:
            _add_parameters(body, params, request.model)
        return body

    def read(self, value: Any) -> Response:
        """Return the answer in a body, or in the last line of a stream that has the text of all."""
        message = value["message"]
        calls = _calls(message.get("tool_calls") or (), str(value.get("created_at", "")))
        reason = value.get("done_reason") or "stop"
        return answer_of(
            message.get("content") or (None if calls else ""),
            usage=Usage(
                count(value, "prompt_eval_count"),
                count(value, "eval_count"),
                count(value, "prompt_eval_cached_count"),
            ),
            finish_reason="tool_calls" if calls and reason == "stop" else reason,
            model=value.get("model"),
            tool_calls=calls,
            reasoning_content=message.get("thinking"),
        )

    def assembly(self) -> LineAssembly:
        """Return what puts the lines of an answer together."""
        return LineAssembly(self)


def _calls(calls: Iterable[dict[str, Any]], when: str) -> list[dict[str, Any]]:
    """Return calls in the OpenAI format.

    Older servers give calls no id; two of a conversation must not have the same, so theirs tell the time.
    """
    moment = re.sub("[^0-9]", "", when)
    prefix = f"call_{moment}_" if moment else "call_"
    return [_call(call, f"{prefix}{number}") for number, call in enumerate(calls)]


def _call(call: dict[str, Any], substitute: str) -> dict[str, Any]:
    function = call["function"]
    arguments = orjson.dumps(function.get("arguments") or {}).decode()
    return {
        "id": call.get("id") or substitute,
        "type": "function",
        "function": {"name": function["name"], "arguments": arguments},
    }


def _messages(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return messages as the server takes them; a plain message is taken as it is, uncopied.

    Raises:
        ConfigurationError: A call of a tool is none, or an image would have to be fetched.
    """
    names: dict[Any, str] = {}
    made = []
    for message in messages:
        role, content = message["role"], message.get("content")
        if len(message) == 2 and isinstance(content, str) and role != "developer":
            made.append(message)
            continue
        turn: dict[str, Any] = {"role": "system" if role == "developer" else role}
        if content:
            turn |= _texts_and_images(content) if isinstance(content, list) else {"content": content}
        if calls := message.get("tool_calls"):
            names.update((call.get("id"), call["function"]["name"]) for call in calls)
            turn["tool_calls"] = [_use(call) for call in calls]
        if role == "assistant" and (thought := message.get("reasoning_content")):
            turn["thinking"] = thought
        if role == "tool" and (name := names.get(message.get("tool_call_id"), message.get("name"))):
            turn["tool_name"] = name
        made.append(turn)
    return made


def _use(call: dict[str, Any]) -> dict[str, Any]:
    return {"function": {"name": call["function"]["name"], "arguments": arguments_of(call)}}


def _texts_and_images(parts: list[Any]) -> dict[str, Any]:
    """Return the content of a message that is given in parts: its texts, and its images in base64.

    Raises:
        ConfigurationError: An image is given by its address, or something is neither text nor image.
    """
    texts, images = [], []
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            texts.append(part["text"])
        elif kind == "image_url" and (data := image_of(part).data) is not None:
            images.append(data)
        else:
            raise ConfigurationError(
                "Ollama takes texts and images in a message, and fetches nothing: give an image as "
                f'"data:image/png;base64,..."; not {part!r:.100}.',
                argument="messages",
            )
    content: dict[str, Any] = {"content": "\n".join(texts)}
    return {**content, "images": images} if images else content


def _add_parameters(body: dict[str, Any], params: Mapping[str, Any], model: str) -> None:
    """Add parameters; names that are not the protocol's are options of the model, such as `num_ctx`."""
    if refused := _REFUSED.intersection(params):
        raise ConfigurationError(
            f"Ollama takes no {', '.join(sorted(refused))}: leave it out.", argument=min(refused)
        )
    _check_choice(params)
    options = {}
    for name, value in params.items():
        if name in _TOP_LEVEL:
            body[name] = value
        elif name not in _TRANSLATED:
            options[_RENAMED.get(name, name)] = (
                [value] if name == "stop" and isinstance(value, str) else value
            )
    if options := {**options, **params.get("options", {})}:
        body["options"] = options
    if "reasoning_effort" in params:
        body.setdefault("think", _think(params["reasoning_effort"], model))


def _check_choice(params: Mapping[str, Any]) -> None:
    if params.get("tool_choice", "auto") not in ("auto", "none"):
        raise ConfigurationError(
            'Ollama lets the model choose: tool_choice is "auto" or "none"; ask for a call in words.',
            argument="tool_choice",
        )
    if params.get("parallel_tool_calls") is False:
        raise ConfigurationError(
            "Ollama lets the model call several tools at once: leave parallel_tool_calls out.",
            argument="parallel_tool_calls",
        )


def _think(effort: Any, model: str) -> bool | str:
    if effort not in _LEVELS:
        raise UnknownNameError("reasoning_effort", str(effort), _LEVELS)
    return _LEVELS[effort] if _LEVELLED in model else effort != "none"


class LineAssembly:
    """Puts the lines of a streamed answer together; see `Assembly` (docs.ollama.com/api/streaming).

    Args:
        dialect: What reads the answer that comes of it.
    """

    def __init__(self, dialect: Ollama) -> None:
        self._dialect = dialect
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._calls: list[Any] = []
        self._response: Response | None = None

    def feed(self, value: Any) -> str:
        """Take one line."""
        message = value["message"]
        text: str = message.get("content") or ""
        self._texts.append(text)
        self._thoughts.append(message.get("thinking") or "")
        self._calls += message.get("tool_calls") or ()
        if value["done"]:
            whole = {
                "content": "".join(self._texts),
                "thinking": "".join(self._thoughts),
                "tool_calls": self._calls,
            }
            self._response = self._dialect.read({**value, "message": whole})
        return text

    def response(self) -> Response | None:
        """Return the answer, once its last line has come."""
        return self._response
