"""Whether one program is really better than another: tests on pairs of scores of the same samples."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from synalinks.errors import ConfigurationError
from synalinks.metrics._bootstrap import checked_confidence, interval

_EXACT: Final = 16
"""Pairs that differ up to which every assignment of signs is tried: 2**16 of them."""

_DRAWN: Final = 20_000
"""Assignments of signs that are drawn where there are too many to try."""

_POWER: Final = 0.8
"""Chance of seeing a difference that is there, for which `more` is worked out."""


@dataclass(frozen=True, slots=True)
class PairedTest:
    """What a comparison of two programs on the same samples says.

    Attributes:
        difference: Mean score of the second less that of the first.
        low: Lower end of the confidence interval of the difference.
        high: Its upper end.
        p_value: Chance of a difference at least as large, in either direction, if the two were equally good.
        confidence: Level of the interval; with `1 - confidence` the p-value is compared.
        test: "mcnemar" or "permutation".
        pairs: Samples with a score from both.
        unpaired: Samples with a score from only one of them, or from neither: left out.
        more: Further samples after which a difference of this size would be seen with a chance of 80 %; 0
            where it is seen already, None where the two do not differ at all.
    """

    difference: float
    low: float
    high: float
    p_value: float
    confidence: float
    test: str
    pairs: int
    unpaired: int
    more: int | None

    @property
    def significant(self) -> bool:
        """Whether one of the two is really better, at the level asked for."""
        return self.p_value <= 1.0 - self.confidence

    def __str__(self) -> str:
        if self.significant:
            verdict = f"the {'second' if self.difference > 0 else 'first'} is better"
        else:
            verdict = "not decided"
            if self.more:
                verdict += f"; about {self.more} more samples would tell if the difference is this large"
        return (
            f"{self.difference:+.4f} [{self.low:+.4f}, {self.high:+.4f}] at {self.confidence:.0%}, "
            f"p = {self.p_value:.4g} ({self.test}, {self.pairs} pairs): {verdict}"
        )


def compare(a: Any, b: Any, *, confidence: float = 0.95, test: str = "auto", seed: int = 0) -> PairedTest:
    """Test whether the second of two programs is better than the first, sample by sample.

    Both must have been scored on the same samples; each pair of scores is compared, which sees far smaller
    differences than the two means do.

    "permutation" tests the mean difference: if the programs were equally good, the sign of each difference
    would be a coin toss (Fisher 1935; Good, "Permutation, Parametric, and Bootstrap Tests of Hypotheses",
    2005). All assignments of signs are tried where 16 pairs differ or fewer, else 20,000 are drawn.
    "mcnemar" is the same for hits and misses in closed form: of the pairs that differ half would be hits
    of the first (McNemar 1947, the exact binomial test). Both are two-sided. The interval is the percentile
    bootstrap's (Efron and Tibshirani 1993). `more` comes from the normal approximation
    n = ((z(1 - alpha/2) + z(0.8)) s / d)², with the mean d and the standard deviation s of the differences.

    Args:
        a: Scores of the first program: numbers, None where there is none, in the order of the samples; or
            outcomes, or what `evaluate(..., return_outcomes=True)` returned.
        b: Those of the second, on the same samples.
        confidence: Level of the interval and of the decision, between 0 and 1.
        test: "mcnemar" (scores are 0 and 1), "permutation", or "auto": the first where it can be.
        seed: Of the random numbers.

    Raises:
        ConfigurationError: The two are not of the same samples, none has two scores, or an argument is wrong.
    """
    checked_confidence(confidence)
    pairs, unpaired = _paired(a, b)
    differences = [second - first for first, second in pairs]
    hits = all(score in (0.0, 1.0) for pair in pairs for score in pair)
    if test not in ("auto", "mcnemar", "permutation") or (test == "mcnemar" and not hits):
        raise ConfigurationError(
            f'test is {test!r}; expected "permutation", "auto", or "mcnemar" where all scores are 0 or 1.',
            argument="test",
        )
    test = ("mcnemar" if hits else "permutation") if test == "auto" else test
    p_value = _mcnemar(differences) if test == "mcnemar" else _permutation(differences, seed)
    mean = math.fsum(differences) / len(differences)
    low, high = interval(
        lambda drawn: math.fsum(differences[i] for i in drawn) / len(drawn),
        len(differences),
        confidence=confidence,
        seed=seed,
    )
    significant = p_value <= 1.0 - confidence
    more = 0 if significant else _more(differences, mean, confidence)
    return PairedTest(mean, low, high, p_value, confidence, test, len(pairs), unpaired, more)


def _paired(a: Any, b: Any) -> tuple[list[tuple[float, float]], int]:
    """Return the pairs of scores, and how many samples lack one."""
    first, second = _scores(a, "a"), _scores(b, "b")
    if first.keys() != second.keys():
        raise ConfigurationError(
            f"compare takes scores of the same samples; the two have {len(first)} and {len(second)}, and "
            f"{len(first.keys() & second.keys())} in common.",
            argument="b",
        )
    pairs = [
        (one, other)
        for sample, one in first.items()
        if one is not None and (other := second[sample]) is not None
    ]
    if not pairs:
        raise ConfigurationError(
            "compare needs at least one sample that both have a score for.", argument="a"
        )
    return pairs, len(first) - len(pairs)


def _scores(given: Any, argument: str) -> dict[int, float | None]:
    """Return score by sample."""
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], Mapping):
        given = given[1]
    if isinstance(given, str | Mapping) or not hasattr(given, "__iter__"):
        raise ConfigurationError(
            f"{argument} must be scores, or what evaluate(..., return_outcomes=True) returned, "
            f"not {type(given).__name__}.",
            argument=argument,
        )
    return dict(_numbered(given, argument))


def _numbered(given: Any, argument: str) -> Iterator[tuple[int, float | None]]:
    for index, item in enumerate(given):
        sample, score = (item.sample, item.score) if hasattr(item, "sample") else (index, item)
        if score is not None and not (hasattr(type(score), "__float__") and math.isfinite(score)):
            raise ConfigurationError(
                f"{argument}[{index}] is {score!r:.100}; a score is a finite number, or None.",
                argument=argument,
            )
        yield sample, None if score is None else float(score)


def _mcnemar(differences: Sequence[float]) -> float:
    """Return the exact binomial p-value of the pairs that differ."""
    better, worse = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    ways = sum(math.comb(better + worse, k) for k in range(min(better, worse) + 1))
    return min(1.0, float(Fraction(2 * ways, 1 << (better + worse))))


def _permutation(differences: Sequence[float], seed: int) -> float:
    """Return the share of assignments of signs whose sum is at least as far from 0 as the one that came."""
    sizes = [abs(d) for d in differences if d]
    total = math.fsum(sizes)
    # Sums of the same numbers in another order may differ by a rounding: what is that close counts as equal.
    least = abs(math.fsum(differences)) - 1e-12 * total
    if len(sizes) <= _EXACT:
        count = sum(abs(total - 2 * part) >= least for part in _parts(sizes))
        return count / (1 << len(sizes))
    tables = [_parts(sizes[start : start + 8]) for start in range(0, len(sizes), 8)]
    draw = random.Random(seed).randrange  # noqa: S311 - draws of a test, guards nothing
    far = 0
    for _ in range(_DRAWN):
        part = 0.0
        for table in tables:
            part += table[draw(len(table))]
        far += abs(total - 2 * part) >= least
    return (far + 1) / (_DRAWN + 1)  # with the one that came: a p-value is never 0


def _parts(sizes: Sequence[float]) -> list[float]:
    """Return the sum of every selection of `sizes`."""
    sums = [0.0]
    for size in sizes:
        sums += [part + size for part in sums]
    return sums


def _more(differences: Sequence[float], mean: float, confidence: float) -> int | None:
    from statistics import NormalDist

    if not mean:
        return None
    variance = math.fsum((d - mean) ** 2 for d in differences) / max(1, len(differences) - 1)
    z = NormalDist().inv_cdf((1.0 + confidence) / 2.0) + NormalDist().inv_cdf(_POWER)
    return max(1, math.ceil(z * z * variance / (mean * mean)) - len(differences))
