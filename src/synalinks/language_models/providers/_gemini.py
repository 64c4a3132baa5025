"""Gemini's own protocol: generateContent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from synalinks.errors import ConfigurationError
from synalinks.hooks import Usage
from synalinks.language_models._request import Request, Response
from synalinks.language_models._schema_rules import SchemaRules
from synalinks.language_models.providers._dialect import answer_of, count
from synalinks.language_models.providers._gemini_contents import Contents, message_of
from synalinks.language_models.providers._secret import HiddenText, Secret
from synalinks.language_models.providers._table import ProviderSpec

_CONFIG: Final[Mapping[str, str]] = {
    "max_tokens": "maxOutputTokens",
    "max_completion_tokens": "maxOutputTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "stop": "stopSequences",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}
"""Parameters by OpenAI's names to those in `generationConfig` (ai.google.dev/api/generate-content)."""

_REFUSED: Final = frozenset({
    "logit_bias", "metadata", "modalities", "prediction", "prompt_cache_key", "safety_identifier", "user",
    "verbosity",
})  # fmt: skip
"""Parameters of OpenAI's protocol that Gemini has nothing like."""

_BESIDE: Final[Mapping[str, str]] = {
    "service_tier": "serviceTier",
    **{name: name for name in ("store", "safetySettings", "cachedContent", "toolConfig", "labels")},
}
"""Parameters that stand beside `generationConfig`; others of Gemini's own are put into it."""

_BUDGETS: Final[Mapping[str, int]] = {
    "none": 0,
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24576,
}
"""Tokens to think with by reasoning effort, for models up to 2.5 (ai.google.dev/gemini-api/docs/openai)."""

_LEVELS: Final = ("minimal", "low", "medium", "high", "xhigh")
"""Reasoning efforts that later models take as levels (ai.google.dev/gemini-api/docs/thinking)."""

_SCHEMAS: Final = SchemaRules(
    frozenset({
        "type", "properties", "required", "additionalProperties", "items", "prefixItems", "enum", "anyOf",
        "$ref", "$defs", "title", "description", "format", "minimum", "maximum", "minItems", "maxItems",
    }),
    lone_ref=True,
)  # fmt: skip
"""What `responseJsonSchema` takes (ai.google.dev/api/generate-content#GenerationConfig)."""

_MODES: Final[Mapping[str, str]] = {"auto": "AUTO", "none": "NONE", "required": "ANY"}

_FILTERED: Final = frozenset({
    "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "ESCALATION", "MODEL_ARMOR",
})  # fmt: skip
"""Reasons to stop that are a filter's."""

_REASONS: Final[Mapping[str, str]] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(_FILTERED, "content_filter"),
}


class Gemini:
    """Gemini's generateContent (ai.google.dev/api/generate-content); see `Dialect`.

    The parts of an answer that Gemini wants to see again, signatures of thoughts above all, are kept in
    `message["gemini"]` and sent back as they came.

    Args:
        spec: The provider; nothing of it differs.
    """

    def __init__(self, spec: ProviderSpec) -> None:
        pass

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of the answers; see `Dialect`, as below."""
        path = quote(model if model.startswith(("models/", "tunedModels/")) else f"models/{model}")
        return f"{base}/{path}:" + ("streamGenerateContent?alt=sse" if stream else "generateContent")

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the header with the key."""
        return {"x-goog-api-key": HiddenText(key.reveal())} if key else {}

    def body(self, request: Request, *, stream: bool) -> dict[str, Any]:
        """Return the request's body."""
        early = _is_early(request.model)
        said = Contents(request.messages, sign=not early)
        body: dict[str, Any] = {"contents": said.contents}
        config = _translated(request, body)
        if request.schema is not None:
            fitting = request.schema.adapted(_SCHEMAS)
            alone = early and request.tools  # these models take a schema or tools, not both
            if not alone:
                config["responseMimeType"] = "application/json"
            if alone or fitting is None:
                said.system.append({"text": request.schema.instruction})
            else:
                config["responseJsonSchema"] = fitting.fragment
        if said.system:
            body["systemInstruction"] = {"role": "user", "parts": said.system}
        if request.tools:
            body["tools"] = _tools(request.tools)
        if config:
            body["generationConfig"] = config
        return body

    def read(self, value: Any) -> Response:
        """Return the answer in a response."""
        usage, model = _usage(value.get("usageMetadata")), value.get("modelVersion")
        candidates = value.get("candidates")
        blocked = (value.get("promptFeedback") or {}).get("blockReason")
        if not candidates and blocked:
            refusal = f"the prompt was blocked ({blocked})"
            return answer_of(None, usage=usage, finish_reason="content_filter", model=model, refusal=refusal)
        candidate = candidates[0]
        parts = (candidate.get("content") or {}).get("parts") or []
        text, extras = message_of(parts, value.get("responseId") or "0")
        reason = _word(candidate["finishReason"], called=bool(extras["tool_calls"]))
        return answer_of(text, usage=usage, finish_reason=reason, model=model, **extras)

    def assembly(self) -> PartAssembly:
        """Return what puts the pieces of an answer together."""
        return PartAssembly(self)


