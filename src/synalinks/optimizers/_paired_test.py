"""The sequential test by which a candidate replaces the current program."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from synalinks.errors import ConfigurationError

_FRACTIONS: Final = (0.4, 0.6, 0.8, 0.95)
"""Shares of the capital at stake, each bet by a quarter of the money; below 1, so that no loss is the end."""

_HUGE: Final = 700.0
"""The exponential of more than this is no float; no threshold is near."""

_SHOWN: Final = 5  # differences that an error lists


class Verdict(StrEnum):
    """What the differences so far say of the candidate."""

    BETTER = "better"
    WORSE = "worse"
    OPEN = "open"


class _Game:
    """Bets that a mean is above 0: while it is not, the capital is not expected to grow.

    Args:
        loss: The most that an outcome can be below 0.
        win: The most that it can be above 0.
    """

    def __init__(self, *, loss: float, win: float) -> None:
        self._stakes = [fraction / loss for fraction in _FRACTIONS]
        self._growth = [math.log1p(stake * win) for stake in self._stakes]
        self.purses = [1.0] * len(_FRACTIONS)

    @property
    def capital(self) -> float:
        """The mean of the purses: 1 before the first bet."""
        return math.fsum(self.purses) / len(self.purses)

    def play(self, outcome: float) -> None:
        """Settle all bets on one outcome."""
        self.purses = [p * (1.0 + s * outcome) for p, s in zip(self.purses, self._stakes, strict=True)]

    def ceiling(self, left: int) -> float:
        """Return the capital after `left` more outcomes that all win as much as can be won."""
        best = [p * math.exp(min(left * g, _HUGE)) for p, g in zip(self.purses, self._growth, strict=True)]
        return math.fsum(best) / len(best)


class PairedTest:
    """Decides whether a candidate is better than the incumbent, from rewards on the same samples.

    Fed with differences (candidate's reward minus incumbent's) as they come, it may be looked at and stopped
    after each: whatever the rule of stopping, a candidate whose mean difference is at most `min_gain` is
    found better with a probability of at most `level`. That is said of one candidate: of many that are no
    better, a share of up to `level` gets through.

    It is testing by betting. A capital of 1 is bet on differences above `min_gain`; while their mean is not,
    given those before, the capital is a supermartingale, and by Ville's inequality it ever reaches
    `1 / level` with a probability of at most `level`. The capital is split evenly over four players; each
    stakes, every time, the same share of what could be staked without ruin. With `min_gain=0` a tie costs
    nothing, however many there are. A second game, won by differences below `min_gain`, finds the candidate
    worse once its capital reaches `1 / futility`.

    At level 0.1 and means from 0.05 to 0.3 (ten laws, 4,000 sequences each) these stakes found 41 % of the
    gains within 32 samples, 65 % within 64 and 88 % within 200; stakes learned from the past, with bounds of
    0.5 to 0.9, at best 37, 60 and 87 % (approximate GRAPA) and 39, 61 and 87 % (online Newton step).

    Differences beyond `span` are clipped to it. That can move their mean, but not where the candidate is as
    good as the incumbent in law: there a difference is as likely as its negative, clipping keeps it so, and
    the mean stays 0.

    After Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", Journal of the
    Royal Statistical Society B (2024), and for two samples Shekhar and Ramdas, "Nonparametric two-sample
    testing by betting", arXiv:2112.09162 (2023).

    Args:
        level: Greatest probability of finding a candidate better that is not, in (0, 1).
        futility: Greatest probability of finding a candidate worse by the second game that is better, in
            (0, 1). With 0.5, of at most 200 samples an equal candidate uses a third fewer than without that
            game and one worse by 0.1 a quarter as many; gains of 0.1 to 0.3 are missed up to 9 % more often.
        min_gain: Mean difference that a candidate has to exceed, in rewards, between `-span` and `span`.
        span: The greatest difference there can be, in rewards: highest possible reward minus lowest.

    Raises:
        ConfigurationError: An argument is outside its range.
    """

    def __init__(
        self, *, level: float = 0.1, futility: float = 0.5, min_gain: float = 0.0, span: float = 1.0
    ) -> None:
        self.level = _between("level", level, 0.0, 1.0)
        self.futility = _between("futility", futility, 0.0, 1.0)
        self.span = _between("span", span, 0.0, math.inf)
        self.min_gain = _between("min_gain", min_gain, -self.span, self.span)
        self._least = self.min_gain / self.span
        self._gains = _Game(loss=1.0 + self._least, win=1.0 - self._least)
        self._losses = _Game(loss=1.0 - self._least, win=1.0 + self._least)
        self._verdict, self._count, self._total, self._peak = Verdict.OPEN, 0, 0.0, 1.0

    def update(self, differences: Sequence[float], *, left: int | None = None) -> Verdict:
        """Take in more differences; those that come after the verdict change nothing.

        How a sequence is split into batches makes no difference to what is found, and at which sample.

        Args:
            differences: Candidate's reward minus incumbent's, in an order that does not depend on them.
            left: How many more can come after these; None where that is not known. A candidate that could
                not be found better by winning all of them is WORSE; so with `left=0` it is never OPEN.

        Returns:
            The verdict so far.

        Raises:
            ValueError: A difference is not finite, or `left` is negative; nothing is taken in.
        """
        numbers = _finite(differences)
        if left is not None and left < 0:
            raise ValueError(f"left is a number of samples of at least 0, or None; not {left!r}.")
        remaining = None if left is None else left + len(numbers)
        self._judge(remaining)
        for number in numbers:
            if self._verdict is not Verdict.OPEN:
                break
            self._take(number)
            remaining = None if remaining is None else remaining - 1
            self._judge(remaining)
        return self._verdict

    def _take(self, number: float) -> None:
        outcome = max(-1.0, min(1.0, number / self.span)) - self._least
        self._gains.play(outcome)
        self._losses.play(-outcome)
        self._count += 1
        self._total += number
        self._peak = max(self._peak, self._gains.capital)

    def _judge(self, remaining: int | None) -> None:
        """Set the verdict, where there is one; nothing takes it back."""
        due = 1.0 / self.level
        if self._gains.capital >= due:
            self._verdict = Verdict.BETTER
            return
        hopeless = remaining is not None and self._gains.ceiling(remaining) < due
        if hopeless or self._losses.capital >= 1.0 / self.futility:
            self._verdict = Verdict.WORSE

    @property
    def verdict(self) -> Verdict:
        """BETTER or WORSE, for good, or OPEN."""
        return self._verdict

    @property
    def count(self) -> int:
        """Differences taken in, up to the one that decided."""
        return self._count

    @property
    def mean(self) -> float:
        """Mean of these differences, not clipped; 0.0 before the first."""
        return self._total / self._count if self._count else 0.0

    @property
    def evidence(self) -> float:
        """The capital won by differences above `min_gain`: 1.0 at first, and `1 / level` decides."""
        return self._gains.capital

    @property
    def p_value(self) -> float:
        """The smallest level at which the candidate would have been found better so far, at most 1.0."""
        return 1.0 / self._peak

    def state_dict(self) -> dict[str, Any]:
        """Return what was taken in, as JSON; the arguments of `__init__` are not in it."""
        return {
            "verdict": self._verdict.value,
            "count": self._count,
            "total": self._total,
            "peak": self._peak,
            "gains": list(self._gains.purses),
            "losses": list(self._losses.purses),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` of a test with the same arguments returned."""
        self._verdict = Verdict(state["verdict"])
        self._count, self._total, self._peak = state["count"], state["total"], state["peak"]
        self._gains.purses, self._losses.purses = list(state["gains"]), list(state["losses"])


def _between(name: str, value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
        raise ConfigurationError(
            f"{name} of PairedTest is a number above {low:g} and below {high:g}, not {value!r:.100}.",
            argument=name,
        )
    return float(value)


def _finite(differences: Sequence[float]) -> list[float]:
    numbers = [float(difference) for difference in differences]
    wrong = [f"{number} at {i}" for i, number in enumerate(numbers) if not math.isfinite(number)]
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise ValueError(
            f"{len(wrong)} of {len(numbers)} differences are not finite: {', '.join(wrong[:_SHOWN])}{more}. "
            "Leave out samples that lack a score on either side."
        )
    return numbers
