import re
import subprocess
import sys

import pytest

import synalinks
from synalinks.callbacks import BackupAndRestore, LambdaCallback
from synalinks.cli import main
from synalinks.errors import FileError
from synalinks.runs import BackupStore, find_runs
from synalinks.testing import FunctionModel


class Text(synalinks.DataModel):
    text: str


async def train(directory, *, stop_at=None, seen=None, **options):
    """Train two epochs of two batches, and end with an error after batch `stop_at` of the second."""
    x = synalinks.Input(data_model=Text)
    model = FunctionModel(lambda request: {"text": "a"})
    outputs = await synalinks.Generator(data_model=Text, language_model=model)(x)
    program = synalinks.Program(inputs=x, outputs=outputs)
    program.compile(optimizer="random_few_shot", reward="exact_match")

    def end(batch, logs=None):
        if seen is not None:
            seen.extend(find_runs(directory))
        if program.run.epoch == 1 and batch == stop_at:
            raise RuntimeError("stopped")

    callbacks = [
        BackupAndRestore(directory, delete_checkpoint=False, **options),
        LambdaCallback(on_train_batch_begin=end),
    ]
    data = [Text(text="a")] * 4
    await program.fit(data, data, epochs=2, batch_size=2, verbose=0, callbacks=callbacks)


@pytest.fixture
def run(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        status = main(["runs", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


async def test_a_run_that_was_interrupted_can_be_resumed(tmp_path, run):
    with pytest.raises(RuntimeError):
        await train(tmp_path / "deep" / "backup", stop_at=1, save_freq=1)
    [found] = find_runs(tmp_path)
    assert (found.directory, found.epoch, found.step, found.epochs) == (tmp_path / "deep" / "backup", 1, 1, 2)
    assert found.resumable
    status, out, errors = run(tmp_path)
    assert (status, errors) == (0, "")
    assert re.fullmatch(
        r"deep/backup\n  run [0-9a-f]{32}\n  at epoch 2 of 2, batch 2\n"
        r"  saved \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, [\d.]+ kB\n"
        r"  can be resumed: run the same script again\n\n1 run, 1 to resume\.\n",
        out,
    )


async def test_a_run_that_has_finished_says_so(tmp_path, run):
    await train(tmp_path)
    out = run(tmp_path)[1]
    assert "  finished after 2 epochs of 2\n" in out
    assert "  nothing to resume: running the script again returns its history\n" in out
    assert out.endswith("1 run, 0 to resume.\n")


async def test_a_live_run_says_by_whom_it_is_used(tmp_path):
    import os

    seen = []
    await train(tmp_path, seen=seen)
    assert {found.locked_by for found in seen} == {os.getpid()}
    assert not any(found.resumable for found in seen)
    [after] = find_runs(tmp_path)
    assert after.locked_by is None


def test_a_run_of_another_process(tmp_path, run):
    BackupStore(tmp_path).commit({"run": {"epoch": 0, "step": 0, "finished": False, "stopped_by": None}})
    code = f"""
import pathlib, sys
from synalinks.runs._lock import DirectoryLock
assert DirectoryLock(pathlib.Path({str(tmp_path)!r})).acquire() is None
print("locked", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"locked\n"
        assert f"  in use by a live process, process {child.pid}\n" in run(tmp_path)[1]
        child.stdin.close()
        child.wait()
    assert "can be resumed" in run(tmp_path)[1]


def kept(directory, **changes):
    """Write a backup of two states."""
    store = BackupStore(directory)
    store.open({"epochs": 5}, run_id="r" * 32)
    for epoch in (1, 2):
        state = {"epoch": epoch, "step": 0, "finished": False, "stopped_by": None, **changes}
        store.commit({"run": state})
    store.close()
    return directory


def test_looking_changes_nothing(tmp_path):
    kept(tmp_path / "a")
    (tmp_path / "a" / "lock").unlink()
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    find_runs(tmp_path)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before


def test_an_older_state_stands_in_for_a_damaged_one(tmp_path, run):
    kept(tmp_path)
    (tmp_path / "generation-000001.json").write_text("{}")
    assert "at epoch 2 of 5\n" in run(tmp_path)[1]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ({"manifest.json": None}, "manifest.json is missing"),
        ({"manifest.json": "{"}, "is not valid JSON"),
        ({"generation-000000.json": "{", "generation-000001.json": "[]"}, "no state in it can be read"),
        ({"generation-000000.json": None, "generation-000001.json": None}, "no state in it can be read"),
        ({"manifest.json": '{"format": "synalinks.backup", "version": 99}'}, "format version 99"),
    ],
)
def test_what_cannot_be_resumed_says_why(damage, problem, tmp_path, run):
    kept(tmp_path / "good")
    folder = kept(tmp_path / "bad")
    for name, content in damage.items():
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_text(content)
    status, out, errors = run(tmp_path)
    assert (status, errors) == (0, "")
    assert problem in " ".join(out.split())
    assert "cannot be resumed:" in out
    assert out.endswith("2 runs, 1 to resume.\n")


def test_what_stopped_a_run_is_told(tmp_path, run):
    kept(tmp_path, finished=True, stopped_by="early_stopping")
    assert "finished after 2 epochs of 5, stopped by early_stopping\n" in run(tmp_path)[1]


def test_names_cannot_steer_the_terminal_and_lines_fit(tmp_path, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    kept(tmp_path / "odd \x1b[2J name \n of a folder that is rather long")
    out = run(tmp_path)[1]
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 40


def test_no_backups(tmp_path, run, monkeypatch):
    (tmp_path / "manifest.txt").write_text("")
    assert run(tmp_path) == (0, f"No backup folder at or below '{tmp_path}'.\n", "")
    monkeypatch.chdir(tmp_path)
    assert run() == (0, "No backup folder at or below '.'.\n", "")


def test_a_manifest_of_something_else_is_no_backup(tmp_path, run):
    (tmp_path / "manifest.json").write_text('{"format": "web-app", "version": 1}')
    assert run(tmp_path)[1].startswith("No backup folder")


def test_a_directory_that_is_not_there(tmp_path, run):
    (tmp_path / "file").write_text("")
    for name in ("none", "file"):
        status, out, errors = run(tmp_path / name)
        assert (status, out) == (1, "")
        assert re.fullmatch(rf"synalinks: Cannot read '.*{name}': .*\n", errors)
        with pytest.raises(FileError):
            find_runs(tmp_path / name)
