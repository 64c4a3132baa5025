"""The figures of a phase: the reward, the metrics, and how many samples failed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

from synalinks.hooks import CallRecord
from synalinks.metrics import ExactSum, UsageMetric
from synalinks.metrics._bootstrap import intervals
from synalinks.optimizers import Outcome
from synalinks.training._compile import Compiled


class Tally:
    """Counts outcomes in sample order. Sums are exact, so batches and completion order change nothing.

    Args:
        compiled: Reward and metrics; the tally keeps copies of the metrics that have counted nothing.

    Attributes:
        metrics: All metrics.
        measured: Those of them that look at predictions, which are measured where samples are run.
        failed: Samples without a score.
    """

    def __init__(self, compiled: Compiled) -> None:
        self.metrics = tuple(metric.fresh() for metric in compiled.metrics)
        self._usage = tuple(metric for metric in self.metrics if isinstance(metric, UsageMetric))
        self.measured = tuple(metric for metric in self.metrics if metric not in self._usage)
        self._summed = compiled.reward is not None and compiled.reward.reduction == "sum"
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._sum, self._scored, self.failed = ExactSum(), 0, 0
        for metric in self.metrics:
            metric.reset_state()

    def add(self, outcome: Outcome) -> None:
        """Count an outcome: a failure without evidence counts as failed, and its calls as all others."""
        self.count(outcome.records)
        if outcome.score is None:
            self.failed += 1
            return
        self._sum.add(outcome.score)
        self._scored += 1
        for metric, measure in zip(self.measured, outcome.measures, strict=True):
            metric.add(measure)

    def count(self, records: Sequence[CallRecord]) -> None:
        """Count calls, of an outcome or of what an optimizer did."""
        for metric in self._usage:
            metric.add(records)

    def logs(self) -> dict[str, float]:
        """Return the figures by log key; the mean of nothing is nan."""
        figures = {"reward": self._reward()}
        for metric in self.metrics:
            figures.update(metric.results())
        figures["failed"] = float(self.failed)
        return {key: float(value) for key, value in figures.items()}

    def _reward(self) -> float:
        if not self._scored:
            return math.nan
        return self._sum.value if self._summed else self._sum.value / self._scored

    def log_keys(self, target_schema: dict[str, Any] | None) -> tuple[str, ...]:
        """Return the keys that `logs` will have.

        Args:
            target_schema: JSON schema of the targets, None where there are none.
        """
        keys = ["reward"]
        for metric in self.metrics:
            keys.extend(metric.log_keys(target_schema))
        return (*keys, "failed")

    def state_dict(self) -> dict[str, Any]:
        """Return what was counted, as JSON."""
        return {
            "sum": self._sum.state_dict(),
            "scored": self._scored,
            "failed": self.failed,
            "metrics": [metric.state_dict() for metric in self.metrics],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self._sum = ExactSum(state["sum"])
        self._scored, self.failed = state["scored"], state["failed"]
        for metric, metric_state in zip(self.metrics, state["metrics"], strict=True):
            metric.load_state_dict(metric_state)


def bounds(compiled: Compiled, outcomes: Sequence[Outcome], confidence: float) -> dict[str, float]:
    """Return the bounds of each figure of `outcomes`, as "<key>_low" and "<key>_high" (see `intervals`).

    Args:
        compiled: Reward and metrics.
        outcomes: All outcomes; those without a score change no figure but those of calls, and are not drawn.
        confidence: Level of the intervals.
    """
    scored = [outcome for outcome in outcomes if outcome.score is not None]
    failed = [record for outcome in outcomes if outcome.score is None for record in outcome.records]
    tally = Tally(compiled)

    def figures(drawn: Sequence[int]) -> dict[str, float]:
        tally.reset()
        tally.count(failed)
        for position in drawn:
            tally.add(scored[position])
        logs = tally.logs()
        del logs["failed"]
        return logs

    keys = list(figures(range(len(scored))))
    # A label that no sample of a selection has is missing there.
    found = intervals(
        lambda drawn: list(map(figures(drawn).get, keys, repeat(math.nan))),
        len(scored),
        confidence=confidence,
    )
    return {
        f"{key}_{side}": bound
        for key, pair in zip(keys, found, strict=True)
        for side, bound in zip(("low", "high"), pair, strict=True)
    }
