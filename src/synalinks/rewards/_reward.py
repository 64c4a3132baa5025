"""The base of all rewards."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, ClassVar

from synalinks._internal.comparison import Comparison
from synalinks._internal.scope import sample_scope
from synalinks._internal.warn import warn_of
from synalinks.errors import RewardError, UnknownNameError
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


class Reward(Comparison):
    """Scores one prediction against its target; training maximises it.

    Override `call`, plain or async. A plain one runs on the event loop: one that takes over 50 ms holds up
    all other samples, and is warned of once.

    Args:
        reduction: How the logs make one figure of the scores of many samples: "mean" or "sum".
        **options: `name` (defaults to the class name in snake_case), and the masks `in_mask`,
            `in_mask_pattern`, `out_mask` and `out_mask_pattern` of the fields that count.

    Attributes:
        needs_target: Whether `call` cannot do without a target, so that data without `y` is an error.

    Raises:
        ConfigurationError: An option is not valid.
    """

    kind: ClassVar[str] = "reward"

    def __init__(self, *, reduction: str = "mean", **options: Any) -> None:
        super().__init__(**options)
        if reduction not in REDUCTIONS:
            raise UnknownNameError("reduction", str(reduction), REDUCTIONS)
        self.reduction = reduction
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

    async def __call__(self, y_true: Any, y_pred: Any, *, sample: int | None = None) -> RewardResult:
        """Mask, score and check one sample.

        Args:
            y_true: The target (a data model, or a structure of them), or None.
            y_pred: The prediction, likewise; None, where the program gave nothing, scores 0.0 without a call.
            sample: Index of the sample in the data given, for errors and events; None for the one that is
                being run, if any.

        Raises:
            RewardError: `call` returned something that is not a finite number, or feedback that is no text.
            Exception: What `call` raised, with a note that names the reward and the sample.
        """
        if sample is None and (scope := sample_scope.get()) is not None:
            sample = scope.sample
        about: dict[str, Any] = (
            {"reward": self.name} if sample is None else {"reward": self.name, "sample": sample}
        )
        with observed(RewardStarted, RewardEnded, **about) as span:
            if y_pred is None:
                result = NO_PREDICTION
            else:
                where = "" if sample is None else f" for sample {sample}"
                result = self._checked(await self._compared(y_true, y_pred, where), sample)
            span.result(score=result.score, feedback=result.feedback)
        return result

    def _look(self, y_true: Any, y_pred: Any) -> Any:
        started = perf_counter()
        value = super()._look(y_true, y_pred)
        if perf_counter() - started > SLOW_CALL:
            self._warn_slow()
        return value

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
        if not isinstance(result.feedback, str | None):
            raise RewardError(self.name, sample, result)
        return result

    def _number(self, value: Any, sample: int | None) -> float:
        # A number type of any library has __float__, and a string has not.
        if not hasattr(type(value), "__float__"):
            raise RewardError(self.name, sample, value)
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise RewardError(self.name, sample, value) from error

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON; extend it in a class with arguments of its own."""
        return {**super().get_config(), "reduction": self.reduction}

    # --- Sums of rewards -------------------------------------------------------------------

    def _terms(self) -> list[tuple[Reward, float]]:
        """Return this reward as a sum of others, each with its weight."""
        return [(self, 1.0)]

    def __mul__(self, factor: float) -> Reward:
        if isinstance(factor, bool) or not isinstance(factor, int | float):
            return NotImplemented
        return _sum([(reward, weight * factor) for reward, weight in self._terms()])

    __rmul__ = __mul__

    def __neg__(self) -> Reward:
        return self * -1.0

    def __add__(self, other: Any) -> Reward:
        terms = _terms_of(other)
        return NotImplemented if terms is None else _sum([*self._terms(), *terms])

    def __radd__(self, other: Any) -> Reward:
        terms = _terms_of(other)
        return NotImplemented if terms is None else _sum([*terms, *self._terms()])

    def __sub__(self, other: Any) -> Reward:
        terms = _terms_of(other)
        return NotImplemented if terms is None else _sum([*self._terms(), *((r, -w) for r, w in terms)])


def _terms_of(other: Any) -> list[tuple[Reward, float]] | None:
    """Return what can be added to a reward as a sum: a reward, or a function that is one."""
    if isinstance(other, Reward):
        return other._terms()
    if not callable(other) or isinstance(other, type):
        return None
    from synalinks.rewards._get import get  # knows all rewards, and so imports this file

    return [(get(other), 1.0)]


def _sum(terms: list[tuple[Reward, float]]) -> Reward:
    from synalinks.rewards._weighted_sum import weighted_sum  # derives from this class

    return weighted_sum(terms)
