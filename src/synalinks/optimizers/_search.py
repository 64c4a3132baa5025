"""What a step of `Auto` can propose, and the samples that it may use for what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import Any, Final

from synalinks._internal.canonical import canonical
from synalinks.datasets import Sample
from synalinks.optimizers._archive import Candidate
from synalinks.optimizers._context import Evaluated, OptimizerContext
from synalinks.optimizers._coverage import covering, weighted_words
from synalinks.optimizers._demonstrations import Demonstrations, example_variables, text_of
from synalinks.optimizers._proposing import Proposer, Question
from synalinks.optimizers._racing import Contender, run_missing, spread

REFLECT: Final = "reflect"
BLEND: Final = "blend"
DEMONSTRATE: Final = "demonstrate"
COMBINE: Final = "combine"

_CASES: Final = 6
"""Runs that a question shows, most of them such as went wrong."""

_OTHERS: Final = 3
"""Values of other candidates that a question of the way "blend" shows."""

_UNIONS: Final = 3
"""Unions of two candidates that go on to the second heat, at most."""

_WANTED: Final = 64
"""Inputs that go wrong to which demonstrations are chosen to be near, at most."""


class Search:
    """The candidates that one step can make, in whichever way.

    Its samples have one of three parts, so that a candidate is never judged by what made it: those studied,
    which questions show; those that races are run on; and the others, which are left for the test. What is
    studied is drawn without a look at scores, and so is what is raced on (see `spread`): what is left is like
    all of them. Where there are few samples, races are run on those studied as well.

    Args:
        context: The step's context.
        samples: The samples to compare on, by key.
        least: Least reward of a run that went right.
        demonstrations: The examples that there are.
        proposer: Who writes values.
        nb_max_examples: Most examples that a generator shows.
    """

    def __init__(
        self,
        context: OptimizerContext,
        samples: Mapping[str, Sample],
        *,
        least: float,
        demonstrations: Demonstrations,
        proposer: Proposer,
        nb_max_examples: int,
    ) -> None:
        self._context, self._samples, self._least = context, samples, least
        self._demonstrations, self._proposer = demonstrations, proposer
        self._nb_max_examples = nb_max_examples
        few = len(samples) < 4 * len(context.batch)
        size = -(-len(context.batch) // 2) if few else len(context.batch)
        self._studied = context.rng.sample(list(context.batch), size)
        known = {evaluated.sample.key for evaluated in self._studied}
        self._raced = [key for key in samples if (key in known) == few]
        self._fresh = [key for key in samples if key not in known]
        self._failed = [e for e in self._studied if e.outcome.score is not None and e.outcome.score < least]
        self._went_right = [e for e in self._studied if e.outcome.score is not None and e not in self._failed]
        examples = set(example_variables(context.variables).values())
        self._written = [path for path in context.variables if path not in examples]
        self._drawn: list[str] = []

    # --- Samples ----------------------------------------------------------------------------

    def draw(self, count: int) -> list[str]:
        """Return keys of samples to race on that were not drawn before."""
        new = spread(self._context.rng, self._raced, self._context.current, count, without=self._drawn)
        self._drawn += new
        return new

    def fresh(self, candidate: Candidate) -> dict[str, Sample]:
        """Return the samples that had no part in making or choosing a candidate."""
        raced = {*self._drawn, *candidate.scores}
        return {key: self._samples[key] for key in self._fresh if key not in raced}

    async def run(self, contenders: Sequence[Contender], keys: Collection[str]) -> list[Evaluated]:
        """Run contenders and the current candidate on samples, as far as they were not."""
        return await run_missing(
            self._context,
            [*contenders, Contender(self._context.current)],
            [self._samples[key] for key in keys],
        )

    # --- Candidates -------------------------------------------------------------------------

    def possible(self) -> list[str]:
        """Return the ways in which there is something to propose."""
        reflective = bool(self._written and self._failed)
        can = {
            REFLECT: reflective,
            BLEND: reflective and bool(self._promising(self._written)),
            DEMONSTRATE: bool(self._demonstrations),
            COMBINE: next(self._combinations(), None) is not None,
        }
        return [way for way, possible in can.items() if possible]

    async def proposed(self, counts: Mapping[str, int]) -> list[Contender]:
        """Return new candidates, as many of each way as asked for; reflection makes up for the rest."""
        found: dict[int, Contender] = {}
        for changes, parents in islice(self._combinations(), counts.get(COMBINE, 0)):
            self._enter(found, changes, COMBINE, parents)
        for changes in self._examples(counts.get(DEMONSTRATE, 0)):
            self._enter(found, changes, DEMONSTRATE)
        blends = counts.get(BLEND, 0)
        reflections = sum(counts.values()) - blends - len(found)
        if self._written and self._failed:
            ways = [REFLECT] * reflections + [BLEND] * blends
            questions = [self._question(way) for way in ways]
            answers = await self._proposer.propose(self._context, questions)
            for way, question, values in zip(ways, questions, answers, strict=True):
                for value in values:
                    self._enter(found, {question.path: value}, way)
        return list(found.values())

    def unions(self, contenders: Sequence[Contender]) -> list[Contender]:
        """Return candidates with the changes of two contenders, each the best of those that change the same.

        Args:
            contenders: Those that gained something, the best first.
        """
        best: dict[frozenset[str], Contender] = {}
        for contender in contenders:
            best.setdefault(frozenset(self._differing(contender.candidate)), contender)
        found: dict[int, Contender] = {}
        for (paths, one), (others, other) in combinations(best.items(), 2):
            if not paths & others:
                changes = {**self._differing(one.candidate), **self._differing(other.candidate)}
                self._enter(found, changes, COMBINE, (one.candidate, other.candidate))
            if len(found) == _UNIONS:
                break
        return list(found.values())

    def _enter(
        self,
        found: dict[int, Contender],
        changes: Mapping[str, Any],
        operator: str,
        parents: Sequence[Candidate] = (),
    ) -> None:
        if self._is_new(changes):
            candidate = self._context.propose(changes, parents=parents, operator=operator)
            shown = self._demonstrations.shown_in(candidate, self._context.current)
            found[candidate.id] = Contender(candidate, shown)

    def _is_new(self, changes: Mapping[str, Any]) -> bool:
        assignment = self._context.current.assignment.with_values(changes)
        return self._context.archive.find(assignment) is None

    def _differing(self, candidate: Candidate) -> dict[str, Any]:
        """Return what a candidate changed and the current one has otherwise."""
        current = self._context.current.assignment
        changed = candidate.changes.items()
        return {path: value for path, value in changed if canonical(value) != canonical(current[path])}

    # --- Written by a model -----------------------------------------------------------------

    def _question(self, way: str) -> Question:
        rng = self._context.rng
        path = rng.choice(self._written)
        cases = rng.sample(self._failed, min(len(self._failed), _CASES - 2))
        cases += rng.sample(self._went_right, min(len(self._went_right), _CASES - len(cases)))
        others = self._promising([path])[:_OTHERS] if way == BLEND else ()
        return Question(path, self._context.current, cases=cases, others=others)

    def _promising(self, paths: Collection[str]) -> list[Candidate]:
        """Return candidates, not accepted, that changed one of these for the better, the best first."""
        gains: list[tuple[float, Candidate]] = []
        for candidate in self._context.archive:
            if candidate.base is None or candidate.accepted or candidate is self._context.current:
                continue
            gained = candidate.gains_over(self._context.archive[candidate.base]).values()
            gain = sum(gained) / (len(gained) + 1)  # drawn towards 0 where there are few
            if gain > 0 and any(path in paths for path in self._differing(candidate)):
                gains.append((gain, candidate))
        gains.sort(key=lambda pair: -pair[0])
        return [candidate for _, candidate in gains]

    def _combinations(self) -> Iterator[tuple[dict[str, Any], tuple[Candidate, ...]]]:
        """Yield changes of promising candidates that the current one was not given yet, the best first."""
        for candidate in self._promising(self._context.variables):
            changes = self._differing(candidate)
            if self._is_new(changes):
                yield changes, (self._context.current, candidate)

    # --- Demonstrations ---------------------------------------------------------------------

    def _examples(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield changes of the examples: sets that are near to inputs which go wrong."""
        rng, inputs = self._context.rng, self._demonstrations.inputs()
        if not count or not inputs:
            return
        keys, wanted = list(inputs), self._going_wrong()
        words = weighted_words([*inputs.values(), *wanted])
        items, targets = words[: len(keys)], words[len(keys) :]
        most = min(self._nb_max_examples, len(keys))
        for _ in range(count):
            size = max(rng.randint(1, most), rng.randint(1, most))  # more of them more often
            part = rng.sample(targets, -(-len(targets) // 2))  # so that sets differ
            chosen = covering(items, part, size, rng)
            rng.shuffle(chosen)
            yield self._demonstrations.examples([keys[i] for i in chosen], self._context.variables)

    def _going_wrong(self) -> list[str]:
        """Return texts of inputs on which the current candidate does badly."""
        current = self._context.current
        scores = {key: score for key in self._samples if (score := current.score_of(key)) is not None}
        low = [key for key, score in scores.items() if score < self._least]
        texts = {key: text_of(self._samples[key]) for key in low}
        texts |= {e.sample.key: text_of(e.sample) for e in self._failed}
        return self._context.rng.sample(list(texts.values()), min(len(texts), _WANTED))
