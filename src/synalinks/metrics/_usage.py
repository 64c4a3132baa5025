"""What the calls of models use: how many there are, their tokens, what they cost and how long they take."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, Self

from synalinks.hooks import CallRecord
from synalinks.metrics._exact_sum import ExactSum
from synalinks.metrics._metric import Metric
from synalinks.metrics._quantile_sketch import QuantileSketch

PURPOSES: Final = ("program", "reward", "metric", "optimizer")


class _Total(Protocol):
    """What is made of many numbers."""

    def add(self, number: float, /) -> None: ...
    def merge(self, other: Any, /) -> None: ...
    @property
    def value(self) -> float: ...
    def state_dict(self) -> Mapping[str, Any]: ...


class UsageMetric(Metric):
    """A figure of the calls of models, whatever came of the samples they were made for.

    It is made of the records of the calls, by `value`, which a class of your own overrides. The figures of a
    training are those of its samples and of what the optimizer did: its own calls, and the scoring of
    candidates. `val_` figures are those of the validation alone. What callbacks ask for is in neither. A call
    that a resumed run takes from its journal counts as it did when it was paid for.

    Args:
        by_purpose: Whether to give, besides the total, a figure for each purpose under the keys
            `<name>_program`, `<name>_reward`, `<name>_metric` and `<name>_optimizer`. What candidates ask
            while they are scored is the optimizer's, and what judges of their answers ask the reward's.
        name: Name of the metric and key of the total; defaults to the class name in snake_case.
    """

    direction = "min"

    def __init__(self, *, by_purpose: bool = False, name: str | None = None) -> None:
        super().__init__(name=name)
        self.by_purpose = bool(by_purpose)

    @abstractmethod
    def value(self, record: CallRecord) -> float | None:
        """Return a call's number, or None to leave the call out."""

    def total(self, state: Any = None) -> _Total:
        """Return what numbers are put together in: their sum, unless a class has another."""
        return ExactSum(state)

    def call(self, y_true: Any, y_pred: Any) -> tuple[CallRecord, ...]:
        """Return no calls: those of a sample are known when all metrics have looked at it."""
        return ()

    def add(self, measure: Sequence[CallRecord]) -> None:
        """Count calls in: those of a sample, or of a step of the optimizer."""
        for record in measure:
            value = self.value(record)
            if value is not None:
                part = self.parts.get(record.purpose)
                if part is None:
                    part = self.parts[record.purpose] = self.total()
                part.add(value)

    def result(self) -> float | dict[str, float]:
        """Return the figure of all calls, and of those of each purpose if asked to."""
        whole = self.total()
        for part in self.parts.values():
            whole.merge(part)
        if not self.by_purpose:
            return whole.value
        parts = {purpose: self.parts.get(purpose, self.total()).value for purpose in PURPOSES}
        return {self.name: whole.value, **{f"{self.name}_{purpose}": parts[purpose] for purpose in parts}}

    def reset_state(self) -> None:
        """Begin anew."""
        self.parts: dict[str, _Total] = {}

    def merge(self, other: Self) -> None:
        """Count in the calls of another metric."""
        for purpose, part in other.parts.items():
            self.parts.setdefault(purpose, self.total()).merge(part)

    def state_dict(self) -> dict[str, Any]:
        """Return what was counted, by purpose."""
        return {purpose: self.parts[purpose].state_dict() for purpose in sorted(self.parts)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""
        self.parts = {purpose: self.total(part) for purpose, part in state.items()}

    def log_keys(self, target_schema: dict[str, Any] | None) -> tuple[str, ...]:
        """Return the name, and a key for each purpose if asked to."""
        parts = PURPOSES if self.by_purpose else ()
        return (self.name, *(f"{self.name}_{purpose}" for purpose in parts))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {"by_purpose": self.by_purpose, "name": self.name}


_Value = Callable[[CallRecord], float | None]
_OPTIONS: Final = "See `UsageMetric` for the arguments, `by_purpose` and `name`, and for which calls count."


def _figure(name: str, what: str, value: _Value, **attributes: Any) -> type[UsageMetric]:
    """Return the class of a figure.

    Args:
        name: Name of the class.
        what: What it is, for its docstring.
        value: A call's number, or None.
        **attributes: Further attributes of the class.
    """
    made = {
        "__doc__": f"{what}\n\n    {_OPTIONS}\n    ",
        "__module__": __name__,
        "value": lambda self, record: value(record),
        **attributes,
    }
    return type(name, (UsageMetric,), made)


def _tokens(name: str, what: str, field: str) -> type[UsageMetric]:
    def value(record: CallRecord) -> int:
        return 0 if record.cached else int(getattr(record.usage, field))

    return _figure(name, f"{what}; 0 of calls that a cache answered.", value)


def _latency(name: str, quantile: float) -> type[UsageMetric]:
    def value(record: CallRecord) -> float | None:
        return None if record.cached or record.replayed or record.error is not None else record.latency

    return _figure(
        name,
        f"""Seconds from a call to its answer: the quantile {quantile:g}, within 1 %; nan without a call.

    Waiting and further tries count. Calls that failed and those that a journal or a cache answered do not.
    Memory is bounded (DDSketch; Masson, Rim and Lee 2019).""",
        value,
        total=lambda self, state=None: QuantileSketch(quantile, state),
        wall_clock=True,
    )


def _cost(record: CallRecord) -> float:
    if record.cached:
        return 0.0
    return math.nan if record.cost is None else record.cost


Calls = _figure(
    "Calls",
    "Number of calls of models, those that failed among them, those that a cache answered not.",
    lambda record: int(not record.cached),
)
CacheHits = _figure(
    "CacheHits",
    "Number of calls that a cache answered, or an equal call in flight, so that nothing was paid for them.",
    lambda record: int(record.cached),
    direction="max",
)
Failures = _figure(
    "Failures",
    "Number of calls that failed for good, also those whose sample has a score nevertheless.",
    lambda record: int(record.error not in (None, "CancelledError")),
)
InputTokens = _tokens("InputTokens", "Tokens of prompts, cached ones too", "input_tokens")
OutputTokens = _tokens("OutputTokens", "Tokens of answers, those spent on reasoning too", "output_tokens")
CachedTokens = _tokens(
    "CachedTokens", "Tokens of prompts that the provider took from its cache", "cached_tokens"
)
CacheWriteTokens = _tokens(
    "CacheWriteTokens", "Tokens of prompts that the provider wrote to its cache", "cache_write_tokens"
)
ReasoningTokens = _tokens("ReasoningTokens", "Tokens of answers spent on reasoning", "reasoning_tokens")
Cost = _figure(
    "Cost",
    "US dollars; nan once there was a call to a model whose price is not known, 0 of what a cache answered.",
    _cost,
)
LatencyP50 = _latency("LatencyP50", 0.5)
LatencyP99 = _latency("LatencyP99", 0.99)
