"""Every file of a run, broken in every way: what is left is used, with a warning, or an error comes first."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import warnings
from collections import Counter
from pathlib import Path

import pytest

import synalinks
from synalinks.callbacks import Callback
from synalinks.errors import BackupError, FileError, FormatVersionError, SynalinksError, SynalinksWarning
from synalinks.runs import BackupStore
from synalinks.testing import ChatServer
from tests.faults.left import EPOCHS, FILES, CrashError, copied, fingerprint, opened, outcome
from tests.faults.scenario import Switched, language_model, train
from tests.support.arithmetic import Answer, Problem

pytestmark = pytest.mark.filterwarnings("ignore:.*took over 50 ms")  # on a machine with much else to do

SAMPLES = {"journal.sqlite": 300, "journal.sqlite-wal": 300, "journal.sqlite-shm": 80}
"""Bytes of a file that are tried, where it is longer."""

NEEDED = {"manifest.json", "generation-000002.json", "journal.sqlite", "journal.sqlite-wal"}
"""Files whose loss costs something; the others are for the running process, or for when these are lost."""


def sampled(length: int, count: int) -> list[int]:
    """Positions in a file: all of a short one, `count` of a long one, with its beginning."""
    if length <= count:
        return list(range(length))
    step = (length - 64) / (count - 64)
    return [*range(64), *(64 + int(i * step) for i in range(count - 64))]


@pytest.mark.parametrize("name", FILES)
def test_cut_or_altered_at_any_byte_a_file_is_never_misread(killed, quick, name):
    backup = copied(killed, quick / "run")
    known, good = fingerprint(backup), (backup / name).read_bytes()
    seen = set()
    for position in sampled(len(good), SAMPLES.get(name, 150)):
        flipped = good[:position] + bytes([good[position] ^ (1 << position % 8)]) + good[position + 1 :]
        for broken in (good[:position], flipped):
            shutil.rmtree(backup)
            shutil.copytree(killed.directory / "backup", backup)
            (backup / name).write_bytes(broken)
            seen.add(outcome(backup, known, killed))
    possible = {
        "manifest.json": {"refused"},
        "generation-000001.json": {"as if whole"},
        "generation-000002.json": {"warned", "refused"},
        "journal.sqlite": {"warned", "refused", "as if whole"},
        "journal.sqlite-wal": {"warned", "as if whole"},
    }
    assert seen <= possible.get(name, {"as if whole"})
    assert (seen != {"as if whole"}) == (name in NEEDED)


def test_the_journal_of_a_run_that_ended_in_order_is_never_misread(killed, quick):
    """All of it is in the one file then; after a kill most of it is in the log."""
    backup = copied(killed, quick / "run")
    known = fingerprint(backup)
    opened(backup)
    assert not (backup / "journal.sqlite-wal").exists()
    good, seen = (backup / "journal.sqlite").read_bytes(), Counter()
    for position in sampled(len(good), 300):
        flipped = good[:position] + bytes([good[position] ^ (1 << position % 8)]) + good[position + 1 :]
        for broken in (good[:position], flipped):
            copied(killed, quick / "run")
            for ending in ("-wal", "-shm"):
                (backup / f"journal.sqlite{ending}").unlink()
            (backup / "journal.sqlite").write_bytes(broken)
            seen[outcome(backup, known, killed)] += 1
    assert seen["warned"] > 300
    assert set(seen) <= {"warned", "refused", "as if whole"}


def test_each_byte_of_the_log_that_is_lost_with_a_call_is_noticed(killed, quick):
    """SQLite takes a damaged end of its log for one that was never written, without a word."""
    backup = copied(killed, quick / "run")
    known, log = fingerprint(backup), backup / "journal.sqlite-wal"
    good = log.read_bytes()
    lost = 0
    for position in sampled(len(good), 150):
        copied(killed, quick / "run")
        log.write_bytes(good[:position])
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            _, rows = opened(backup, known)
        assert bool(told) == (rows != killed.rows)
        lost += bool(told)
    assert lost > 20


# --- A whole training on broken files ------------------------------------------------------


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def replaced(path: Path) -> None:
    path.unlink()
    path.mkdir()


def overwritten(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


WAYS = {
    "emptied": emptied,
    "halved": halved,
    "overwritten": overwritten,
    "removed": Path.unlink,
    "replaced by a directory": replaced,
}
SAID = {
    ("generation-000001.json", "removed"): "newest two files is missing",  # which one cannot be told
    ("generation-000002.json", ""): "goes on from the one before it",
    ("journal.sqlite", ""): "^$|journal.*was damaged",
    ("journal.sqlite", "emptied"): "journal.*was damaged.*At least [0-9]+ completed calls",
    ("journal.sqlite", "removed"): "journal.*was damaged.*At least [0-9]+ completed calls",
    ("journal.sqlite-wal", ""): "journal.*was damaged",
    ("journal.sqlite-wal", "halved"): "^$|journal.*was damaged",
}
"""What a resumed run says of a file that it can do without; nothing of any other."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FILES)
async def test_a_training_ends_the_same_or_is_refused_before_a_call(killed, tmp_path, name, way):
    backup = copied(killed, tmp_path / "run")
    WAYS[way](backup / name)
    served, result, refusal = Switched(), None, ""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        async with ChatServer(served) as server:
            try:
                result = await train(tmp_path / "run", language_model(server.url), epochs=EPOCHS)
            except FileError as error:
                refusal = str(error)
    if refusal:
        assert str(backup) in refusal
        assert served.answered == 0
        assert name == "manifest.json" or way == "replaced by a directory"
        return
    assert way != "replaced by a directory"
    assert result == killed.whole
    said = " ".join(text for text in (str(warning.message) for warning in told) if str(backup) in text)
    again = served.answered - (killed.calls - killed.paid)
    if name == "manifest.json":
        assert "begins anew" in said
        assert again >= killed.paid  # more where a busy machine let a call time out
    else:
        # What is lost is told of. Half a log, or no pages but those of the log, can be nothing lost.
        assert re.search(SAID.get((name, way)) or SAID.get((name, "")) or "^$", said)
        assert said or not again


