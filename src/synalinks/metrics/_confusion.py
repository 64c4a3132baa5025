"""The one core of the classification metrics: counts per label, and what is made of them."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from synalinks.errors import ConfigurationError
from synalinks.metrics._fieldwise import Entry, FieldwiseMetric


@dataclass(slots=True)
class Confusion:
    """How often a label was given and not given, rightly and wrongly.

    Attributes:
        tp: Rightly given (true positives).
        fp: Wrongly given (false positives).
        fn: Wrongly not given (false negatives).
        tn: Rightly not given (true negatives).
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn)

    @property
    def support(self) -> int:
        """How often the label was due."""
        return self.tp + self.fn

    @property
    def total(self) -> int:
        """How often the label was looked at."""
        return self.tp + self.fp + self.fn + self.tn


def ratio(part: float, whole: float) -> float:
    """Return `part / whole`, and 0.0 where there is nothing to divide by (`zero_division=0`)."""
    return part / whole if whole else 0.0


E = TypeVar("E", bound=Entry)


class ConfusionMetric(FieldwiseMetric[E]):
    """A figure of the confusion counts, per label or averaged; higher is better.

    A figure is a mixin that overrides `figure`, and `weight` where support is not what weighs a label; a way
    to count is a class that overrides `confusions` and what `FieldwiseMetric` asks for. A metric joins two.

    Args:
        average: How one figure is made of the labels': None for one figure per label, under the keys
            `<name>_<label>`; "micro" for the figure of all counts together; "macro" for the plain mean;
            "weighted" for the mean weighted by how often each label is due. As in scikit-learn, with
            `zero_division=0`.
        **options: Name and masks of `Metric`.

    Raises:
        UnknownNameError: `average` is none of these.
    """

    averages: ClassVar[tuple[str | None, ...]] = (None, "micro", "macro", "weighted")

    @abstractmethod
    def figure(self, counts: Confusion) -> float:
        """Return the figure of one label's counts."""

    def weight(self, counts: Confusion) -> int:
        """Return what weighs a label in the weighted average."""
        return counts.support

    @abstractmethod
    def confusions(self) -> dict[str, Confusion]:
        """Return the counts of each label, by the end of its log key."""

    def figures(self) -> dict[str, float]:
        """Return the figure of each label."""
        return {label: self.figure(counts) for label, counts in self.confusions().items()}

    def pooled(self) -> float:
        """Return the figure of all counts together."""
        return self.figure(sum(self.confusions().values(), Confusion()))

    def averaged(self, figures: dict[str, float]) -> float:
        """Return one figure made of the labels'."""
        if self.average == "micro":
            return self.pooled()
        if self.average == "macro":
            return ratio(math.fsum(figures.values()), len(figures))
        weights = {label: self.weight(counts) for label, counts in self.confusions().items()}
        return ratio(math.fsum(figures[label] * n for label, n in weights.items()), sum(weights.values()))


class AccuracyFigure(ConfusionMetric[Any]):
    """The share of what is right, (tp + tn) / (tp + fp + fn + tn); one figure for all by default."""

    def __init__(self, *, average: str | None = "micro", **options: Any) -> None:
        super().__init__(average=average, **options)

    def figure(self, counts: Confusion) -> float:
        """Return the accuracy of one label's counts."""
        return ratio(counts.tp + counts.tn, counts.total)

    def weight(self, counts: Confusion) -> int:
        """Return how often the label was looked at."""
        return counts.total


class PrecisionFigure(ConfusionMetric[Any]):
    """The share of what was given that was due: tp / (tp + fp)."""

    def figure(self, counts: Confusion) -> float:
        """Return the precision of one label's counts."""
        return ratio(counts.tp, counts.tp + counts.fp)


class RecallFigure(ConfusionMetric[Any]):
    """The share of what was due that was given: tp / (tp + fn)."""

    def figure(self, counts: Confusion) -> float:
        """Return the recall of one label's counts."""
        return ratio(counts.tp, counts.support)


class F1Figure(ConfusionMetric[Any]):
    """The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn)."""

    def figure(self, counts: Confusion) -> float:
        """Return the F1 score of one label's counts."""
        return ratio(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn)


class FBetaFigure(ConfusionMetric[Any]):
    """The mean of both that counts recall b times: (1 + b²) tp / ((1 + b²) tp + b² fn + fp)."""

    def __init__(self, *, beta: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.beta = checked_beta(beta)

    def figure(self, counts: Confusion) -> float:
        """Return the F-beta score of one label's counts."""
        weight = self.beta * self.beta
        hits = (1 + weight) * counts.tp
        return ratio(hits, hits + weight * counts.fn + counts.fp)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {"beta": self.beta, **super().get_config()}


def checked_beta(beta: Any) -> float:
    """Return `beta`, or raise an error that says what it must be."""
    if isinstance(beta, bool) or not isinstance(beta, int | float) or not 0 < beta < math.inf:
        raise ConfigurationError(
            f"beta is {beta!r:.100}; expected a number above 0, such as 2.0 where recall counts twice as "
            "much as precision.",
            argument="beta",
        )
    return float(beta)
