"""What an optimizer may do in a step, made of the program and the loop."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, overload

from synalinks.datasets import Dataset, Sample
from synalinks.errors import AllowanceSpentError
from synalinks.hooks import CallRecord, CandidateScoringEnded, CandidateScoringStarted, listening, observed
from synalinks.hooks._span import Span
from synalinks.language_models import MemoryCache
from synalinks.language_models._sharing import step_answers
from synalinks.modules import Assignment, Module
from synalinks.modules._index import modules_by_path, trainable_variables_by_path
from synalinks.modules._variable import BoundAssignment
from synalinks.optimizers import Archive, Candidate, Evaluated, Outcome, VariableInfo
from synalinks.optimizers._context import Scores
from synalinks.training._evaluation import Job, run_patiently
from synalinks.training._outage import Patience


def variable_infos(program: Module) -> dict[str, VariableInfo]:
    """Return the trainable variables of a program as optimizers see them, by path."""
    modules = {"": program, **modules_by_path(program)}
    infos = {}
    for path, variable in trainable_variables_by_path(program).items():
        module = path.rpartition("/")[0]
        infos[path] = VariableInfo(
            path=path,
            module=module,
            value=variable.value,
            schema=variable.schema,
            description=variable.description,
            module_description=modules[module].description,
        )
    return infos


@dataclass(frozen=True, slots=True)
class SeenTrainingSet:
    """The training set, and how much of it was seen so far."""

    dataset: Dataset
    seen: int

    @property
    def size(self) -> int | None:
        """Number of samples, None for a stream."""
        return self.dataset.size

    def __getitem__(self, position: int) -> Sample:
        return self.dataset[position]


@dataclass(slots=True)
class Allowance:
    """What an optimizer may still spend, counted over the whole training.

    Attributes:
        bound: Calls of language models in all, None without a bound.
        spent: Calls that were made for it.
        per_run: The most calls that one run of the program on a sample has taken.
    """

    bound: int | None = None
    spent: int = 0
    per_run: int = 1

    @property
    def left(self) -> int | None:
        """Calls that are left, None without a bound."""
        return None if self.bound is None else max(0, self.bound - self.spent)

    @property
    def over(self) -> bool:
        """Whether not even one more run fits."""
        return self.left is not None and self.left < self.per_run

    def look_at(self, outcomes: Sequence[Outcome]) -> None:
        """Learn from runs how many calls one takes."""
        self.per_run = max([self.per_run, *(paid(outcome.records) for outcome in outcomes)])

    def check(self, calls: int) -> None:
        """Refuse what does not fit.

        Raises:
            AllowanceSpentError: It does not.
        """
        if self.left is not None and calls > self.left:
            raise AllowanceSpentError(
                f"{calls:,} calls do not fit: {self.spent:,} of max_calls={self.bound:,} are spent."
            )


def paid(records: Sequence[CallRecord]) -> int:
    """Return how many of the calls were made, not shared."""
    return sum(not record.cached for record in records)


@dataclass(frozen=True, slots=True)
class Pool(Sequence[Sample]):
    """Samples of a data set in a given order, each drawn when it is asked for."""

    dataset: Dataset
    order: Sequence[int]

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        if isinstance(index, slice):
            return [self.dataset[position] for position in self.order[index]]
        return self.dataset[self.order[index]]


class StepContext:
    """The context of one optimizer step.

    Args:
        job: How the batch was run; candidates run likewise, under their own assignments.
        archive: All candidates.
        current: That of them which is current.
        batch: The samples of the batch and their outcomes.
        selection: Training samples held out for scoring candidates.
        pool: The samples to compare candidates on.
        train: The training set.
        allowance: What the optimizer may spend.
        rng: Random numbers of this step.
        limit: Samples in flight.
        patience: How long outages are waited for.
        count: Told of the calls of candidates.
    """

    def __init__(
        self,
        *,
        job: Job,
        archive: Archive,
        current: Candidate,
        batch: Sequence[Evaluated],
        selection: Sequence[Sample],
        pool: Sequence[Sample],
        train: SeenTrainingSet,
        allowance: Allowance,
        rng: random.Random,
        limit: int,
        patience: Patience,
        count: Callable[[Sequence[CallRecord]], None],
    ) -> None:
        self.archive, self.current, self.batch = archive, current, batch
        self.selection, self.pool = selection, pool
        self.train, self.rng = train, rng
        self.accepted: Candidate | None = None
        self._touched: dict[int, Candidate] = {}
        self._job, self._limit, self._patience = job, limit, patience
        self._allowance, self._count = allowance, count
        self._rounds: Counter[str] = Counter()
        self._bound: dict[int, BoundAssignment] = {}
        self._asked = 0
        self._answers = MemoryCache()
        self._variables = trainable_variables_by_path(job.program)
        self.variables: Mapping[str, VariableInfo] = variable_infos(job.program)

    @property
    def candidates(self) -> list[Candidate]:
        """The candidates that this step proposed, scored or decided on, by their ids."""
        return [self._touched[number] for number in sorted(self._touched)]

    @property
    def language_models(self) -> Mapping[str, Any]:
        """Path of a module to its language model, None for the default one."""
        modules = modules_by_path(self._job.program)
        return {path: m.language_model for path, m in modules.items() if hasattr(m, "language_model")}

    @property
    def allowance(self) -> int | None:
        """Calls that are left of `max_calls`, None without a bound."""
        return self._allowance.left

    @property
    def calls_per_run(self) -> int:
        """The most calls that one run has taken so far."""
        return self._allowance.per_run

    def propose(
        self,
        changes: Mapping[str, Any],
        *,
        base: Candidate | None = None,
        parents: Sequence[Candidate] = (),
        operator: str = "",
    ) -> Candidate:
        """Enter a candidate into the archive; see `OptimizerContext`."""
        Assignment(changes).bind(self._variables)  # refuses unknown paths and invalid values
        step = (self._job.epoch or 0, self._job.step or 0)
        candidate = self.archive.enter(
            self.current if base is None else base, changes, parents=parents, operator=operator, step=step
        )
        self._touched[candidate.id] = candidate
        return candidate

    # --- Running ---------------------------------------------------------------------------

    async def score(
        self, candidates: Sequence[Candidate], samples: Sequence[Sample] | None = None
    ) -> list[Scores]:
        """Run candidates on samples and return each one's scores; see `OptimizerContext`."""
        if samples is None:
            samples = self.selection or [evaluated.sample for evaluated in self.batch]
        return await self.score_each([(candidate, samples) for candidate in candidates])

    async def score_each(self, jobs: Sequence[tuple[Candidate, Sequence[Sample]]]) -> list[Scores]:
        """Run each candidate on samples of its own and return each one's scores."""
        ran = await self.run(jobs)
        return [_scores(samples, outcomes) for (_, samples), outcomes in zip(jobs, ran, strict=True)]

    async def run(
        self, jobs: Sequence[tuple[Candidate, Sequence[Sample]]], *, traced: bool = False
    ) -> list[list[Outcome]]:
        """Run candidates on samples of their own; see `OptimizerContext`."""
        runs = sum(len(samples) for _, samples in jobs)
        self._allowance.check(runs * self._allowance.per_run)
        if not runs:
            return [[] for _ in jobs]
        spans: list[Span] = []
        flat: list[tuple[Job, Sample]] = []
        with ExitStack() as stack:
            for candidate, samples in jobs:
                job = self._job_of(candidate, traced=traced)
                span = stack.enter_context(_observed(job, candidate, samples))
                spans.append(span)
                flat.extend((replace(job, within=span), sample) for sample in samples)
            title = f"scoring {len(jobs)} candidate{'' if len(jobs) == 1 else 's'}"
            outcomes = iter(await self._ran(flat, title))
            found = [[next(outcomes) for _ in samples] for _, samples in jobs]
            for span, (candidate, samples), own in zip(spans, jobs, found, strict=True):
                self._keep(candidate, samples, own)
                if span:
                    span.result(candidate=candidate.record(), scores=_scores(samples, own))
        return found

    async def _ran(self, flat: Sequence[tuple[Job, Sample]], title: str) -> list[Outcome]:
        """Run samples; calls that some of the step's runs have in common are made once."""
        token = step_answers.set(self._answers)
        try:
            outcomes = await run_patiently(flat, title=title, limit=self._limit, patience=self._patience)
        finally:
            step_answers.reset(token)
        for outcome in outcomes:
            self._count(outcome.records)
            self._allowance.spent += paid(outcome.records)
        return outcomes

    def _keep(self, candidate: Candidate, samples: Sequence[Sample], outcomes: Sequence[Outcome]) -> None:
        self._touched[candidate.id] = candidate
        self._allowance.look_at(outcomes)
        for sample, outcome in zip(samples, outcomes, strict=True):
            candidate.note(sample.key, outcome.score)
            candidate.pay(outcome.records)

    def _job_of(self, candidate: Candidate, *, traced: bool) -> Job:
        bound = self._bound.get(candidate.id)
        if bound is None:
            bound = self._bound[candidate.id] = candidate.assignment.bind(self._variables)
        return replace(self._job, assignment=bound, phase=self._phase(candidate), metrics=(), traced=traced)

    def _phase(self, candidate: Candidate) -> str:
        """Return the phase of the calls: a candidate that is scored again gets answers of its own."""
        number = self._rounds[candidate.digest]
        self._rounds[candidate.digest] += 1
        return f"candidate:{candidate.digest}#{number}" if number else f"candidate:{candidate.digest}"

    # --- Asking and deciding ---------------------------------------------------------------

    async def ask(self, module: Module, inputs: Sequence[Any]) -> list[Any]:
        """Run a module of the optimizer's own; see `OptimizerContext`."""
        self._allowance.check(len(inputs))
        job = Job(
            program=module, paths={module: module.name}, phase="propose",
            epoch=self._job.epoch, step=self._job.step,
        )  # fmt: skip
        flat = [(job, Sample(self._asked + number, each)) for number, each in enumerate(inputs)]
        self._asked += len(inputs)
        outcomes = await run_patiently(flat, title="proposing", limit=self._limit, patience=self._patience)
        for outcome in outcomes:
            self._count(outcome.records)
            self._allowance.spent += paid(outcome.records)
        return [outcome.prediction for outcome in outcomes]

    def decide(self, candidate: Candidate, *, accepted: bool, reason: str) -> None:
        """Say whether a candidate becomes current, and why."""
        candidate.accepted, candidate.reason = accepted, reason
        self._touched[candidate.id] = candidate
        if accepted:
            self.accepted = candidate


def _observed(job: Job, candidate: Candidate, samples: Sequence[Sample]) -> Span:
    record = candidate.record() if listening() else None
    about: dict[str, Any] = {"phase": job.phase, "candidate": record, "samples": len(samples)}
    return observed(CandidateScoringStarted, CandidateScoringEnded, aside=True, **about)


def _scores(samples: Sequence[Sample], outcomes: Sequence[Outcome]) -> Scores:
    return {sample.key: outcome.score for sample, outcome in zip(samples, outcomes, strict=True)}
