from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from tests.callbacks.fakes import Training
from tests.support.arithmetic import Answer, Problem, data, perfect

from synalinks import Generator, Input, Module, Program
from synalinks.callbacks import BackupAndRestore, ProgramCheckpoint
from synalinks.errors import ConfigurationError, SynalinksWarning, UnknownNameError
from synalinks.testing import FunctionModel


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def saved(path: str = "best.program.json") -> Any:
    return json.loads(Path(path).read_text())


def epoch_of(path: str = "best.program.json") -> Any:
    return saved(path)["program"]["generator/instruction"][0]


async def test_only_a_better_program_overwrites_the_best() -> None:
    training = await Training([ProgramCheckpoint("best.program.json", save_best_only=True)]).begin()
    kept = []
    for value in (0.5, 0.4, 0.5, 0.7, 0.6):
        await training.rewards(value)
        kept.append(epoch_of())
    assert kept == ["epoch 0", "epoch 0", "epoch 0", "epoch 3", "epoch 3"]


async def test_every_epoch_is_saved_without_it() -> None:
    training = await Training([ProgramCheckpoint("last.json")]).begin()
    await training.rewards(0.9, 0.1)
    assert epoch_of("last.json") == "epoch 1"


async def test_names_are_filled_in_and_epochs_counted_from_1() -> None:
    training = await Training([ProgramCheckpoint("epoch_{epoch:02d}_{val_reward:.3f}.json")]).begin()
    await training.rewards(0.5, 0.61266)
    assert sorted(os.listdir()) == ["epoch_01_0.500.json", "epoch_02_0.613.json"]
    assert epoch_of("epoch_02_0.613.json") == "epoch 1"


async def test_variables_only() -> None:
    callback = ProgramCheckpoint("e{epoch}.variables.json", save_variables_only=True)
    await (await Training([callback]).begin()).rewards(0.5)
    assert saved("e1.variables.json")["variables"] == {"generator/instruction": ["epoch 0"]}


async def test_every_n_batches_across_epochs() -> None:
    callback = ProgramCheckpoint("{epoch}-{batch}-{reward:.1f}.json", save_freq=3)
    await (await Training([callback]).begin()).epochs({"reward": 0.5}, {"reward": 0.6}, steps=4)
    assert sorted(os.listdir()) == ["1-3-0.5.json", "2-2-0.6.json"]
    assert epoch_of("2-2-0.6.json") == "epoch 1, batch 1"


async def test_the_best_of_batches_watches_the_running_logs() -> None:
    callback = ProgramCheckpoint("best.program.json", save_freq=1, save_best_only=True, monitor="reward")
    training = await Training([callback]).begin()
    await training.epochs({"reward": 0.6}, {"reward": 0.5}, steps=2)
    assert (epoch_of(), callback.best) == ("epoch 0, batch 0", 0.6)


async def test_epochs_without_the_figure_are_skipped() -> None:
    by_name = ProgramCheckpoint("named_{epoch}_{val_reward:.1f}.json")
    by_best = ProgramCheckpoint("best_{epoch}.json", save_best_only=True)
    training = await Training([by_name, by_best]).begin()
    await training.epochs({"reward": 0.5}, {"reward": 0.5, "val_reward": float("nan")})
    assert os.listdir() == ["named_2_nan.json"]
    assert by_best.best is None


async def test_a_first_best_must_beat_the_threshold() -> None:
    callback = ProgramCheckpoint("best.program.json", save_best_only=True, initial_value_threshold=0.7)
    training = await Training([callback]).begin()
    await training.rewards(0.6, 0.7)
    assert os.listdir() == []
    await training.rewards(0.8)
    assert epoch_of() == "epoch 2"


async def test_the_best_survives_an_interruption() -> None:
    def make() -> list[ProgramCheckpoint]:
        return [ProgramCheckpoint("best.program.json", save_best_only=True)]

    first = await (await Training(make()).begin()).rewards(0.5, 0.9)
    second = await Training.resumed(first.backup(), make()).begin()
    second.epoch = 2
    await second.rewards(0.6)
    assert epoch_of() == "epoch 1"
    await second.rewards(0.95)
    assert epoch_of() == "epoch 3"


