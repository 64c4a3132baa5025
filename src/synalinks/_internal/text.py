"""Showing text that nobody has checked: a model's answer, a name from a file."""

from __future__ import annotations

import re
from typing import Any

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str, *, lines: bool = False) -> str:
    """Return `text` with control characters shown as escapes, so that it cannot steer a terminal.

    So are halves of surrogate pairs, which no file can hold.

    Args:
        text: Any text.
        lines: Whether line breaks and tabs stay; otherwise they are shown as escapes too.
    """
    shown = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return shown if lines else shown.replace("\n", "\\n").replace("\t", "\\t")


def shorten(value: Any, length: int = 100) -> str:
    """Return `repr(value)`, printable and at most `length` characters long."""
    text = printable(repr(value))
    return text if len(text) <= length else text[: length - 1] + "…"


def short_time(seconds: float) -> str:
    """Return a duration as people write it: 4.1s, 2m05s, 3h07m."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}m"
