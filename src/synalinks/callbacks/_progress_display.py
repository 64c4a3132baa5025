"""Showing how far a training is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from synalinks._internal.activity import activity
from synalinks._internal.text import short_time
from synalinks.callbacks._callback import Callback, Logs
from synalinks.callbacks._notebook_table import NotebookTable, in_notebook
from synalinks.callbacks._progress_bar import ProgressBar
from synalinks.callbacks._status import Counters, Status, figures, flowed, named, short_name
from synalinks.callbacks._terminal import say
from synalinks.errors import UnknownNameError
from synalinks.runs import Run


def _on_terminal() -> bool:
    """A notebook's output is no terminal, and neither are a file, a pipe and the log of a CI."""
    try:
        if os.name == "nt" and "WT_SESSION" not in os.environ:  # a console that may not know escape codes
            return False
        return sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    except (AttributeError, ValueError):  # no stream, or a closed one
        return False


class ProgressDisplay(Callback):
    """Shows the progress of training, evaluation and prediction; `fit` adds one after all other callbacks.

    On a terminal and in a notebook there are lines that move: how far the epoch is, when it and all will be
    over, what is being done, the figures so far, and the calls, tokens and dollars it used. Each epoch
    leaves a line that stays, in a notebook a row of a table. Elsewhere (files, pipes) there are only those
    lines. Epochs are counted from 1.

    The counts are those of this process: a resumed epoch does not count again what was paid for before.

    Args:
        verbose: 0 for nothing, 1 or "auto" for a bar where there can be one, 2 for lines only.

    Raises:
        UnknownNameError: `verbose` is something else.
    """

    def __init__(self, verbose: int | str = "auto") -> None:
        if verbose not in ("auto", 0, 1, 2):
            raise UnknownNameError("verbose", str(verbose), ("auto", "0", "1", "2"))
        self.verbose = verbose
        self._bar: ProgressBar | NotebookTable | None = None
        self._training = False
        self._ended: int | None = None  # the last epoch that this process brought to its end, from 1
        self._usual: float | None = None  # seconds of the last epoch that this process saw whole
        self._status: Status | None = None  # of what is under way
        self._epoch: Status | None = None  # of the epoch under way, also while it is validated

    # --- Training --------------------------------------------------------------------------

    def on_train_begin(self, logs: Logs = None) -> None:
        """Say where a resumed run goes on, and show the bar."""
        self._training, self._ended, self._usual = True, None, None
        self._open()
        if self.program.run.resumed:
            self._resume(self.program.run)

    def _resume(self, run: Run) -> None:
        if run.finished:
            where = "a training that has ended"
        else:
            where = self._epoch_title(run.epoch) + (f", batch {run.step + 1}" if run.step else "")
        self._line("Resumed", [where])
        if run.step and not run.finished:  # within an epoch, whose begin was long ago
            self.on_epoch_begin(run.epoch)

    def _epoch_title(self, epoch: int) -> str:
        return f"Epoch {epoch + 1}/{self.params['epochs']}"

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Begin the epoch's bar."""
        start = self.program.run.step if self._ended is None and self.program.run.resumed else 0
        self._epoch = self._begin(
            self._epoch_title(epoch),
            self.params.get("steps"),
            start=start,
            answers=self._expected_of_a_batch(),
            later=self._later(epoch),
            usual=self._usual,
        )

    def _later(self, epoch: int) -> int:
        return int(self.params["epochs"]) - epoch - 1

    def _expected_of_a_batch(self) -> float | None:
        counting, steps = activity.get(), self.params.get("steps")
        if counting is None or counting.expected is None or not steps:
            return None
        epochs = self.params["epochs"] - self.params.get("initial_epoch", 0)
        return counting.expected / max(1, int(steps) * int(epochs))

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Move the bar."""
        self._advance(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Leave the epoch's line."""
        self._ended = epoch + 1
        if self._epoch is not None:
            self._usual = self._usual if self._epoch.start else self._epoch.elapsed
            self._finish(self._epoch, logs)

    def on_train_end(self, logs: Logs = None) -> None:
        """Take the bar away, and say what ended the training before its last epoch."""
        reason = self.program.run.stopped_by
        if reason and self._ended is not None:
            self._line(f"Stopped after epoch {self._ended}: {short_name(reason)}.", [])
        self._close()

    def on_exception(self, exception: BaseException) -> None:
        """Take the bar away."""
        self._close()

    # --- Evaluation and prediction ---------------------------------------------------------

    def on_test_begin(self, logs: Logs = None) -> None:
        """Begin a bar: for the validation within the epoch, or for an evaluation."""
        epoch = self._epoch
        if self._training and epoch is not None:
            self._begin(
                f"{epoch.title} validation",
                self.params.get("validation_steps"),
                counters=epoch.counters,
                together=True,
                later=epoch.later,
                before=epoch.elapsed,
                usual=epoch.usual,
            )
        elif not self._training:
            self._open()
            self._begin("Evaluation", self.params.get("steps"), together=True)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Move the bar."""
        self._advance(batch, logs)

    def on_test_end(self, logs: Logs = None) -> None:
        """Leave the line of an evaluation; a validation's figures stand in the line of its epoch."""
        if not self._training:
            self._finish(self._status, logs)
            self._close()

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Begin a bar."""
        self._open()
        self._begin("Prediction", self.params.get("steps"), together=True)

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Move the bar."""
        self._advance(batch, None)

    def on_predict_end(self, logs: Logs = None) -> None:
        """Leave the line."""
        self._finish(self._status, None)
        self._close()

    # --- Showing ---------------------------------------------------------------------------

    def _open(self) -> None:
        self._bar = None
        bars = ((in_notebook, NotebookTable), (_on_terminal, ProgressBar))
        kind = next((bar for fits, bar in bars if fits()), None)
        if self.verbose in (1, "auto") and kind is not None:
            self._bar = kind()
            self._bar.open()

    def _close(self) -> None:
        self._training, self._status, self._epoch = False, None, None
        if self._bar:
            self._bar.close()
            self._bar = None

    def _begin(
        self, title: str, total: int | None, *, counters: Counters | None = None, **options: Any
    ) -> Status:
        counters = counters or Counters(activity.get())
        status = self._status = Status(title=title, total=total, counters=counters, **options)
        if self._bar:
            self._bar.show(status)
        return status

    def _advance(self, batch: int, logs: Logs) -> None:
        if self._status is not None:
            self._status.advance(batch + 1, None if logs is None else dict(logs))

    def _finish(self, status: Status | None, logs: Logs) -> None:
        if status is not None:
            final = {**figures(logs), **status.counters.final(logs)}
            self._line(status.title, [short_time(status.elapsed)], final)

    def _line(self, head: str, texts: Sequence[str], figures: Mapping[str, str] | None = None) -> None:
        if not self.verbose:
            return
        if self._bar:
            self._bar.print(head, texts, figures)
            return
        texts = [*texts, *named(figures or {})]
        # On a terminal no figure is broken over two lines; elsewhere each line is whole.
        lines = ["  ".join([head, *texts])]
        if _on_terminal():
            lines = flowed([head, *texts], shutil.get_terminal_size().columns - 2)
        for number, line in enumerate(lines):
            say(f"  {line}" if number else line)
