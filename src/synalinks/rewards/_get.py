"""Rewards by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synalinks._internal.identifiers import resolve
from synalinks.rewards._function import RewardFunctionWrapper
from synalinks.rewards._reward import Reward


def get(identifier: Reward | type[Reward] | str | Callable[[Any, Any], Any]) -> Reward:
    """Return the reward that `identifier` stands for.

    Args:
        identifier: A `Reward`, a class of it, its name in snake_case ("exact_match"; registered classes
            of yours count), or a function `fn(y_true, y_pred)`, plain or async.

    Raises:
        UnknownNameError: The name is not known; it lists the nearest.
        ConfigurationError: It is nothing of these.
    """
    found: Reward = resolve(
        identifier, kind="reward", base=Reward, package="synalinks.rewards", wrap=RewardFunctionWrapper
    )
    return found
