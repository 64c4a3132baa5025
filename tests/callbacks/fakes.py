"""A program and a training loop that are as small as callbacks allow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from synalinks.callbacks import Callback, CallbackList, TrainingSetup
from synalinks.runs import Run

KEYS = ("reward", "failed", "val_reward", "val_failed")


class FakeProgram:
    """Has one variable, which the loop below sets to the epoch's number."""

    name = "fake"

    def __init__(self) -> None:
        self.run = Run(seed=1)
        self.stop_training = False
        self.variables: dict[str, Any] = {"generator/instruction": ["initial"]}

    def get_variables(self) -> dict[str, Any]:
        return dict(self.variables)

    def set_variables(self, values: Mapping[str, Any]) -> None:
        self.variables.update(values)

    def to_json(self) -> dict[str, Any]:
        return {"program": self.variables}


def setup(
    callbacks: Sequence[Callback] = (),
    *,
    log_keys: Sequence[str] = KEYS,
    directions: Mapping[str, str] | None = None,
    has_validation: bool = True,
) -> TrainingSetup:
    return TrainingSetup(tuple(log_keys), directions or {}, tuple(callbacks), {"epochs": 9}, has_validation)


class Training:
    """Drives callbacks by hand, like `fit` does."""

    def __init__(
        self, callbacks: Sequence[Callback], *, program: FakeProgram | None = None, **changes: Any
    ) -> None:
        self.program = program or FakeProgram()
        params = {"epochs": 9, "steps": 2, "batch_size": 4, "metrics": KEYS}
        self.list = CallbackList(callbacks, program=self.program, params=params)
        self.list.check(setup(callbacks, **changes))
        self.epoch = 0

    async def begin(self) -> Training:
        await self.list.on_train_begin()
        return self

    async def epochs(self, *rows: Mapping[str, Any], steps: int = 0) -> Training:
        """Train an epoch for each row of logs, or until told to stop; `steps` batches with the same logs."""
        for row in rows:
            if self.program.stop_training:
                break
            self.program.run.epoch = self.epoch
            await self.list.on_epoch_begin(self.epoch, {})
            for batch in range(steps):
                await self.list.on_train_batch_begin(batch, {})
                self.program.variables["generator/instruction"] = [f"epoch {self.epoch}, batch {batch}"]
                await self.list.on_train_batch_end(batch, dict(row))
            self.program.variables["generator/instruction"] = [f"epoch {self.epoch}"]
            await self.list.on_epoch_end(self.epoch, dict(row))
            self.epoch += 1
        return self

    async def rewards(self, *values: float) -> Training:
        return await self.epochs(*({"reward": 0.5, "val_reward": value} for value in values))

    async def end(self) -> Training:
        await self.list.on_train_end()
        return self

    def backup(self) -> bytes:
        """Return what a backup would hold, as the text it would be on a disk."""
        return json.dumps(
            {"run": self.program.run.state_dict(), "callbacks": self.list.state_dict()}
        ).encode()

    @classmethod
    def resumed(cls, backup: bytes, callbacks: Sequence[Callback], **changes: Any) -> Training:
        """Return the training in a new process that goes on from a backup."""
        training = cls(callbacks, **changes)
        state = json.loads(backup)
        training.program.run.load_state_dict(state["run"])
        training.list.load_state_dict(state["callbacks"])
        training.epoch = len(training.program.run.history.epoch)
        return training
