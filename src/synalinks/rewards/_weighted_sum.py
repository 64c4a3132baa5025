"""Several rewards as one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from synalinks._internal.coroutines import together
from synalinks._internal.scope import branch
from synalinks.errors import ConfigurationError
from synalinks.rewards._reward import Reward, RewardResult


class WeightedSum(Reward):
    """The sum of several rewards, each times its weight; `0.7 * a + 0.3 * b` makes one.

    All parts score the same sample at the same time. The feedback says what each one gave. A part that
    raises ends the whole, as it would alone.

    Args:
        rewards: The parts: rewards, or what `compile` takes for one.
        weights: A finite number for each; 1.0 each when not given.
        **options: Name, masks (put on before those of the parts) and `reduction` of `Reward`.

    Raises:
        ConfigurationError: There is no part, or there are not as many weights as parts.
    """

    def __init__(
        self, rewards: Sequence[Any], weights: Sequence[float] | None = None, **options: Any
    ) -> None:
        from synalinks.rewards._get import get

        super().__init__(**options)
        self.rewards: tuple[Reward, ...] = tuple(get(reward) for reward in rewards)
        self.weights = tuple(1.0 for _ in rewards) if weights is None else tuple(map(checked_weight, weights))
        if not self.rewards or len(self.rewards) != len(self.weights):
            raise ConfigurationError(
                f"A weighted sum takes at least one reward and a weight for each; it got {len(self.rewards)} "
                f"rewards and {len(self.weights)} weights.",
                argument="weights",
            )
        self.needs_target = any(reward.needs_target for reward in self.rewards)

    def modules(self) -> Sequence[Any]:
        """Return the modules of all parts (see `Reward.modules`)."""
        return [module for reward in self.rewards for module in reward.modules()]

    def check(self, target: Any, prediction: Any) -> None:
        """Look for mistakes of this reward and of its parts (see `Reward.check`)."""
        super().check(target, prediction)
        target, prediction = self._masks.apply(target), self._masks.apply(prediction)
        for reward in self.rewards:
            reward.check(target, prediction)

    async def call(self, y_true: Any, y_pred: Any) -> RewardResult:
        """Return the sum, and what each part says."""
        results = await together(self._part(number, y_true, y_pred) for number in range(len(self.rewards)))
        score = math.fsum(weight * result.score for weight, result in zip(self.weights, results, strict=True))
        return RewardResult(score, described((r.name for r in self.rewards), self.weights, results))

    async def _part(self, number: int, y_true: Any, y_pred: Any) -> RewardResult:
        with branch(f"{self.name}/{number}"):  # parts that ask the same at once are told apart
            return await self.rewards[number](y_true, y_pred)

    def _terms(self) -> list[tuple[Reward, float]]:
        if self._masks.active or self.name != "weighted_sum" or self.reduction != "mean":
            return super()._terms()
        return list(zip(self.rewards, self.weights, strict=True))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON; the parts as they are."""
        return {"rewards": list(self.rewards), "weights": list(self.weights), **super().get_config()}


def described(names: Iterable[str], weights: Iterable[float], results: Iterable[RewardResult]) -> str:
    """Return the feedback of parts as one."""
    return "\n".join(
        f"{name} {result.score:g} (times {weight:g}): {result.feedback or 'no feedback'}"
        for name, weight, result in zip(names, weights, results, strict=True)
    )


def weighted_sum(terms: Sequence[tuple[Reward, float]]) -> WeightedSum:
    """Return the sum of (reward, weight) pairs."""
    return WeightedSum([reward for reward, _ in terms], [weight for _, weight in terms])


def checked_weight(value: Any) -> float:
    """Return a weight, or raise a ConfigurationError where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigurationError(f"A weight is a finite number, not {value!r:.100}.", argument="weights")
    return float(value)
