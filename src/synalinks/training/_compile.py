"""What `compile` makes of its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synalinks.errors import ConfigurationError, NotCompiledError
from synalinks.metrics import Metric
from synalinks.metrics import get as get_metric
from synalinks.optimizers import Archive, Optimizer
from synalinks.optimizers import get as get_optimizer
from synalinks.rewards import PerOutput, Reward
from synalinks.rewards import get as get_reward

RESERVED_KEYS = ("reward", "failed")


@dataclass(frozen=True, slots=True)
class Compiled:
    """How a program is trained and judged.

    Attributes:
        reward: Scores a sample, None for a program that only predicts.
        metrics: Further figures; they are never updated themselves, each phase has copies of its own.
        optimizer: Changes the variables, None for a program that is only evaluated.
        archive: What the optimizer has proposed since; like its state it outlives a training.
    """

    reward: Reward | None
    metrics: tuple[Metric, ...]
    optimizer: Optimizer | None
    archive: Archive = field(default_factory=Archive)


def compile_arguments(
    *, optimizer: Any, reward: Any, metrics: Sequence[Any] | None, reward_weights: Any = None
) -> Compiled:
    """Return the objects that the arguments of `compile` stand for.

    Raises:
        UnknownNameError: A name is not known; it lists the nearest.
        ConfigurationError: Two metrics have one name, or one has the name of another key.
    """
    if metrics is not None and (isinstance(metrics, str) or not isinstance(metrics, list | tuple)):
        raise ConfigurationError(
            f"metrics is a list, got {metrics!r:.100}. Write metrics=[...].", argument="metrics"
        )
    compiled = Compiled(
        reward=_reward(reward, reward_weights),
        metrics=tuple(get_metric(metric) for metric in metrics or ()),
        optimizer=None if optimizer is None else get_optimizer(optimizer),
    )
    taken = set(RESERVED_KEYS)
    for metric in compiled.metrics:
        names = {metric.name, *metric.log_keys(None)}
        if not taken.isdisjoint(names) or metric.name.startswith("val_"):
            raise ConfigurationError(
                f"The metric name {metric.name!r} is taken: give the {type(metric).__name__} another one "
                "with name=. Names are keys of the logs, 'reward', 'failed' and 'val_…' among them.",
                argument="metrics",
            )
        taken |= names
    return compiled


def _reward(reward: Any, weights: Any) -> Reward | None:
    """Return the reward of a program, or of all its outputs."""
    if isinstance(reward, list | tuple | Mapping):
        return PerOutput(reward, weights)
    if weights is not None:
        raise ConfigurationError(
            "reward_weights goes with a reward for each output: write reward=[...] or reward={...}.",
            argument="reward_weights",
        )
    return None if reward is None else get_reward(reward)


def require_compiled(compiled: Compiled | None, *, what: str, optimizer: bool = False) -> Compiled:
    """Return `compiled` if it suffices for `what`.

    Raises:
        NotCompiledError: It does not; the text says what to type.
    """
    if compiled is None:
        raise NotCompiledError(
            f"Call program.compile(...) before {what}, for example "
            'program.compile(optimizer="random_few_shot", reward="exact_match").'
        )
    if compiled.reward is None:
        raise NotCompiledError(
            f'{what} needs a reward: compile with reward=, for example reward="exact_match".',
            argument="reward",
        )
    if optimizer and compiled.optimizer is None:
        raise NotCompiledError(
            f'{what} needs an optimizer: compile with optimizer=, for example optimizer="random_few_shot". '
            "To score the program without training it, use evaluate.",
            argument="optimizer",
        )
    return compiled
