"""Classification metrics over fields whose values are labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

from synalinks._internal.plain import plain
from synalinks.data._schema import Shape, resolve, shape_of
from synalinks.errors import ConfigurationError
from synalinks.metrics._confusion import (
    AccuracyFigure,
    Confusion,
    ConfusionMetric,
    F1Figure,
    FBetaFigure,
    PrecisionFigure,
    RecallFigure,
    ratio,
)
from synalinks.metrics._fieldwise import NO_FIELD, Entry, may_be

_TYPES: Final = frozenset({"string", "boolean", "number", "integer", "array"})
_SCALARS: Final = (str, bool, int, float)
_TRUTHS: Final = ("false", "true")


class Labels(Entry):
    """The counts of one field: samples, those that are right, and [tp, fp, fn] by label."""

    __slots__ = ("labels", "right", "samples")

    def __init__(self) -> None:
        self.samples = 0
        self.right = 0
        self.labels: dict[str, list[int]] = {}

    def add(self, part: Sequence[Any]) -> None:
        """Count a sample in: the labels that are due, those that are given, and whether all is right."""
        due, given, right = part
        self.samples += 1
        self.right += right
        for label in due:
            self._counts(label)[0 if label in given else 2] += 1
        for label in given:
            if label not in due:
                self._counts(label)[1] += 1

    def _counts(self, label: str) -> list[int]:
        counts = self.labels.get(label)
        if counts is None:
            counts = self.labels[label] = [0, 0, 0]
        return counts

    def merge(self, other: Self) -> None:
        """Count in the samples of another entry."""
        self.samples += other.samples
        self.right += other.right
        for label, counts in other.labels.items():
            own = self._counts(label)
            own[:] = [a + b for a, b in zip(own, counts, strict=True)]

    def state(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        labels = {label: list(counts) for label, counts in sorted(self.labels.items())}
        return {"samples": self.samples, "right": self.right, "labels": labels}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.samples, self.right = state["samples"], state["right"]
        self.labels = {label: list(counts) for label, counts in state["labels"].items()}

    def confusion(self, label: str) -> Confusion:
        """Return the counts of a label."""
        tp, fp, fn = self.labels.get(label, (0, 0, 0))
        return Confusion(tp, fp, fn, self.samples - tp - fp - fn)


class CategoricalMetric(ConfusionMetric[Labels]):
    """A classification metric over fields whose values are labels, or lists of labels.

    The fields are those whose schema lists their values: an enum or a `Literal`, alone, optional or in a
    list. Where the target has none, it is the only other field with text, numbers, booleans or a list of
    these; of several the masks must say which are meant. Nested objects are no labels.

    A number or boolean is the label of its JSON text (`1` and `"1"` are the same). A list gives each of its
    labels once, whatever their order. A field of the target that is None is left out; one of the prediction
    that is None or missing, and a prediction that is None, give no label.

    What is counted: labels that the schema lists, or `labels`, or else all that come up. A prediction outside
    of the first two is a miss of the label that was due, and has no figure of its own. The state grows with
    the number of labels that come up, so of predictions of free text it is not bounded: give `labels`.

    Args:
        labels: Labels that have figures, also when they never come up (then 0.0), as scikit-learn's
            `labels`. None for those that came up in targets or predictions.
        average: None for one figure per label, under the keys `<name>_<label>`, or
            `<name>_<field>_<label>` where the target has several fields of labels; "micro", "macro" or
            "weighted" for one figure under the name (see `ConfusionMetric`).
        **options: Name and masks of `Metric`.

    Raises:
        ConfigurationError: An option is not valid or (from `check` and `measure`) the target has no such
            field or several, or the prediction has something else in its place.
    """

    takes: ClassVar[str] = "the fields with labels"

    def __init__(self, *, labels: Iterable[Any] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.labels = None if labels is None else _checked(labels)
        self._schema: Any = None
        self._columns: dict[str, tuple[str, Sequence[str] | None]] = {}

    def entry(self) -> Labels:
        """Return counts of nothing."""
        return Labels()

    def call(self, y_true: Any, y_pred: Any) -> dict[str, Any]:
        """Return, by the beginning of log keys, the labels due and given and whether all is right."""
        due, given = self._fields(plain(y_true), "target"), self._fields(plain(y_pred), "prediction")
        parts: dict[str, Any] = {}
        for field, (prefix, known) in self._columns_of(y_true, due).items():
            value = due.get(field)
            if value is not None and (part := self.part(field, value, given.get(field))) is not NO_FIELD:
                parts[prefix] = part if known is None else _restricted(part, known)
        return parts

    def part(self, field: str, due: Any, given: Any) -> Any:
        """Return the labels due, those given, and whether they are the same."""
        if type(due) is str and type(given) is str:
            return [due], [given], due == given
        expected, found = _labels(due), [] if given is None else _labels(given)
        if expected is None:
            return NO_FIELD
        if found is None:
            raise self._misfit(field, given, "a label (a text, number or boolean) or a list of them")
        right = given is not None and {*expected} == {*found}  # no answer is not an empty list
        return expected, found, right

    def _columns_of(self, y_true: Any, due: dict[str, Any]) -> Mapping[str, tuple[str, Sequence[str] | None]]:
        """Return, by field, the beginning of its log keys and its labels where these are known."""
        get_schema = getattr(y_true, "get_schema", None)
        if get_schema is None:  # a value without a schema
            columns = self._prefixed({name: self.labels for name, value in due.items() if _labels(value)})
            if not columns and None not in due.values():
                raise self._no_field(due)
            return columns
        schema = get_schema()
        if schema is not self._schema:  # the samples of a data set mostly share one
            self._columns = self._columns_in(shape_of(schema))
            self._schema = schema
            if not self._columns:
                raise self._no_field(due)
        return self._columns

    def _columns_in(self, shape: Shape) -> dict[str, tuple[str, Sequence[str] | None]]:
        listed = {name: _listed(field, shape.definitions) for name, field in shape.properties.items()}
        found: dict[str, Sequence[str] | None] = {name: known for name, known in listed.items() if known}
        if not found:
            found = {
                name: _TRUTHS if resolve(field, shape.definitions).get("type") == "boolean" else None
                for name, field in shape.properties.items()
                if self.takes_field(field, shape.definitions)
            }
            if len(found) > 1 and not self._masked:
                names = ", ".join(map(repr, found))
                raise ConfigurationError(
                    f"Metric {self.name!r} takes the fields with labels, and which ones is not clear: the "
                    f"target has {names}, none an enum or Literal. Say which, for example "
                    f"{type(self).__name__}(in_mask=[{next(iter(found))!r}])."
                )
        if self.labels is not None:
            found = dict.fromkeys(found, self.labels)
        return self._prefixed(found)

    def _prefixed(
        self, found: Mapping[str, Sequence[str] | None]
    ) -> dict[str, tuple[str, Sequence[str] | None]]:
        alone = len(found) == 1
        return {name: ("" if alone else f"{name}_", known) for name, known in found.items()}

    def takes_field(self, schema: Any, definitions: Mapping[str, Any]) -> bool:
        """Return whether a field may hold labels."""
        return may_be(schema, definitions, _TYPES, lambda value: isinstance(value, _SCALARS))

    def fields_of(self, shape: Shape) -> list[str]:
        """Return the fields with labels."""
        return list(self._columns_in(shape))

    def ends(self, shape: Shape) -> list[str]:
        """Return the labels that are known beforehand, each behind its field where there are several."""
        return [prefix + label for prefix, known in self._columns_in(shape).values() for label in known or ()]

    def confusions(self) -> dict[str, Confusion]:
        """Return the counts of each label."""
        return {
            prefix + label: entry.confusion(label)
            for prefix, entry in sorted(self.entries.items())
            for label in (sorted(entry.labels) if self.labels is None else self.labels)
        }

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON."""
        return {"labels": None if self.labels is None else list(self.labels), **super().get_config()}


