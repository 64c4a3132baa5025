"""The one core of the classification metrics: counts per label, and what is made of them."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any, Self

from synalinks.errors import UnknownNameError
from synalinks.metrics._metric import Metric

AVERAGES = (None, "micro", "macro", "weighted")


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
        """In how many samples the label was due."""
        return self.tp + self.fn


def ratio(part: float, whole: float) -> float:
    """Return `part / whole`, and 0.0 where there is nothing to divide by."""
    return part / whole if whole else 0.0


def f_beta(counts: Confusion, beta: float = 1.0) -> float:
    """Return (1 + b²) tp / ((1 + b²) tp + b² fn + fp), scikit-learn's F-beta with `zero_division=0`."""
    weight = beta * beta
    hits = (1 + weight) * counts.tp
    return ratio(hits, hits + weight * counts.fn + counts.fp)


class ConfusionMetric(Metric):
    """A figure of the confusion counts, per label or averaged.

    A class overrides `figure`, which takes the counts of one label, `call`, which says for each label of a
    sample whether it was due and whether it was given, and `declared_labels`.

    Args:
        average: How one figure is made of the labels': None for one figure per label, under the keys
            `<name>_<label>`; "micro" for the figure of all counts together; "macro" for the plain mean;
            "weighted" for the mean weighted by how often each label is due. As in scikit-learn.
        **options: Name and masks of `Metric`.

    Raises:
        UnknownNameError: `average` is none of these.
    """

    needs_target: bool = True

    def __init__(self, *, average: str | None = None, **options: Any) -> None:
        if average not in AVERAGES:
            raise UnknownNameError("average", str(average), map(str, AVERAGES))
        super().__init__(**options)
        self.average = average

    @abstractmethod
    def figure(self, counts: Confusion) -> float:
        """Return the figure of one label's counts."""

    @abstractmethod
    def call(self, y_true: Any, y_pred: Any) -> dict[str, str]:
        """Return label to its cell in this sample: "tp", "fp", "fn" or "tn"."""

    @abstractmethod
    def declared_labels(self, target_schema: dict[str, Any]) -> Iterable[str]:
        """Return the labels of targets of that schema, masks applied."""

    def log_keys(self, target_schema: dict[str, Any] | None) -> tuple[str, ...]:
        """Return the name; without an average one key for each label of the targets."""
        if self.average is not None:
            return (self.name,)
        labels = () if target_schema is None else self.declared_labels(target_schema)
        return tuple(f"{self.name}_{label}" for label in labels)

    def add(self, measure: dict[str, str]) -> None:
        """Count a sample in."""
        for label, cell in measure.items():
            counts = self.labels.get(label)
            if counts is None:
                counts = self.labels[label] = Confusion()
            setattr(counts, cell, getattr(counts, cell) + 1)

    def result(self) -> float | dict[str, float]:
        """Return the averaged figure; without an average the figure of each label, by log key."""
        figures = {label: self.figure(counts) for label, counts in self.labels.items()}
        if self.average is None:
            return {f"{self.name}_{label}": figure for label, figure in figures.items()}
        if not figures:
            return math.nan
        if self.average == "micro":
            return self.figure(sum(self.labels.values(), Confusion()))
        if self.average == "macro":
            return math.fsum(figures.values()) / len(figures)
        support = {label: counts.support for label, counts in self.labels.items()}
        return ratio(math.fsum(figures[label] * n for label, n in support.items()), sum(support.values()))

    def reset_state(self) -> None:
        """Begin anew."""
        self.labels: dict[str, Confusion] = {}

    def merge(self, other: Self) -> None:
        """Count in the samples of another metric."""
        for label, counts in other.labels.items():
            self.labels[label] = self.labels.get(label, Confusion()) + counts

    def state_dict(self) -> dict[str, Any]:
        """Return [tp, fp, fn, tn] by label."""
        return {"labels": {label: list(astuple(counts)) for label, counts in self.labels.items()}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""
        self.labels = {label: Confusion(*counts) for label, counts in state["labels"].items()}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {"average": self.average, **super().get_config()}
