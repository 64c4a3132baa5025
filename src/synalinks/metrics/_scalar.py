"""Metrics that are a sum or a mean of one number per sample."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Self

from synalinks._internal.coroutines import resolved
from synalinks._internal.identifiers import callable_name, reference, require_two_arguments
from synalinks._internal.plain import plain
from synalinks._internal.registry import lookup
from synalinks.data._schema import shape_of
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.metrics._exact_sum import ExactSum
from synalinks.metrics._metric import Metric, checked_direction


class ScalarMetric(Metric):
    """A metric whose `call` returns one number for each sample, or None to leave the sample out.

    Args:
        direction: "max" where higher is better, "min" where lower is; None for the class's own.
        **options: Name and masks of `Metric`.
    """

    def __init__(self, *, direction: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        if direction is not None:
            self.direction = checked_direction(direction)

    @abstractmethod
    def call(self, y_true: Any, y_pred: Any) -> float | Awaitable[float | None] | None:
        """Return the sample's number, or None to leave it out."""

    def add(self, measure: float | None) -> None:
        """Count a number in."""
        if measure is not None:
            self.total.add(measure)
            self.count += 1

    def reset_state(self) -> None:
        """Begin anew."""
        self.total = ExactSum()
        self.count = 0

    def merge(self, other: Self) -> None:
        """Count in the numbers of another metric."""
        self.total.merge(other.total)
        self.count += other.count

    def state_dict(self) -> dict[str, Any]:
        """Return the sum and the number of samples."""
        return {"total": self.total.state_dict(), "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""
        self.total = ExactSum(state["total"])
        self.count = int(state["count"])

    def mean(self) -> float:
        """Return the mean of the numbers; nan where there are none."""
        return self.total.value / self.count if self.count else math.nan

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {**super().get_config(), "direction": self.direction}

    def _number(self, value: Any, what: str) -> float:
        # A number type of any library has __float__, and a string has not.
        if hasattr(type(value), "__float__"):
            return float(value)
        raise ConfigurationError(
            f"Metric {self.name!r}: {what} is {value!r} ({type(value).__name__}); expected a number."
        )


class _FieldMetric(ScalarMetric):
    _pure: ClassVar[bool] = True

    def __init__(self, field: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.field = field

    def call(self, y_true: Any, y_pred: Any) -> float | None:
        """Return the number of the prediction, or None where there is none."""
        value = plain(y_pred)
        if isinstance(value, dict):
            field = self._field_of(value)
            what, value = f"field {field!r} of the prediction", value[field]
        else:
            what = "the value"
        return None if value is None else self._number(value, what)

    def check(self, target: Any, prediction: Any) -> None:
        """Look for mistakes before anything is paid for (see `Metric.check`).

        Raises:
            ConfigurationError: The prediction has no such field, or it is not clear which one is meant.
        """
        super().check(target, prediction)
        if hasattr(prediction, "get_schema"):
            shape = shape_of(self._masks.apply(prediction.to_symbolic_data_model()).get_schema())
            if shape.extra is False:
                self._field_of(shape.properties)

    def _field_of(self, value: Mapping[str, Any]) -> str:
        if self.field is None and len(value) == 1:
            return next(iter(value))
        if self.field is None:
            names = ", ".join(map(repr, value))
            raise ConfigurationError(
                f"Metric {self.name!r} takes one field of the prediction, which has {names}: "
                f"say which, for example {type(self).__name__}(field={next(iter(value), 'score')!r})."
            )
        if self.field not in value:
            raise UnknownNameError("field of the prediction", self.field, value, hint=f"({self.name})")
        return self.field

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {"field": self.field, **super().get_config()}


class Mean(_FieldMetric):
    """The mean of a number that the prediction holds: `sum(values) / len(values)`.

    A prediction or field that is None is left out; a boolean counts as 0 or 1; nothing at all gives nan.

    Args:
        field: Name of the prediction's field; None where the prediction has one field only (after the
            masks), or is a number itself.
        **options: `direction` ("max" by default), name and masks of `Metric`.

    Raises:
        ConfigurationError: (from `measure`) The value is no number, or it is not clear which field is meant.
    """

    def result(self) -> float:
        """Return the mean."""
        return self.mean()


class Sum(_FieldMetric):
    """The sum of a number that the prediction holds; of nothing it is 0.0.

    Args:
        field: As in `Mean`.
        **options: `direction` ("max" by default), name and masks of `Metric`.
    """

    def result(self) -> float:
        """Return the sum."""
        return self.total.value


class MeanMetricWrapper(ScalarMetric):
    """The mean of what a function returns for each sample; `compile(metrics=[fn])` makes one by itself.

    Where the program gave nothing the function is not called: the sample counts 0.0 if higher is better,
    and is left out if lower is, since 0.0 would be the best value there.

    Args:
        fn: `fn(y_true, y_pred)`, plain or async, returning a number (a reward, too, can stand here).
        name: Name of the metric and key in the logs; defaults to the function's name.
        direction: "max" where higher is better, "min" where lower is.
        **options: The masks of `Metric`.

    Raises:
        ConfigurationError: `fn` does not take two arguments or (from `measure`) returns no number.
    """

    def __init__(
        self,
        fn: Callable[[Any, Any], Any],
        *,
        name: str | None = None,
        direction: str = "max",
        **options: Any,
    ) -> None:
        require_two_arguments(fn, "metric")
        super().__init__(name=callable_name(fn) if name is None else name, direction=direction, **options)
        self.fn = fn

    async def call(self, y_true: Any, y_pred: Any) -> float | None:
        """Return the function's number."""
        if y_pred is None:
            return 0.0 if self.direction == "max" else None
        value = await resolved(self.fn(y_true, y_pred))
        return self._number(getattr(value, "score", value), "what the function returned")

    def result(self) -> float:
        """Return the mean."""
        return self.mean()

    def get_config(self) -> dict[str, Any]:
        """Return the configuration; it names the function, and loading it needs the function registered."""
        return {"fn": reference(self.fn), **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a metric of what `get_config` returned.

        Raises:
            UnknownNameError: No function is registered under the name in the configuration.
        """
        return cls(**{**config, "fn": lookup(config["fn"])})
