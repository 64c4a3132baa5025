"""How far a figure could be off by the choice of samples: intervals from resampling."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

from synalinks.errors import ConfigurationError

_RESAMPLES: Final = 1000
_FEWEST: Final = 200
_DRAWS: Final = 2_000_000
"""Draws in all, beyond which there are fewer resamples: they take seconds, and hardly change the interval."""


def checked_confidence(confidence: Any) -> None:
    """Refuse what is no level of confidence.

    Raises:
        ConfigurationError: It is no number between 0 and 1.
    """
    number = isinstance(confidence, int | float) and not isinstance(confidence, bool)
    if not number or not 0.0 < confidence < 1.0:
        raise ConfigurationError(
            f"confidence is a number between 0 and 1, for example 0.95, not {confidence!r}.",
            argument="confidence",
        )


def interval(
    figure: Callable[[Sequence[int]], float], size: int, *, confidence: float, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a figure (see `intervals`)."""
    (bounds,) = intervals(lambda drawn: [figure(drawn)], size, confidence=confidence, seed=seed)
    return bounds


def intervals(
    figures: Callable[[Sequence[int]], Sequence[float]], size: int, *, confidence: float, seed: int = 0
) -> list[tuple[float, float]]:
    """Return the percentile bootstrap intervals of figures of many samples.

    The samples are drawn anew with replacement, 1000 times (less often where there are over 2000 of them, at
    least 200 times), and what lies in the middle of the figures is the interval (Efron and Tibshirani, "An
    Introduction to the Bootstrap", 1993, chapter 13). It says how the choice of samples matters, not how a
    model's answers vary. Figures that are nan are left out; where all are, so are the bounds.

    Args:
        figures: Returns the figures of a selection of samples, given by their positions; the selections of
            all figures are the same.
        size: Number of samples.
        confidence: Share of the figures between the bounds.
        seed: Of the random numbers.
    """
    draw = random.Random(seed)  # noqa: S311 - as above, guards nothing
    positions = range(size)
    resamples = min(_RESAMPLES, max(_FEWEST, _DRAWS // max(1, size)))
    rows = [figures(draw.choices(positions, k=size)) for _ in range(resamples)] if size else [figures([])]
    return [
        _middle(sorted(v for v in column if not math.isnan(v)), confidence)
        for column in zip(*rows, strict=True)
    ]


def _middle(values: Sequence[float], confidence: float) -> tuple[float, float]:
    """Return the bounds of the middle of values, those that are nan left out."""
    values = sorted(value for value in values if not math.isnan(value))
    if not values:
        return math.nan, math.nan
    outside = (1.0 - confidence) / 2.0
    last = len(values) - 1
    return values[math.floor(outside * last)], values[math.ceil((1.0 - outside) * last)]