async def test_the_count_of_batches_survives_an_interruption() -> None:
    def make() -> list[ProgramCheckpoint]:
        return [ProgramCheckpoint("{epoch}-{batch}.json", save_freq=3)]

    first = await (await Training(make()).begin()).epochs({"reward": 0.5}, steps=2)
    second = await Training.resumed(first.backup(), make()).begin()
    second.program.run.epoch = 4  # resumed within an epoch, `on_epoch_begin` is not called again
    await second.list.on_train_batch_end(6, {"reward": 0.5})
    assert os.listdir() == ["5-7.json"]


async def test_a_second_training_with_the_same_object_does_not_forget_the_best() -> None:
    callback = ProgramCheckpoint("best.program.json", save_best_only=True)
    await (await Training([callback]).begin()).rewards(0.1, 0.9)
    second = await Training([callback]).begin()
    await second.rewards(0.1, 0.9)
    assert (callback.best, epoch_of()) == (0.9, "epoch 1")
    await second.rewards(0.95)
    assert epoch_of() == "epoch 2"


async def test_the_batches_of_a_second_training_are_counted_anew() -> None:
    callback = ProgramCheckpoint("{epoch}-{batch}.json", save_freq=3)
    for _ in range(2):
        await (await Training([callback]).begin()).epochs({"reward": 0.5}, steps=4)
    assert os.listdir() == ["1-3.json"]


async def test_verbose_says_what_it_saves(capsys: pytest.CaptureFixture[str]) -> None:
    callback = ProgramCheckpoint("b{epoch}.json", save_best_only=True, verbose=1)
    training = await Training([callback, ProgramCheckpoint("last.json", verbose=1)]).begin()
    await training.rewards(0.5, 0.75)
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1: val_reward improved to 0.5, saved b1.json",
        "Epoch 1: saved last.json",
        "Epoch 2: val_reward improved from 0.5 to 0.75, saved b2.json",
        "Epoch 2: saved last.json",
    ]


# --- Mistakes ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["best", "best.keras", "best.variables.json", "best.json.gz", ""])
def test_a_program_needs_its_ending(path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"ends in '\.json' and not in '\.variables\.json'"):
        ProgramCheckpoint(path)


@pytest.mark.parametrize("path", ["best.json", "variables.json", "best.variables"])
def test_variables_need_theirs(path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"ends in '\.variables\.json', got"):
        ProgramCheckpoint(path, save_variables_only=True)


@pytest.mark.parametrize("save_freq", ["batch", 0, -1, 1.5, True, None])
def test_a_wrong_frequency_is_refused(save_freq: Any) -> None:
    with pytest.raises(ConfigurationError, match="'epoch' or a positive number of batches"):
        ProgramCheckpoint("a.json", save_freq=save_freq)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("{val_rewrd:.3f}.json", "val_reward"),
        ("{epochs}.json", "epoch"),
        ("{epoch:{widht}}.json", "epoch"),
        ("{batch}.json", None),
        ("{}.json", None),
        ("{epoch.__class__}.json", "epoch"),
        ("{epoch[0]}.json", "epoch"),
    ],
)
def test_an_unknown_field_names_the_nearest(name: str, nearest: str | None) -> None:
    with pytest.raises(UnknownNameError, match="field of the file name") as caught:
        Training([ProgramCheckpoint(name)])
    assert nearest is None or nearest in caught.value.known
    assert name in str(caught.value)


def test_the_nearest_field_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"'val_rewrd'\. Did you mean 'val_reward'"):
        Training([ProgramCheckpoint("{val_rewrd:.3f}.json")])


def test_figures_of_the_validation_are_not_there_after_a_batch() -> None:
    with pytest.raises(UnknownNameError, match="Known: 'batch', 'epoch', 'failed', 'reward'"):
        Training([ProgramCheckpoint("{val_reward:.3f}.json", save_freq=2)])
    with pytest.warns(SynalinksWarning, match="monitor 'val_reward' is not in the logs"):
        Training([ProgramCheckpoint("a.json", save_freq=2, save_best_only=True)])


@pytest.mark.parametrize("name", ["{val_reward:d}.json", "{epoch.json", "epoch}.json", "{epoch!x}.json"])
def test_a_name_that_cannot_be_formatted_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be formatted"):
        Training([ProgramCheckpoint(name)])


def test_a_key_with_a_dot_is_refused_rather_than_looked_into() -> None:
    with pytest.raises(ConfigurationError, match="cannot be formatted"):
        Training([ProgramCheckpoint("{f1.macro}.json")], log_keys=["f1", "f1.macro"])


