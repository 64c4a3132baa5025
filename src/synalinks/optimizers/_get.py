"""The optimizer that an argument of `compile` stands for."""

from __future__ import annotations

from typing import Any

from synalinks._internal.identifiers import resolve
from synalinks.optimizers._optimizer import Optimizer
from synalinks.optimizers._random_few_shot import RandomFewShot

OPTIMIZERS: tuple[type[Optimizer], ...] = (RandomFewShot,)
"""What a name in snake_case may mean."""


def get(identifier: Any) -> Optimizer:
    """Return the optimizer that `identifier` stands for.

    Args:
        identifier: An `Optimizer`, its class, or the name of one in snake_case, such as "random_few_shot".

    Raises:
        UnknownNameError: The name is not known; it lists the nearest.
        ConfigurationError: It is something else.
    """
    optimizer: Optimizer = resolve(identifier, kind="optimizer", base=Optimizer, classes=OPTIMIZERS)
    return optimizer
