"""Classification metrics over fields that are each true or false."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synalinks._internal.plain import plain
from synalinks.data import SymbolicDataModel
from synalinks.data._schema import resolve, shape_of
from synalinks.errors import ConfigurationError
from synalinks.metrics._confusion import ConfusionMetric

_CELLS = {(True, True): "tp", (False, True): "fp", (True, False): "fn", (False, False): "tn"}
_TYPES = {"boolean", "number", "integer"}


class BinaryMetric(ConfusionMetric):
    """A classification metric whose labels are the boolean and number fields of the target.

    A number counts as true when it is greater than the threshold. A field of the target that is None says
    nothing about its label; a field of the prediction that is None or missing, and a prediction that is
    None, give no label. Other fields of the target, nested ones too, are no labels.

    Args:
        threshold: What a number must exceed to count as true, in target and prediction alike.
        **options: `average` of `ConfusionMetric`, name and masks of `Metric`.

    Raises:
        ConfigurationError: An option is not valid or (from `measure`) the target has no such field, or the
            prediction has something else in its place.
    """

    def __init__(self, *, threshold: float = 0.5, **options: Any) -> None:
        super().__init__(**options)
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or threshold != threshold:
            raise ConfigurationError(
                f"threshold is {threshold!r}; expected a number, such as 0.5.", argument="threshold"
            )
        self.threshold = threshold

    def call(self, y_true: Any, y_pred: Any) -> dict[str, str]:
        """Return label to its cell in this sample."""
        due, given = self._fields(plain(y_true), "target"), self._fields(plain(y_pred), "prediction")
        cells = {
            label: _CELLS[self._holds(value), self._given(given.get(label), label)]
            for label, value in due.items()
            if isinstance(value, bool | int | float)
        }
        if not cells and None not in due.values():
            raise ConfigurationError(
                f"Metric {self.name!r} takes the boolean and number fields of the target for labels, and it "
                f"has none; its fields are {', '.join(map(repr, due)) or 'none'}."
            )
        return cells

    def _fields(self, value: Any, what: str) -> dict[str, Any]:
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        raise ConfigurationError(
            f"Metric {self.name!r} takes a {what} with fields, and got {value!r} ({type(value).__name__})."
        )

    def _holds(self, value: float) -> bool:
        return value if isinstance(value, bool) else value > self.threshold

    def _given(self, value: Any, label: str) -> bool:
        if value is None:
            return False
        if isinstance(value, bool | int | float):
            return self._holds(value)
        raise ConfigurationError(
            f"Metric {self.name!r}: field {label!r} of the prediction is {value!r} "
            f"({type(value).__name__}); expected a boolean or a number, as in the target."
        )

    def declared_labels(self, target_schema: dict[str, Any]) -> list[str]:
        """Return the names of the boolean and number fields of the schema that count."""
        shape = shape_of(self._masks.apply(SymbolicDataModel(schema=target_schema)).get_schema())
        return [key for key, field in shape.properties.items() if _is_label(field, shape.definitions)]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {"threshold": self.threshold, **super().get_config()}


def _is_label(field: Any, definitions: Mapping[str, Any]) -> bool:
    field = resolve(field, definitions)
    if not isinstance(field, dict):
        return False
    types = field.get("type", ())
    if not _TYPES.isdisjoint([types] if isinstance(types, str) else types):
        return True
    options = [*field.get("anyOf", ()), *field.get("oneOf", ()), *field.get("allOf", ())]
    values = [*field.get("enum", ()), field.get("const")]
    return any(_is_label(option, definitions) for option in options) or any(
        isinstance(value, bool | int | float) for value in values
    )
