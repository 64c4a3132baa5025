"""Metrics by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synalinks._internal.identifiers import resolve
from synalinks.metrics._metric import Metric
from synalinks.metrics._scalar import MeanMetricWrapper


def get(identifier: Metric | type[Metric] | str | Callable[[Any, Any], Any]) -> Metric:
    """Return the metric that `identifier` stands for.

    Args:
        identifier: A `Metric`, a class of it, its name in snake_case ("binary_f1_score"; registered classes
            of yours count), or a function `fn(y_true, y_pred)`, plain or async, whose mean is meant.

    Raises:
        UnknownNameError: The name is not known; it lists the nearest.
        ConfigurationError: It is nothing of these.
    """
    found: Metric = resolve(
        identifier, kind="metric", base=Metric, package="synalinks.metrics", wrap=MeanMetricWrapper
    )
    return found
