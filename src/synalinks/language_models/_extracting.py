"""Finding JSON in a text that is more than JSON: in fences, in prose, after thoughts."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

import orjson

from synalinks.data._validation import DEEPEST

MOST = 1000
"""Objects and lists of one text that are looked at, counted from its end."""

_THOUGHTS_BEGIN, _THOUGHTS_END = "<think>", "</think>"
_FENCE = "```"
_OPENING = re.compile(r"""\{(?=\s*+["}])|\[(?=\s*+["\[{\]tfn0-9-])""")
"""Brackets that may begin a value, by what follows them."""
_INSIDE = re.compile(rf'"(?:[^"\\\n]|\\.)*+"?|[\]}}]|{_OPENING.pattern}')
"""What tells inside of a value where it ends: brackets, and strings, which in JSON are of one line."""
_PAIRS = {"]": "[", "}": "{"}


def after_thoughts(text: str) -> str:
    """Return what follows the thoughts in a text, nothing where they have not ended."""
    _, ended, rest = text.rpartition(_THOUGHTS_END)
    return "" if not ended and text.lstrip().startswith(_THOUGHTS_BEGIN) else rest


def first_opening(text: str) -> int | None:
    """Return where the first object or list of a text may begin, None where there is none yet."""
    found = _OPENING.search(text)
    return None if found is None else found.start()


def json_values(text: str) -> Iterator[Any]:
    """Yield the JSON values in `text` that may be its answer, the most likely first.

    What stands in a fence comes before what stands elsewhere, and what is later before what is earlier.
    Values are objects and lists that are in no other, and whatever fills a fence. Thoughts, which end in
    `</think>`, hold none. The time is linear in the text, whatever is in it.
    """
    text = after_thoughts(text)
    for fenced in reversed(text.split(_FENCE)[1::2][-MOST:]):
        _, newline, body = fenced.partition("\n")
        yield from _values(body if newline else fenced)
    yield from _values_within(text)


def _values(text: str) -> Iterator[Any]:
    try:
        yield orjson.loads(text)
    except orjson.JSONDecodeError:
        yield from _values_within(text)


def _values_within(text: str) -> Iterator[Any]:
    allowance = 4 * len(text)  # of characters parsed: where a value is none, those within it are tried
    beginning = len(text)  # of the value found last, which those within it end before
    for start, end in reversed(_balanced(text)):
        if end > beginning or allowance < 0:
            continue
        allowance -= end - start
        try:
            value = orjson.loads(text[start:end])
        except orjson.JSONDecodeError:
            continue
        beginning = start
        yield value


def _balanced(text: str) -> deque[tuple[int, int]]:
    """Return where balanced brackets begin and end, in order of their ends, so inner before outer ones."""
    found: deque[tuple[int, int]] = deque(maxlen=MOST)
    opened: deque[int] = deque(maxlen=DEEPEST)  # what is nested deeper is no answer
    position = 0
    while (mark := (_INSIDE if opened else _OPENING).search(text, position)) is not None:
        position = mark.end()
        name = text[mark.start()]
        if name in "[{":
            opened.append(mark.start())
        elif name != '"':
            while opened:
                start = opened.pop()  # one that is closed by the wrong bracket begins no value
                if text[start] == _PAIRS[name]:
                    found.append((start, position))
                    break
    return found
