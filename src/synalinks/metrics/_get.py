"""Metrics by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from synalinks import metrics
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
    found: Metric = resolve(identifier, kind="metric", base=Metric, classes=_named(), wrap=MeanMetricWrapper)
    return found


def _named() -> list[type[Metric]]:
    """Return the public metrics that can be made without arguments."""
    public = [getattr(metrics, name) for name in metrics.__all__]
    return [
        cls
        for cls in public
        if isinstance(cls, type)
        and issubclass(cls, Metric)
        and not inspect.isabstract(cls)
        and cls is not MeanMetricWrapper
    ]
