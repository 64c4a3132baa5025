"""What an optimizer may do in a step, made of the program and the loop."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from synalinks.datasets import Dataset, Sample
from synalinks.hooks import CallRecord, CandidateScoringEnded, CandidateScoringStarted, listening, observed
from synalinks.hooks._span import Span
from synalinks.modules import Assignment, Module
from synalinks.modules._index import modules_by_path, trainable_variables_by_path
from synalinks.optimizers import Candidate, Evaluated, Outcome, VariableInfo
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


class StepContext:
    """The context of one optimizer step.

    Args:
        job: How the batch was run; candidates run likewise, under their own assignments.
        current: The current assignment, as a candidate.
        batch: The samples of the batch and their outcomes.
        selection: Training samples held out for scoring candidates.
        train: The training set.
        next_id: Id of the next candidate.
        rng: Random numbers of this step.
        limit: Samples in flight.
        patience: How long outages are waited for.
        count: Told of the calls of candidates.
    """

    def __init__(
        self,
        *,
        job: Job,
        current: Candidate,
        batch: Sequence[Evaluated],
        selection: Sequence[Sample],
        train: SeenTrainingSet,
        next_id: int,
        rng: random.Random,
        limit: int,
        patience: Patience,
        count: Callable[[Sequence[CallRecord]], None],
    ) -> None:
        self.current, self.batch, self.selection = current, batch, selection
        self.train, self.rng = train, rng
        self.candidates: list[Candidate] = []
        self.accepted: Candidate | None = None
        self._job, self._next_id, self._limit, self._patience = job, next_id, limit, patience
        self._count = count
        self._rounds: Counter[str] = Counter()
        self._variables = trainable_variables_by_path(job.program)
        self.variables: Mapping[str, VariableInfo] = variable_infos(job.program)

    @property
    def language_models(self) -> Mapping[str, Any]:
        """Path of a module to its language model, None for the default one."""
        modules = modules_by_path(self._job.program)
        return {path: m.language_model for path, m in modules.items() if hasattr(m, "language_model")}

    def propose(
        self, changes: Mapping[str, Any], *, parents: Sequence[Candidate] = (), operator: str = ""
    ) -> Candidate:
        """Enter a candidate: the current values with `changes` by path; see `OptimizerContext`."""
        Assignment(changes).bind(self._variables)  # refuses unknown paths and invalid values
        candidate = Candidate(
            id=self._next_id + len(self.candidates),
            assignment=self.current.assignment.with_values(changes),
            changes=dict(changes),
            parents=tuple(parent.id for parent in parents),
            operator=operator,
            step=(self._job.epoch or 0, self._job.step or 0),
        )
        self.candidates.append(candidate)
        return candidate

    async def score(
        self, candidates: Sequence[Candidate], samples: Sequence[Sample] | None = None
    ) -> list[Scores]:
        """Run candidates on samples and return each one's scores; see `OptimizerContext`."""
        if samples is None:
            samples = self.selection or [evaluated.sample for evaluated in self.batch]
        return await self.score_each([(candidate, samples) for candidate in candidates])

    async def score_each(self, jobs: Sequence[tuple[Candidate, Sequence[Sample]]]) -> list[Scores]:
        """Run each candidate on samples of its own and return each one's scores."""
        if not any(samples for _, samples in jobs):
            return [{} for _ in jobs]
        spans: list[Span] = []
        flat: list[tuple[Job, Sample]] = []
        with ExitStack() as stack:
            for candidate, samples in jobs:
                job = self._job_of(candidate)
                span = stack.enter_context(_observed(job, candidate, samples))
                spans.append(span)
                flat.extend((replace(job, within=span), sample) for sample in samples)
            title = f"scoring {len(jobs)} candidate{'' if len(jobs) == 1 else 's'}"
            ran = await run_patiently(flat, title=title, limit=self._limit, patience=self._patience)
            for outcome in ran:
                self._count(outcome.records)
            outcomes = iter(ran)
            scores = [_scores(candidate, samples, outcomes) for candidate, samples in jobs]
            for span, (candidate, _), each in zip(spans, jobs, scores, strict=True):
                if span:
                    span.result(candidate=candidate.record(), scores=each)
        return scores

    def _job_of(self, candidate: Candidate) -> Job:
        return replace(
            self._job,
            assignment=candidate.assignment.bind(self._variables),
            phase=self._phase(candidate),
            metrics=(),
            traced=False,
        )

    def _phase(self, candidate: Candidate) -> str:
        """Return the phase of the calls: a candidate that is scored again gets answers of its own."""
        number = self._rounds[candidate.digest]
        self._rounds[candidate.digest] += 1
        return f"candidate:{candidate.digest}#{number}" if number else f"candidate:{candidate.digest}"

    def decide(self, candidate: Candidate, *, accepted: bool, reason: str) -> None:
        """Say whether a candidate becomes current, and why."""
        candidate.accepted, candidate.reason = accepted, reason
        if accepted:
            self.accepted = candidate


def _observed(job: Job, candidate: Candidate, samples: Sequence[Sample]) -> Span:
    record = candidate.record() if listening() else None
    about: dict[str, Any] = {"phase": job.phase, "candidate": record, "samples": len(samples)}
    return observed(CandidateScoringStarted, CandidateScoringEnded, aside=True, **about)


def _scores(candidate: Candidate, samples: Sequence[Sample], outcomes: Any) -> Scores:
    found: list[Outcome] = [next(outcomes) for _ in samples]
    scores = [outcome.score for outcome in found if outcome.score is not None]
    candidate.scored += len(scores)
    candidate.score = math.fsum(scores) / len(scores) if scores else candidate.score
    return {sample.key: outcome.score for sample, outcome in zip(samples, found, strict=True)}