async def test_a_figure_that_is_no_number_is_one_that_is_missing() -> None:
    by_name = ProgramCheckpoint("named_{epoch}_{val_reward:.1f}.json")
    by_best = ProgramCheckpoint("best_{epoch}.json", save_best_only=True)
    training = await Training([by_name, by_best]).begin()
    await training.epochs(*({"val_reward": value} for value in ("x", None, [0.5], 10**400, 0.5)))
    assert sorted(os.listdir()) == ["best_5.json", "named_5_0.5.json"]


@pytest.mark.parametrize("threshold", ["0.5", math.nan, [1]])
def test_a_threshold_that_is_no_number_is_refused(threshold: Any) -> None:
    with pytest.raises(ConfigurationError, match="initial_value_threshold must be a number, got"):
        ProgramCheckpoint("a.json", initial_value_threshold=threshold)


class Opaque(Module):
    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.thing = object()

    def get_config(self) -> dict[str, Any]:
        return {"thing": self.thing}

    async def call(self, inputs: Any, *, training: bool = False) -> Any:
        return inputs


async def test_a_program_without_a_json_form_is_refused_before_the_first_call() -> None:
    model = FunctionModel(perfect)
    x = Input(data_model=Problem)
    y = await Generator(data_model=Answer, language_model=model)(await Opaque()(x))
    program = Program(inputs=x, outputs=y)
    program.compile(optimizer="random_few_shot", reward="exact_match")
    with pytest.raises(ConfigurationError, match=r"ProgramCheckpoint cannot save .*save_variables_only=True"):
        await program.fit(*data(4), verbose=0, callbacks=[ProgramCheckpoint("a.json")])
    assert len(model.requests) == 0
    only = ProgramCheckpoint("a.variables.json", save_variables_only=True)
    await program.fit(*data(4), verbose=0, callbacks=[only])
    assert Path("a.variables.json").exists()


def test_braces_can_be_escaped() -> None:
    Training([ProgramCheckpoint("{{run}}_{epoch}.json")])


def test_the_monitor_counts_with_save_best_only_alone() -> None:
    Training([ProgramCheckpoint("a.json", monitor="nonsense")])
    with pytest.warns(SynalinksWarning, match="ProgramCheckpoint: monitor 'nonsense'"):
        Training([ProgramCheckpoint("a.json", monitor="nonsense", save_best_only=True)])


@pytest.mark.parametrize("path", ["backup/best.json", "backup/sub/{epoch}.json", "x/../backup/best.json"])
@pytest.mark.parametrize("first", [True, False])
def test_a_file_inside_a_backup_is_refused(path: str, first: bool) -> None:
    callbacks = [ProgramCheckpoint(path), BackupAndRestore("backup")]
    with pytest.raises(ConfigurationError, match="lies in the backup_dir 'backup'"):
        Training(callbacks if first else callbacks[::-1])
    Training([ProgramCheckpoint("backup2/best.json"), BackupAndRestore("backup")])


def test_a_link_into_a_backup_is_refused(in_tmp: Path) -> None:
    (in_tmp / "backup").mkdir()
    (in_tmp / "link").symlink_to("backup")
    with pytest.raises(ConfigurationError, match="lies in the backup_dir"):
        Training([ProgramCheckpoint("link/best.json"), BackupAndRestore("backup")])


def test_a_place_that_cannot_be_written_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").touch()
    Path("folder.json").mkdir()
    with pytest.raises(ConfigurationError, match="file' is not a directory"):
        Training([ProgramCheckpoint("file/sub/best.json")])
    with pytest.raises(ConfigurationError, match="is a directory; expected a file name"):
        Training([ProgramCheckpoint("folder.json")])
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may do anything
    with pytest.raises(ConfigurationError, match="no permission to write in"):
        Training([ProgramCheckpoint("sub/best.json")])


def test_two_checkpoints_of_one_file_are_refused() -> None:
    best = ProgramCheckpoint("best.json", save_best_only=True)
    with pytest.raises(ConfigurationError, match=r"two ProgramCheckpoint that write 'best\.json'"):
        Training([best, ProgramCheckpoint("./best.json")])
    Training([best, ProgramCheckpoint("last.json")])
    by_reward = ProgramCheckpoint("{epoch}.json", monitor="reward", save_best_only=True)
    Training(
        [by_reward, ProgramCheckpoint("{epoch}.json", save_best_only=True)]
    )  # what they write is the same
