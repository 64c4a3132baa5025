"""Stopping when nothing gets better any more."""

from __future__ import annotations

from typing import Any

from synalinks._internal.canonical import copy_json
from synalinks._internal.figures import encoded
from synalinks.callbacks._callback import Callback, Logs
from synalinks.callbacks._setup import TrainingSetup
from synalinks.callbacks._stopping import stop
from synalinks.callbacks._terminal import say
from synalinks.callbacks._watch import Watch, check_number, check_optional


class EarlyStopping(Callback):
    """Stops the training when the monitored figure has not improved for a number of epochs.

    An epoch without the figure (validation skipped by `validation_freq`) does not count; NaN, the figure of
    an epoch in which no sample has a score, counts as no improvement. `history.stopped_by` is then
    "early_stopping", unless the training was at its last epoch anyway. The state survives an interruption
    with `BackupAndRestore`. When to stop is decided as in Keras.

    Args:
        monitor: The key of the logs to watch. If it is not there, the callback does nothing.
        mode: "max" if higher is better, "min" if lower is, "auto" for the metric's own direction.
        patience: Number of epochs without improvement after which to stop; 0 is like 1. It never stops after
            epoch 0, nor after an epoch that is an improvement.
        min_delta: An improvement is strictly more than this, counted from the best so far; at least 0.
        restore_best_variables: Whether to bring back the variables of the best epoch at the end, however the
            training ended, by an exception too. If no epoch is an improvement, the first that was looked at
            is the best.
        baseline: A value to beat by more than `min_delta`: an improvement that does not beat it ends the
            waiting no more than an epoch without improvement does.
        start_from_epoch: First epoch, 0-based, that is looked at.
        stop_at: A value at which to stop at once, because it is good enough.
        verbose: 1 to print a line when it stops and when it brings back variables.

    Attributes:
        best: The best value so far, None before the first.
        best_epoch: The epoch it and the best variables belong to, 0-based.
        wait: Number of epochs since the last improvement, which beat the baseline if there is one.
        stopped_epoch: The epoch after which training was stopped, 0-based, or None.

    Raises:
        ConfigurationError: What should be a number is none or negative, or the mode is unknown.
    """

    def __init__(
        self,
        monitor: str = "val_reward",
        *,
        mode: str = "auto",
        patience: int = 0,
        min_delta: float = 0.0,
        restore_best_variables: bool = False,
        baseline: float | None = None,
        start_from_epoch: int = 0,
        stop_at: float | None = None,
        verbose: int = 0,
    ) -> None:
        self._watch = Watch(monitor, mode, owner="EarlyStopping")
        owner = "EarlyStopping"
        self.patience = check_number(patience, "patience", owner=owner, at_least=0)
        self.min_delta = check_number(min_delta, "min_delta", owner=owner, at_least=0)
        self.start_from_epoch = check_number(start_from_epoch, "start_from_epoch", owner=owner, at_least=0)
        self.baseline = check_optional(baseline, "baseline", owner=owner)
        self.stop_at = check_optional(stop_at, "stop_at", owner=owner)
        self.restore_best_variables, self.verbose = restore_best_variables, verbose
        self._reset()

    def _reset(self) -> None:
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.best_variables: dict[str, Any] | None = None
        self.wait = 0
        self.stopped_epoch: int | None = None

    def check(self, setup: TrainingSetup) -> None:
        """Warn of a monitor that is not in the logs, and of a mode that contradicts the metric."""
        self._watch.check(setup)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begin anew, in a fresh run."""
        if not self.program.run.resumed:
            self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Compare the epoch with the best one; stop when patience is at its end."""
        value = self._watch.value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_variables and self.best_variables is None:
            self._keep(epoch)
        self.wait += 1
        reached = self.stop_at is not None and self._watch.reaches(value, self.stop_at)
        improved = self._watch.better(value, self.best, by_more_than=0.0 if reached else self.min_delta)
        if improved:
            self._take(epoch, value)
        if reached:
            self._stop(epoch, f"{self._watch.key} reached {value:.4g}")
        elif not improved and self.wait >= self.patience and epoch > 0:
            self._stop(epoch, f"no improvement of {self._watch.key} in {self.wait} epochs")

    def _take(self, epoch: int, value: float) -> None:
        self.best = value
        self._keep(epoch)
        if self.baseline is None or self._watch.better(value, self.baseline, by_more_than=self.min_delta):
            self.wait = 0

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_variables:
            self.best_variables = copy_json(dict(self.program.get_variables()))

    def _stop(self, epoch: int, why: str) -> None:
        self.stopped_epoch = epoch
        stop(self.program, "early_stopping")
        if self.verbose:
            say(f"Epoch {epoch + 1}: early stopping, {why}.")

    def on_train_end(self, logs: Logs = None) -> None:
        """Bring back the best variables, if asked to."""
        self._restore()

    def on_exception(self, exception: BaseException) -> None:
        """Bring back the best variables, if asked to."""
        self._restore()

    def _restore(self) -> None:
        if self.best_variables is None or self.best_epoch is None:
            return
        self.program.set_variables(copy_json(self.best_variables))
        if self.verbose:
            say(f"The variables are those of the best epoch, {self.best_epoch + 1}.")

    def state_dict(self) -> dict[str, Any]:
        """Return best value, its epoch and variables, and the epochs waited."""
        return {
            "best": None if self.best is None else encoded(self.best),
            "best_epoch": self.best_epoch,
            "best_variables": self.best_variables,
            "wait": self.wait,
            "stopped_epoch": self.stopped_epoch,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.best = None if state["best"] is None else float(state["best"])
        self.best_epoch, self.best_variables = state["best_epoch"], state["best_variables"]
        self.wait, self.stopped_epoch = state["wait"], state["stopped_epoch"]
