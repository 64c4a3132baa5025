"""What each model of Claude takes: a table of data.

Facts as of October 2026, from platform.claude.com/docs/en: about-claude/models/overview, the page "What's
new" of each model, build-with-claude/thinking, .../effort and .../structured-outputs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class ClaudeModel:
    """What a model takes.

    Attributes:
        max_tokens: Most tokens of an answer where the caller does not say; the protocol wants a number.
        adaptive: Whether the model itself decides how much to think, guided by an effort; others think where
            they are given a budget of tokens.
        thinking_off: What switches thinking off: a type of `thinking`, "" where it is off unless asked for,
            None where nothing does.
        sampling: Whether it takes `temperature`, `top_p` and `top_k`.
        forced_tools: Whether it can be made to call a tool.
        schemas: Whether it takes the schema of an answer.
    """

    max_tokens: int = 16_384
    adaptive: bool = True
    thinking_off: str | None = "disabled"
    sampling: bool = True
    forced_tools: bool = True
    schemas: bool = True


_ALWAYS_THINKING = ClaudeModel(thinking_off=None, sampling=False)
_NEWEST = ClaudeModel(thinking_off=None, sampling=False, forced_tools=False)

_MODELS: tuple[tuple[str, tuple[int, int], ClaudeModel], ...] = (
    ("", (0, 0), ClaudeModel(max_tokens=4096, adaptive=False, thinking_off="", schemas=False)),
    ("", (4, 0), ClaudeModel(adaptive=False, thinking_off="", schemas=False)),
    ("", (4, 5), ClaudeModel(adaptive=False, thinking_off="")),
    ("", (4, 6), ClaudeModel()),
    ("", (4, 7), ClaudeModel(sampling=False)),
    ("fable", (5, 0), _ALWAYS_THINKING),
    ("fable", (5, 1), _NEWEST),
    ("mythos", (0, 0), _ALWAYS_THINKING),
    ("mythos", (5, 1), _NEWEST),
    (
        "sonnet",
        (5, 5),
        ClaudeModel(thinking_off="between_tools", sampling=False, forced_tools=False),
    ),
    ("opus", (5, 5), _NEWEST),
)
"""Family ("" for all), first version, what it is like from there on; the last that fits counts."""

_NAME = re.compile(
    r"claude-(?:(?P<before>\d)(?:-(?P<before_minor>\d))?-)?(?P<family>opus|sonnet|haiku|fable|mythos)"
    r"(?:-(?P<major>\d)(?!\d)(?:-(?P<minor>\d)(?!\d))?)?"
)


@lru_cache(maxsize=256)
def claude(model: str) -> ClaudeModel:
    """Return what a model takes; for a name of no known form, what asks nothing special of the server."""
    found = _NAME.search(model)
    if found is None:
        return ClaudeModel()
    major = found["before"] or found["major"] or 0
    minor = (found["before_minor"] if found["before"] else found["minor"]) or 0
    version = int(major), int(minor)
    return [row for family, first, row in _MODELS if family in ("", found["family"]) and first <= version][-1]
