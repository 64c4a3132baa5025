"""What a failed exchange with a server means: the one place where failures become typed errors."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from synalinks.errors import (
    AuthenticationError,
    BadRequestError,
    CallTimeoutError,
    ContextTooLongError,
    LanguageModelError,
    ProtocolError,
    RateLimitedError,
    RefusedError,
    ServerError,
    UnknownModelError,
)
from synalinks.language_models.providers._secret import Secret

_TOO_LONG = re.compile(
    r"context[_ ](length|size|window)|maximum context|prompt is too long|too many (input )?tokens"
    r"|input token count|reduce the length|exceeds? the (model'?s )?(available )?context",
    re.IGNORECASE,
)
_FILTERED = re.compile(r"content[_ ]?(filter|policy|management)|\bflagged\b|moderation", re.IGNORECASE)
_KEY = re.compile(r"\bapi[_ -]?key\b", re.IGNORECASE)

_MEANING: dict[int, type[LanguageModelError]] = {
    401: AuthenticationError,
    403: AuthenticationError,
    404: UnknownModelError,
    408: CallTimeoutError,
    409: ServerError,
    429: RateLimitedError,
}

_ADVICE: dict[type[LanguageModelError], str] = {
    AuthenticationError: "Check the API key and what it may be used for.",
    UnknownModelError: "Check the model's name and api_base.",
    ContextTooLongError: "Send less, or use a model with a longer context.",
}

_ENDS = (".", "!", "?", "…")


def failure_of(
    status: int, headers: Mapping[str, str], body: bytes, *, model: str, key: Secret
) -> LanguageModelError:
    """Return the error that an answer with another status than 200 means.

    Args:
        status: HTTP status.
        headers: Headers of the answer.
        body: Its body.
        model: Full model name.
        key: The key, to be masked in what the server says.
    """
    value = _parsed(body)
    code, said = _what_it_says(value)
    kind = kind_of(status, f"{code} {said}")
    shown = key.mask(said).strip()
    shown = shown if len(shown) <= 500 else shown[:500] + "…"
    text = f"{model}: the server answered {status}{f': {shown}' if shown else '.'}"
    advice = _ADVICE.get(kind)
    if advice is not None:
        text += f"{'' if text.endswith(_ENDS) else '.'} {advice}"
    return kind(
        text,
        model=model,
        status=status,
        retry_after=_longer(retry_after(headers), _delay_within(value)),
    )


def kind_of(status: int, said: str) -> type[LanguageModelError]:
    """Return what a status means, and for a refused request what the words with it mean."""
    if status in (400, 403) and _FILTERED.search(said):
        return RefusedError
    if status in _MEANING:
        return _MEANING[status]
    if status >= 500:
        return ServerError
    if status in (400, 413, 422) and _TOO_LONG.search(said):
        return ContextTooLongError
    if status == 400 and _KEY.search(said):
        return AuthenticationError
    return BadRequestError if status >= 300 else ProtocolError


def _parsed(body: bytes) -> Any:
    """Return an error's body as JSON, as text where it is none."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body[:2000].decode("utf-8", "replace")
    if isinstance(value, list) and len(value) == 1:  # Google's form where a stream was asked for
        value = value[0]
    return value.get("error", value) if isinstance(value, dict) else value


def _what_it_says(inner: Any) -> tuple[str, str]:
    """Return code and message of an error; of one in no known form its text."""
    if isinstance(inner, dict):
        code = " ".join(str(inner.get(name) or "") for name in ("code", "type", "status"))
        message = inner.get("message") or inner.get("detail") or orjson.dumps(inner).decode()
        return code, message if isinstance(message, str) else orjson.dumps(message).decode()
    return "", inner if isinstance(inner, str) else orjson.dumps(inner).decode()


def _delay_within(inner: Any) -> float | None:
    """Return the seconds to wait that are in an error of Google's (cloud.google.com/apis/design/errors)."""
    details = inner.get("details") if isinstance(inner, dict) else None
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str):
            return _number(delay.removesuffix("s"))
    return None


def _longer(one: float | None, other: float | None) -> float | None:
    return max((seconds for seconds in (one, other) if seconds is not None), default=None)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, or None where it does not say.

    Retry-After holds seconds or an HTTP date (RFC 9110, 10.2.3); retry-after-ms is OpenAI's finer form.
    """
    finer = _number(headers.get("retry-after-ms"))
    if finer is not None:
        return finer / 1000.0
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


_STATUS = {
    "context_length_exceeded": 400,
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "insufficient_quota": 429,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""Code or type of an error to the status that says the same (platform.claude.com/docs/en/api/errors and
platform.openai.com/docs/guides/error-codes)."""


def error_within(value: Any, headers: Mapping[str, str], *, model: str, key: Secret) -> LanguageModelError:
    """Return the error that a body with status 200 holds, or a `ProtocolError` where it is none.

    Once a stream has begun, and behind some gateways, an error comes with that status. The one that was
    meant is its code, or follows from code or type; where neither says, it is the server's own failure.
    """
    inner = _error_of(value)
    if inner and isinstance(inner, dict | str):
        return failure_of(_meant(inner), headers, orjson.dumps({"error": inner}), model=model, key=key)
    shown = key.mask(orjson.dumps(value).decode())[:300]
    return ProtocolError(f"{model}: the answer is none of the protocol: {shown}", model=model, status=200)


def _meant(inner: dict[str, Any] | str) -> int:
    """Return the status that an error would have had."""
    said = [str(inner.get(name)) for name in ("code", "type")] if isinstance(inner, dict) else []
    numbers = (int(word) for word in said if re.fullmatch("[45][0-9][0-9]", word))
    return next(numbers, next((_STATUS[word] for word in said if word in _STATUS), 500))


def _error_of(value: Any) -> Any:
    """Return the error in a body, or in the answer that it holds, or None."""
    if not isinstance(value, dict):
        return None
    choices = value.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    return value.get("error") or (choice.get("error") if isinstance(choice, dict) else None)
