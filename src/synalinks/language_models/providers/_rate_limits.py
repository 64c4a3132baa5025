"""What a server says of the limits of an account, in the headers of its answers."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Final

_HEADERS: Final = (
    # platform.openai.com/docs/guides/rate-limits, also Azure OpenAI's and Groq's
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    # docs.anthropic.com/en/api/rate-limits
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
    # draft-ietf-httpapi-ratelimit-headers-06
    ("ratelimit-remaining", "ratelimit-reset"),
)
"""What is left of a limit, and when it begins anew."""

_SINCE_1970: Final = 1e9
"""From this number on it is a time and not how long."""

_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART: Final = re.compile(r"(\d+(?:\.\d*)?)(h|ms|m|s|us|µs|ns)")
_DURATION: Final = re.compile(rf"(?:{_PART.pattern})+")


def pause_of(headers: Mapping[str, str]) -> float:
    """Return the seconds for which an account has nothing left, 0.0 where it has, or nothing is said."""
    pause = 0.0
    for remaining, reset in _HEADERS:
        if headers.get(remaining) == "0":
            pause = max(pause, seconds_until(headers.get(reset, "")))
    return pause


def seconds_until(text: str) -> float:
    """Return the seconds that a server names in any known form, 0.0 where it names none.

    They are a number, a duration such as "6m0s" or "20ms", or a time to come: as in RFC 3339, or in seconds
    since 1970.
    """
    if _DURATION.fullmatch(text):
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    else:
        seconds = _number(text)
    return seconds if 0.0 < seconds < math.inf else 0.0


def _number(text: str) -> float:
    now = time.time()
    try:
        value = float(text)
        return value - now if value > _SINCE_1970 else value
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).timestamp() - now
    except (ValueError, OverflowError):
        return 0.0
