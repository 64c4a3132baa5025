"""The state of one `fit`."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synalinks._internal.canonical import content_hash
from synalinks.hooks import CandidateRecord
from synalinks.runs._history import HistoryData


def _draw_id() -> str:
    return uuid.uuid4().hex


def _draw_seed() -> int:
    return secrets.randbits(32)


@dataclass(slots=True)
class Run:
    """Where a training run is, and what decides how it goes on.

    Attributes:
        run_id: Name of the run, the same in every process that continues it.
        seed: Root of all its random numbers; drawn when none is given.
        epoch: The epoch under way, 0-based; between two epochs, the next one.
        step: The training batch under way within the epoch, 0-based; between two batches, the next one.
        resumed: Whether this process continues a run that another one began.
        stopped_by: What ended the run before its last epoch, for example "early_stopping"; else None.
        finished: Whether the run has ended and nothing of it is left to do.
        params: The parameters of the call of `fit`; not part of the saved state.
        history: The logs of the epochs that ended.
        candidates: What the optimizer proposed in the newest step; not part of the saved state.
    """

    run_id: str = field(default_factory=_draw_id)
    seed: int = field(default_factory=_draw_seed)
    epoch: int = 0
    step: int = 0
    resumed: bool = False
    stopped_by: str | None = None
    finished: bool = False
    params: dict[str, Any] = field(default_factory=dict)
    history: HistoryData = field(default_factory=HistoryData)
    candidates: tuple[CandidateRecord, ...] = ()

    def rng(self, *names: str | int) -> random.Random:
        """Return a fresh generator of random numbers that depends on the seed and the names alone.

        Args:
            *names: What the numbers are for, for example `"order", epoch`. The same names give the same
                numbers, in any process and whatever else was drawn before.
        """
        return random.Random(content_hash([self.seed, *names]))  # noqa: S311 - not for secrets

    def state_dict(self) -> dict[str, Any]:
        """Return all of the run that has to survive the process, as JSON."""
        return {
            "run_id": self.run_id,
            "seed": self.seed,
            "epoch": self.epoch,
            "step": self.step,
            "stopped_by": self.stopped_by,
            "finished": self.finished,
            "history": self.history.to_json(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Become the run that `state_dict` described, in this process a resumed one."""
        self.run_id, self.seed = state["run_id"], state["seed"]
        self.epoch, self.step = state["epoch"], state["step"]
        self.stopped_by, self.finished = state["stopped_by"], state["finished"]
        self.history = HistoryData.from_json(state["history"])
        self.resumed = True
