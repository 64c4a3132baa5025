"""What metrics cost per sample, beside a plain loop that compares and counts the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from random import Random
from typing import Any, Literal

import synalinks
from benchmarks._figures import Figure
from benchmarks._measure import Work, pairs, repeated, typical
from synalinks import metrics
from synalinks.data import JsonDataModel

UPDATES = 1_000_000
ROUNDS = 3
AT_MOST = 3  # microseconds

Pairs = Sequence[tuple[JsonDataModel, JsonDataModel]]


class Truth(synalinks.DataModel):
    """True or false."""

    value: bool


class Label(synalinks.DataModel):
    """One of three."""

    value: Literal["bug", "question", "wish"]


class Number(synalinks.DataModel):
    """A number."""

    value: float


class Text(synalinks.DataModel):
    """A few words."""

    value: str


def _samples(model: type[synalinks.DataModel], values: Sequence[Any]) -> Pairs:
    def drawn() -> Any:
        return JsonDataModel(data_model=model, json={"value": random.choice(values)})

    random = Random(0)
    return [(drawn(), drawn()) for _ in range(1000)]


SAMPLES: dict[type[synalinks.DataModel], Pairs] = {
    Truth: _samples(Truth, [True, False]),
    Label: _samples(Label, ["bug", "question", "wish"]),
    Number: _samples(Number, [n / 7 for n in range(100)]),
    Text: _samples(Text, ["the red fox", "A quick fox jumps", "no fox at all", "quick, red"]),
}


def _endless(samples: Pairs, count: int) -> Iterator[tuple[JsonDataModel, JsonDataModel]]:
    return islice(cycle(samples), count)


def _updates(metric: metrics.Metric, samples: Pairs) -> Work:
    async def work(count: int) -> None:
        for y_true, y_pred in _endless(samples, count):
            await metric.update_state(y_true, y_pred)
        metric.results()

    return work


def _loop_of_cells(samples: Pairs) -> Work:
    async def work(count: int) -> None:
        counts: dict[tuple[Any, Any], int] = {}
        for y_true, y_pred in _endless(samples, count):
            cell = y_true["value"], y_pred["value"]
            counts[cell] = counts.get(cell, 0) + 1

    return work


def _loop_of_errors(samples: Pairs) -> Work:
    async def work(count: int) -> None:
        total = 0.0
        for y_true, y_pred in _endless(samples, count):
            total += abs(y_true["value"] - y_pred["value"])

    return work


async def _measure() -> list[Figure]:
    figures = []
    for cls, model, loop in (
        (metrics.BinaryAccuracy, Truth, _loop_of_cells),
        (metrics.BinaryF1Score, Truth, _loop_of_cells),
        (metrics.CategoricalAccuracy, Label, _loop_of_cells),
        (metrics.CategoricalF1Score, Label, _loop_of_cells),
        (metrics.MeanAbsoluteError, Number, _loop_of_errors),
        (metrics.RootMeanSquaredError, Number, _loop_of_errors),
        (metrics.MeanAbsolutePercentageError, Number, _loop_of_errors),
        (metrics.R2Score, Number, _loop_of_errors),
    ):
        samples = SAMPLES[model]
        both = await pairs(_updates(cls(), samples), loop(samples), UPDATES // ROUNDS, rounds=ROUNDS)
        ours, bare = (typical(costs, lambda c: c.cpu_us) for costs in (both.ours, both.bare))
        figures.append(Figure(f"{cls.__name__}; a plain loop takes {bare:.2f}", ours, "µs", at_most=AT_MOST))
    for cls in (metrics.Accuracy, metrics.F1Score):
        costs = await repeated(_updates(cls(), SAMPLES[Text]), UPDATES // 20, rounds=ROUNDS)
        figures.append(
            Figure(f"{cls.__name__} of texts of 3 words", typical(costs, lambda c: c.cpu_us), "µs")
        )
    return figures


def measure() -> list[Figure]:
    """Return the figures of metrics."""
    return asyncio.run(_measure())
