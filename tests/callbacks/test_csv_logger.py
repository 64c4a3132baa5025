from __future__ import annotations

import csv
import math
import os
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from tests.callbacks.fakes import Training

from synalinks.callbacks import BackupAndRestore, CSVLogger, History, LambdaCallback
from synalinks.errors import ConfigurationError, FileError, SynalinksWarning

HEADER = "epoch,reward,failed,val_reward,val_failed\n"
ROWS: list[dict[str, Any]] = [
    {"reward": 0.1 + 0.2, "failed": 0.0, "val_reward": 0.5, "val_failed": 0.0},
    {"reward": math.nan, "failed": 4.0},
    {"reward": 1.0, "failed": 0.0, "val_reward": 1 / 3, "val_failed": 1.0},
]
LINES = ["0,0.30000000000000004,0.0,0.5,0.0\n", "1,nan,4.0,,\n", "2,1.0,0.0,0.3333333333333333,1.0\n"]
BLOCK = HEADER + "".join(LINES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.csv"


def make(path: Path, **options: Any) -> list[Any]:
    return [CSVLogger(path, **options), History()]


async def logged(path: Path, *rows: dict[str, Any], **options: Any) -> Training:
    return await (await Training(make(path, **options)).begin()).epochs(*rows)


async def resumed(path: Path, backup: bytes, **options: Any) -> Training:
    return await Training.resumed(backup, make(path, **options)).begin()


async def test_one_row_per_epoch_with_exact_figures(path: Path) -> None:
    await logged(path, *ROWS)
    assert path.read_text() == BLOCK


async def test_the_file_is_complete_after_each_epoch(path: Path) -> None:
    training = await logged(path)
    assert path.read_text() == HEADER
    await training.epochs(ROWS[0])
    assert path.read_text() == HEADER + LINES[0]


async def test_pandas_reads_it(path: Path) -> None:
    await logged(path, *ROWS)
    frame = pandas.read_csv(path)
    assert list(frame["val_reward"].isna()) == [False, True, False]
    assert frame["reward"][0] == 0.1 + 0.2


async def test_another_separator_and_quoted_names(path: Path) -> None:
    training = Training([CSVLogger(path, separator=";")], log_keys=["reward", 'a;"b'])
    await (await training.begin()).epochs({"reward": 0.5, 'a;"b': 1.0})
    assert list(csv.reader(path.read_text().splitlines(), delimiter=";")) == [
        ["epoch", "reward", 'a;"b'],
        ["0", "0.5", "1.0"],
    ]


async def test_a_rerun_begins_a_clean_file(path: Path) -> None:
    await logged(path, *ROWS)
    await logged(path, ROWS[0])
    assert path.read_text() == HEADER + LINES[0]


async def test_a_rerun_that_appends_adds_a_header_and_a_block(path: Path) -> None:
    await logged(path, *ROWS, append=True)
    await logged(path, ROWS[0], append=True)
    assert path.read_text() == BLOCK + HEADER + LINES[0]


async def test_one_object_in_two_trainings_appends_too(path: Path) -> None:
    callback = CSVLogger(path, append=True)
    for _ in range(2):
        await (await Training([callback]).begin()).epochs(ROWS[0])
    assert path.read_text() == (HEADER + LINES[0]) * 2


async def test_an_unfinished_line_of_another_run_is_ended_first(path: Path) -> None:
    path.write_text("epoch,reward\n0,0.")
    await logged(path, ROWS[0], append=True)
    assert path.read_text() == "epoch,reward\n0,0.\n" + HEADER + LINES[0]


async def test_a_key_added_later_is_left_out_with_one_warning(path: Path) -> None:
    adding = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=1.0))
    training = await Training([adding, CSVLogger(path)]).begin()
    with pytest.warns(SynalinksWarning, match="'extra' came after the columns") as caught:
        await training.epochs(*ROWS)
    assert len(caught) == 1
    assert path.read_text() == BLOCK


async def test_what_is_no_number_is_an_empty_cell_and_one_warning(path: Path) -> None:
    training = await Training([CSVLogger(path), History()]).begin()
    odd = {"reward": "x", "failed": numpy.array([1, 2]), "val_reward": None, "val_failed": 10**400}
    with pytest.warns(
        SynalinksWarning, match="'reward', 'failed', 'val_reward', 'val_failed' is left"
    ) as caught:
        await training.epochs(odd, odd, {"reward": numpy.float64(0.5)})
    assert len(caught) == 1
    assert path.read_text() == HEADER + "0,,,,\n1,,,,\n2,0.5,,,\n"
    assert training.program.run.history.rows == [{}, {}, {"reward": 0.5}]