class PartAssembly:
    """Puts the responses that a stream consists of together; see `Assembly`.

    Args:
        dialect: Reads what comes of it.
    """

    def __init__(self, dialect: Gemini) -> None:
        self._dialect = dialect
        self._parts: list[dict[str, Any]] = []
        self._reason: str | None = None
        self._whole: dict[str, Any] = {}

    def feed(self, value: Any) -> str:
        """Take one response."""
        if "error" in value:
            raise ValueError("an error, no response")
        candidates = value.get("candidates")
        self._whole.update(value)
        if not candidates:
            return ""
        candidate = candidates[0]
        self._reason = candidate.get("finishReason") or self._reason
        texts = [self._add(part) for part in (candidate.get("content") or {}).get("parts") or ()]
        return "".join(texts)

    def _add(self, part: dict[str, Any]) -> str:
        """Add a part, or its text to the part before, unless one of them is signed; return its text."""
        text: str = part.get("text", "")
        last = self._parts[-1] if self._parts else {}
        if (
            "text" in part
            and part.keys() <= {"text", "thought"}
            and last == {**part, "text": last.get("text")}
        ):
            last["text"] += text
        else:
            self._parts.append(dict(part))
        return "" if part.get("thought") else text

    def response(self) -> Response | None:
        """Return the answer, once its end has come."""
        if self._reason is not None:
            candidate = {"content": {"parts": self._parts}, "finishReason": self._reason}
            return self._dialect.read({**self._whole, "candidates": [candidate]})
        blocked = (self._whole.get("promptFeedback") or {}).get("blockReason")
        return self._dialect.read({**self._whole, "candidates": None}) if blocked else None


@lru_cache(maxsize=256)
def _is_early(model: str) -> bool:
    """Return whether a model is of version 2.5 or before: these think by budget, and need no signature."""
    return re.match(r"(models/)?gemini-[12]\b", model) is not None


def _translated(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Return `generationConfig`; parameters that stand beside it are put into `body`."""
    config: dict[str, Any] = {}
    for name, value in request.params.items():
        if (ours := _CONFIG.get(name)) is not None:
            config[ours] = [value] if name == "stop" and isinstance(value, str) else value
        elif (beside := _BESIDE.get(name)) is not None:
            body[beside] = value
        elif name == "reasoning_effort":
            config.setdefault("thinkingConfig", _thinking(request.model, value))
        elif name == "tool_choice":
            body["toolConfig"] = {"functionCallingConfig": _choice(value)}
        elif name in _REFUSED or (name == "parallel_tool_calls" and value is not True):
            raise ConfigurationError(
                f"gemini/{request.model} takes no {name}={value!r:.100}; leave it out.", argument=name
            )
        elif name != "parallel_tool_calls":
            config[name] = value
    return config


def _thinking(model: str, effort: Any) -> dict[str, Any]:
    """Return how a model is told to think.

    Raises:
        ConfigurationError: It cannot think as little or as much.
    """
    early = _is_early(model)
    known: tuple[str, ...] = tuple(_BUDGETS) if early else _LEVELS
    if early and "pro" in model:
        known = known[1:]  # it cannot be kept from thinking
    if effort not in known:
        raise ConfigurationError(
            f"gemini/{model} takes no reasoning_effort={effort!r:.100}: use one of {', '.join(known)}.",
            argument="reasoning_effort",
        )
    if effort == "none":
        return {"thinkingBudget": 0}
    if early:
        return {"includeThoughts": True, "thinkingBudget": _BUDGETS[effort]}
    level = "low" if effort == "minimal" and "pro" in model else effort
    return {"includeThoughts": True, "thinkingLevel": level.upper()}


def _choice(choice: Any) -> dict[str, Any]:
    """Return which tools a model is to call (ai.google.dev/api/caching#FunctionCallingConfig)."""
    if isinstance(choice, str) and choice in _MODES:
        return {"mode": _MODES[choice]}
    try:
        return {"mode": "ANY", "allowedFunctionNames": [choice["function"]["name"]]}
    except (KeyError, TypeError):
        named = '{"type": "function", "function": {"name": ...}}'
    raise ConfigurationError(
        f'tool_choice must be "auto", "none", "required" or {named}, not {choice!r:.100}.',
        argument="tool_choice",
    )


def _tools(tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return tools; those in another form than OpenAI's are Gemini's own, such as `{"googleSearch": {}}`."""
    declared = [_declaration(tool["function"]) for tool in tools if "function" in tool]
    own = [tool for tool in tools if "function" not in tool]
    return [*own, {"functionDeclarations": declared}] if declared else own


def _declaration(function: Mapping[str, Any]) -> dict[str, Any]:
    declaration = {"name": function["name"]}
    if description := function.get("description"):
        declaration["description"] = description
    if parameters := function.get("parameters"):
        declaration["parametersJsonSchema"] = parameters
    return declaration


def _word(reason: str, *, called: bool) -> str:
    if reason == "STOP" and called:
        return "tool_calls"
    return _REASONS.get(reason) or reason.lower()


def _usage(usage: Any) -> Usage:
    """Return the tokens of a response (ai.google.dev/api/generate-content#UsageMetadata)."""
    thoughts = count(usage, "thoughtsTokenCount")
    return Usage(
        count(usage, "promptTokenCount") + count(usage, "toolUsePromptTokenCount"),
        count(usage, "candidatesTokenCount") + thoughts,
        count(usage, "cachedContentTokenCount"),
        thoughts,
    )
