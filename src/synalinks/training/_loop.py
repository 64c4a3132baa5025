"""The training loop."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn

from synalinks._internal.activity import working
from synalinks._internal.canonical import canonical
from synalinks._internal.scope import SampleScope, entered, for_purpose, run_id
from synalinks._internal.warn import warn
from synalinks.callbacks import Budget, CallbackList, History
from synalinks.callbacks._budget import exhaustion_in
from synalinks.callbacks._terminal import say
from synalinks.datasets import Sample
from synalinks.errors import AllowanceSpentError, BudgetExhaustedError, ConfigurationError, OutageError
from synalinks.hooks import (
    EpochEnded,
    EpochStarted,
    OptimizerStepEnded,
    OptimizerStepStarted,
    TrainingEnded,
    TrainingStarted,
    observed,
)
from synalinks.hooks._span import Span
from synalinks.modules import Assignment
from synalinks.modules._index import modules_by_path, trainable_variables_by_path
from synalinks.modules._variable import BoundAssignment
from synalinks.optimizers import Candidate, Evaluated, Optimizer, Outcome
from synalinks.runs import Run
from synalinks.training._arguments import FitOptions
from synalinks.training._compile import Compiled
from synalinks.training._context import Allowance, Pool, SeenTrainingSet, StepContext, paid
from synalinks.training._evaluation import Job, run_patiently
from synalinks.training._feed import Feed
from synalinks.training._interrupts import Interrupts
from synalinks.training._keeper import Keeper
from synalinks.training._models import probe
from synalinks.training._outage import Patience
from synalinks.training._tally import Tally
from synalinks.training._validation import run_validation


@dataclass(slots=True)
class Progress:
    """How far the training is, beyond what `Run` says.

    Attributes:
        batches: Training batches done, over all epochs.
        seen: Training samples run, repetitions counted.
        spent: Calls of language models made for the optimizer.
        per_run: The most calls that one run of the program on a sample has taken.
    """

    batches: int = 0
    seen: int = 0
    spent: int = 0
    per_run: int = 1


@dataclass(kw_only=True)
class Training:
    """One `fit`: its parts, and the loop over epochs and batches."""

    program: Any
    compiled: Compiled
    options: FitOptions
    feed: Feed
    validation: Feed | None
    selection: Sequence[Sample]
    callbacks: CallbackList
    history: History
    run_state: Run
    keeper: Keeper | None
    budget: Budget | None
    patience: Patience
    limit: int
    tally: Tally = field(init=False)
    progress: Progress = field(default_factory=Progress)
    logs: dict[str, float] = field(default_factory=dict)
    boundary: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tally = Tally(self.compiled)

    @property
    def resumes(self) -> bool:
        """Whether it goes on with what another process, or another `fit`, began."""
        return self.keeper is not None and self.keeper.payload is not None

    async def run(self) -> History:
        """Train, and return the history."""
        keeper = self.keeper
        try:
            await self._restore_or_begin()
        except BaseException:
            if keeper is not None:
                keeper.close()
            raise
        gate = None if keeper is None else keeper.gate
        with self._heard(), Interrupts(gate, resume=self.patience.resume) as interrupts:
            try:
                keeping = nullcontext() if keeper is None else keeper.keeping()
                with self.patience.bounding(), keeping, self._counting():
                    await self._train()
            except BaseException as error:  # noqa: BLE001 - raised again, or what a signal means
                await self._end_badly(interrupts.translated(error))
        return self.history

    @contextmanager
    def _heard(self) -> Iterator[None]:
        """Tell those who listen of the run, which all that happens in the block is part of."""
        token = run_id.set(self.run_state.run_id)
        try:
            with self._observed() as span:
                try:
                    yield
                finally:
                    span.result(logs=self.logs, stopped_by=self.run_state.stopped_by)
        finally:
            run_id.reset(token)

    def _observed(self) -> Span:
        return observed(
            TrainingStarted,
            TrainingEnded,
            hooks=self.program._hooks,
            phase="train",
            program=self.program.name,
            optimizer=self._optimizer.name,
            reward=None if self.compiled.reward is None else self.compiled.reward.name,
            params=dict(self.run_state.params),
            resumed=self.resumes,
        )

    async def _train(self) -> None:
        try:
            self._pass_boundary()
            await self.callbacks.on_train_begin()
            while self.run_state.epoch < self.options.epochs and not self._stopped:
                await self._epoch()
            self._note_end()
        except Exception as error:
            exhausted = exhaustion_in(error)
            if self.budget is None or exhausted is None:
                raise
            self._abandon(exhausted)
        await self.callbacks.on_train_end(self.logs or None)
        if self.budget is not None and self.budget.exhausted:
            self.run_state.stopped_by = "budget"  # also where a call of `on_train_end` was the first too many
        elif self.keeper is not None and self.keeper.backup.delete_checkpoint:
            self.keeper.delete()

    def _counting(self) -> AbstractContextManager[None]:
        if self.budget is None:
            return nullcontext()
        return self.budget.counting(None) if self.keeper is None else self.keeper.counting(self.budget)

    def _abandon(self, exhausted: BudgetExhaustedError) -> None:
        """Go back to the last boundary; the backup and the journal stay for a run with more."""
        self.program.set_variables(self.boundary)
        self.run_state.stopped_by = "budget"
        if not self.patience.quiet:
            say(f"{exhausted} {self.patience.resume}")

    def _pass_boundary(self) -> None:
        """Remember the variables, now that everybody has handled a boundary.

        Raises:
            BudgetExhaustedError: Somebody had no room for a call, and kept it to themselves.
        """
        if self.budget is not None:
            self.budget.check_room()
            self.boundary = self.program.get_variables()

    async def _end_badly(self, error: BaseException) -> NoReturn:
        if self.keeper is not None and not isinstance(error, OutageError | KeyboardInterrupt | SystemExit):
            error.add_note(self.keeper.resume)
        await self.callbacks.on_exception(error)
        raise error

    @property
    def _stopped(self) -> bool:
        """Whether to stop now: an epoch under way is brought to its end first."""
        return self.program.stop_training and self.run_state.step == 0

    # --- Epochs and batches ----------------------------------------------------------------

    async def _epoch(self) -> None:
        run = self.run_state
        with observed(EpochStarted, EpochEnded, phase="train", epoch=run.epoch) as span:
            if not await self._epoch_ran():
                return
            span.result(logs=self.logs)
        run.epoch, run.step = run.epoch + 1, 0
        self.tally.reset()
        self._note_end()
        self._commit()

    async def _epoch_ran(self) -> bool:
        """Run what is left of an epoch, and its validation; return whether there were data for it."""
        run = self.run_state
        if run.step == 0:
            self.tally.reset()
            await self.callbacks.on_epoch_begin(run.epoch)
        if not await self._batches():
            return False
        logs = self.tally.logs()
        if self.validation is not None and self.options.validates(run.epoch):
            logs.update({f"val_{key}": value for key, value in (await self._validate()).items()})
        self.logs = logs
        await self.callbacks.on_epoch_end(run.epoch, logs)
        self._pass_boundary()
        return True

    async def _batches(self) -> bool:
        """Run the batches of the epoch that are left; return whether it had any."""
        run = self.run_state
        if run.step and self.program.stop_training:  # told to in the part that was run before
            return True
        async for samples in self.feed.batches(run.epoch, skip=run.step):
            await self._batch(samples)
            if self.program.stop_training:
                return True
        if not run.step:
            warn(f"The data ran out before epoch {run.epoch + 1}; training stops.")
            run.stopped_by = run.stopped_by or "data"
            self.program.stop_training = True
        return run.step > 0

    async def _batch(self, samples: list[Sample]) -> None:
        run = self.run_state
        await self.callbacks.on_train_batch_begin(run.step)
        job, current = self._job("train", training=True, traced=True), self._current()
        outcomes = await run_patiently(
            [(job, sample) for sample in samples],
            title="running the batch",
            limit=self.limit,
            patience=self.patience,
        )
        for outcome in outcomes:
            self.tally.add(outcome)
        self.progress.seen += len(samples)
        await self._optimize(job, current, samples, outcomes)
        await self._settle()
        await self.callbacks.on_train_batch_end(run.step, self.tally.logs())
        self._pass_boundary()
        run.step += 1
        self.progress.batches += 1
        frequency = "epoch" if self.keeper is None else self.keeper.backup.save_freq
        if isinstance(frequency, int) and self.progress.batches % frequency == 0:
            self._commit()

    async def _optimize(
        self, job: Job, current: Candidate, samples: list[Sample], outcomes: list[Outcome]
    ) -> None:
        run, progress = self.run_state, self.progress
        for sample, outcome in zip(samples, outcomes, strict=True):
            current.note(sample.key, outcome.score)
        allowance = Allowance(self._optimizer.max_calls, progress.spent, progress.per_run)
        allowance.look_at(outcomes)
        progress.per_run = allowance.per_run
        if allowance.over:
            return
        context = StepContext(
            job=job,
            archive=self.compiled.archive,
            current=current,
            batch=[Evaluated(s, o) for s, o in zip(samples, outcomes, strict=True)],
            selection=self.selection,
            pool=self.selection or self._pool or samples,
            train=SeenTrainingSet(self.feed.dataset, progress.seen),
            allowance=allowance,
            rng=run.rng("optimizer", run.epoch, run.step),
            limit=self.limit,
            patience=self.patience,
            count=self.tally.count,
        )
        place: dict[str, Any] = {"phase": "propose", "epoch": run.epoch, "step": run.step}
        about = {"optimizer": self._optimizer.name, "purpose": "optimizer", **place}
        with observed(OptimizerStepStarted, OptimizerStepEnded, **about) as span:
            doing = working(f"{self._optimizer.name} at work")
            spending = contextlib.suppress(AllowanceSpentError)
            with for_purpose("optimizer"), entered(SampleScope(**place)) as scope, doing, spending:
                await self._optimizer.step(context)
            self.tally.count(scope.records)
            allowance.spent += paid(scope.records)
            progress.spent, progress.per_run = allowance.spent, allowance.per_run
            self._take_over(context)
            if span:
                accepted = None if context.accepted is None else context.accepted.id
                span.result(candidates=run.candidates, accepted=accepted)

    @cached_property
    def _pool(self) -> Pool | None:
        """The training set in an order of its own, None for a stream."""
        dataset = self.feed.dataset
        if dataset.size is None:
            return None
        order = list(range(dataset.size))
        self.run_state.rng("pool").shuffle(order)
        return Pool(dataset, order)

    def _take_over(self, context: StepContext) -> None:
        """Tell what came of the candidates, and make current what the optimizer accepted."""
        self.run_state.candidates = tuple(candidate.record() for candidate in context.candidates)
        if context.accepted is not None:
            self.program.set_variables(context.accepted.assignment)

    @property
    def _optimizer(self) -> Optimizer:
        assert self.compiled.optimizer is not None  # `fit` requires it
        return self.compiled.optimizer

    def _current(self) -> Candidate:
        values = {path: v.value for path, v in trainable_variables_by_path(self.program).items()}
        step = (self.run_state.epoch, self.run_state.step)
        return self.compiled.archive.current(Assignment(values), step)

    def _job(self, phase: str, *, training: bool = False, traced: bool = False) -> Job:
        return Job(
            program=self.program,
            paths={module: path for path, module in modules_by_path(self.program).items()},
            phase=phase,
            reward=self.compiled.reward,
            metrics=self.tally.measured,
            assignment=BoundAssignment.present(trainable_variables_by_path(self.program).values()),
            training=training,
            traced=traced,
            epoch=self.run_state.epoch,
            step=self.run_state.step,
        )

    async def _validate(self) -> dict[str, float]:
        assert self.validation is not None
        logs = await run_validation(
            self._job("val"),
            self.validation,
            Tally(self.compiled),
            self.callbacks,
            limit=self.limit,
            patience=self.patience,
        )
        await self._settle()
        return logs

    # --- State -----------------------------------------------------------------------------

    def _note_end(self) -> None:
        """Keep in the run's state that it is over, so that a resume does not go on."""
        run = self.run_state
        if run.epoch >= self.options.epochs:
            run.stopped_by = None  # what wanted to stop it came too late to
        elif self.program.stop_training:
            run.stopped_by = run.stopped_by or "callback"
        run.finished = self.program.stop_training or run.epoch >= self.options.epochs

    async def _restore_or_begin(self) -> None:
        if self.keeper is None or self.keeper.payload is None:
            await probe(self.program, self.compiled, training=True)
            self.feed.seed = self.run_state.seed
            self._current()
            self._commit()
            return
        state = self.keeper.payload
        self.run_state.load_state_dict(state["run"])
        self.feed.seed = self.run_state.params["seed"] = self.run_state.seed
        self.program.set_variables(state["variables"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.compiled.archive.load_state_dict(state["archive"])
        self.tally.load_state_dict(state["tally"])
        self.progress = Progress(**state["progress"])
        self.program.stop_training = state["stop_training"]
        await self.feed.load_state_dict(state["feed"])
        self.callbacks.load_state_dict(state["callbacks"])

    async def _settle(self) -> None:
        """Keep the failures of a step that is over: a resumed run has the same outcomes.

        Raises:
            BudgetExhaustedError: It is not over: a call of it did not fit, and user code caught the error.
        """
        if self.budget is not None:
            self.budget.check_room()
        if self.keeper is not None:
            await self.keeper.journal.settle()

    def _commit(self) -> None:
        """Write the state of the run, if it keeps a backup."""
        if self.keeper is None:
            return
        progress = self.progress
        self.keeper.commit(
            {
                "run": self.run_state.state_dict(),
                "variables": self.program.get_variables(),
                "optimizer": _json_state(self._optimizer),
                "archive": self.compiled.archive.state_dict(),
                "tally": self.tally.state_dict(),
                "progress": {name: getattr(progress, name) for name in Progress.__slots__},
                "stop_training": self.program.stop_training,
                "feed": self.feed.state_dict(),
                "callbacks": self.callbacks.state_dict(),
            }
        )


def _json_state(optimizer: Optimizer) -> dict[str, Any]:
    state = optimizer.state_dict()
    try:
        canonical(state)
    except TypeError as error:
        raise ConfigurationError(
            f"The state of optimizer {optimizer.name!r} is not JSON: {error}. Its state_dict() must return "
            "dicts with string keys, lists, strings, numbers, booleans and None."
        ) from None
    return state
