"""The base of all rewards."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, ClassVar, Self

from synalinks._internal.coroutines import resolved
from synalinks._internal.masks import Masks
from synalinks._internal.names import snake_case
from synalinks._internal.scope import purpose
from synalinks._internal.warn import warn_of
from synalinks.errors import ConfigurationError, RewardError, UnknownNameError
from synalinks.hooks import RewardEnded, RewardStarted, observed

SLOW_CALL = 0.05  # seconds that a plain function may hold up the event loop
REDUCTIONS = ("mean", "sum")


@dataclass(frozen=True, slots=True)
class RewardResult:
    """A score and why it is what it is.

    Attributes:
        score: A finite number; higher is better.
        feedback: What a reader, or an optimizer that reflects, can learn from it: what was expected and
            what came. None where there is nothing to say.
    """

    score: float
    feedback: str | None = None


NO_PREDICTION = RewardResult(0.0, "The program gave no answer.")


class Reward(ABC):
    """Scores one prediction against its target; training maximises it.

    Override `call`, plain or async. A plain one runs on the event loop: one that takes over 50 ms holds up
    all other samples, and is warned of once.

    Args:
        name: Name of the reward; defaults to the class name in snake_case.
        in_mask: Names of the fields that count, in target and prediction alike; None for all.
        in_mask_pattern: Regular expression of the names of the fields that count.
        out_mask: Names of the fields that do not count.
        out_mask_pattern: Regular expression of the names of the fields that do not count.
        reduction: How `reduce` makes one figure of the scores of several samples: "mean" or "sum".

    Attributes:
        needs_target: Whether `call` cannot do without a target, so that data without `y` is an error.

    Raises:
        ConfigurationError: An option is not valid.
    """

    needs_target: ClassVar[bool] = False

    def __init__(
        self,
        *,
        name: str | None = None,
        in_mask: Sequence[str] | None = None,
        in_mask_pattern: str | None = None,
        out_mask: Sequence[str] | None = None,
        out_mask_pattern: str | None = None,
        reduction: str = "mean",
    ) -> None:
        if reduction not in REDUCTIONS:
            raise UnknownNameError("reduction", str(reduction), REDUCTIONS)
        self.name = snake_case(type(self).__name__) if name is None else name
        self.reduction = reduction
        self._masks = Masks(in_mask, in_mask_pattern, out_mask, out_mask_pattern)
        self._slow_calls = 0

    @abstractmethod
    def call(self, y_true: Any, y_pred: Any) -> float | RewardResult | Awaitable[float | RewardResult]:
        """Score a prediction; plain or async.

        Args:
            y_true: The target with only the fields that count, or None where the data has none.
            y_pred: The prediction, likewise; never None.

        Returns:
            A finite number, or a `RewardResult` with feedback.
        """

    def check(self, target: Any, prediction: Any) -> None:
        """Look for mistakes before anything is paid for; `fit` and `evaluate` call it.

        Args:
            target: A target (a data model, with or without a value, or a structure of them), or None where
                the data has none. Only its schema counts.
            prediction: Likewise what the program answers, or None where that is not known.

        Raises:
            UnknownNameError: A mask names a field that neither has.
            ConfigurationError: The masks leave nothing, or the two can never be compared.
        """
        self._masks.check(target, prediction)

    async def __call__(self, y_true: Any, y_pred: Any, *, sample: int | None = None) -> RewardResult:
        """Mask, score and check one sample.

        Args:
            y_true: The target (a data model, or a structure of them), or None.
            y_pred: The prediction, likewise; None, where the program gave nothing, scores 0.0 without a call.
            sample: Index of the sample in the data given, for errors and events.

        Raises:
            RewardError: `call` returned something that is not a finite number.
            Exception: What `call` raised, with a note that names the reward and the sample.
        """
        about: dict[str, Any] = (
            {"reward": self.name} if sample is None else {"reward": self.name, "sample": sample}
        )
        with observed(RewardStarted, RewardEnded, **about) as span:
            result = NO_PREDICTION if y_pred is None else await self._score(y_true, y_pred, sample)
            span.result(score=result.score, feedback=result.feedback)
        return result

    async def _score(self, y_true: Any, y_pred: Any, sample: int | None) -> RewardResult:
        if y_true is None and self.needs_target:
            raise ConfigurationError(
                f"Reward {self.name!r} compares with a target and the data has none: pass y.", argument="y"
            )
        y_true, y_pred = self._masks.apply(y_true), self._masks.apply(y_pred)
        token = purpose.set("reward")
        try:
            started = perf_counter()
            value = self.call(y_true, y_pred)
            if perf_counter() - started > SLOW_CALL:
                self._warn_slow()
            value = await resolved(value)
        except Exception as error:
            where = "" if sample is None else f" for sample {sample}"
            error.add_note(f"Raised by reward {self.name!r}{where}.")
            raise
        finally:
            purpose.reset(token)
        return self._checked(value, sample)

    def _warn_slow(self) -> None:
        self._slow_calls += 1
        if self._slow_calls != 2:  # once may be an import, or the machine
            return
        warn_of(
            self._function,
            f"Reward {self.name!r} took over {SLOW_CALL * 1000:.0f} ms without giving way, and every other "
            "sample waited for it. Make it async, or run its work with asyncio.to_thread.",
        )

    @property
    def _function(self) -> Callable[..., Any]:
        """What scores, for warnings that point at it."""
        return self.call

    def _checked(self, value: Any, sample: int | None) -> RewardResult:
        result = value if isinstance(value, RewardResult) else RewardResult(value)
        if type(result.score) is not float:
            result = RewardResult(self._number(result.score, sample), result.feedback)
        if not math.isfinite(result.score):
            raise RewardError(self.name, sample, result.score)
        return result

    def _number(self, value: Any, sample: int | None) -> float:
        # A number type of any library has __float__, and a string has not.
        if not hasattr(type(value), "__float__"):
            raise RewardError(self.name, sample, value)
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise RewardError(self.name, sample, value) from error

    def reduce(self, scores: Iterable[float]) -> float:
        """Return one figure for the scores of several samples, the same in whatever order they come.

        The mean of no scores is nan, their sum 0.0.
        """
        values = list(scores)
        total = math.fsum(values)
        if self.reduction == "sum":
            return total
        return total / len(values) if values else math.nan

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON; extend it in a class with arguments of its own."""
        return {"name": self.name, **self._masks.get_config(), "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a reward of what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"