async def test_with_both_generations_broken_nothing_is_called(killed, tmp_path):
    backup = copied(killed, tmp_path / "run")
    for name in ("generation-000001.json", "generation-000002.json"):
        halved(backup / name)
    served = Switched()
    async with ChatServer(served) as server:
        with pytest.raises(FileError, match=r"no generation that can be read.*delete this one"):
            await train(tmp_path / "run", language_model(server.url), epochs=EPOCHS)
    assert served.answered == 0


async def test_a_manifest_lost_in_the_first_epoch_is_told_of(tmp_path):
    class Ends(Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise CrashError

    async with ChatServer(Switched()) as server:
        with pytest.raises(CrashError):
            await train(tmp_path, language_model(server.url), Ends())
        (tmp_path / "backup" / "manifest.json").unlink()
        with pytest.warns(SynalinksWarning, match="begins anew"):
            await train(tmp_path, language_model(server.url))


@pytest.mark.parametrize("way", [way for way in WAYS if way != "replaced by a directory"])
async def test_rows_of_the_csv_are_written_anew(killed, tmp_path, way):
    copied(killed, tmp_path / "run")
    WAYS[way](tmp_path / "run" / "run.csv")
    async with ChatServer(Switched()) as server:
        with pytest.warns(SynalinksWarning, match="written anew from the history"):
            assert await train(tmp_path / "run", language_model(server.url), epochs=EPOCHS) == killed.whole


async def test_a_directory_in_the_place_of_the_csv_is_refused(killed, tmp_path):
    copied(killed, tmp_path / "run")
    replaced(tmp_path / "run" / "run.csv")
    served = Switched()
    async with ChatServer(served) as server:
        with pytest.raises(SynalinksError, match=r"run\.csv.*is a directory"):
            await train(tmp_path / "run", language_model(server.url), epochs=EPOCHS)
    assert served.answered == 0


async def test_the_csv_cut_or_altered_at_any_byte_ends_the_same(killed, quick):
    good = (killed.directory / "run.csv").read_bytes()
    async with ChatServer(Switched()) as server:
        for position in range(0, len(good), 12):
            for broken in (good[:position], good[:position] + b"#" + good[position + 1 :]):
                copied(killed, quick / "run")
                (quick / "run" / "run.csv").write_bytes(broken)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", SynalinksWarning)
                    result = await train(quick / "run", language_model(server.url), epochs=EPOCHS)
                assert result["csv"] == killed.whole["csv"]


# --- Programs and variables ----------------------------------------------------------------


@pytest.fixture
async def program():
    async with ChatServer(Switched()) as server:
        x = synalinks.Input(data_model=Problem)
        y = await synalinks.Generator(data_model=Answer, language_model=language_model(server.url))(x)
        yield synalinks.Program(inputs=x, outputs=y, name="arithmetic")


@pytest.mark.parametrize("name", ["a.program.json", "a.variables.json"])
def test_saved_programs_and_variables_cut_or_altered_are_errors_of_the_library(program, tmp_path, name):
    path = tmp_path / name
    if name == "a.program.json":
        program.save(path)
        load = lambda: synalinks.Program.load(path)  # noqa: E731 - one of two
    else:
        program.save_variables(path)
        load = lambda: program.load_variables(path)  # noqa: E731 - one of two
    good = path.read_bytes()
    for position in sampled(len(good) - 1, 250):
        path.write_bytes(good[:position])
        with pytest.raises(SynalinksError, match=name):
            load()
        path.write_bytes(
            good[:position] + bytes([good[position] ^ (1 << position % 8)]) + good[position + 1 :]
        )
        with contextlib.suppress(SynalinksError):  # a changed letter of a text is an edit like any other
            load()
    path.unlink()
    with pytest.raises(FileError, match=name):
        load()
    path.mkdir()
    with pytest.raises(FileError, match=name):
        load()


async def test_a_journal_of_a_newer_version_is_refused_before_a_call_and_leaves_the_directory_free(
    killed, tmp_path
):
    backup = copied(killed, tmp_path / "run")
    served = Switched()

    def version(number):
        connection = sqlite3.connect(backup / "journal.sqlite")
        connection.execute(f"PRAGMA user_version={number}")
        connection.close()

    async with ChatServer(served) as server:
        version(7)
        with pytest.raises(FormatVersionError, match=r"version 7.*up to 1"):
            await train(tmp_path / "run", language_model(server.url), epochs=EPOCHS)
        assert served.answered == 0
        version(1)
        assert await train(tmp_path / "run", language_model(server.url), epochs=EPOCHS) == killed.whole
    assert served.answered == killed.calls - killed.paid


async def test_a_directory_in_use_is_refused_before_a_call(killed, tmp_path):
    backup = copied(killed, tmp_path / "run")
    store = BackupStore(backup)
    store.open(fingerprint(backup))
    served = Switched()
    async with ChatServer(served) as server:
        with pytest.raises(BackupError, match="in use by this process"):
            await train(tmp_path / "run", language_model(server.url), epochs=EPOCHS)
        assert served.answered == 0
        store.close()
        assert await train(tmp_path / "run", language_model(server.url), epochs=EPOCHS) == killed.whole
