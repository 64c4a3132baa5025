"""The record of a training."""

from __future__ import annotations

from synalinks.callbacks._callback import Callback, Logs
from synalinks.optimizers import Archive
from synalinks.runs import Run


class History(Callback):
    """Records the logs of every epoch; `fit` adds one and returns it.

    Attributes:
        params: What was run, see `Callback.params`.
    """

    _run: Run | None = None
    _archive: Archive | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Belong to the run that begins, also after the program has gone on to another one."""
        self._run, compiled = self.program.run, getattr(self.program, "compiled", None)
        self._archive = None if compiled is None else compiled.archive

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Record the epoch."""
        self._data_of.history.record(epoch, logs or {})

    @property
    def _data_of(self) -> Run:
        run: Run = self._run or self.program.run
        return run

    @property
    def history(self) -> dict[str, list[float]]:
        """Key of the logs to its values, one for each epoch that had it."""
        return self._data_of.history.history

    @property
    def rows(self) -> list[dict[str, float]]:
        """The logs of each epoch, aligned with `epoch`; a key may be absent from some."""
        return [dict(row) for row in self._data_of.history.rows]

    @property
    def epoch(self) -> list[int]:
        """The epochs that ended, 0-based."""
        return list(self._data_of.history.epoch)

    @property
    def stopped_by(self) -> str | None:
        """What ended the training before its last epoch, or None."""
        return self._data_of.stopped_by

    @property
    def candidates(self) -> Archive:
        """All that the optimizer proposed since `compile`, accepted or not: `candidates[37]` has the id 37.

        Each has its `variables`, which `program.set_variables` takes, `scores` per sample, `parents`, what it
        cost, and why it was accepted or not.
        """
        return self._archive or Archive()

    def __repr__(self) -> str:
        if self._run is None and self.program is None:
            return "History()"
        stopped = f", stopped_by={self.stopped_by!r}" if self.stopped_by else ""
        return f"History(epochs={len(self.epoch)}, keys={list(self.history)}{stopped})"
