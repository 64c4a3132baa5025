"""Reflective prompt evolution: a population of versions, each written from what went wrong in another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from synalinks.datasets import Sample
from synalinks.errors import ConfigurationError
from synalinks.language_models import LanguageModel
from synalinks.optimizers._archive import Candidate
from synalinks.optimizers._context import Evaluated, OptimizerContext, VariableInfo
from synalinks.optimizers._demonstrations import example_variables
from synalinks.optimizers._optimizer import Optimizer
from synalinks.optimizers._paired_test import PairedTest, Verdict
from synalinks.optimizers._pareto import drawn
from synalinks.optimizers._population import Population
from synalinks.optimizers._proposing import Proposer, Question
from synalinks.optimizers._racing import Contender, compare_all, ranked, run_missing

CandidateSelection = Literal["pareto", "current"]
ModuleSelector = Literal["round_robin", "all"]
Acceptance = Literal["test", "mean"]

_MUTATION: Final = "reflect"
_MERGE: Final = "merge"

_MERGED_ON: Final = 5
"""Samples that a merged candidate is run on before all others; the paper's number."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is to become a candidate: a parent, the variables to write anew, and runs of the parent."""

    parent: Candidate
    paths: list[str]
    cases: list[Evaluated]


@dataclass(frozen=True, slots=True)
class _Trial:
    """A candidate at the gate, and the samples on which it has to do better than its parents."""

    candidate: Candidate
    samples: list[Sample]
    parents: tuple[Candidate, ...]

    def gain(self) -> float | None:
        """Return its mean gain over the better of its parents, None without evidence."""
        keys = [sample.key for sample in self.samples]
        gains = [list(self.candidate.gains_over(parent, keys).values()) for parent in self.parents]
        return min(math.fsum(each) / len(each) for each in gains) if all(gains) else None


