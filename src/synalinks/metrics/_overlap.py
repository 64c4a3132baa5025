"""Metrics over fields of any kind: how many of their words are the expected ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

from synalinks._internal.normalisation import normalized
from synalinks.metrics._confusion import (
    AccuracyFigure,
    Confusion,
    ConfusionMetric,
    F1Figure,
    FBetaFigure,
    PrecisionFigure,
    RecallFigure,
)
from synalinks.metrics._exact_sum import ExactSum
from synalinks.metrics._fieldwise import Entry

Token = tuple[str, ...]
_EMPTY: Final[Token] = ("empty",)


class Overlap(Entry):
    """The counts of one field: samples, the sum of their figures, and their tokens."""

    __slots__ = ("counts", "samples", "total")

    def __init__(self) -> None:
        self.samples = 0
        self.total = ExactSum()
        self.counts = Confusion()

    def add(self, part: Sequence[float]) -> None:
        """Count a sample in: its figure, and its tokens that are tp, fp and fn."""
        figure, tp, fp, fn = part
        self.samples += 1
        self.total.add(figure)
        self.counts.tp += int(tp)
        self.counts.fp += int(fp)
        self.counts.fn += int(fn)

    def merge(self, other: Self) -> None:
        """Count in the samples of another entry."""
        self.samples += other.samples
        self.total.merge(other.total)
        self.counts += other.counts

    def state(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        tokens = [self.counts.tp, self.counts.fp, self.counts.fn]
        return {"samples": self.samples, "total": self.total.state_dict(), "tokens": tokens}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.samples = state["samples"]
        self.total = ExactSum(state["total"])
        self.counts = Confusion(*state["tokens"])


class OverlapMetric(ConfusionMetric[Overlap]):
    """A metric of how many of a field's words are the expected ones, whatever their order.

    Texts are compared as SQuAD's evaluation does (Rajpurkar et al. 2016): in lower case, without ASCII
    punctuation and English articles, split into words. Words that both have, each as often as the rarer of
    its two counts, are tp; further ones of the prediction fp, further ones of the target fn.

    Every field of the target counts. A number is one word, equal to the same number (`1` is `1.0`), and a
    boolean likewise; no text is equal to either. A list has the words of its items, a nested object those of
    its values, which must stand under the same keys; None inside of them has no words. A field without
    any word has one, the empty one: two empty texts agree, an empty one and another do not (SQuAD 2.0). A
    field of the target that is None is left out; one of the prediction that is None or missing, and a
    prediction that is None, have no words, and score 0.0.

    The figure of a field is the mean over its samples, as in SQuAD.

    Args:
        average: None for one figure per field, under the keys `<name>_<field>`; "macro" for their mean;
            "weighted" for their mean weighted by how many words the targets have in each field; "micro" for
            the figure of the words of all fields and samples counted together.
        **options: Name and masks of `Metric`.

    Raises:
        ConfigurationError: (from `check` and `measure`) The target has no fields, or the prediction none of
            them.
    """

    takes: ClassVar[str] = "the fields"

    def entry(self) -> Overlap:
        """Return counts of nothing."""
        return Overlap()

    def part(self, field: str, due: Any, given: Any) -> Any:
        """Return the figure of a field of one sample, and its numbers of words that are tp, fp and fn."""
        expected = list(tokens(due)) or [_EMPTY]
        found = [] if given is None else list(tokens(given)) or [_EMPTY]
        counts = self.overlap(expected, found)
        return self.figure(counts), counts.tp, counts.fp, counts.fn

    def overlap(self, expected: list[Token], found: list[Token]) -> Confusion:
        """Return how the words of target and prediction agree."""
        common = (Counter(expected) & Counter(found)).total()
        return Confusion(tp=common, fp=len(found) - common, fn=len(expected) - common)

    def takes_field(self, schema: Any, definitions: Mapping[str, Any]) -> bool:
        """Return that every field counts."""
        return True

    def confusions(self) -> dict[str, Confusion]:
        """Return the counts of the words of each field."""
        return {field: entry.counts for field, entry in self.entries.items()}

    def figures(self) -> dict[str, float]:
        """Return the mean figure of each field."""
        return {field: entry.total.value / entry.samples for field, entry in self.entries.items()}


def tokens(value: Any, *path: str) -> Iterator[Token]:
    """Yield the words of a JSON value, each with its kind and the keys under which it stands."""
    if isinstance(value, str):
        for word in normalized(value).split():
            yield ("text", word, *path)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from tokens(value[key], *path, key)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tokens(item, *path)
    elif isinstance(value, bool):
        yield ("boolean", str(value), *path)
    elif value is not None:
        yield ("number", str(int(value) if value == value // 1 else value), *path)


class Accuracy(AccuracyFigure, OverlapMetric):
    """The share of fields that are the expected ones: SQuAD's exact match.

    A field is right if its words are those of the target, in the same order (see `OverlapMetric`), and then
    counts as one hit, else as one miss.

    Args:
        average: "micro", the default, for the share of all fields of all samples; None for one figure per
            field under the keys `accuracy_<field>`; "macro" for their mean; "weighted" for their mean
            weighted by how often each field was looked at.
        **options: Name and masks of `Metric`.
    """

    def overlap(self, expected: list[Token], found: list[Token]) -> Confusion:
        """Return one hit or one miss."""
        return Confusion(tp=1) if expected == found else Confusion(fn=1)


class Precision(PrecisionFigure, OverlapMetric):
    """The share of the words of a prediction that are expected: tp / (tp + fp), the mean over the samples.

    Args:
        **options: `average` of `OverlapMetric` (keys `precision_<field>` for None), with its rules for
            words, nested fields, lists and missing values; name and masks of `Metric`.
    """


class Recall(RecallFigure, OverlapMetric):
    """The share of the expected words that a prediction has: tp / (tp + fn), the mean over the samples.

    Args:
        **options: `average` of `OverlapMetric` (keys `recall_<field>` for None), with its rules for words,
            nested fields, lists and missing values; name and masks of `Metric`.
    """


class F1Score(F1Figure, OverlapMetric):
    """2 tp / (2 tp + fp + fn) of the words of a field, the mean over the samples: SQuAD's F1, from 0 to 1.

    Args:
        **options: `average` of `OverlapMetric` (keys `f1_score_<field>` for None), with its rules for
            words, nested fields, lists and missing values; name and masks of `Metric`.
    """


class FBetaScore(FBetaFigure, OverlapMetric):
    """(1 + b²) tp / ((1 + b²) tp + b² fn + fp) of the words of a field, the mean over the samples.

    Args:
        beta: How many times as much recall counts as precision, above 0; 1.0 gives the F1 score.
        **options: `average` of `OverlapMetric` (keys `f_beta_score_<field>` for None), with its rules for
            words, nested fields, lists and missing values; name and masks of `Metric`.
    """