def _restricted(part: tuple[list[str], list[str], bool], known: Sequence[str]) -> Any:
    due, given, right = part
    return [label for label in due if label in known], [label for label in given if label in known], right


def _labels(value: Any) -> list[str] | None:
    """Return the labels that a JSON value stands for, or None where it is nothing of that kind."""
    if isinstance(value, list | tuple):
        if not all(isinstance(item, _SCALARS) for item in value):
            return None
        return list(dict.fromkeys(map(_text, value)))
    return [_text(value)] if isinstance(value, _SCALARS) else None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return _TRUTHS[value]
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _listed(schema: Any, definitions: Mapping[str, Any]) -> list[str] | None:
    """Return the labels that a field's schema lists, or None where it lists none or allows others too."""
    schema = resolve(schema, definitions)
    if not isinstance(schema, dict):
        return None
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if values is not None:
        return _labels([value for value in values if value is not None])
    options = [
        option
        for key in ("anyOf", "oneOf", "allOf")
        for option in schema.get(key, ())
        if not (isinstance(option, dict) and option.get("type") == "null")
    ]
    if options:
        parts = [_listed(option, definitions) for option in options]
        return None if None in parts else list(dict.fromkeys(label for part in parts for label in part or ()))
    return _listed(schema["items"], definitions) if "items" in schema else None


