"""The training methods of programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from synalinks._internal.settings import override
from synalinks.callbacks import History
from synalinks.errors import ProgramError
from synalinks.language_models._last_calls import LastCalls
from synalinks.runs import Run
from synalinks.training import (
    Compiled,
    Estimate,
    FitOptions,
    RunOptions,
    Tally,
    compile_arguments,
    estimate,
    evaluate,
    fit,
    predict,
)


class Trainable:
    """What a program is trained, scored and run on data with.

    Attributes:
        compiled: Optimizer, reward and metrics, None before `compile`.
        stop_training: A callback sets it to True to end the training after the batch.
        run: The state of the newest `fit`, None before the first.
        history: What the newest `fit` returned, None before the first.
    """

    compiled: Compiled | None
    stop_training: bool
    run: Run | None
    history: History | None
    _last_calls: LastCalls

    def _init_training(self) -> None:
        self.compiled, self.stop_training, self.run, self.history = None, False, None, None
        self._fitting = False
        self._tally: Tally | None = None

    def compile(
        self,
        *,
        optimizer: Any = None,
        reward: Any = None,
        metrics: Sequence[Any] | None = None,
        reward_weights: Any = None,
    ) -> None:
        """Say how the program is trained and judged.

        Args:
            optimizer: An `Optimizer` or the name of one in snake_case, such as "random_few_shot"; needed
                by `fit`.
            reward: A `Reward`, the name of one such as "exact_match", or a function
                `fn(y_true, y_pred)` that returns a float, plain or async. For a program with several outputs
                a list or a dict of them, as its outputs are; the reward is the sum (see `PerOutput`).
            metrics: Further figures for the logs: `Metric` objects, names, or functions.
            reward_weights: What each of several rewards counts, in the same form; 1.0 each when not given.

        Raises:
            UnknownNameError: A name is not known; the text lists the nearest.
            ConfigurationError: Something else is wrong; the text says what.
        """
        self.compiled = compile_arguments(
            optimizer=optimizer, reward=reward, metrics=metrics, reward_weights=reward_weights
        )
        self._tally = Tally(self.compiled)

    async def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        selection_split: float = 0.0,
        max_concurrency: int | None = None,
        seed: int | None = None,
        outage_timeout: float = 600.0,
    ) -> History:
        """Train the program; a second `fit` goes on from the present variables.

        Args:
            x: Inputs: a list or array of data models, a table (pandas, polars, pyarrow, Hugging Face) by
                rows, or a (possibly async) generator of (x, y), or a function that returns one.
            y: Targets, in the order of x; None where x has them.
            batch_size: Samples between two steps of the optimizer.
            epochs: Number of the last epoch, counted from 1.
            verbose: 0 silent, 1 a progress bar, 2 a line per epoch, "auto" what suits where it is shown; all
                but 0 begin with a line that says what to expect (see `estimate`).
            callbacks: Callbacks, called in the order of the list.
            validation_split: Share of the data, from its end, that is held out for validation.
            validation_data: Data for validation, (x, y); overrides `validation_split`.
            shuffle: Whether each epoch has an order of its own, a function of seed and epoch.
            initial_epoch: The epoch to begin with, 0-based.
            steps_per_epoch: Batches in an epoch; needed for a generator and several epochs.
            validation_steps: Batches of a validation, None for all.
            validation_batch_size: Samples in a batch of validation; that of training by default.
            validation_freq: Validate every n epochs, or after the epochs of a list, 1-based.
            selection_split: Share of the training data held out for the optimizer to score candidates on.
            max_concurrency: Samples in flight; twice the calls that the models allow by default.
            seed: Seed of everything random in the run; drawn by default.
            outage_timeout: Seconds to wait, in each batch, round of candidates and validation, while over a
                fifth of its samples fail on their way; those are run again meanwhile.

        Returns:
            The history: `.history` is {key: [a float per epoch]}.

        Raises:
            NotCompiledError: `compile` was not called, or without an optimizer or a reward.
            ConfigurationError: Something is wrong with data, callbacks or options; nothing was paid for.
            BackupError: The folder of a `BackupAndRestore` cannot be used, or is of another run; nothing was
                paid for.
            FileError: A file cannot be written.
            FatalCallError: Every call would fail, for example for its key.
            OutageError: Calls kept failing on their way for longer than `outage_timeout`.
            KeyboardInterrupt: SIGINT came. Calls in flight had 10 seconds to come back.
            SystemExit: SIGTERM came, likewise; the code is 143.
        """
        options = FitOptions(
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=shuffle,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
            selection_split=selection_split,
            max_concurrency=max_concurrency,
            seed=seed,
            outage_timeout=outage_timeout,
        )
        with self._exclusively(), self._last_calls.entered():
            self.history = await fit(self, x, y, callbacks=callbacks, options=options)
        return self.history

    def estimate(
        self,
        x: Any,
        y: Any = None,
        *,
        batch_size: int = 32,
        epochs: int = 1,
        validation_split: float = 0.0,
        validation_data: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        selection_split: float = 0.0,
        max_concurrency: int | None = None,
    ) -> Estimate:
        """Say from sizes what `fit` with the same arguments will ask for; nothing is called.

        Args:
            x: Inputs, as for `fit`, of a size that is known.
            y: Targets.
            batch_size: As for `fit`, like all others.
            epochs: Number of the last epoch.
            validation_split: Share of the data held out for validation.
            validation_data: Data for validation.
            initial_epoch: The epoch to begin with.
            steps_per_epoch: Batches in an epoch.
            validation_steps: Batches of a validation.
            validation_batch_size: Samples in a batch of validation.
            validation_freq: When to validate.
            selection_split: Share of the training data held out for the optimizer.
            max_concurrency: Samples in flight.

        Returns:
            Calls, tokens, US dollars and seconds, with what was assumed: `print` it.

        Raises:
            ConfigurationError: Data or options cannot be used.
        """
        options = FitOptions(
            batch_size=batch_size,
            epochs=epochs,
            verbose=0,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=False,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
            selection_split=selection_split,
            max_concurrency=max_concurrency,
            seed=None,
            outage_timeout=0.0,
        )
        return estimate(self, x, y, options=options)

    async def evaluate(
        self,
        x: Any,
        y: Any = None,
        *,
        batch_size: int = 32,
        verbose: str | int = "auto",
        callbacks: Any = None,
        steps: int | None = None,
        max_concurrency: int | None = None,
        return_outcomes: bool = False,
        confidence: float | None = None,
    ) -> Any:
        """Score the program on data, without changing it.

        Args:
            x: Inputs, as for `fit`.
            y: Targets.
            batch_size: Samples between two calls of `on_test_batch_end`; batches overlap.
            verbose: As for `fit`.
            callbacks: Callbacks; their `on_test_*` hooks are called.
            steps: Batches to score, None for all.
            max_concurrency: Samples in flight.
            return_outcomes: Whether to return each sample's `Outcome` as well.
            confidence: Level of the bootstrap intervals to add, for example 0.95; None for none. They say how
                far a figure could be off by the choice of samples.

        Returns:
            The figures by key: "reward", the metrics, and "failed", the samples without a score; with
            `confidence` the bounds of each as well ("reward_low", "reward_high"). With `return_outcomes` a
            pair of that and the outcomes, in the order of x.
        """
        options = RunOptions(
            batch_size=batch_size,
            verbose=verbose,
            callbacks=callbacks,
            steps=steps,
            max_concurrency=max_concurrency,
        )
        with self._last_calls.entered():
            return await evaluate(
                self, x, y, options=options, return_outcomes=return_outcomes, confidence=confidence
            )

    async def predict(
        self,
        x: Any,
        *,
        batch_size: int = 32,
        verbose: str | int = "auto",
        callbacks: Any = None,
        steps: int | None = None,
        max_concurrency: int | None = None,
    ) -> list[Any]:
        """Run the program on data and return its outputs, in the order of x.

        Args:
            x: Inputs, as for `fit`.
            batch_size: Samples between two calls of `on_predict_batch_end`; batches overlap.
            verbose: As for `fit`.
            callbacks: Callbacks; their `on_predict_*` hooks are called.
            steps: Batches to run, None for all.
            max_concurrency: Samples in flight.

        Raises:
            FailedSamplesError: Some samples failed; it holds the predictions of all others.
        """
        options = RunOptions(
            batch_size=batch_size,
            verbose=verbose,
            callbacks=callbacks,
            steps=steps,
            max_concurrency=max_concurrency,
        )
        with self._last_calls.entered():
            return await predict(self, x, options=options)

    async def train_on_batch(self, x: Any, y: Any = None, *, seed: int | None = None) -> dict[str, float]:
        """Take one step of the optimizer on a batch and return the figures of the batch."""
        with override(monitor=None):  # a step is not a run of its own
            history = await self.fit(x, y, batch_size=_ALL, verbose=0, shuffle=False, seed=seed)
        return {key: values[-1] for key, values in history.history.items()}

    async def test_on_batch(self, x: Any, y: Any = None) -> dict[str, float]:
        """Score a batch; figures add up over calls until `reset_metrics`."""
        options = RunOptions(batch_size=_ALL, verbose=0, callbacks=None, steps=None, max_concurrency=None)
        with self._last_calls.entered():
            logs: dict[str, float] = await evaluate(self, x, y, options=options, tally=self._tally)
        return logs

    async def predict_on_batch(self, x: Any) -> list[Any]:
        """Return the outputs for a batch."""
        return await self.predict(x, batch_size=_ALL, verbose=0)

    def reset_metrics(self) -> None:
        """Let the figures of `test_on_batch` begin anew, and those of metrics that modules have."""
        if self._tally is not None:
            self._tally.reset()

    @property
    def metrics_names(self) -> list[str]:
        """The keys of the logs, without "val_"; per-label keys appear with the data."""
        return [] if self._tally is None else list(self._tally.log_keys(None))

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        if self._fitting:
            raise ProgramError("This program is being trained already: wait for that `fit` to end.")
        self._fitting = True
        try:
            yield
        finally:
            self._fitting = False


_ALL = 2**31
"""A batch size that no list reaches."""
