"""What callbacks are told about a training before it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from synalinks.callbacks._callback import Callback


@dataclass(frozen=True, slots=True)
class TrainingSetup:
    """What a call of `fit` is about to do.

    Attributes:
        log_keys: The keys that the logs of an epoch will have, for example "reward" and "val_reward".
        directions: Key without "val_" to "max" or "min", as the metric itself declares it.
        callbacks: All callbacks, in their order.
        params: The parameters that callbacks get as `params`.
        has_validation: Whether the training has validation data.
        describe: Returns what decides the course of the training, by name, as JSON: configurations, sizes and
            hashes of the data, options.
    """

    log_keys: tuple[str, ...]
    directions: Mapping[str, str] = field(default_factory=dict)
    callbacks: tuple[Callback, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    has_validation: bool = False
    describe: Callable[[], Mapping[str, Any]] = dict
