"""Classification metrics over fields that are each true or false."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any, ClassVar, Final, Self

from synalinks.errors import ConfigurationError
from synalinks.metrics._confusion import (
    AccuracyFigure,
    Confusion,
    ConfusionMetric,
    F1Figure,
    FBetaFigure,
    PrecisionFigure,
    RecallFigure,
)
from synalinks.metrics._fieldwise import NO_FIELD, Entry, may_be

_TYPES: Final = frozenset({"boolean", "number", "integer"})
_CELLS: Final = {(True, True): "tp", (False, True): "fp", (True, False): "fn", (False, False): "tn"}


class Cells(Entry, Confusion):
    """The counts of one label; a part is the cell that a sample falls into."""

    __slots__ = ()

    def add(self, part: str) -> None:
        """Count a sample in."""
        setattr(self, part, getattr(self, part) + 1)

    def merge(self, other: Self) -> None:
        """Count in the samples of another entry."""
        self.load(astuple(self + other))

    def state(self) -> list[int]:
        """Return [tp, fp, fn, tn]."""
        return list(astuple(self))

    def load(self, state: Sequence[int]) -> None:
        """Take over what `state` returned."""
        self.tp, self.fp, self.fn, self.tn = state


class BinaryMetric(ConfusionMetric[Cells]):
    """A classification metric whose labels are the boolean and number fields of the target.

    A number counts as true when it is greater than the threshold (nan is not). A field of the target that is
    None says nothing about its label; a field of the prediction that is None or missing, and a prediction
    that is None, give no label. Other fields of the target, nested ones and lists too, are no labels.

    Args:
        average: None for one figure per label, under the keys `<name>_<label>`; "micro", "macro" or
            "weighted" for one figure under the name (see `ConfusionMetric`).
        threshold: What a number must exceed to count as true, in target and prediction alike.
        **options: Name and masks of `Metric`.

    Raises:
        ConfigurationError: An option is not valid or (from `check` and `measure`) the target has no such
            field, or the prediction has something else in its place.
    """

    takes: ClassVar[str] = "the boolean and number fields"

    def __init__(self, *, threshold: float = 0.5, **options: Any) -> None:
        super().__init__(**options)
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or threshold != threshold:
            raise ConfigurationError(
                f"threshold is {threshold!r}; expected a number, such as 0.5.", argument="threshold"
            )
        self.threshold = threshold

    def entry(self) -> Cells:
        """Return counts of nothing."""
        return Cells()

    def part(self, field: str, due: Any, given: Any) -> Any:
        """Return the sample's cell: "tp", "fp", "fn" or "tn"."""
        if type(due) is not bool:
            if not isinstance(due, int | float):
                return NO_FIELD
            due = due > self.threshold
        if type(given) is not bool:
            if given is not None and not isinstance(given, int | float):
                raise self._misfit(field, given, "a boolean or a number")
            given = given is not None and given > self.threshold
        return _CELLS[due, given]

    def takes_field(self, schema: Any, definitions: Mapping[str, Any]) -> bool:
        """Return whether a field may be a boolean or a number."""
        return may_be(schema, definitions, _TYPES, lambda value: isinstance(value, bool | int | float))

    def confusions(self) -> dict[str, Confusion]:
        """Return the counts of each label."""
        return dict(self.entries)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {"threshold": self.threshold, **super().get_config()}


class BinaryAccuracy(AccuracyFigure, BinaryMetric):
    """The share of right answers to the boolean and number fields: (tp + tn) / (tp + fp + fn + tn).

    An answer that is None or missing is wrong, whatever is due.

    Args:
        average: "micro", the default, for the share of all answers, scikit-learn's `accuracy_score` of each
            field's; None for one figure per field under the keys `binary_accuracy_<field>`; "macro" for
            their mean; "weighted" for their mean weighted by how often each field was looked at.
        **options: `threshold` of `BinaryMetric`, with its rules for fields; name and masks of
            `Metric`.
    """

    def part(self, field: str, due: Any, given: Any) -> Any:
        """Return the sample's cell; what is not answered is not rightly left out."""
        cell = super().part(field, due, given)
        return "fp" if given is None and cell == "tn" else cell


class BinaryPrecision(PrecisionFigure, BinaryMetric):
    """The share of what was given that was due: tp / (tp + fp), scikit-learn's `precision_score`.

    Args:
        **options: `average` (keys `binary_precision_<label>` for None) and `threshold` of
            `BinaryMetric`, with its rules for missing values; name and masks of `Metric`.
    """


class BinaryRecall(RecallFigure, BinaryMetric):
    """The share of what was due that was given: tp / (tp + fn), scikit-learn's `recall_score`.

    Args:
        **options: `average` (keys `binary_recall_<label>` for None) and `threshold` of
            `BinaryMetric`, with its rules for missing values; name and masks of `Metric`.
    """


class BinaryF1Score(F1Figure, BinaryMetric):
    """The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn), scikit-learn's `f1_score`.

    Args:
        **options: `average` (keys `binary_f1_score_<label>` for None) and `threshold` of
            `BinaryMetric`, with its rules for missing values; name and masks of `Metric`.
    """


class BinaryFBetaScore(FBetaFigure, BinaryMetric):
    """(1 + b²) tp / ((1 + b²) tp + b² fn + fp), scikit-learn's `fbeta_score`.

    Args:
        beta: How many times as much recall counts as precision, above 0; 1.0 gives the F1 score.
        **options: `average` (keys `binary_f_beta_score_<label>` for None) and `threshold` of `BinaryMetric`,
            with its rules for missing values; name and masks of `Metric`.
    """
