"""What a provider is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Final

import orjson

from synalinks._internal.canonical import content_hash
from synalinks.errors import ConfigurationError
from synalinks.hooks import Event, LanguageModelCallRetried, Usage
from synalinks.language_models._schema import OutputSchema

_NO_TEXT: Final = "(no text)"
"""Stands for an empty answer, because some providers refuse messages without a text."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a language model, in no provider's own form.

    Attributes:
        provider: The provider's name, for example "openai".
        model: The model's name without the provider.
        messages: The messages, in the OpenAI chat format; read-only.
        schema: What the answer must be valid for, or None for free text.
        tools: Tools the model may call, in the OpenAI format, or None.
        params: Sampling parameters by their OpenAI names; none is None.
        reask: How often the question was asked before because the answer was not valid.
        rollout: Which of several answers to one sampled question is asked for; no provider is told.
    """

    provider: str
    model: str
    messages: list[dict[str, Any]]
    schema: OutputSchema | None = None
    tools: list[dict[str, Any]] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    reask: int = 0
    rollout: int | None = None
    _key: str | None = field(default=None, init=False, repr=False, compare=False)

    retried: ClassVar[type[Event]] = LanguageModelCallRetried
    """The event that tells of another try."""

    @property
    def sampled(self) -> bool:
        """Whether two equal requests may be answered differently: only temperature 0 says they are not."""
        return self.params.get("temperature") != 0

    @property
    def size(self) -> int:
        """Bytes of its prompt, about: as JSON."""
        size = len(orjson.dumps([self.messages, self.tools]))
        return size + (0 if self.schema is None else len(self.schema.instruction.encode()))

    @property
    def answer_bound(self) -> int | None:
        """The most tokens that an answer may have, None where the parameters do not say."""
        return answer_bound(self.params)

    @property
    def key(self) -> str:
        """Hash of everything that the answer depends on; worked out when first asked for."""
        key = self._key
        if key is None:
            schema = self.schema.key if self.schema is not None else None
            asked: list[Any] = [self.provider, self.model, self.messages, schema, self.tools]
            asked += [dict(self.params), self.reask]
            asked += [] if self.rollout is None else [self.rollout]
            try:
                key = content_hash(asked)
            except TypeError as error:
                raise self.not_json(error) from None
            object.__setattr__(self, "_key", key)
        return key

    def not_json(self, error: TypeError) -> ConfigurationError:
        """Return the error of a request that cannot be written as JSON."""
        return ConfigurationError(f"The request to {self.provider}/{self.model} is not JSON: {error}.")

    def asked_again(self, text: str, problem: str) -> Request:
        """Return the question once more, with the answer that was not valid and what is wrong with it."""
        correction = (
            f"Your answer is not valid: {problem}. Answer again with nothing but JSON that is valid "
            "for the schema."
        )
        messages = [
            *self.messages,
            {"role": "assistant", "content": text if text.strip() else _NO_TEXT},
            {"role": "user", "content": correction},
        ]
        return replace(self, messages=messages, reask=self.reask + 1)


def answer_bound(params: Mapping[str, Any]) -> int | None:
    """Return the most tokens that an answer may have, None where the parameters do not say."""
    bound = params.get("max_completion_tokens", params.get("max_tokens"))
    return bound if isinstance(bound, int) else None


@dataclass(frozen=True, slots=True)
class Response:
    """What a language model answered.

    Attributes:
        message: The assistant's message, in the OpenAI chat format.
        text: Its text, or None where it has none (a call of tools).
        parsed: The text as JSON, valid for the schema; None where no schema was asked for.
        usage: Tokens of this answer.
        finish_reason: "stop", "length", "tool_calls", "content_filter" or a word of the provider's own.
        model: The model that the provider says answered.
        pause: Seconds for which the account has nothing left, as the server says; no file keeps it.
        answered_by: Full name of the model that answered where it was a fallback, or "".
        cached: Whether it came from a cache, or from an equal call in flight, and nothing was paid for it.
    """

    message: dict[str, Any]
    text: str | None = None
    parsed: Any = None
    usage: Usage = field(default_factory=Usage)
    finish_reason: str | None = "stop"
    model: str = ""
    pause: float = field(default=0.0, repr=False, compare=False)
    answered_by: str = ""
    cached: bool = False

    @property
    def size(self) -> int:
        """Bytes of the answer, about: as JSON."""
        return len(orjson.dumps(self.message))

    @classmethod
    def from_text(cls, text: str, *, usage: Usage | None = None, finish_reason: str = "stop") -> Response:
        """Return an answer that consists of a text."""
        message = {"role": "assistant", "content": text}
        return cls(message, text, None, usage or Usage(), finish_reason)

    def with_parsed(self, value: Any) -> Response:
        """Return this answer with its text read as `value`."""
        return Response(
            self.message,
            self.text,
            value,
            self.usage,
            self.finish_reason,
            self.model,
            self.pause,
            self.answered_by,
            self.cached,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain JSON."""
        return {
            "message": self.message,
            "text": self.text,
            "parsed": self.parsed,
            "usage": asdict(self.usage),
            "finish_reason": self.finish_reason,
            "model": self.model,
            "answered_by": self.answered_by,
            "cached": self.cached,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Response:
        """Return the answer that `to_json` gave as `value`."""
        return cls(**{**value, "usage": Usage(**value["usage"])})

    def to_bytes(self) -> bytes:
        """Return the answer as JSON for a file, without what validation makes of it."""
        parts: list[Any] = [self.message, self.text, self.usage, self.finish_reason, self.model]
        if self.answered_by or self.cached:
            parts += [self.answered_by, self.cached]
        return orjson.dumps(parts)

    @classmethod
    def from_parts(cls, parts: list[Any], *, cached: bool = False) -> Response:
        """Return the answer that `to_bytes` gave, read as JSON."""
        message, text, usage, finish_reason, model, *rest = parts
        answered_by, was_cached = rest or ("", False)
        return cls(
            message,
            text,
            None,
            Usage(**usage),
            finish_reason,
            model,
            answered_by=answered_by,
            cached=cached or was_cached,
        )
