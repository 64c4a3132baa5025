"""What the moving part of the progress display says."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from synalinks._internal.activity import Activity, Work
from synalinks._internal.figures import numbers
from synalinks._internal.text import printable, short_time
from synalinks.language_models import current_load

Line = list[tuple[str, str]]
"""A line of text: its parts, each with its style, "bold", "dim", "bar" or ""."""

_WIDEST: Final = 40
_NARROWEST: Final = 8
_LONGEST_NAME: Final = 40
_MOST_LINES: Final = 3
_WORTH_SAYING: Final = 0.5  # seconds for which calls are held back
_SOONEST: Final = 1.0  # seconds after which it can be said when something ends


def short_name(name: str) -> str:
    """Return a name as it can be shown: a name may be of any length, and hold whatever it likes."""
    text = printable(name[: _LONGEST_NAME + 1])
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def _number(key: str, value: float) -> str:
    if key.removeprefix("val_") == "failed" or (math.isfinite(value) and abs(value) >= 1000):
        return f"{value:.0f}"
    return f"{value:.4f}" if value == 0 or not abs(value) < 1e-3 else f"{value:.3e}"


def figures(logs: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the logs' numbers as texts; failures are only worth a word when there are any."""
    return {
        key: _number(key, value)
        for key, value in ((str(key), value) for key, value in numbers(logs).items())
        if value or key.removeprefix("val_") != "failed"
    }


def named(texts: Mapping[str, str]) -> list[str]:
    """Return figures with their names."""
    return [f"{short_name(name)}={text}" for name, text in texts.items()]


def _dollars(cost: float) -> str:
    return f"${cost:,.2f}" if cost >= 1 else f"${cost:.4f}"


def _compact(count: int) -> str:
    """Return a count in three digits or four: 9999, 12.3k, 456k, 1.23M."""
    if count < 10_000:
        return str(count)
    power = 1 if count < 999_500 else 2 if count < 999_500_000 else 3
    return f"{float(f'{count:.3g}') / 1000**power:.4g}{' kMG'[power]}"


def _about(seconds: float) -> str:
    """Return a time to come, which is not known to a part of a second."""
    return f"{seconds:.0f}s" if seconds < 59.5 else short_time(seconds)


@dataclass(slots=True)
class Counters:
    """Counts what a part of a run uses.

    Args:
        activity: What counts here, None where nothing does.
    """

    activity: Activity | None
    _before: Activity = field(init=False)

    def __post_init__(self) -> None:
        self._before = Activity() if self.activity is None else replace(self.activity)

    def _more(self, name: str) -> Any:
        return 0 if self.activity is None else getattr(self.activity, name) - getattr(self._before, name)

    @property
    def answers(self) -> int:
        """Calls that ended, those taken from a journal or a cache included."""
        return int(self._more("calls") + self._more("replayed") + self._more("cached"))

    @property
    def _cost(self) -> float:
        """US dollars, 0 where a part of it is not known."""
        return 0.0 if self._more("unpriced") else float(self._more("cost"))

    @property
    def work(self) -> Sequence[Work]:
        """What is being done, the innermost part last."""
        return () if self.activity is None else self.activity.work

    def _money(self) -> str:
        """Return the cost, and that of all that ran before with it where there was something."""
        if self.activity is None or self.activity.unpriced or not self.activity.cost:
            return _dollars(self._cost) if self._cost else ""
        before = self.activity.cost > self._cost
        return _dollars(self._cost) + (f" ({_dollars(self.activity.cost)} in all)" if before else "")

    def final(self, logs: Mapping[str, Any] | None) -> dict[str, str]:
        """Return the counts as texts that stay, those left out that the logs have too."""
        shown = {
            "calls": f"{self._more('calls')}",
            "calls_failed": f"{self._more('failed')}",
            "replayed": f"{self._more('replayed')}",
            "cached": f"{self._more('cached')}",
            "tokens": f"{self._more('tokens')}",
            "cost": _dollars(self._cost) if self._cost else "0",
        }
        return {key: text for key, text in shown.items() if text != "0" and key not in (logs or {})}

    def now(self) -> list[str]:
        """Return the counts as texts for people who look on, with what is in flight."""
        if self.activity is None:
            return []
        calls, failed = self._more("calls"), self._more("failed")
        replayed, cached = self._more("replayed"), self._more("cached")
        load, backing_off = current_load(), self.activity.backing_off
        in_flight = f"{load.in_flight}/{load.limit} in flight" if load.limit else "0 in flight"
        texts = [
            f"{calls:,} call{'' if calls == 1 else 's'}",
            f"{_compact(tokens)} tokens" if (tokens := self._more("tokens")) else "",
            self._money(),
            f"{failed:,} failed" if failed else "",
            f"{replayed:,} from the journal" if replayed else "",
            f"{cached:,} from the cache" if cached else "",
            in_flight,
            f"{load.waiting:,} waiting" if load.waiting else "",
            f"{backing_off:,} backing off" if backing_off else "",
            f"paused {_about(load.held)} ({load.reason})" if load.held >= _WORTH_SAYING else "",
        ]
        return [text for text in texts if text]


