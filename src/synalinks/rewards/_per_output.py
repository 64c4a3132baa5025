"""Rewards of programs that have several outputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from synalinks._internal.coroutines import together
from synalinks._internal.scope import branch
from synalinks.errors import ConfigurationError
from synalinks.modules import Module
from synalinks.rewards._reward import Reward, RewardResult
from synalinks.rewards._weighted_sum import checked_weight, described


class PerOutput(Reward):
    """The sum of a reward for each output of a program, times its weight; `compile(reward=[...])` makes one.

    Args:
        rewards: A reward (or what `compile` takes for one) for each output, in a list or a dict as the
            program's outputs are. None leaves an output out.
        weights: A finite number for each in the same form; 1.0 each when not given.
        **options: Name, masks (put on before those of the parts) and `reduction` of `Reward`.

    Raises:
        ConfigurationError: There is no reward, or the weights do not fit.
    """

    def __init__(self, rewards: Any, weights: Any = None, **options: Any) -> None:
        from synalinks.rewards._get import get

        super().__init__(**options)
        parts = _items(rewards, "reward")
        given = dict.fromkeys(parts, 1.0) if weights is None else _items(weights, "reward_weights")
        if given.keys() != parts.keys():
            raise ConfigurationError(
                f"reward_weights is {weights!r:.200}; expected a number for each of the {len(parts)} "
                f"rewards, in a {type(rewards).__name__} as they are.",
                argument="reward_weights",
            )
        self._by_name = isinstance(rewards, Mapping)
        self.rewards: tuple[Reward, ...] = tuple(get(part) for part in parts.values() if part is not None)
        self._keys = tuple(key for key, part in parts.items() if part is not None)
        self._size = len(parts)
        self.weights = tuple(checked_weight(given[key]) for key in self._keys)
        if not self.rewards:
            raise ConfigurationError("reward is empty: give a reward for an output.", argument="reward")
        self.needs_target = any(part.needs_target for part in self.rewards)

    def modules(self) -> Sequence[Module]:
        """Return the modules of all parts (see `Reward.modules`)."""
        return [module for reward in self.rewards for module in reward.modules()]

    def check(self, target: Any, prediction: Any) -> None:
        """Look for mistakes of the parts, and for outputs that do not fit (see `Reward.check`)."""
        super().check(target, prediction)
        if prediction is not None:
            outputs = _outputs(prediction)
            expected = set(self._keys) <= outputs.keys() if self._by_name else len(outputs) == self._size
            if not expected or self._by_name != isinstance(prediction, Mapping):
                raise ConfigurationError(
                    f"reward has {self._size} rewards by {'name' if self._by_name else 'position'}, and the "
                    f"program has the outputs {', '.join(map(repr, outputs)) or 'none'}.",
                    argument="reward",
                )
        for key, reward in zip(self._keys, self.rewards, strict=True):
            parts = [None if value is None else _at(value, key) for value in (target, prediction)]
            reward.check(*parts)

    async def call(self, y_true: Any, y_pred: Any) -> RewardResult:
        """Score each output."""
        results = await together(self._part(number, y_true, y_pred) for number in range(len(self.rewards)))
        score = math.fsum(w * result.score for w, result in zip(self.weights, results, strict=True))
        return RewardResult(score, described(map(str, self._keys), self.weights, results))

    async def _part(self, number: int, y_true: Any, y_pred: Any) -> RewardResult:
        key = self._keys[number]
        with branch(f"{self.name}/{key}"):  # outputs that are judged at once are told apart
            return await self.rewards[number](None if y_true is None else _at(y_true, key), _at(y_pred, key))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON; the parts as they are."""
        if self._by_name:
            rewards: Any = dict(zip(self._keys, self.rewards, strict=True))
            weights: Any = dict(zip(self._keys, self.weights, strict=True))
        else:
            rewards, weights = [None] * self._size, [1.0] * self._size
            for key, reward, weight in zip(self._keys, self.rewards, self.weights, strict=True):
                rewards[key], weights[key] = reward, weight
        return {"rewards": rewards, "weights": weights, **super().get_config()}


def _items(values: Any, argument: str) -> dict[Any, Any]:
    if isinstance(values, Mapping):
        return dict(values)
    if isinstance(values, list | tuple):
        return dict(enumerate(values))
    raise ConfigurationError(
        f"{argument} is {values!r:.100}; expected a list or a dict, as the program's outputs are.",
        argument=argument,
    )


def _outputs(prediction: Any) -> dict[Any, Any]:
    if isinstance(prediction, Mapping):
        return dict(prediction)
    return dict(enumerate(prediction)) if isinstance(prediction, list | tuple) else {0: prediction}


def _at(structure: Any, key: Any) -> Any:
    """Return the part of a target or prediction that belongs to an output."""
    parts = _outputs(structure)
    if key not in parts:
        raise ConfigurationError(
            f"There is a reward for output {key!r}, and no such target: y has {', '.join(map(repr, parts))}.",
            argument="y",
        )
    return parts[key]
