"""Running samples: (assignment, sample) to outcome, and many of them at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synalinks._internal.activity import Work, working
from synalinks._internal.scope import SampleScope, sample_scope
from synalinks._internal.tasks import run_ordered
from synalinks.datasets import Sample
from synalinks.errors import InfrastructureError, LanguageModelError, ProgramFaultError
from synalinks.hooks import SampleEnded, SampleStarted, observed
from synalinks.hooks._span import Span
from synalinks.metrics import Metric
from synalinks.metrics._metric import measured
from synalinks.modules import Module
from synalinks.modules._variable import BoundAssignment
from synalinks.optimizers import Failure, Outcome, TraceStep
from synalinks.rewards import Reward
from synalinks.training._outage import Patience


@dataclass(frozen=True, slots=True)
class Job:
    """How samples are to be run.

    Attributes:
        program: What to run.
        paths: Each of its modules to its path.
        phase: Phase of the run, see `SampleScope`.
        reward: Scores the prediction, None for no score.
        metrics: What to measure.
        assignment: The values of the variables, None for those of the program.
        training: Passed on to the modules.
        traced: Whether outcomes keep the calls of modules that have variables.
        epoch: Epoch, 0-based, None outside `fit`.
        step: Batch, 0-based, None outside `fit`.
        again: Whether the samples were run before in this process.
        within: What the samples are part of for those who listen, None for what is under way here.
    """

    program: Module
    paths: dict[Module, str]
    phase: str
    reward: Reward | None = None
    metrics: Sequence[Metric] = ()
    assignment: BoundAssignment | None = None
    training: bool = False
    traced: bool = False
    epoch: int | None = None
    step: int | None = None
    again: bool = False
    within: Span | None = None

    async def run(self, sample: Sample) -> Outcome:
        """Run one sample, score it and measure it.

        Raises:
            Exception: What ends a run: a fatal call, or an error in user code, with a note that names
                the sample. Other failures of calls become part of the outcome.
        """
        scope = SampleScope(
            phase=self.phase,
            epoch=self.epoch,
            step=self.step,
            sample=sample.index,
            trace=[] if self.traced else None,
            paths=self.paths,
            again=self.again,
        )
        token = sample_scope.set(scope)
        try:
            if self.assignment is None:
                return await self._observed(sample, scope)
            with self.assignment.active():
                return await self._observed(sample, scope)
        except Exception as error:
            error.add_note(f"While running sample {sample.index} ({self.phase}).")
            raise
        finally:
            sample_scope.reset(token)

    async def _observed(self, sample: Sample, scope: SampleScope) -> Outcome:
        about: dict[str, Any] = {"x": sample.x, "y": sample.y, "again": self.again}
        with observed(
            SampleStarted, SampleEnded, hooks=self.program._hooks, within=self.within, **about
        ) as span:
            outcome = await self._outcome(sample, scope)
            failure = outcome.failure
            span.result(
                prediction=outcome.prediction,
                score=outcome.score,
                feedback=outcome.feedback,
                failure=None if failure is None else failure.kind,
                error=None if failure is None else failure.exception,
            )
        return outcome

    async def _outcome(self, sample: Sample, scope: SampleScope) -> Outcome:
        prediction, score, feedback, failure = None, None, None, None
        measures: tuple[Any, ...] = ()
        try:
            try:
                prediction = await self.program(sample.x, training=self.training)
            except (ProgramFaultError, ExceptionGroup) as error:
                if not all(isinstance(leaf, ProgramFaultError) for leaf in _leaves(error)):
                    raise
                failure = _failure("program", _first(error))
            if self.reward is not None:
                result = await self.reward(sample.y, prediction, sample=sample.index)
                score, feedback = result.score, result.feedback
                if failure is not None:
                    feedback = failure.message
            if self.metrics:
                measures = await measured(self.metrics, sample.y, prediction)
        except (InfrastructureError, ProgramFaultError, ExceptionGroup) as error:
            # On its way, or in the reward's own calls: neither says anything about the program.
            first = _first(error)
            kind = "infrastructure" if isinstance(first, InfrastructureError) else "reward"
            failure, score, feedback, measures = _failure(kind, first), None, None, ()
        return Outcome(
            sample=sample.index,
            prediction=prediction,
            score=score,
            feedback=feedback,
            measures=measures,
            failure=failure,
            trace=tuple(TraceStep(*step) for step in scope.trace or ()),
            records=tuple(scope.records),
        )


def _first(error: Exception) -> LanguageModelError:
    """Return the error, or the first one of a group of failures, those on their way before others.

    Raises:
        Exception: The first error of the group that is no such failure.
    """
    errors = sorted(_leaves(error), key=lambda leaf: not isinstance(leaf, InfrastructureError))
    for leaf in errors:
        if not isinstance(leaf, InfrastructureError | ProgramFaultError):
            raise leaf
    first = errors[0]
    assert isinstance(first, LanguageModelError)
    return first


def _leaves(error: Exception) -> Iterator[Exception]:
    if isinstance(error, ExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _failure(kind: str, error: LanguageModelError) -> Failure:
    return Failure(kind=kind, error=type(error).__name__, message=str(error), exception=error)


async def run_patiently(
    jobs: Sequence[tuple[Job, Sample]], *, title: str, limit: int, patience: Patience
) -> list[Outcome]:
    """Run (job, sample) pairs as `run_jobs` does, and wait out an outage.

    Args:
        jobs: The pairs.
        title: What is done, in a few words, for who looks on.
        limit: Samples in flight.
        patience: How long an outage is waited for.

    Raises:
        OutageError: Too many failed on their way for longer than `patience` lasts.
    """

    async def run_again(positions: Sequence[int]) -> list[Outcome]:
        again = [(replace(jobs[i][0], again=True), jobs[i][1]) for i in positions]
        return await run_jobs(again, title=f"{title} again", limit=limit)

    return await patience.settle(await run_jobs(jobs, title=title, limit=limit), run_again)


async def run_jobs(jobs: Sequence[tuple[Job, Sample]], *, title: str, limit: int) -> list[Outcome]:
    """Run (job, sample) pairs, at most `limit` at a time, and return their outcomes in order."""
    outcomes: list[Outcome] = []
    with working(title, len(jobs)) as work:
        await run_ordered(
            _each(jobs),
            lambda pair: _counted(pair[0].run(pair[1]), work),
            lambda _, outcome: outcomes.append(outcome),
            limit=limit,
        )
    return outcomes


async def _counted(run: Coroutine[Any, Any, Outcome], work: Work) -> Outcome:
    """Return the outcome of a run, and count it the moment it is there."""
    outcome = await run
    work.done += 1
    return outcome


async def _each(items: Sequence[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


Hook = Callable[[int], Awaitable[None]]
BatchEnd = Callable[[int, list[Outcome]], Awaitable[None]]


async def run_batches(
    job: Job,
    samples: AsyncIterator[Sample],
    *,
    batch_size: int,
    size: int | None,
    limit: int,
    begin: Hook,
    end: BatchEnd,
) -> None:
    """Run batches that may be in flight together: a slow sample does not hold back the next batch.

    Args:
        job: How to run the samples.
        samples: The samples; at most `limit` of them are drawn that are not done yet.
        batch_size: Samples in a batch; the last one may have fewer.
        size: Number of samples, None where that is not known.
        limit: Samples in flight.
        begin: Awaited with the number of a batch when its first sample starts.
        end: Awaited with number and outcomes of each batch, in batch order.
    """
    done: list[Outcome] = []

    async def begun() -> AsyncIterator[Sample]:
        drawn = 0
        async for sample in samples:
            if drawn % batch_size == 0:
                await begin(drawn // batch_size)
            drawn += 1
            yield sample

    def deliver(index: int, outcome: Outcome) -> Awaitable[None] | None:
        nonlocal done
        done.append(outcome)
        if len(done) < batch_size:
            return None
        outcomes, done = done, []
        return end(index // batch_size, outcomes)

    with working("", size) as work:
        count = await run_ordered(begun(), lambda s: _counted(job.run(s), work), deliver, limit=limit)
    if done:
        await end(count // batch_size, done)
