"""`evaluate`, `predict` and the methods on single batches."""

from __future__ import annotations

import asyncio
from typing import Any

from synalinks._internal.activity import counted
from synalinks._internal.scope import sample_scope
from synalinks.callbacks import CallbackList, History, ProgressDisplay
from synalinks.datasets import Sample, as_dataset
from synalinks.errors import FailedSamplesError
from synalinks.metrics._bootstrap import checked_confidence
from synalinks.modules._index import modules_by_path, trainable_variables_by_path
from synalinks.modules._variable import BoundAssignment
from synalinks.optimizers import Outcome
from synalinks.training._arguments import RunOptions, check_callbacks
from synalinks.training._compile import Compiled, require_compiled
from synalinks.training._evaluation import Job, run_batches
from synalinks.training._feed import Feed
from synalinks.training._fit import check_program, check_targets, concurrency, ensure_built
from synalinks.training._models import probe
from synalinks.training._tally import Tally, bounds
from synalinks.training._validation import evaluation, run_validation


async def evaluate(
    program: Any,
    x: Any,
    y: Any,
    *,
    options: RunOptions,
    return_outcomes: bool = False,
    confidence: float | None = None,
    tally: Tally | None = None,
) -> Any:
    """Score a program on data; see `Program.evaluate`."""
    if confidence is not None:
        checked_confidence(confidence)
    compiled = require_compiled(program.compiled, what="evaluate")
    feed, hooks = await _prepare(program, x, y, options, compiled)
    tally = tally or Tally(compiled)
    outcomes: list[Outcome] = []
    try:
        job = _job(program, "test", compiled, tally)
        logs = await run_validation(
            job,
            feed,
            tally,
            hooks,
            limit=concurrency(program, options.max_concurrency),
            collect=outcomes.extend if return_outcomes or confidence is not None else None,
        )
        if confidence is not None:
            logs |= await asyncio.to_thread(bounds, compiled, outcomes, confidence)
    except BaseException as error:
        await hooks.on_exception(error)
        raise
    finally:
        hooks.release()
        await feed.close()
    return (logs, outcomes) if return_outcomes else logs


async def predict(program: Any, x: Any, *, options: RunOptions) -> list[Any]:
    """Run a program on data; see `Program.predict`."""
    feed, hooks = await _prepare(program, x, None, options)
    predictions: list[Any] = []
    failures: dict[int, BaseException] = {}

    async def end(batch: int, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.failure is not None:
                failures[len(predictions)] = outcome.failure.exception or RuntimeError(
                    outcome.failure.message
                )
            predictions.append(outcome.prediction)
        await hooks.on_predict_batch_end(batch, {"outputs": [o.prediction for o in outcomes]})

    try:
        job = _job(program, "predict")
        with counted(), evaluation(job):
            await hooks.on_predict_begin()
            await run_batches(
                job,
                feed.samples(0),
                batch_size=feed.batch_size,
                size=feed.size,
                limit=concurrency(program, options.max_concurrency),
                begin=hooks.on_predict_batch_begin,
                end=end,
            )
            if failures:
                raise FailedSamplesError(predictions, failures)
            await hooks.on_predict_end()
    except BaseException as error:
        await hooks.on_exception(error)
        raise
    finally:
        hooks.release()
        await feed.close()
    return predictions


async def _prepare(
    program: Any, x: Any, y: Any, options: RunOptions, compiled: Compiled | None = None
) -> tuple[Feed, CallbackList]:
    """Check everything that can be checked before the first call."""
    given = check_callbacks(options.callbacks)
    dataset = as_dataset(x, y, inputs=program.inputs, argument="x")
    feed = Feed(dataset, batch_size=options.batch_size, steps=options.steps)
    try:
        first: Sample = await feed.first_sample()
        await ensure_built(program, first)
        check_program(program, compiled)
        await probe(program, compiled)
        if compiled is not None:
            check_targets(program, compiled, first, dataset, argument="y")
    except BaseException:
        await feed.close()
        raise
    params = {"steps": feed.steps, "batch_size": options.batch_size, "verbose": options.verbose}
    shown = [callback for callback in given if not isinstance(callback, History)]
    return feed, CallbackList([*shown, ProgressDisplay(options.verbose)], program=program, params=params)


def _phase(phase: str) -> str:
    """Return a phase of its own for each evaluation within a hook: its calls are told apart by it."""
    outer = sample_scope.get()
    if outer is None:
        return phase
    outer.inner += 1
    return f"{outer.phase}/{phase}#{outer.inner}"


def _job(program: Any, phase: str, compiled: Compiled | None = None, tally: Tally | None = None) -> Job:
    outer = sample_scope.get()
    return Job(
        program=program,
        paths={module: path for path, module in modules_by_path(program).items()},
        phase=_phase(phase),
        reward=None if compiled is None else compiled.reward,
        metrics=() if tally is None else tally.measured,
        assignment=BoundAssignment.present(trainable_variables_by_path(program).values()),
        traced=compiled is not None,
        epoch=None if outer is None else outer.epoch,
        step=None if outer is None else outer.step,
    )
