"""JSON values as lines that people read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

LONGEST_TEXT, MOST_ITEMS = 2_000, 50


def lines_of(value: Any, *, full: bool, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Yield a value as (depth, text) lines: a key or a number before each part, text as it is.

    Args:
        value: JSON.
        full: Whether to show all of a long text or list.
        depth: That of the value.
    """
    if isinstance(value, dict) and value:
        yield from _parts(((key, part) for key, part in value.items()), ":", full, depth)
    elif isinstance(value, list) and value:
        shown = value if full else value[:MOST_ITEMS]
        yield from _parts(((str(i), part) for i, part in enumerate(shown, 1)), ".", full, depth)
        if len(shown) < len(value):
            yield depth, f"... {len(value) - len(shown):,} more (--full shows all)"
    else:
        yield depth, as_text(value, full=full)


def _parts(parts: Iterator[tuple[str, Any]], mark: str, full: bool, depth: int) -> Iterator[tuple[int, str]]:
    for name, part in parts:
        if isinstance(part, dict | list) and part:
            yield depth, f"{name}{mark}"
            yield from lines_of(part, full=full, depth=depth + 1)
        else:
            yield depth, f"{name}{mark} {as_text(part, full=full)}"


def as_text(value: Any, *, full: bool) -> str:
    """Return a text as it is, anything else as JSON; the middle of what is long is left out."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if isinstance(value, str) and not value.strip():
        text = orjson.dumps(value).decode()  # else nothing would be seen
    return text if full else shortened(text, LONGEST_TEXT)


def shortened(text: str, length: int) -> str:
    """Return `text` without its middle if it is longer than `length`."""
    if len(text) <= length:
        return text
    left_out = len(text) - length
    half = length // 2
    return f"{text[:half]} [... {left_out:,} characters, --full shows all ...] {text[-half:]}"