async def test_missing_folders_are_made(tmp_path: Path) -> None:
    await logged(tmp_path / "logs" / "a" / "run.csv", ROWS[0])
    assert (tmp_path / "logs" / "a" / "run.csv").exists()


async def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere.csv")
    await logged(path, ROWS[0])
    assert path.is_symlink()
    assert (tmp_path / "elsewhere.csv").read_text() == HEADER + LINES[0]


# --- Resuming ------------------------------------------------------------------------------


@pytest.mark.parametrize("append", [True, False])
@pytest.mark.parametrize("before", ["", "epoch,reward\n0,0.5\n", "unfinished"])
@pytest.mark.parametrize("cut", range(4))
async def test_a_resumed_run_continues_its_own_block(path: Path, before: str, cut: int, append: bool) -> None:
    """Whatever was written after the backup, complete rows or a part of one, is cut off."""
    path.write_text(before)
    first = await logged(path, *ROWS[:cut], append=append)
    backup = first.backup()
    expected = (before + "\n" if before == "unfinished" else before) * append + BLOCK
    for torn in ("", "9,9.9,", "9,9.9,9,9,9\n9,9\n"):
        path.write_text(path.read_text() + torn)
        await (await resumed(path, backup, append=append)).epochs(*ROWS[cut:])
        assert path.read_text() == expected


@pytest.mark.parametrize("append", [True, False])
@pytest.mark.parametrize("killed", ["before", "after"])
async def test_a_run_resumed_from_its_very_beginning_has_one_header(
    path: Path, append: bool, killed: str
) -> None:
    """The first backup is made before `on_train_begin`."""
    path.write_text("old\n")
    training = Training(make(path, append=append))
    backup = training.backup()
    if killed == "after":
        await (await training.begin()).epochs(ROWS[1])
    await (await resumed(path, backup, append=append)).epochs(*ROWS)
    assert path.read_text() == "old\n" * append + BLOCK


@pytest.mark.parametrize("damage", ["edited", "shortened", "emptied", "removed"])
async def test_an_altered_block_is_written_anew_with_a_warning(path: Path, damage: str) -> None:
    path.write_text("old\n")
    backup = (await logged(path, *ROWS[:2], append=True)).backup()
    text = path.read_text()
    if damage == "edited":
        path.write_text(text.replace("0.30000000000000004", "0.31"))
    elif damage == "shortened":
        path.write_text(text[:-5])
    elif damage == "emptied":
        path.write_text("")
    else:
        path.unlink()
    training = Training.resumed(backup, make(path, append=True))
    with pytest.warns(SynalinksWarning, match="written anew from the history") as caught:
        await training.begin()
    assert len(caught) == 1
    await training.epochs(ROWS[2])
    assert path.read_text() == ("old\n" if damage in ("edited", "shortened") else "") + BLOCK
    again = await resumed(path, training.backup(), append=True)
    assert again.list.state_dict() == training.list.state_dict()


async def test_a_logger_that_joins_a_resumed_run_begins_there(path: Path) -> None:
    first = await (await Training([History()]).begin()).epochs(ROWS[0])
    with_logger = await resumed(path, first.backup())
    await with_logger.epochs(*ROWS[1:])
    assert path.read_text() == HEADER + "".join(LINES[1:])


# --- Mistakes ------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", ["", ", ", '"', "\n", " ", None])
def test_a_wrong_separator_is_refused(path: Path, separator: Any) -> None:
    with pytest.raises(ConfigurationError, match="separator must be one character"):
        CSVLogger(path, separator=separator)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, reason in (
        (tmp_path / "file" / "run.csv", "is not a directory"),
        (tmp_path, "is a directory"),
        (tmp_path / "backup" / "run.csv", "lies in the backup_dir"),
    ):
        with pytest.raises(ConfigurationError, match=reason):
            Training([CSVLogger(path), BackupAndRestore(tmp_path / "backup")])


async def test_a_full_disk_is_a_clear_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = await logged(path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match=r"CSVLogger cannot write .*run\.csv': No space left"):
        await training.epochs(ROWS[0])


def test_a_file_that_cannot_be_read_is_a_clear_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(FileError, match=r"CSVLogger cannot read .*Permission denied"):
        Training([CSVLogger(path, append=True)])


def test_two_loggers_of_one_file_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(CSVLogger):
        pass

    monkeypatch.chdir(path.parent)
    for second in (CSVLogger("run.csv", append=True), Mine(path)):
        with pytest.raises(
            ConfigurationError, match=r"two CSVLogger that write '.*run\.csv'; give each a file"
        ):
            Training([CSVLogger(path), second])
    Training([CSVLogger(path), CSVLogger("other.csv")])
