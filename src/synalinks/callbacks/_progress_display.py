"""Showing how far a training is."""

from __future__ import annotations

import math
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Mapping
from typing import Any

from synalinks._internal.figures import numbers
from synalinks._internal.text import printable
from synalinks.callbacks._callback import Callback, Logs
from synalinks.callbacks._notebook_bar import NotebookBar, in_notebook
from synalinks.callbacks._progress_bar import ProgressBar, short_time
from synalinks.callbacks._terminal import say
from synalinks.errors import UnknownNameError
from synalinks.runs import Run


def _on_terminal() -> bool:
    """A notebook's output is no terminal, and neither are a file, a pipe and the log of a CI."""
    try:
        return sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    except (AttributeError, ValueError):  # no stream, or a closed one
        return False


def _number(key: str, value: float) -> str:
    if key.removeprefix("val_") == "failed" or (math.isfinite(value) and abs(value) >= 1000):
        return f"{value:.0f}"
    return f"{value:.4f}" if value == 0 or not abs(value) < 1e-3 else f"{value:.3e}"


def _figures(logs: Mapping[str, Any] | None) -> str:
    """Return the logs as text; failures are only worth a word when there are any."""
    shown = {
        key: value for key, value in numbers(logs).items() if value or key.removeprefix("val_") != "failed"
    }
    return "  ".join(f"{printable(str(key))}={_number(key, value)}" for key, value in shown.items())


class ProgressDisplay(Callback):
    """Shows the progress of training, evaluation and prediction; `fit` adds one after all other callbacks.

    On a terminal and in a notebook there is a bar that moves, and a line that stays for each epoch. Elsewhere
    (files, pipes) there are only the lines. Epochs are counted from 1.

    Args:
        verbose: 0 for nothing, 1 or "auto" for a bar where there can be one, 2 for lines only.

    Raises:
        UnknownNameError: `verbose` is something else.
    """

    def __init__(self, verbose: int | str = "auto") -> None:
        if verbose not in ("auto", 0, 1, 2):
            raise UnknownNameError("verbose", str(verbose), ("auto", "0", "1", "2"))
        self.verbose = verbose
        self._bar: ProgressBar | NotebookBar | None = None
        self._training = False
        self._ended: int | None = None  # the last epoch that this process brought to its end, from 1
        self._title = ""
        self._since = 0.0

    # --- Training --------------------------------------------------------------------------

    def on_train_begin(self, logs: Logs = None) -> None:
        """Say where a resumed run goes on, and show the bar."""
        self._training, self._ended = True, None
        self._open()
        if self.program.run.resumed:
            self._resume(self.program.run)

    def _resume(self, run: Run) -> None:
        if run.finished:
            where = "a training that has ended"
        else:
            where = self._epoch_title(run.epoch) + (f", batch {run.step + 1}" if run.step else "")
        if self.verbose:
            self._line("Resumed", where)
        if run.step and not run.finished:  # within an epoch, whose begin was long ago
            self.on_epoch_begin(run.epoch)

    def _epoch_title(self, epoch: int) -> str:
        return f"Epoch {epoch + 1}/{self.params['epochs']}"

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Begin the epoch's bar."""
        self._begin(self._epoch_title(epoch), self.params.get("steps"))

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Move the bar."""
        self._advance(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Leave the epoch's line."""
        self._ended = epoch + 1
        self._finish(logs)

    def on_train_end(self, logs: Logs = None) -> None:
        """Take the bar away, and say what ended the training before its last epoch."""
        reason = self.program.run.stopped_by
        if reason and self._ended is not None and self.verbose:
            self._line("Stopped", f"after epoch {self._ended}: {reason}.", space=" ")
        self._close()

    def on_exception(self, exception: BaseException) -> None:
        """Take the bar away."""
        self._close()

    # --- Evaluation and prediction ---------------------------------------------------------

    def on_test_begin(self, logs: Logs = None) -> None:
        """Begin a bar: for the validation within the epoch, or for an evaluation."""
        if self._training:
            if self._bar:
                self._bar.begin(f"{self._title} validation", self.params.get("validation_steps"))
            return
        self._open()
        self._begin("Evaluation", self.params.get("steps"))

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Move the bar."""
        self._advance(batch, logs)

    def on_test_end(self, logs: Logs = None) -> None:
        """Leave the line of an evaluation; a validation's figures stand in the line of its epoch."""
        if not self._training:
            self._finish(logs)
            self._close()

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Begin a bar."""
        self._open()
        self._begin("Prediction", self.params.get("steps"))

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Move the bar."""
        self._advance(batch, None)

    def on_predict_end(self, logs: Logs = None) -> None:
        """Leave the line."""
        self._finish(None)
        self._close()

    # --- Showing ---------------------------------------------------------------------------

    def _open(self) -> None:
        self._bar = None
        bars = ((in_notebook, NotebookBar), (_on_terminal, ProgressBar))
        kind = next((bar for fits, bar in bars if fits()), None)
        if self.verbose in (1, "auto") and kind is not None:
            bar = kind()
            self._bar = bar if bar.open() else None

    def _close(self) -> None:
        self._training = False
        if self._bar:
            self._bar.close()
            self._bar = None

    def _begin(self, title: str, total: int | None) -> None:
        self._title, self._since = title, time.monotonic()
        if self._bar:
            self._bar.begin(title, total)

    def _advance(self, batch: int, logs: Logs) -> None:
        if self._bar:
            self._bar.advance(batch + 1, _figures(logs))

    def _finish(self, logs: Logs) -> None:
        if self.verbose:
            elapsed = short_time(time.monotonic() - self._since)
            self._line(self._title, f"{elapsed}  {_figures(logs)}".rstrip())

    def _line(self, head: str, rest: str, *, space: str = "  ") -> None:
        text = f"{head}{space}{rest}"
        if _on_terminal():  # which would break it anywhere
            text = textwrap.fill(
                text,
                shutil.get_terminal_size().columns,
                subsequent_indent="  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        if self._bar:
            self._bar.print(text, bold=len(head))
            return
        for line in text.splitlines():
            say(line)
