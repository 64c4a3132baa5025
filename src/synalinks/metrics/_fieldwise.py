"""Metrics that look at the fields of target and prediction one by one."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

from synalinks._internal.plain import plain
from synalinks.data import SymbolicDataModel
from synalinks.data._schema import Shape, resolve, shape_of
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.metrics._metric import Metric

NO_FIELD: Final = object()
"""What `part` returns where the target's value is of no kind that the metric looks at."""


class Entry(ABC):
    """What was counted of one field: a few sums."""

    @abstractmethod
    def add(self, part: Any) -> None:
        """Count in what `part` returned for a sample."""

    @abstractmethod
    def merge(self, other: Self) -> None:
        """Count in what another entry counted."""

    @abstractmethod
    def state(self) -> Any:
        """Return the sums as JSON."""

    @abstractmethod
    def load(self, state: Any) -> None:
        """Take over what `state` returned."""


E = TypeVar("E", bound=Entry)


class FieldwiseMetric(Metric, Generic[E]):
    """A metric that has an entry of sums for each field of the target that it looks at.

    What goes for all of them: a field of the target that is None says nothing and is left out of the sample.
    Target and prediction are data models after the masks; more fields in the prediction change nothing.

    Args:
        average: How one figure is made of several, one of `averages`.
        **options: Name and masks of `Metric`.

    Attributes:
        averages: What `average` may be.
        takes: Which fields it looks at, for errors.

    Raises:
        UnknownNameError: `average` is none of these.
        ConfigurationError: (from `check` and `measure`) The target has no field to look at, or the
            prediction has something else in its place.
    """

    needs_target: bool = True
    _pure: ClassVar[bool] = True
    averages: ClassVar[tuple[str | None, ...]]
    takes: ClassVar[str]

    def __init__(self, *, average: str | None = None, **options: Any) -> None:
        if average not in self.averages:
            raise UnknownNameError("average", str(average), map(str, self.averages))
        super().__init__(**options)
        self.average = average

    @abstractmethod
    def entry(self) -> E:
        """Return an entry that has counted nothing."""

    @abstractmethod
    def part(self, field: str, due: Any, given: Any) -> Any:
        """Return what an entry needs to know of one field of one sample, as JSON.

        Args:
            field: Its name.
            due: Its value in the target; never None.
            given: Its value in the prediction; None where it, or all of the prediction, is missing.

        Returns:
            What `Entry.add` takes; None to leave the field out; `NO_FIELD` where the target's value is none
            that the metric looks at.
        """

    @abstractmethod
    def takes_field(self, schema: Any, definitions: Mapping[str, Any]) -> bool:
        """Return whether the metric looks at fields with that schema."""

    @abstractmethod
    def figures(self) -> dict[str, float]:
        """Return the figures that are averaged, by the ends of their log keys."""

    @abstractmethod
    def averaged(self, figures: dict[str, float]) -> float:
        """Return one figure made of several, where anything was counted."""

    def call(self, y_true: Any, y_pred: Any) -> dict[str, Any]:
        """Return what the entry of each field needs to know of this sample."""
        due, given = self._fields(plain(y_true), "target"), self._fields(plain(y_pred), "prediction")
        parts: dict[str, Any] = {}
        found = False
        for field, value in due.items():
            if value is None:
                found = True
            elif (part := self.part(field, value, given.get(field))) is not NO_FIELD:
                found = True
                if part is not None:
                    parts[field] = part
        if not found:
            raise self._no_field(due)
        return parts

    def _fields(self, value: Any, what: str) -> dict[str, Any]:
        if type(value) is dict:
            return value
        if value is None:
            return {}
        raise ConfigurationError(
            f"Metric {self.name!r} takes a {what} with fields, and got {value!r:.100} "
            f"({type(value).__name__})."
        )

    def _no_field(self, fields: Iterable[str]) -> ConfigurationError:
        return ConfigurationError(
            f"Metric {self.name!r} takes {self.takes} of the target, and it has none; its fields are "
            f"{', '.join(map(repr, fields)) or 'none'}."
        )

    def _misfit(self, field: str, given: Any, expected: str) -> ConfigurationError:
        return ConfigurationError(
            f"Metric {self.name!r}: field {field!r} of the prediction is {given!r:.100} "
            f"({type(given).__name__}); expected {expected}, as in the target."
        )

    def add(self, measure: dict[str, Any]) -> None:
        """Count a sample in."""
        for field, part in measure.items():
            entry = self.entries.get(field)
            if entry is None:
                entry = self.entries[field] = self.entry()
            entry.add(part)

    def result(self) -> float | dict[str, float]:
        """Return the averaged figure, nan where nothing was counted; without an average all by log key."""
        figures = self.figures()
        if self.average is None:
            return {f"{self.name}_{end}": figure for end, figure in figures.items()}
        return self.averaged(figures) if self.entries else math.nan

    def log_keys(self, target_schema: dict[str, Any] | None) -> tuple[str, ...]:
        """Return the name; without an average the key of each figure that is known beforehand."""
        if self.average is not None:
            return (self.name,)
        ends = (
            () if target_schema is None else self.ends(self._shape(SymbolicDataModel(schema=target_schema)))
        )
        return tuple(f"{self.name}_{end}" for end in ends)

    def ends(self, shape: Shape) -> Iterable[str]:
        """Return the ends of the log keys of targets of that shape."""
        return self.fields_of(shape)

    def fields_of(self, shape: Shape) -> list[str]:
        """Return the fields that the metric looks at."""
        return [
            name for name, field in shape.properties.items() if self.takes_field(field, shape.definitions)
        ]

    def check(self, target: Any, prediction: Any) -> None:
        """Look for mistakes before anything is paid for (see `Metric.check`).

        Raises:
            ConfigurationError: The target has no field to look at, or the prediction has none of them.
        """
        super().check(target, prediction)
        if not hasattr(target, "get_schema"):
            return
        due = self._shape(target)
        fields = self.fields_of(due)
        if not fields and due.extra is False:
            raise self._no_field(due.properties)
        if hasattr(prediction, "get_schema"):
            given = self._shape(prediction)
            if fields and given.extra is False and given.properties.keys().isdisjoint(fields):
                raise ConfigurationError(
                    f"Metric {self.name!r} compares {', '.join(map(repr, fields))} of the target, and the "
                    f"program's answer never has that; it has {', '.join(map(repr, given.properties))}."
                )

    def _shape(self, model: Any) -> Shape:
        return shape_of(self._masks.apply(model.to_symbolic_data_model()).get_schema())

    def reset_state(self) -> None:
        """Begin anew."""
        self.entries: dict[str, E] = {}

    def merge(self, other: Self) -> None:
        """Count in the samples of another metric."""
        for field, entry in other.entries.items():
            self.entries.setdefault(field, self.entry()).merge(entry)

    def state_dict(self) -> dict[str, Any]:
        """Return the sums by field."""
        return {"fields": {field: entry.state() for field, entry in sorted(self.entries.items())}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""
        self.reset_state()
        for field, sums in state["fields"].items():
            self.entries[field] = self.entry()
            self.entries[field].load(sums)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {"average": self.average, **super().get_config()}


def may_be(
    schema: Any, definitions: Mapping[str, Any], types: frozenset[str], holds: Callable[[Any], bool]
) -> bool:
    """Return whether a value of that schema may be of one of `types`, or a listed one that `holds`."""
    schema = resolve(schema, definitions)
    if not isinstance(schema, dict):
        return False
    named = schema.get("type", ())
    if not types.isdisjoint([named] if isinstance(named, str) else named):
        return True
    options = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    values = [*schema.get("enum", ()), schema.get("const")]
    return any(may_be(option, definitions, types, holds) for option in options) or any(map(holds, values))


def is_number(value: Any) -> bool:
    """Return whether a JSON value is a number, which a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
