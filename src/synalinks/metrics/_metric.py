"""The base of all metrics."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from types import CoroutineType
from typing import Any, ClassVar, Self

from synalinks._internal.comparison import Comparison
from synalinks.errors import UnknownNameError
from synalinks.hooks import MetricEnded, MetricStarted, observed
from synalinks.hooks._span import listening

DIRECTIONS = ("max", "min")


class Metric(Comparison):
    """A figure over many samples, in two halves that can run in different places.

    `measure` looks at one sample and returns a small JSON value; it keeps no state, so samples can be
    measured at the same time. `add` takes these values in the order of the samples; `result` is the figure.
    The state is a few sums: it can be merged, saved and loaded.

    A class overrides `call` (plain or async), `add`, `result`, `reset_state`, `merge`, `state_dict` and
    `load_state_dict`; with more than one figure also `log_keys`; with arguments of its own `get_config`.

    Args:
        **options: `name` (the key in the logs; defaults to the class name in snake_case), and the masks
            `in_mask`, `in_mask_pattern`, `out_mask` and `out_mask_pattern` of the fields that count.

    Attributes:
        direction: "max" where higher is better, "min" where lower is.
        needs_target: Whether `call` cannot do without a target, so that data without `y` is an error.
        wall_clock: Whether it is a figure of time, which no second run repeats: `check_resume` leaves it out.

    Raises:
        ConfigurationError: An option is not valid.
    """

    kind: ClassVar[str] = "metric"
    direction: str = "max"
    wall_clock: ClassVar[bool] = False
    _arguments: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the arguments, for `fresh`."""
        metric = super().__new__(cls)
        metric._arguments = (args, kwargs)
        return metric

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.reset_state()

    @abstractmethod
    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Look at one sample; plain or async, and without a change of state.

        Args:
            y_true: The target with only the fields that count, or None where the data has none.
            y_pred: The prediction, likewise, or None where the program gave nothing.

        Returns:
            What `add` needs to know of it, as JSON.
        """

    async def measure(self, y_true: Any, y_pred: Any) -> Any:
        """Mask one sample and return what `call` makes of it.

        Raises:
            ConfigurationError: The metric needs a target and there is none.
            Exception: What `call` raised, with a note that names the metric.
        """
        measure = self._measured(y_true, y_pred)
        return await measure if type(measure) is CoroutineType else measure

    def _measured(self, y_true: Any, y_pred: Any) -> Any:
        """Return what `measure` does at once, or a coroutine of it where `call` waits or somebody listens."""
        return self._heard(y_true, y_pred) if listening() else self._compared_now(y_true, y_pred)

    async def _heard(self, y_true: Any, y_pred: Any) -> Any:
        with observed(MetricStarted, MetricEnded, metric=self.name) as span:
            measure = await self._compared(y_true, y_pred)
            span.result(measure=measure)
        return measure

    @abstractmethod
    def add(self, measure: Any) -> None:
        """Count a sample in; called in the order of the samples with what `measure` returned."""

    @abstractmethod
    def result(self) -> float | dict[str, float]:
        """Return the figure, or the figures by log key; nan where there was nothing to count."""

    @abstractmethod
    def reset_state(self) -> None:
        """Begin anew; called by `__init__` as well."""

    @abstractmethod
    def merge(self, other: Self) -> None:
        """Count in everything that another metric with the same arguments has counted."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return the state as JSON."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""

    async def update_state(self, y_true: Any, y_pred: Any) -> None:
        """Measure a sample and count it in."""
        measure = self._measured(y_true, y_pred)
        self.add(await measure if type(measure) is CoroutineType else measure)

    def log_keys(self, target_schema: dict[str, Any] | None) -> tuple[str, ...]:
        """Return the keys that `result` fills in the logs.

        Args:
            target_schema: JSON schema of the targets, or None where the data has none.
        """
        return (self.name,)

    def results(self) -> dict[str, float]:
        """Return the figures by log key, also where there is only one."""
        result = self.result()
        return result if isinstance(result, dict) else {self.name: result}

    def fresh(self) -> Self:
        """Return a metric of the same class and arguments that has counted nothing."""
        args, kwargs = self._arguments
        return type(self)(*args, **kwargs)


async def measured(metrics: Sequence[Metric], y_true: Any, y_pred: Any) -> tuple[Any, ...]:
    """Return what each of the metrics measures of a sample."""
    measures = []
    for metric in metrics:
        measure = metric._measured(y_true, y_pred)
        measures.append(await measure if type(measure) is CoroutineType else measure)
    return tuple(measures)


def checked_direction(direction: str) -> str:
    """Return `direction`, or raise an error that names the two there are."""
    if direction not in DIRECTIONS:
        raise UnknownNameError("direction", str(direction), DIRECTIONS)
    return direction
