"""Metrics of how far numbers are from those expected."""

from __future__ import annotations

import math
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, ClassVar, Final, Self

from synalinks.metrics._exact_sum import ExactMoments, ExactSum
from synalinks.metrics._fieldwise import NO_FIELD, E, Entry, FieldwiseMetric, is_number, may_be

_TYPES: Final = frozenset({"number", "integer"})


class RegressionMetric(FieldwiseMetric[E]):
    """A metric of how far numbers are from those expected; formulas and averages are scikit-learn's.

    The fields are those of the target that hold numbers. A field that is None or missing, in the target or
    in the prediction, and a prediction that is None, leave the field out of the sample: there is no
    distance to nothing. Booleans, text, lists and nested objects of the target are no numbers and are passed
    over. Numbers are 64-bit floats; nan and infinity are reckoned with as IEEE 754 says, where
    scikit-learn refuses them, so one nan makes the figure of its field nan.

    Sums are exact: neither order nor batches change the figure.

    Args:
        average: "uniform", the default, for the mean of the fields' figures under the name of the metric;
            None for one figure per field, under the keys `<name>_<field>`.
        **options: Name and masks of `Metric`.

    Raises:
        ConfigurationError: (from `check` and `measure`) The target has no field with a number, or the
            prediction has something else in its place.
    """

    direction: str = "min"
    averages: ClassVar[tuple[str | None, ...]] = (None, "uniform")
    takes: ClassVar[str] = "the number fields"

    def __init__(self, *, average: str | None = "uniform", **options: Any) -> None:
        super().__init__(average=average, **options)

    @abstractmethod
    def measured_part(self, due: float, given: float) -> Any:
        """Return what the entry needs to know of two numbers, as JSON."""

    @abstractmethod
    def figure(self, entry: E) -> float:
        """Return the figure of one field."""

    def part(self, field: str, due: Any, given: Any) -> Any:
        """Return what the entry needs to know of a field of one sample."""
        if type(due) is not float:
            if not is_number(due):
                return NO_FIELD
            due = float(due)
        if type(given) is not float:
            if given is None:
                return None
            if not is_number(given):
                raise self._misfit(field, given, "a number")
            given = float(given)
        return self.measured_part(due, given)

    def takes_field(self, schema: Any, definitions: Mapping[str, Any]) -> bool:
        """Return whether a field may be a number."""
        return may_be(schema, definitions, _TYPES, is_number)

    def figures(self) -> dict[str, float]:
        """Return the figure of each field."""
        return {field: self.figure(entry) for field, entry in self.entries.items()}

    def averaged(self, figures: dict[str, float]) -> float:
        """Return the mean of the fields' figures."""
        total = ExactSum()
        for figure in figures.values():
            total.add(figure)
        return total.value / len(figures)


class Errors(Entry):
    """The exact sum of a field's errors, and how many there are."""

    __slots__ = ("count", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = ExactSum()

    def add(self, part: float) -> None:
        """Count an error in."""
        self.count += 1
        self.total.add(part)

    def merge(self, other: Self) -> None:
        """Count in the errors of another entry."""
        self.count += other.count
        self.total.merge(other.total)

    def state(self) -> dict[str, Any]:
        """Return sum and count as JSON."""
        return {"count": self.count, "total": self.total.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.count, self.total = state["count"], ExactSum(state["total"])


class MeanErrorMetric(RegressionMetric[Errors]):
    """A regression metric that is the mean of one error per sample."""

    def entry(self) -> Errors:
        """Return a sum of nothing."""
        return Errors()

    def figure(self, entry: Errors) -> float:
        """Return the mean of the errors."""
        return entry.total.value / entry.count


class MeanAbsoluteError(MeanErrorMetric):
    """The mean of |y - p|, scikit-learn's `mean_absolute_error`; lower is better.

    Args:
        **options: `average` of `RegressionMetric`, with its rules for fields, missing values and nan;
            name and masks of `Metric`.
    """

    def measured_part(self, due: float, given: float) -> float:
        """Return the absolute error."""
        return abs(due - given)


class MeanSquaredError(MeanErrorMetric):
    """The mean of (y - p)², scikit-learn's `mean_squared_error`; lower is better.

    Args:
        **options: `average` of `RegressionMetric`, with its rules for fields, missing values and nan;
            name and masks of `Metric`.
    """

    def measured_part(self, due: float, given: float) -> float:
        """Return the squared error."""
        return (due - given) * (due - given)


class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean of (y - p)², scikit-learn's `root_mean_squared_error`; lower is better.

    Several fields are averaged after the root is taken.

    Args:
        **options: `average` of `RegressionMetric`, with its rules for fields, missing values and nan;
            name and masks of `Metric`.
    """

    def figure(self, entry: Errors) -> float:
        """Return the root of the mean of the squared errors."""
        return math.sqrt(super().figure(entry))


class MeanAbsolutePercentageError(MeanErrorMetric):
    """The mean of |y - p| / max(|y|, 2**-52); lower is better.

    The formula is scikit-learn's `mean_absolute_percentage_error`. It is a share, not a percentage: 0.1 for
    10 %. A target of 0 makes it very large.

    Args:
        **options: `average` of `RegressionMetric`, with its rules for fields, missing values and nan;
            name and masks of `Metric`.
    """

    def measured_part(self, due: float, given: float) -> float:
        """Return the error as a share of the target."""
        size = abs(due)
        # A size that is nan stays, which `max` does not promise.
        return abs(due - given) / (sys.float_info.epsilon if size < sys.float_info.epsilon else size)


class Fit(Entry):
    """The exact sums of a field's squared errors, and of its targets and their squares."""

    __slots__ = ("errors", "targets")

    def __init__(self) -> None:
        self.errors = ExactSum()
        self.targets = ExactMoments()

    def add(self, part: Sequence[float]) -> None:
        """Count in a target and the squared error of its prediction."""
        due, error = part
        self.targets.add(due)
        self.errors.add(error)

    def merge(self, other: Self) -> None:
        """Count in the samples of another entry."""
        self.errors.merge(other.errors)
        self.targets.merge(other.targets)

    def state(self) -> dict[str, Any]:
        """Return the sums as JSON."""
        return {"errors": self.errors.state_dict(), "targets": self.targets.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.errors, self.targets = ExactSum(state["errors"]), ExactMoments(state["targets"])


class R2Score(RegressionMetric[Fit]):
    """1 - sum (y - p)² / sum (y - mean(y))², scikit-learn's `r2_score`; 1.0 is best and it may be negative.

    The mean is that of the targets counted. Where all are equal it is 1.0 if every prediction is exactly
    right and else 0.0; of fewer than two samples it is nan. The spread of the targets is exact: where they
    hardly differ, floats would give noise.

    Args:
        **options: `average` of `RegressionMetric`, with its rules for fields, missing values and nan;
            name and masks of `Metric`.
    """

    direction: str = "max"

    def entry(self) -> Fit:
        """Return sums of nothing."""
        return Fit()

    def measured_part(self, due: float, given: float) -> tuple[float, float]:
        """Return the target and the squared error."""
        return due, (due - given) * (due - given)

    def figure(self, entry: Fit) -> float:
        """Return the R2 score of one field."""
        errors, spread = entry.errors.value, entry.targets.spread
        if entry.targets.count < 2 or not entry.targets.finite or math.isnan(errors):
            return math.nan
        if not spread:
            return 0.0 if errors else 1.0
        try:
            return float(1 - Fraction(errors) / spread)
        except OverflowError:  # infinite errors, and what is too much for a float
            return -math.inf
