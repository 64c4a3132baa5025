"""Scoring a program on data, with the hooks of an evaluation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from synalinks._internal.activity import counted
from synalinks.callbacks import CallbackList
from synalinks.datasets import Sample
from synalinks.hooks import EvaluationEnded, EvaluationStarted, observed
from synalinks.hooks._span import Span
from synalinks.optimizers import Outcome
from synalinks.training._evaluation import Job, run_batches, run_jobs
from synalinks.training._feed import Feed
from synalinks.training._outage import Patience
from synalinks.training._tally import Tally


async def run_validation(
    job: Job,
    feed: Feed,
    tally: Tally,
    callbacks: CallbackList,
    *,
    limit: int,
    patience: Patience | None = None,
    collect: Callable[[list[Outcome]], None] | None = None,
) -> dict[str, float]:
    """Run an evaluation with its hooks and return its figures.

    Args:
        job: How to run the samples.
        feed: The samples.
        tally: What counts them.
        callbacks: Whose `on_test_*` hooks are called.
        limit: Samples in flight.
        patience: How long an outage is waited for; None for not at all.
        collect: Called with the outcomes of each batch, in order.
    """
    samples: list[Sample] = []
    outcomes: list[Outcome] = []

    async def drawn() -> AsyncIterator[Sample]:
        async for sample in feed.samples(0):
            if patience is not None:
                samples.append(sample)
            yield sample

    async def end(batch: int, done: list[Outcome]) -> None:
        for outcome in done:
            tally.add(outcome)
        if patience is not None:
            outcomes.extend(done)
        if collect is not None:
            collect(done)
        await callbacks.on_test_batch_end(batch, tally.logs())

    with counted(), evaluation(job) as span:
        await callbacks.on_test_begin()
        await run_batches(
            job,
            drawn(),
            batch_size=feed.batch_size,
            size=feed.size,
            limit=limit,
            begin=callbacks.on_test_batch_begin,
            end=end,
        )
        if patience is not None:
            await _settle(job, samples, outcomes, tally, patience, limit)
        logs = tally.logs()
        await callbacks.on_test_end(logs)
        span.result(logs=logs)
    return logs


def evaluation(job: Job) -> Span:
    """Return the span of a program that is run on data."""
    return observed(
        EvaluationStarted,
        EvaluationEnded,
        hooks=job.program._hooks,
        program=job.program.name,
        phase=job.phase,
        epoch=job.epoch,
    )


async def _settle(
    job: Job, samples: list[Sample], outcomes: list[Outcome], tally: Tally, patience: Patience, limit: int
) -> None:
    """Run again what failed in an outage, and count everything anew if there was one."""

    async def run_again(positions: Sequence[int]) -> list[Outcome]:
        again = replace(job, again=True)
        jobs = [(again, samples[i]) for i in positions]
        return await run_jobs(jobs, title="running failed samples again", limit=limit)

    before = list(outcomes)
    settled = await patience.settle(outcomes, run_again)
    if any(new is not old for new, old in zip(settled, before, strict=True)):
        tally.reset()
        for outcome in settled:
            tally.add(outcome)
