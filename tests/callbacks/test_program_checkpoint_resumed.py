"""A best that was saved after the last backup, of which only its file knows."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from tests.callbacks.fakes import Training
from tests.support.arithmetic import data, make_program, perfect

from synalinks.callbacks import BackupAndRestore, LambdaCallback, ProgramCheckpoint
from synalinks.errors import SynalinksWarning
from synalinks.programs import load_program
from synalinks.testing import FunctionModel


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def saved(path: str) -> Any:
    return json.loads(Path(path).read_text())


async def interrupted(make: Any, *saved_after_the_backup: float, batches: int = 0) -> Training:
    """Return the training that goes on from the backup of the very beginning."""
    first = await Training([make()]).begin()
    backup = first.backup()
    for value in saved_after_the_backup:
        await first.epochs({"reward": value, "val_reward": value}, steps=batches)
    second = await Training.resumed(backup, [make()]).begin()
    second.epoch = 0
    return second


@pytest.mark.parametrize(
    ("path", "only"), [("best.program.json", False), ("best.variables.json", True), ("{{best}}.json", False)]
)
async def test_a_best_that_no_backup_knows_is_not_overwritten(path: str, only: bool) -> None:
    def make() -> ProgramCheckpoint:
        return ProgramCheckpoint(path, save_best_only=True, save_variables_only=only)

    name = path.format()
    second = await interrupted(make, 0.5, 0.9)
    before = Path(name).read_bytes()
    await second.rewards(0.6, 0.9)
    assert Path(name).read_bytes() == before
    await second.rewards(0.95)
    assert saved(name)["checkpoint"] == {
        "run_id": second.program.run.run_id,
        "monitor": "val_reward",
        "value": 0.95,
    }


async def test_an_older_copy_in_its_place_does_not_lower_the_best() -> None:
    def make() -> ProgramCheckpoint:
        return ProgramCheckpoint("best.json", save_best_only=True)

    first = await (await Training([make()]).begin()).rewards(0.5)
    older = Path("best.json").read_bytes()
    await first.rewards(0.9)
    Path("best.json").write_bytes(older)
    second = await Training.resumed(first.backup(), [make()]).begin()
    second.epoch = 2
    await second.rewards(0.7)
    assert Path("best.json").read_bytes() == older


async def test_nor_one_of_the_batches() -> None:
    def make() -> ProgramCheckpoint:
        return ProgramCheckpoint("best.json", monitor="reward", save_freq=1, save_best_only=True)

    second = await interrupted(make, 0.9, batches=1)
    await second.epochs({"reward": 0.1}, steps=4)
    assert saved("best.json")["checkpoint"]["value"] == 0.9


async def test_a_best_is_the_lowest_where_lower_is_better() -> None:
    def make() -> ProgramCheckpoint:
        return ProgramCheckpoint("best.json", mode="min", save_best_only=True)

    with pytest.warns(SynalinksWarning, match="mode='min'"):
        second = await interrupted(make, 0.1)
    await second.rewards(0.5)
    assert saved("best.json")["checkpoint"]["value"] == 0.1


async def test_a_name_that_comes_again_is_not_overwritten_by_a_worse_one() -> None:
    def make() -> ProgramCheckpoint:
        return ProgramCheckpoint("{epoch}.json", save_best_only=True)

    second = await interrupted(make, 0.9)
    await second.rewards(0.5, 0.6)
    assert os.listdir() == ["1.json"]
    assert saved("1.json")["checkpoint"]["value"] == 0.9


async def test_the_newest_of_several_names_is_remembered() -> None:
    def make() -> ProgramCheckpoint:
        return ProgramCheckpoint("{epoch}.json", monitor="reward", save_freq=1, save_best_only=True)

    first = await (await Training([make()]).begin()).epochs({"reward": 0.5}, steps=1)
    backup = first.backup()
    await first.list.on_train_batch_end(1, {"reward": 0.9})  # still epoch 0: the file is written again
    second = await Training.resumed(backup, [make()]).begin()
    second.epoch = 1
    await second.epochs({"reward": 0.7}, steps=1)
    assert os.listdir() == ["1.json"]


@pytest.mark.parametrize(
    "found",
    [
        b"",
        b"no JSON",
        b"[]",
        b"{}",
        b'{"checkpoint": 3}',
        b'{"checkpoint": {"run_id": "another", "monitor": "val_reward", "value": 0.9}}',
    ],
)
async def test_a_file_of_another_run_or_kind_says_nothing(found: bytes) -> None:
    def make() -> ProgramCheckpoint:
        return ProgramCheckpoint("best.json", save_best_only=True)

    Path("best.json").write_bytes(found)
    second = await interrupted(make)
    await second.rewards(0.2)
    assert saved("best.json")["checkpoint"]["value"] == 0.2


async def test_a_best_of_another_monitor_says_nothing() -> None:
    second = await interrupted(lambda: ProgramCheckpoint("best.json", save_best_only=True), 0.9)
    other = ProgramCheckpoint("best.json", monitor="reward", save_best_only=True)
    third = await Training.resumed(second.backup(), [other]).begin()
    other.best, third.epoch = None, 0
    await third.epochs({"reward": 0.2})
    assert saved("best.json")["checkpoint"]["monitor"] == "reward"


@pytest.mark.parametrize("best", [math.inf, -math.inf])
async def test_an_infinite_best_survives_an_interruption(best: float) -> None:
    def make() -> ProgramCheckpoint:
        mode = "max" if best > 0 else "min"
        return ProgramCheckpoint("best.json", monitor="x", mode=mode, save_best_only=True)

    first = await (await Training([make()], log_keys=["x"]).begin()).epochs({"x": best}, {"x": best})
    assert saved("best.json")["program"] == {"generator/instruction": ["epoch 0"]}
    second = await Training.resumed(first.backup(), [make()], log_keys=["x"]).begin()
    second.epoch = 1
    await second.epochs({"x": 3.0})
    assert saved("best.json")["program"] == {"generator/instruction": ["epoch 0"]}


async def test_a_checkpoint_of_a_real_training_is_a_program_like_any_other() -> None:
    """Its best is kept over a death in the first epoch, before any backup knows of it."""
    figure = 1.0

    def changing(_: Any, __: Any) -> float:
        return figure

    async def train(*extra: Any) -> None:
        program, _ = await make_program(perfect)
        program.compile(optimizer="random_few_shot", reward=changing)
        best = ProgramCheckpoint("best.json", monitor="reward", save_best_only=True, save_freq=1)
        callbacks = [BackupAndRestore("backup"), best, *extra]
        await program.fit(*data(8), batch_size=2, seed=1, verbose=0, callbacks=callbacks)

    def die(batch: int, logs: Any) -> None:
        if batch == 1:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        await train(LambdaCallback(on_train_batch_end=die))
    before, figure = Path("best.json").read_bytes(), 0.5
    await train()
    assert Path("best.json").read_bytes() == before
    assert saved("best.json")["checkpoint"]["value"] == 1.0
    loaded = load_program("best.json", language_model=FunctionModel(perfect))
    assert list(loaded.get_variables()) == ["generator/instruction", "generator/examples"]
