"""A training that can be killed: `python -m tests.support.resumable DIR PLACE`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import orjson

import synalinks
from synalinks.callbacks import BackupAndRestore, Callback, CSVLogger, EarlyStopping, ProgramCheckpoint
from tests.support.arithmetic import compiled_program, data

PLACES = (
    "on_train_begin 0",
    "on_epoch_begin 0",
    "on_train_batch_end 1",
    "on_test_begin 0",
    "on_epoch_end 0",
    "on_train_batch_begin 0 in 1",
    "on_test_end 1",
    "on_epoch_end 2",
    "on_train_end 3",
)
"""Where to die: a hook, and a batch or epoch; "" for nowhere."""


class Dies(Callback):
    """Ends its process without a word, at a place."""

    def __init__(self, place: str, *, how: Any = None) -> None:
        self.place, self.how = place, how

    def here(self, hook: str, *at: object) -> None:
        if self.place == " ".join([hook, *map(str, at)]):
            if self.how is not None:
                raise self.how
            os.kill(os.getpid(), signal.SIGKILL)

    def on_train_begin(self, logs: Any = None) -> None:
        self.here("on_train_begin", self.program.run.epoch)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.here("on_epoch_begin", epoch)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.here("on_train_batch_begin", batch, "in", self.program.run.epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.here("on_train_batch_end", batch)

    def on_test_begin(self, logs: Any = None) -> None:
        self.here("on_test_begin", self.program.run.epoch)

    def on_test_end(self, logs: Any = None) -> None:
        self.here("on_test_end", self.program.run.epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.here("on_epoch_end", epoch)

    def on_train_end(self, logs: Any = None) -> None:
        self.here("on_train_end", self.program.run.epoch)


def _without_run_id(document: dict[str, Any]) -> dict[str, Any]:
    """Return the program and how good it was, which do not depend on a death as the name of the run does."""
    assert document["checkpoint"].pop("run_id")
    return document


async def train(
    directory: Path,
    *,
    place: str = "",
    how: BaseException | None = None,
    save_freq: str | int = "epoch",
    delete: bool = True,
    epochs: int = 3,
    extra: tuple[Callback, ...] = (),
    **options: Any,
) -> dict[str, Any]:
    """Train in `directory`, or go on with it, and return everything that must not depend on a death."""
    program, model = await compiled_program()
    stop = EarlyStopping(patience=10, restore_best_variables=True)
    best = ProgramCheckpoint(directory / "best.program.json", save_best_only=True)
    callbacks = [
        stop,
        best,
        CSVLogger(directory / "run.csv"),
        BackupAndRestore(directory / "backup", save_freq=save_freq, delete_checkpoint=delete),
        Dies(place, how=how),
        *extra,
    ]
    given = {"validation_split": 0.25, "seed": 5, **options}
    history = await program.fit(
        *data(16), batch_size=4, epochs=epochs, verbose=0, callbacks=callbacks, **given
    )
    assert program.compiled is not None
    assert program.compiled.optimizer is not None
    return {
        "history": history.history,
        "epoch": history.epoch,
        "variables": program.get_variables(),
        "optimizer": program.compiled.optimizer.state_dict(),
        "stopping": stop.state_dict(),
        "csv": (directory / "run.csv").read_text(),
        "best": _without_run_id(json.loads((directory / "best.program.json").read_text())),
        "requests": len(model.requests),
    }


def main() -> None:
    """Train, and write what came of it."""
    directory, place, save_freq = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    directory.mkdir(exist_ok=True)
    frequency = save_freq if save_freq == "epoch" else int(save_freq)
    result = asyncio.run(train(directory, place=place, save_freq=frequency))
    (directory / "result.json").write_bytes(orjson.dumps(result))
    assert synalinks.__all__


if __name__ == "__main__":
    main()
