"""Racing: few samples decide which candidates are worth more samples, and a test which becomes current."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from synalinks.datasets import Sample
from synalinks.optimizers._archive import Candidate
from synalinks.optimizers._context import Evaluated, OptimizerContext
from synalinks.optimizers._paired_test import PairedTest, Verdict


@dataclass(frozen=True, slots=True)
class Contender:
    """A candidate in a race.

    Attributes:
        candidate: The candidate.
        shown: Keys of samples that stand in its prompts: it is never compared on them.
    """

    candidate: Candidate
    shown: frozenset[str] = frozenset()

    def missing(self, samples: Sequence[Sample]) -> list[Sample]:
        """Return those of the samples that it was neither run on nor shows."""
        known = self.candidate.scores
        return [sample for sample in samples if sample.key not in known and sample.key not in self.shown]

    def gain(self, over: Candidate, keys: Iterable[str]) -> float:
        """Return its mean gain over another one on samples that both know; -inf without any."""
        gains = self.candidate.gains_over(over, (key for key in keys if key not in self.shown))
        return math.fsum(gains.values()) / len(gains) if gains else -math.inf


def spread(
    rng: random.Random, keys: Iterable[str], current: Candidate, count: int, without: Collection[str] = ()
) -> list[str]:
    """Draw samples that represent all of them by how well the current candidate does on them.

    It is systematic sampling (Cochran, "Sampling Techniques", 1977, chapter 8): the samples are ordered by
    the current rewards, those without one in the middle and equal ones at random, and every n-th is taken
    from a random start. Each has the same chance, so that neither a mean over them nor one over those that
    are left is biased, and both vary less than with a plain draw.

    Args:
        rng: Decides between equal ones, and the start.
        keys: Keys of all samples.
        current: The current candidate.
        count: How many to draw; all, where there are no more.
        without: Keys that are left out.
    """
    ordered = [key for key in keys if key not in without]
    rng.shuffle(ordered)
    known = {key: score for key in ordered if (score := current.score_of(key)) is not None}
    middle = math.fsum(known.values()) / len(known) if known else 0.0
    ordered.sort(key=lambda key: known.get(key, middle))
    if len(ordered) <= count:
        return ordered
    step = len(ordered) / count
    start = rng.random() * step
    return [ordered[int(start + number * step)] for number in range(count)]


async def run_missing(
    context: OptimizerContext, contenders: Sequence[Contender], samples: Sequence[Sample]
) -> list[Evaluated]:
    """Run contenders on those of the samples that they were neither run on before nor show.

    Returns:
        What came of these runs, with the calls of modules.
    """
    jobs = [(contender.candidate, contender.missing(samples)) for contender in contenders]
    outcomes = await context.run(jobs, traced=True)
    return [
        Evaluated(sample, outcome)
        for (_, ran), found in zip(jobs, outcomes, strict=True)
        for sample, outcome in zip(ran, found, strict=True)
    ]


def ranked(
    contenders: Sequence[Contender], current: Candidate, keys: Collection[str]
) -> list[tuple[Contender, float]]:
    """Return contenders with their gains over the current candidate on samples, the best first."""
    gains = [(contender, contender.gain(current, keys)) for contender in contenders]
    return sorted(gains, key=lambda pair: -pair[1])


async def compare(
    context: OptimizerContext,
    contender: Contender,
    samples: Mapping[str, Sample],
    test: PairedTest,
    *,
    first: int = 8,
) -> Verdict:
    """Run a contender and the current candidate on samples until a test decides, or they are used up.

    What has no score under one of the two is no evidence, and left out.

    Args:
        context: The step's context.
        contender: The contender.
        samples: Samples by key that had no part in choosing it, in an order without regard to scores.
        test: The test, with nothing taken in.
        first: Samples of the first round; each further one doubles what has been seen, so that what is
            easily seen takes few calls and what is not few rounds.

    Returns:
        BETTER or WORSE. As many samples are used as the allowance is enough for.
    """
    await compare_all(context, [(contender, test)], samples, first=first)
    return test.verdict


async def compare_all(
    context: OptimizerContext,
    contests: Sequence[tuple[Contender, PairedTest]],
    samples: Mapping[str, Sample],
    *,
    first: int = 8,
) -> None:
    """Do what `compare` does for several contenders at the same time, each with a test of its own.

    The verdicts are the tests'. The allowance is shared out evenly.
    """
    left = {c.candidate.id: [s for key, s in samples.items() if key not in c.shown] for c, _ in contests}
    if context.allowance is not None and contests:
        most = context.allowance // (2 * len(contests) * context.calls_per_run)
        left = {number: its[:most] for number, its in left.items()}
    for contender, test in contests:
        test.update([], left=len(left[contender.candidate.id]))
    seen = 0
    while going := [(c, test) for c, test in contests if test.verdict is Verdict.OPEN]:
        parts = {c.candidate.id: left[c.candidate.id][: max(first, seen)] for c, _ in going}
        await _run_parts(context, [c for c, _ in going], parts)
        for contender, test in going:
            part = parts[contender.candidate.id]
            left[contender.candidate.id] = remaining = left[contender.candidate.id][len(part) :]
            gains = contender.candidate.gains_over(context.current, (sample.key for sample in part))
            test.update(list(gains.values()), left=len(remaining))
        seen += max(first, seen)


async def _run_parts(
    context: OptimizerContext, contenders: Sequence[Contender], parts: Mapping[int, Sequence[Sample]]
) -> None:
    """Run contenders on samples of their own, and the current candidate on all of these."""
    union = {sample.key: sample for part in parts.values() for sample in part}
    jobs = [(c.candidate, c.missing(parts[c.candidate.id])) for c in contenders]
    current = Contender(context.current)
    await context.run([*jobs, (current.candidate, current.missing(list(union.values())))])
