"""The optimizer that an argument of `compile` stands for."""

from __future__ import annotations

from typing import Any

from synalinks._internal.identifiers import resolve
from synalinks.optimizers._optimizer import Optimizer


def get(identifier: Any) -> Optimizer:
    """Return the optimizer that `identifier` stands for.

    Args:
        identifier: An `Optimizer`, its class, or the name of one in snake_case, such as "random_few_shot".

    Raises:
        UnknownNameError: The name is not known; it lists the nearest.
        ConfigurationError: It is something else.
    """
    optimizer: Optimizer = resolve(
        identifier, kind="optimizer", base=Optimizer, package="synalinks.optimizers"
    )
    return optimizer