@dataclass(slots=True, kw_only=True)
class Status:
    """What is under way: an epoch, a validation, an evaluation or a prediction.

    Args:
        title: What it is.
        total: Its batches, None where that is not known.
        counters: What it uses.
        together: Whether all its samples run together; else each batch waits for the one before.
        start: Batches that were done before.
        answers: Calls that a batch is expected to make, None where nothing is known of them.
        later: Epochs that come after it.
        before: Seconds of its epoch that passed before it began.
        usual: Seconds that an epoch takes, None where none has ended yet.
    """

    title: str
    total: int | None
    counters: Counters
    together: bool = False
    start: int = 0
    answers: float | None = None
    later: int = 0
    before: float = 0.0
    usual: float | None = None
    logs: Mapping[str, Any] | None = None
    done: int = field(init=False)
    since: float = field(init=False)

    def __post_init__(self) -> None:
        self.done, self.since = self.start, time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.since

    def advance(self, done: int, logs: Mapping[str, Any] | None) -> None:
        """Take note that `done` batches are done, with these figures so far."""
        self.done, self.logs = max(self.done, done), logs
        if not self.together:
            self.answers = self.counters.answers / max(1, self.done - self.start)

    # --- How long ---------------------------------------------------------------------------

    def share(self) -> float | None:
        """Return the share that is done; None where the end is not known."""
        if self.together and (work := self._samples()) is not None:
            return work.done / work.total if work.total else None
        batches = (self.total or 0) - self.start
        if batches <= 0:
            return None
        done = self.done - self.start
        part = (self.counters.answers - (self.answers or 0) * done) / self.answers if self.answers else 0.0
        return min(1.0, (done + min(max(part, 0.0), 0.99)) / batches)

    def _samples(self) -> Work | None:
        return next((work for work in self.counters.work if not work.title), None)

    def _ends(self) -> Iterator[str]:
        """Yield when this will be over, and when all will be, by how fast answers came so far."""
        share = self.share()
        if not share or self.elapsed < _SOONEST:
            return
        whole = self.elapsed / share
        yield f"ETA {_about(whole - self.elapsed)}"
        if self.later:
            epoch = max(self.before + whole, self.usual or 0.0)
            left = epoch - self.before - self.elapsed
            yield f"all {_about(left + self.later * (self.usual or epoch))}"

    # --- Lines ------------------------------------------------------------------------------

    def lines(self, width: int) -> list[Line]:
        """Return what there is to say, in lines of about `width` characters."""
        return [self._head(width), *self.details(width)]

    def details(self, width: int) -> list[Line]:
        """Return the lines but the first: what is being done, the figures so far, and the counts."""
        lines: list[Line] = [[(text, "")] for text in self._doing()]
        for texts, style in ((named(figures(self.logs)), ""), (self.counters.now(), "dim")):
            lines += [[(f"  {line}", style)] for line in flowed(texts, width - 2)[:_MOST_LINES]]
        return lines

    def tail(self) -> list[str]:
        """Return how many batches are done, in what time, and when this and all will be over, if known."""
        return [
            f"{self.done}/{'?' if self.total is None else self.total}",
            short_time(self.elapsed),
            *self._ends(),
        ]

    def _head(self, width: int) -> Line:
        counts, elapsed, *ends = self.tail()
        # What matters less goes first where there is no room.
        for tail in ([counts, elapsed, *ends], [counts, elapsed, *ends[:1]], [counts, *ends[:1]], [counts]):
            room = width - len(self.title) - len("  ".join(tail)) - 4
            if room >= _NARROWEST:
                break
        head: Line = [(self.title, "bold"), ("  ", "")]
        if self.total and room >= _NARROWEST:
            size = min(room, _WIDEST)
            full = round(size * (self.share() or 0.0))
            head += [("━" * full, "bar"), ("┈" * (size - full), "dim"), ("  ", "")]
        return [*head, ("  ".join(tail), "")]

    def _doing(self) -> Iterator[str]:
        if not self.counters.work:
            return
        work = self.counters.work[-1]
        count = "" if work.total is None else f"{work.done}/{work.total}"
        if work.title:
            yield f"  {short_name(work.title)}{f': {count}' if count else ''}"
        elif count:
            yield f"  {count} samples"


def flowed(texts: Sequence[str], width: int) -> list[str]:
    """Return texts in lines of at most `width` columns, where none of them is wider."""
    from rich.cells import cell_len

    lines: list[str] = []
    for text in texts:
        if lines and cell_len(lines[-1]) + 2 + cell_len(text) <= width:
            lines[-1] += f"  {text}"
        else:
            lines.append(text)
    return lines
