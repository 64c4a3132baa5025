"""Spans: what is under way and heard of, one inside the other."""

from __future__ import annotations

import os
import time
from contextvars import ContextVar, Token
from typing import Any, Self

from synalinks._internal.scope import module_path, purpose, run_id, sample_scope
from synalinks._internal.settings import settings
from synalinks.hooks._dispatcher import Hooks, tell, united
from synalinks.hooks._events import EndedEvent, Event, SampleStarted


class Span:
    """What is under way between two events, as a context manager. This one nobody hears; it is false."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: Any) -> None:
        return None

    def result(self, **results: Any) -> None:
        """Set fields of the event at the end."""

    def __bool__(self) -> bool:
        return False


class HeardSpan(Span):
    """A span that somebody hears; for the arguments see `observed`."""

    __slots__ = (
        "_aside",
        "_began",
        "_ended",
        "_results",
        "_started",
        "_token",
        "hooks",
        "parent_id",
        "sample_id",
        "span_id",
    )

    def __init__(
        self,
        started: type[Event],
        ended: type[EndedEvent],
        details: dict[str, Any],
        *,
        hooks: Hooks = (),
        within: Span | None = None,
        aside: bool = False,
    ) -> None:
        outer = within if isinstance(within, HeardSpan) else _current.get()
        self.hooks: Hooks = hooks if outer is None else united(outer.hooks, hooks)
        self.span_id = _drawn_id()
        self.parent_id = None if outer is None else outer.span_id
        self.sample_id: str | None = None if outer is None else outer.sample_id
        if started is SampleStarted:
            self.sample_id = self.span_id
        self._ended, self._aside = ended, aside
        self._results: dict[str, Any] = {}
        self._token: Token[HeardSpan | None] | None = None
        self._began = time.perf_counter()
        self._started = _made(started, (self.span_id, self.parent_id, self.sample_id), details)

    def __enter__(self) -> Self:
        tell(self._started, self.hooks)
        if not self._aside:
            self._token = _current.set(self)
        return self

    def __bool__(self) -> bool:
        return True

    def result(self, **results: Any) -> None:
        """Set fields of the event at the end."""
        self._results.update(results)

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if self._token is not None:
            _current.reset(self._token)
        shared = self._started.__dataclass_fields__.keys() & self._ended.__dataclass_fields__.keys()
        values = {name: getattr(self._started, name) for name in shared}
        values |= {"error": error, "duration": time.perf_counter() - self._began, **self._results}
        tell(self._ended(**{**values, "time": time.time()}), self.hooks)


_SILENCE = Span()
_current: ContextVar[HeardSpan | None] = ContextVar("synalinks_span", default=None)


def listening() -> bool:
    """Return whether anyone listens here; ask before making an event, so that silence costs nothing."""
    if settings().hooks:
        return True
    span = _current.get()
    return span is not None and bool(span.hooks)


def observed(
    started: type[Event],
    ended: type[EndedEvent],
    *,
    hooks: Hooks = (),
    within: Span | None = None,
    aside: bool = False,
    **details: Any,
) -> Span:
    """Return a context manager that tells of the block; one that does nothing where nobody listens.

    Args:
        started: Class of the event at the start.
        ended: Class of the event at the end; the fields that both have keep their values.
        hooks: Hooks that hear of this and of what happens inside, besides those that hear everything around.
        within: What it is part of, in place of what is under way here.
        aside: Whether what happens in the block is not part of it, unless it says so with `within`.
        **details: Fields of the event at the start, without those that say where and when: these are known.

    Example:
        ```python
        with observed(RewardStarted, RewardEnded, reward=self.name) as span:
            span.result(score=await self.score(prediction))
        ```
    """
    if not (hooks or listening()):
        return _SILENCE
    return HeardSpan(started, ended, details, hooks=hooks, within=within, aside=aside)


def emit(kind: type[Event], **details: Any) -> None:
    """Tell those who listen of something that happens now and takes no time.

    Args:
        kind: Class of the event.
        **details: Its fields, without those that say where and when; these are known.
    """
    if not listening():
        return
    span = _current.get()
    if span is None:
        tell(_made(kind, (_drawn_id(), None, None), details), ())
    else:
        tell(_made(kind, (span.span_id, span.parent_id, span.sample_id), details), span.hooks)


def _drawn_id() -> str:
    return os.urandom(8).hex()


def _made(kind: type[Event], ids: tuple[str, str | None, str | None], details: dict[str, Any]) -> Event:
    """Return an event of here and now; details say where else it belongs."""
    span_id, parent_id, sample_id = ids
    values: dict[str, Any] = {
        "span_id": span_id,
        "parent_id": parent_id,
        "sample_id": sample_id,
        "time": time.time(),
        "run_id": run_id.get(),
        "purpose": purpose.get(),
        "module": module_path.get(),
    }
    scope = sample_scope.get()
    if scope is not None:
        values |= {"phase": scope.phase, "epoch": scope.epoch, "step": scope.step, "sample": scope.sample}
    return kind(**{**values, **details})