class GEPA(Optimizer):
    """Lets a language model rewrite variables from what went wrong, in a population of versions.

    After Agrawal et al., "GEPA: Reflective Prompt Evolution Can Outperform Reinforcement Learning",
    arXiv:2507.19457 (2025), sections 3.1 to 3.3 and the appendix on merging. After each batch:

    1. Parents are drawn from the population by Algorithm 2: of all versions that are best on some sample of
       the pool, those that another one dominates are left out, and the others are drawn as often as there
       are samples on which they are best. Each parent's next variable is its turn ("round_robin").
    2. For each parent the runs on a minibatch, with inputs, calls, answers, targets and feedback, are shown
       to a model, which writes a better value: a text, or whatever the schema of the variable says. It sees
       values that were tried before, too, and what came of them.
    3. A new version is run on the same minibatch; only one that does better than its parent goes on.
    4. Versions that go on join the population, are run on the pool, and one of them may become current.
    5. When the population has grown, two versions that improved different variables of a common ancestor are
       merged: each variable's value is taken from the one that changed it. A merged version goes on if it is
       as good as both on five samples of the pool.

    Scores are kept in the archive: `scores` of its candidates are the matrix of the paper.

    Departures from the paper. It has one proposal at a time, here `num_proposals` are made and run at once.
    Minibatches are drawn from the training batch, half of them from what went wrong in it, and the current
    program's runs of that batch are not made again. With `acceptance="test"` a version is run on the pool in
    rounds, only until a sequential paired test against the current program has decided (`PairedTest`), and
    becomes current if the test finds it better, on samples that none of its own minibatches and of those of
    its ancestors held; entries of the matrix that were not needed stay empty. With `acceptance="mean"`, the
    rule of the paper, it is run on all of the pool, and the version with the best mean is current. The pool
    are the samples held out by `selection_split`, as in the paper; without it training samples. Examples of
    generators are not written by a model: train them with another optimizer.

    Args:
        language_model: The model that reflects; None for that of the program.
        num_proposals: Versions to propose after each batch.
        minibatch_size: Samples of a minibatch.
        pareto_size: Samples of the pool that versions are compared on, at most.
        candidate_selection: How parents are chosen: "pareto", or "current" for the current program alone.
        module_selector: "round_robin" for one variable at a time, or "all" for all at once.
        use_merge: Whether to merge versions; programs with one variable have none to merge.
        max_merges: Merges in all, until the program is compiled again.
        acceptance: How a version becomes current: "test" or "mean".
        level: For "test": the greatest probability of making a version current that is no better.
        first: For "test": samples of the first round; each further round doubles them.
        perfect_score: The best reward there can be; minibatches without a lower one are not reflected on.
            None for 1.0, or the best so far where that is more.
        temperature: Sampling temperature of proposals; None for the model's default.
        max_calls: See `Optimizer`.
        name: Name in logs and candidates.
        description: What it does.

    Raises:
        ConfigurationError: An argument is not valid.
    """

    def __init__(
        self,
        language_model: LanguageModel | str | dict[str, Any] | None = None,
        *,
        num_proposals: int = 4,
        minibatch_size: int = 8,
        pareto_size: int = 200,
        candidate_selection: CandidateSelection = "pareto",
        module_selector: ModuleSelector = "round_robin",
        use_merge: bool = True,
        max_merges: int = 5,
        acceptance: Acceptance = "test",
        level: float = 0.1,
        first: int = 8,
        perfect_score: float | None = None,
        temperature: float | None = 1.0,
        max_calls: int | None = None,
        name: str | None = None,
        description: str | None = None,
    ) -> None:
        super().__init__(max_calls=max_calls, name=name, description=description)
        _check_counts(
            num_proposals=num_proposals, minibatch_size=minibatch_size, pareto_size=pareto_size, first=first
        )
        _check_counts(least=0, max_merges=max_merges)
        _check_choice("candidate_selection", candidate_selection, CandidateSelection)
        _check_choice("module_selector", module_selector, ModuleSelector)
        _check_choice("acceptance", acceptance, Acceptance)
        PairedTest(level=level)  # refuses what is none
        self._proposer = Proposer(language_model, temperature=temperature, name="reflection")
        self.language_model = self._proposer.language_model
        self.num_proposals, self.minibatch_size = num_proposals, minibatch_size
        self.pareto_size, self.candidate_selection = pareto_size, candidate_selection
        self.module_selector, self.use_merge, self.max_merges = module_selector, use_merge, max_merges
        self.acceptance, self.level, self.first = acceptance, level, first
        self.perfect_score, self.temperature = perfect_score, temperature
        self._population = Population()
        self._rewards: list[float] = []

    def check(self, variables: Mapping[str, VariableInfo]) -> None:
        """Refuse a program without a variable that a model can write."""
        if not _written(variables):
            raise ConfigurationError(
                "GEPA rewrites instructions and other variables that are no examples, and this program has "
                f"none that are trainable. Its trainable variables: {sorted(variables) or 'none'}. Set "
                "trainable=True on a module, or train examples with optimizer='random_few_shot'.",
                argument="optimizer",
            )

    def expected_calls(self, batch: int, selection: int) -> int:
        """Return proposals and gates, and runs on the pool where a third of the proposals pass the gate."""
        passed = max(1, self.num_proposals // 3)
        gates = self.num_proposals * (1 + 2 * self.minibatch_size)
        pool = min(self.pareto_size, selection or self.pareto_size)
        runs = min(pool, 4 * self.first) if self.acceptance == "test" else pool
        return gates + (1 + passed) * runs

    # --- A step -----------------------------------------------------------------------------

    async def step(self, context: OptimizerContext) -> None:
        """Propose versions, let them pass the gate, and compare them with the current one."""
        samples = {sample.key: sample for sample in context.pool[: self.pareto_size]}
        self._look_at(context)
        trials = self._merged(context, samples)
        drafts = await self._drafts(context, samples)
        trials += await self._written_anew(context, drafts)
        passed = await self._through_the_gate(context, trials)
        if self.acceptance == "test":
            await self._tested(context, passed, samples)
        else:
            await self._by_mean(context, passed, samples)

    def _look_at(self, context: OptimizerContext) -> None:
        """Take the current candidate into the population, and note how far rewards range."""
        self._population.join(context.current)
        rewards = [e.outcome.score for e in context.batch if e.outcome.score is not None]
        extremes = [*self._rewards, *rewards]
        self._rewards = [min(extremes), max(extremes)] if extremes else []

    def _perfect(self) -> float:
        """Return the reward that leaves nothing to learn."""
        if self.perfect_score is not None:
            return self.perfect_score
        low, high = self._rewards
        return max(1.0, high) if low < high else 1.0 if high <= 1.0 else math.inf

    # --- Proposing --------------------------------------------------------------------------

    def _merged(self, context: OptimizerContext, samples: Mapping[str, Sample]) -> list[_Trial]:
        """Return a merged version, where the population has grown and two of it can be merged."""
        most = self.max_merges if self.use_merge else 0
        merge = self._population.merge(context, samples, most=most)
        if merge is None:
            return []
        candidate = context.propose(
            merge.changes, base=merge.ancestor, parents=merge.parents, operator=_MERGE
        )
        known = [key for key in samples if all(key in parent.scores for parent in merge.parents)]
        keys = context.rng.sample(known, min(_MERGED_ON, len(known)))
        return [_Trial(candidate, [samples[key] for key in keys], merge.parents)]

    async def _drafts(self, context: OptimizerContext, samples: Mapping[str, Sample]) -> list[_Draft]:
        """Return parents with what went wrong under them, in runs that the batch or new ones show."""
        count = self._afforded(context)
        pareto = self.candidate_selection == "pareto"
        wins = self._population.front(context.archive, samples) if pareto else {}
        drafts = []
        for _ in range(count):
            cases = self._minibatch(context)
            if cases:
                parent = context.archive[drawn(context.rng, wins)] if wins else context.current
                drafts.append(_Draft(parent, self._paths(context, parent), cases))
        jobs = [
            (draft.parent, [case.sample for case in draft.cases])
            for draft in drafts
            if draft.parent is not context.current
        ]
        ran = iter(await context.run(jobs, traced=True))
        for draft in drafts:
            if draft.parent is not context.current:
                pairs = zip(draft.cases, next(ran), strict=True)
                draft.cases[:] = [Evaluated(case.sample, outcome) for case, outcome in pairs]
        return [draft for draft in drafts if self._below(draft.cases)]

    def _afforded(self, context: OptimizerContext) -> int:
        """Return how many proposals half of the allowance pays for."""
        if context.allowance is None:
            return self.num_proposals
        values = len(_written(context.variables)) if self.module_selector == "all" else 1
        each = values + 2 * self.minibatch_size * context.calls_per_run
        return min(self.num_proposals, context.allowance // 2 // each)

    def _minibatch(self, context: OptimizerContext) -> list[Evaluated]:
        """Draw runs of the batch, half of them from those that leave something to learn, if there are any."""
        low = self._below(context.batch)
        few = context.rng.sample(low, min(len(low), -(-self.minibatch_size // 2)))
        others = [e for e in context.batch if e.outcome.score is not None and e not in few]
        rest = min(len(others), self.minibatch_size - len(few))
        return [*few, *context.rng.sample(others, rest)] if few else []

    def _below(self, evaluated: Sequence[Evaluated]) -> list[Evaluated]:
        """Return the runs whose reward can still grow."""
        return [e for e in evaluated if e.outcome.score is not None and e.outcome.score < self._perfect()]

    def _paths(self, context: OptimizerContext, parent: Candidate) -> list[str]:
        """Return the variables of a parent that are written next."""
        paths = _written(context.variables)
        return paths if self.module_selector == "all" else [self._population.turn(parent, paths)]

    async def _written_anew(self, context: OptimizerContext, drafts: Sequence[_Draft]) -> list[_Trial]:
        """Ask for the values of all drafts at the same time, and enter what comes as candidates."""
        questions = [Question(path, draft.parent, draft.cases) for draft in drafts for path in draft.paths]
        answers = iter(await self._proposer.propose(context, questions))
        trials = []
        for draft in drafts:
            changes = {path: values[0] for path in draft.paths if (values := next(answers))}
            if not changes or context.archive.find(draft.parent.assignment.with_values(changes)):
                continue  # nothing usable, or another draft has led to the same
            candidate = context.propose(changes, base=draft.parent, operator=_MUTATION)
            trials.append(_Trial(candidate, [case.sample for case in draft.cases], (draft.parent,)))
        return trials

    # --- Deciding ---------------------------------------------------------------------------

    async def _through_the_gate(self, context: OptimizerContext, trials: Sequence[_Trial]) -> list[Candidate]:
        """Return the versions that are good enough; they join the population."""
        for trial in trials:
            context.decide(trial.candidate, accepted=False, reason="was not run")
        await context.run([(trial.candidate, trial.samples) for trial in trials])
        passed = []
        for trial in trials:
            gain = trial.gain()
            if gain is not None and (gain > 0 or (gain == 0 and trial.candidate.operator == _MERGE)):
                passed.append(trial.candidate)
                keys = [sample.key for sample in trial.samples]
                self._population.join(trial.candidate, trial.parents, keys)
            else:
                found = "no evidence" if gain is None else f"{gain:+.3f} on {len(trial.samples)} samples"
                reason = f"did not pass the gate ({found})"
                context.decide(trial.candidate, accepted=False, reason=reason)
        return passed

    async def _tested(
        self, context: OptimizerContext, passed: Sequence[Candidate], samples: Mapping[str, Sample]
    ) -> None:
        """Make a version current that a test finds better; of several, the one with the greatest gain."""
        low, high = self._rewards or (0.0, 1.0)
        contests = []
        for candidate in passed:
            context.decide(candidate, accepted=False, reason="passed the gate, and was not tested")
            test = PairedTest(level=self.level, span=max(1.0, high - low))
            seen = self._population.seen_by(context.archive, candidate, context.current)
            contests.append((Contender(candidate, seen), test))
        await compare_all(context, contests, samples, first=self.first)
        better = [pair for pair in contests if pair[1].verdict is Verdict.BETTER]
        best = max(better, key=lambda pair: pair[1].mean, default=None)
        for contender, test in contests:
            reason = f"gain {test.mean:+.3f} on {test.count} samples, p {test.p_value:.3f}"
            if not test.count:
                reason = "passed the gate, but the samples left are too few to tell, or the allowance is"
            won = best is not None and contender is best[0]
            if test.verdict is Verdict.BETTER and not won:
                reason += ", but another one gained more"
            context.decide(contender.candidate, accepted=won, reason=reason)

    async def _by_mean(
        self, context: OptimizerContext, passed: Sequence[Candidate], samples: Mapping[str, Sample]
    ) -> None:
        """Make the version with the best mean on the pool current, if that is a new one."""
        for candidate in passed:
            context.decide(candidate, accepted=False, reason="passed the gate, and was not run on the pool")
        pool, current = list(samples.values()), Contender(context.current)
        versions = [Contender(candidate) for candidate in passed]
        if context.allowance is not None:
            runs = context.allowance // context.calls_per_run - len(current.missing(pool))
            versions = versions[: max(0, runs // len(pool))]
        if versions:
            await run_missing(context, [*versions, current], pool)
        order = ranked(versions, context.current, samples)
        for contender, gain in order:
            won = gain > 0 and contender is order[0][0]
            reason = f"mean gain {gain:+.3f} on the pool" if gain > -math.inf else "no evidence on the pool"
            context.decide(contender.candidate, accepted=won, reason=reason)

    # --- State ------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the population and the rewards' range, as JSON."""
        return {"population": self._population.state_dict(), "rewards": list(self._rewards)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` returned."""
        self._population.load_state_dict(state["population"])
        self._rewards = list(state["rewards"])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {
            **super().get_config(),
            "language_model": self.language_model and self.language_model.get_config(),
            "num_proposals": self.num_proposals,
            "minibatch_size": self.minibatch_size,
            "pareto_size": self.pareto_size,
            "candidate_selection": self.candidate_selection,
            "module_selector": self.module_selector,
            "use_merge": self.use_merge,
            "max_merges": self.max_merges,
            "acceptance": self.acceptance,
            "level": self.level,
            "first": self.first,
            "perfect_score": self.perfect_score,
            "temperature": self.temperature,
        }


def _written(variables: Mapping[str, VariableInfo]) -> list[str]:
    """Return the variables that a model writes: all that are no examples."""
    examples = set(example_variables(variables).values())
    return [path for path in variables if path not in examples]


def _check_counts(least: int = 1, **counts: Any) -> None:
    for argument, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ConfigurationError(
                f"{argument} of GEPA is a whole number of at least {least}, not {value!r:.100}.",
                argument=argument,
            )


def _check_choice(argument: str, value: Any, choices: Any) -> None:
    if value not in get_args(choices):
        names = " or ".join(map(repr, get_args(choices)))
        raise ConfigurationError(f"{argument} of GEPA is {names}, not {value!r:.100}.", argument=argument)
