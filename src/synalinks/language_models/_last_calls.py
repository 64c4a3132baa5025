"""The last calls that something made, for people who want to read what a model saw."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import orjson

from synalinks._internal.text import printable, short_time
from synalinks.errors import ConfigurationError
from synalinks.hooks import CallRecord
from synalinks.hooks._lines import place

KEPT: Final = 50
"""How many calls are kept."""


class LastCalls:
    """The newest calls made within what was called or trained from outside of any module.

    A call costs a tuple of what there is anyway; text is made of it when it is asked for.

    Attributes:
        add: Keeps a call: a tuple of its request; its answer, or as text why there is none; a function that
            makes its record, and the arguments for it.
    """

    __slots__ = ("_kept", "add")

    def __init__(self) -> None:
        self._kept: deque[tuple[Any, ...]] = deque(maxlen=KEPT)
        self.add = self._kept.append

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Keep the calls that the block makes, unless somebody does already."""
        token = last_calls.set(last_calls.get() or self)
        try:
            yield
        finally:
            last_calls.reset(token)

    def __reduce__(self) -> tuple[type[LastCalls], tuple[()]]:
        return LastCalls, ()  # a copy of a module has made no calls

    def text(self, n: int) -> str:
        """Return the last `n` calls as text, the newest last; control characters are shown as escapes.

        Raises:
            ConfigurationError: `n` is no such number.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ConfigurationError(f"n is a number of calls, at least 1, not {n!r}.", argument="n")
        kept = list(self._kept)[-n:]
        return "\n".join(_text(request, answer, made(*about)) for request, answer, made, *about in kept)


last_calls: ContextVar[LastCalls | None] = ContextVar("synalinks_last_calls", default=None)
"""What keeps the calls made here, or None."""


def _text(request: Any, answer: Any, record: CallRecord) -> str:
    asker = f", asked by {record.module}" if record.module else ""
    lines = [f"=== {record.model}{asker}{place(record)}, for the {record.purpose}"]
    lines += request.shown() if hasattr(request, "shown") else _asked(request)
    lines += _answered(answer)
    return "\n".join([*lines, f"--- {_figures(record)}", ""])


def _asked(request: Any) -> Iterator[str]:
    for message in request.messages:
        yield from _message(message)
    if request.tools:
        yield f"--- tools: {_line(', '.join(map(_tool, request.tools)))}"
    if request.schema is not None:
        yield f"--- schema of the answer: {_line(_json(request.schema.schema))}"
    if request.params:
        yield f"--- {_line(', '.join(f'{name}={value!r}' for name, value in request.params.items()))}"


def _answered(answer: Any) -> Iterator[str]:
    if isinstance(answer, str):
        yield f"--- failed: {_line(answer)}"
    elif hasattr(answer, "shown"):
        yield from answer.shown()
    else:
        yield from _message(answer.message)


def _message(message: Mapping[str, Any]) -> Iterator[str]:
    role = _line(str(message.get("role")))
    if reasoning := message.get("reasoning_content"):
        yield f"--- {role}, reasoning"
        yield _indented(str(reasoning))
    yield f"--- {role}"
    content = message.get("content")
    parts = content if isinstance(content, list) else [] if content is None else [content]
    yield from (_indented(_part(part)) for part in parts)
    for name in ("refusal", "tool_call_id"):
        if message.get(name):
            yield f"  [{name}: {_line(str(message[name]))}]"
    for call in message.get("tool_calls") or ():
        function = call.get("function") or {}
        yield _indented(f"[call: {function.get('name')}({function.get('arguments')})]")


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    url = part.get("image_url") if isinstance(part, dict) else None
    url = url.get("url") if isinstance(url, dict) else url
    if isinstance(url, str):
        kind, comma, data = url.partition(",")
        inline = kind.startswith("data:") and comma
        return f"[image: {kind[5:]}, {len(data):,} characters]" if inline else f"[image: {url}]"
    return _json(part)


def _tool(tool: Mapping[str, Any]) -> str:
    function = tool.get("function") or tool
    return f"{function.get('name')}({', '.join((function.get('parameters') or {}).get('properties', ()))})"


def _json(value: Any) -> str:
    return orjson.dumps(value, default=repr).decode()


def _line(text: str) -> str:
    return printable(text)


def _indented(text: str) -> str:
    """Return a text of others indented: no line of it looks like one of ours."""
    return "\n".join(f"  {line}" for line in printable(text, lines=True).split("\n"))


def _figures(record: CallRecord) -> str:
    usage = record.usage
    told = [f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"]
    kinds = {"cached": usage.cached_tokens, "written to the provider's cache": usage.cache_write_tokens}
    told += [f"{count:,} {kind}" for kind, count in kinds.items() if count]
    told += [f"{usage.reasoning_tokens:,} for reasoning"] if usage.reasoning_tokens else []
    told += [] if record.cost is None else [f"${record.cost:.6f}"]
    told += [short_time(record.latency), *([record.finish_reason] if record.finish_reason else [])]
    told += [f"{record.attempts} attempts"] if record.attempts > 1 else []
    told += ["from the journal"] if record.replayed else ["from the cache"] if record.cached else []
    told += [f"answered by the fallback {record.answered_by}"] if record.answered_by else []
    return _line(", ".join(told))