def _checked(labels: Any) -> tuple[str, ...]:
    found = None if isinstance(labels, str) or not isinstance(labels, Iterable) else _labels([*labels])
    if not found:
        raise ConfigurationError(
            f'labels is {labels!r:.100}; expected a list of labels, such as ["bug", "question"].',
            argument="labels",
        )
    return tuple(found)


class CategoricalAccuracy(AccuracyFigure, CategoricalMetric):
    """The share of fields whose label, or whole set of labels, is that of the target.

    Args:
        average: "micro", the default, for scikit-learn's `accuracy_score`: right fields / fields. None for
            the share of each label, tp / (tp + fn), under the keys `categorical_accuracy_<label>`; "macro"
            for their mean; "weighted" for their mean weighted by how often each label is due.
        **options: `labels` of `CategoricalMetric`, with its rules for fields, lists and missing
            values; name and masks of `Metric`.
    """

    def figure(self, counts: Confusion) -> float:
        """Return the share of the samples with a label that were given it."""
        return ratio(counts.tp, counts.support)

    def weight(self, counts: Confusion) -> int:
        """Return how often the label was due."""
        return counts.support

    def pooled(self) -> float:
        """Return the share of fields that are right."""
        entries = self.entries.values()
        return ratio(sum(entry.right for entry in entries), sum(entry.samples for entry in entries))


class CategoricalPrecision(PrecisionFigure, CategoricalMetric):
    """The share of what was given that was due: tp / (tp + fp), scikit-learn's `precision_score`.

    Args:
        **options: `average` (keys `categorical_precision_<label>` for None) and `labels` of
            `CategoricalMetric`, with its rules for fields, lists and missing values; name and
            masks of `Metric`.
    """


class CategoricalRecall(RecallFigure, CategoricalMetric):
    """The share of what was due that was given: tp / (tp + fn), scikit-learn's `recall_score`.

    Args:
        **options: `average` (keys `categorical_recall_<label>` for None) and `labels` of
            `CategoricalMetric`, with its rules for fields, lists and missing values; name and
            masks of `Metric`.
    """


class CategoricalF1Score(F1Figure, CategoricalMetric):
    """The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn), scikit-learn's `f1_score`.

    Args:
        **options: `average` (keys `categorical_f1_score_<label>` for None) and `labels` of
            `CategoricalMetric`, with its rules for fields, lists and missing values; name and
            masks of `Metric`.
    """


class CategoricalFBetaScore(FBetaFigure, CategoricalMetric):
    """(1 + b²) tp / ((1 + b²) tp + b² fn + fp), scikit-learn's `fbeta_score`.

    Args:
        beta: How many times as much recall counts as precision, above 0; 1.0 gives the F1 score.
        **options: `average` (keys `categorical_f_beta_score_<label>` for None) and `labels` of
            `CategoricalMetric`, with its rules for fields, lists and missing values; name and
            masks of `Metric`.
    """
