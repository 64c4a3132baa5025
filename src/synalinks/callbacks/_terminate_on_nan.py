"""Stopping on a figure that is not a number."""

from __future__ import annotations

import math

from synalinks._internal.figures import as_number
from synalinks.callbacks._callback import Callback, Logs
from synalinks.callbacks._stopping import stop
from synalinks.callbacks._terminal import say


class TerminateOnNaN(Callback):
    """Stops the training after a batch whose running `reward` is NaN or infinite.

    The reward is NaN when no sample of the epoch has a score so far. A server that is not there does not
    lead to that: it is waited for, and in the end an `OutageError`.
    `history.stopped_by` is then "terminate_on_nan", unless that was in the last epoch.
    """

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Look at the reward."""
        reward = as_number((logs or {}).get("reward"))
        if reward is not None and not math.isfinite(reward):
            say(f"Batch {batch + 1}: the reward is {reward}, training stops.")
            stop(self.program, "terminate_on_nan")
