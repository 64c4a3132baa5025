"""Messages in the OpenAI format as Anthropic wants them: a system text, and turns made of blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from synalinks.language_models.providers._dialect import arguments_of, image_of

Block = dict[str, Any]
"""A part of a turn, or of the system text."""

_UNMARKABLE = ("thinking", "redacted_thinking")
"""Blocks that take no mark (platform.claude.com/docs/en/build-with-claude/prompt-caching)."""


def parted(messages: list[dict[str, Any]]) -> tuple[list[Block], list[dict[str, Any]]]:
    """Return the blocks of the system text and the turns; a plain message is its own turn, uncopied.

    System texts go to the top wherever they stand. Results of tools that follow each other are one turn, as
    those of parallel calls must be.

    Raises:
        ConfigurationError: A call of a tool or an image is none.
    """
    system: list[Block] = []
    turns: list[dict[str, Any]] = []
    results: list[Block] | None = None
    for message in messages:
        role, content = message["role"], message.get("content")
        if role == "tool":
            if results is None:
                results = []
                turns.append({"role": "user", "content": results})
            results.append(_result(message))
            continue
        results = None
        if role in ("system", "developer"):
            system += _blocks(content)
        elif len(message) == 2 and isinstance(content, str):
            turns.append(message)
        elif role == "assistant":
            turns.append({"role": role, "content": _said(message)})
        else:
            turns.append({"role": role, "content": _blocks(content)})
    return system, turns


def _result(message: dict[str, Any]) -> Block:
    content = message.get("content")
    return {
        "type": "tool_result",
        "tool_use_id": message.get("tool_call_id"),
        "content": content if isinstance(content, str) else _blocks(content),
    }


def _said(message: dict[str, Any]) -> list[Block]:
    """Return the blocks of an answer: as they came where they were kept, see `Anthropic.read`."""
    kept = message.get("anthropic")
    if isinstance(kept, dict):
        blocks: list[Block] = kept["content"]
        return blocks
    return [*_blocks(message.get("content")), *_uses(message.get("tool_calls") or ())]


def _uses(calls: Iterable[Any]) -> Iterable[Block]:
    for call in calls:
        name = call["function"]["name"]
        yield {"type": "tool_use", "id": call.get("id"), "name": name, "input": arguments_of(call)}


def _blocks(content: Any) -> list[Block]:
    """Return the blocks of a message's content; an empty text is none, as the server refuses such blocks."""
    if not isinstance(content, list):
        return [{"type": "text", "text": content}] if content else []
    return [_image(part) if isinstance(part, dict) and "image_url" in part else part for part in content]


def _image(part: dict[str, Any]) -> Block:
    image = image_of(part)
    if image.data is None:
        return {"type": "image", "source": {"type": "url", "url": image.url}}
    source = {"type": "base64", "media_type": image.media_type, "data": image.data}
    return {"type": "image", "source": source}


def mark(system: list[Block], turns: list[dict[str, Any]], mark: Any) -> None:
    """Mark where the prompt stops being the same from call to call, so that the server caches it up to there.

    These are the end of the system text and the end of what stands before the last turn of the user.
    """
    if system:
        system[-1] = {**system[-1], "cache_control": mark}
    last = len(turns) - 2
    if last < 0 or turns[-1]["role"] != "user":
        return
    content = turns[last]["content"]
    blocks = _blocks(content) if isinstance(content, str) else content
    if blocks and blocks[-1]["type"] not in _UNMARKABLE:
        marked = [*blocks[:-1], {**blocks[-1], "cache_control": mark}]
        turns[last] = {**turns[last], "content": marked}
