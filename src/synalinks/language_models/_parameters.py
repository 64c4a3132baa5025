"""The sampling parameters of a call: which there are, and which are mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import orjson

from synalinks.errors import ConfigurationError

_OPTIONS = (
    "model", "api_base", "api_key", "timeout", "connect_timeout", "retry", "fallback", "cache",
    "max_concurrency", "requests_per_minute", "tokens_per_minute", "validation_retries", "prices",
)  # fmt: skip

_MEANT = {
    **dict.fromkeys(("base_url", "base", "url", "api_url", "host", "endpoint", "server"), "api_base=..."),
    **dict.fromkeys(("key", "token", "api_token", "auth_token", "secret"), "api_key=..."),
    **dict.fromkeys(
        ("retries", "max_retries", "num_retries", "max_tries", "tries", "attempts", "max_attempts"),
        "retry=Retry(max_tries=...)",
    ),
    **dict.fromkeys(("request_timeout", "timeout_s"), "timeout=..."),
    **dict.fromkeys(("concurrency", "max_parallel", "max_concurrent"), "max_concurrency=..."),
    **dict.fromkeys(("rpm", "max_rpm", "rate_limit"), "requests_per_minute=..."),
    **dict.fromkeys(("tpm", "max_tpm"), "tokens_per_minute=..."),
    "model_name": "model=...",
    "temp": "temperature=...",
    **dict.fromkeys(("price", "cost", "pricing"), "prices=..."),
}
"""Names that other libraries have for an option, and what it is called here."""

_RESERVED = {
    "messages": "pass them first",
    "model": "it belongs to the LanguageModel",
    "response_format": "pass schema= instead",
    "stream": "an answer always comes whole",
    "stream_options": "an answer always comes whole",
    "n": "ask n times instead",
    "rollout": "pass it with a call, lm(messages, rollout=...)",
    "extra_body": "pass its items themselves",
}
"""Parameters of the protocol that are not the caller's, and what to do instead."""

_NUMBERS = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "min_p", "repetition_penalty")
_WHOLE_NUMBERS = ("max_tokens", "max_completion_tokens", "top_k", "seed", "top_logprobs")
_OTHERS = (
    "logit_bias", "logprobs", "metadata", "modalities", "parallel_tool_calls", "prediction",
    "prompt_cache_key", "reasoning_effort", "safety_identifier", "service_tier", "stop", "store",
    "tool_choice", "user", "verbosity",
)  # fmt: skip
_PROTOCOL = (*_NUMBERS, *_WHOLE_NUMBERS, *_OTHERS)
_SERVERS_OWN = (
    "best_of",
    "length_penalty",
    "max_new_tokens",
    "min_tokens",
    "models",
    "repeat_penalty",
    "top_a",
    "top_n",
)
"""Parameters of some servers that are spelt like one of the protocol."""


def check_parameters(params: Mapping[str, Any]) -> None:
    """Refuse parameters of a call that are mistakes; names that are like none known are the server's own.

    Args:
        params: Name to value; None for one that is left out.

    Raises:
        ConfigurationError: A name is misspelt, is an option of `LanguageModel` or not the caller's, or a
            number is none. The text holds no value of a name that is not known, which may be a key.
    """
    for name, value in params.items():
        problem = _problem(name)
        if problem is not None:
            raise ConfigurationError(problem, argument=name)
        if value is not None:
            _check_type(name, value)


@lru_cache(maxsize=256)
def _problem(name: str) -> str | None:
    """Say what is wrong with a name, or None."""
    if name in _RESERVED:
        return f"{name!r} is not a sampling parameter of a call: {_RESERVED[name]}."
    if name in _PROTOCOL or name in _SERVERS_OWN:
        return None
    meant = _MEANT.get(name.lower())
    if meant is None:
        close = get_close_matches(name.lower(), _OPTIONS, n=1, cutoff=0.8)
        # So close is no other server's own parameter: min_tokens is as far as 0.8 from max_tokens.
        close = close or get_close_matches(name.lower(), _PROTOCOL, n=1, cutoff=0.85)
        meant = f"{close[0]!r}" if close else None
    if meant is None:
        return None
    return f"Unknown option {name!r} of LanguageModel. Did you mean {meant}?"


def _check_type(name: str, value: Any) -> None:
    if name in _WHOLE_NUMBERS:
        expected, fits = "a whole number", isinstance(value, int)
    elif name in _NUMBERS:
        expected, fits = "a number", isinstance(value, int | float) and math.isfinite(value)
    else:
        return
    if not fits or isinstance(value, bool):
        raise ConfigurationError(f"{name} must be {expected}, not {value!r:.100}.", argument=name)


def checked_defaults(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of every call without those that are None.

    Raises:
        ConfigurationError: One is a mistake (see `check_parameters`), or is not JSON.
    """
    check_parameters(params)
    defaults = {name: value for name, value in params.items() if value is not None}
    try:
        orjson.dumps(defaults)
    except TypeError as error:
        raise ConfigurationError(f"A default parameter is not JSON: {error}.") from None
    return defaults
