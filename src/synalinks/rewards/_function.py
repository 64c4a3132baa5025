"""A function as a reward."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Self

from synalinks._internal.identifiers import callable_name, reference, require_two_arguments
from synalinks._internal.registry import lookup
from synalinks.rewards._reward import Reward, RewardResult


class RewardFunctionWrapper(Reward):
    """A reward made of a function; `compile(reward=fn)` makes one by itself.

    Args:
        fn: `fn(y_true, y_pred)`, plain or async, returning a finite number or a `RewardResult`.
        name: Name of the reward; defaults to the function's.
        **options: The masks and `reduction` of `Reward`.

    Raises:
        ConfigurationError: `fn` does not take two arguments.
    """

    def __init__(
        self,
        fn: Callable[[Any, Any], float | RewardResult | Awaitable[float | RewardResult]],
        *,
        name: str | None = None,
        **options: Any,
    ) -> None:
        require_two_arguments(fn, "reward")
        super().__init__(name=callable_name(fn) if name is None else name, **options)
        self.fn = fn

    def call(self, y_true: Any, y_pred: Any) -> float | RewardResult | Awaitable[float | RewardResult]:
        """Return what the function returns."""
        return self.fn(y_true, y_pred)

    @property
    def _function(self) -> Callable[..., Any]:
        return self.fn

    def get_config(self) -> dict[str, Any]:
        """Return the configuration; it names the function, and loading it needs the function registered."""
        return {"fn": reference(self.fn), **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a reward of what `get_config` returned.

        Raises:
            UnknownNameError: No function is registered under the name in the configuration.
        """
        return cls(**{**config, "fn": lookup(config["fn"])})
