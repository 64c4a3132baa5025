from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from synalinks._internal import files
from synalinks.errors import (
    BackupError,
    BackupMismatchError,
    FileError,
    FormatVersionError,
    SynalinksWarning,
)
from synalinks.runs import BackupStore as LockingStore
from synalinks.runs import _backup

FINGERPRINT = {"epochs": 3, "seed": 7, "optimizer": {"class": "RandomFewShot"}}


class BackupStore(LockingStore):
    """A store whose predecessors are gone when it opens, as those of a process that died."""

    alive: ClassVar[list[LockingStore]] = []

    def open(self, *args: Any, **options: Any) -> dict[str, Any] | None:
        while self.alive:
            self.alive.pop().close()
        self.alive.append(self)
        return super().open(*args, **options)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def write(directory: Path, *payloads: Any, fingerprint: dict[str, Any] = FINGERPRINT) -> BackupStore:
    store = BackupStore(directory)
    assert store.open(fingerprint, run_id="run-a") is None
    for payload in payloads:
        store.commit(payload)
    return store


def read(directory: Path, **changes: Any) -> dict[str, Any] | None:
    return BackupStore(directory).open({**FINGERPRINT, **changes})


def recorded(order: list[str], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function`, which now notes the name of the last path it is given."""

    def noting(*paths: Any, **options: Any) -> Any:
        order.append(Path(paths[-1]).name)
        return function(*paths, **options)

    return noting


def names(directory: Path) -> list[str]:
    return sorted(set(os.listdir(directory)) - {"lock"})


def test_a_new_directory_is_a_fresh_run(directory: Path) -> None:
    store = BackupStore(directory)
    assert store.open(FINGERPRINT, run_id="mine") is None
    assert (store.generation, store.run_id) == (-1, "mine")
    assert names(directory) == []
    assert read(directory) is None


def test_the_newest_generation_comes_back(directory: Path) -> None:
    write(directory, {"n": 0}, {"n": 1, "x": [0.1, None, "é", 2**60]})
    store = BackupStore(directory)
    assert store.open(FINGERPRINT) == {"n": 1, "x": [0.1, None, "é", 2**60]}
    assert (store.generation, store.run_id) == (1, "run-a")
    store.commit({"n": 2})
    assert read(directory) == {"n": 2}


def test_the_order_of_keys_is_kept(directory: Path) -> None:
    """A prompt shows a variable's keys in their order, and so does the history."""
    write(directory, {"b": {"z": 1, "a": 2}, "a": 0})
    assert json.dumps(read(directory)) == '{"b": {"z": 1, "a": 2}, "a": 0}'


def test_the_newest_two_are_kept(directory: Path) -> None:
    write(directory, *({"n": n} for n in range(5)))
    assert names(directory) == ["generation-000003.json", "generation-000004.json", "manifest.json"]


def test_a_backup_is_whole_before_it_counts(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Generation 0 is there before the manifest, so a manifest always has a state."""
    order: list[str] = []
    monkeypatch.setattr(files.os, "replace", recorded(order, files.os.replace))
    write(directory, {"n": 0}, {"n": 1})
    assert order == ["generation-000000.json", "manifest.json", "generation-000001.json"]


def test_killed_before_the_manifest_is_a_fresh_run_without_a_word(directory: Path) -> None:
    write(directory, {"n": 0})
    (directory / "manifest.json").unlink()
    (directory / ".generation-000000.json.12ab34cd.tmp").write_text("{")
    assert read(directory) is None


def test_a_half_deleted_backup_is_a_fresh_run_with_a_warning(directory: Path) -> None:
    write(directory, {"n": 0}, {"n": 1}, {"n": 2})
    (directory / "manifest.json").unlink()
    with pytest.warns(SynalinksWarning, match=r"no manifest\.json.*begins anew"):
        assert read(directory) is None


def test_leftovers_never_become_the_state_of_a_new_run(directory: Path) -> None:
    write(directory, {"n": 0}, {"n": 1}, {"n": 2})
    (directory / "manifest.json").unlink()
    with pytest.warns(SynalinksWarning):
        write(directory, {"n": "new"})
    assert names(directory) == ["generation-000000.json", "manifest.json"]
    assert read(directory) == {"n": "new"}


def test_deleting_takes_the_manifest_first(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = write(directory, {"n": 0}, {"n": 1})
    order: list[str] = []
    monkeypatch.setattr(Path, "unlink", recorded(order, Path.unlink))
    monkeypatch.setattr(_backup, "sync_directory", recorded(order, _backup.sync_directory))
    store.delete()
    assert order[:2] == ["manifest.json", "backup"]  # gone for good before anything else goes
    assert not directory.exists()
    store.delete()


def test_deleting_leaves_what_is_not_its_own(directory: Path) -> None:
    store = write(directory, {"n": 0})
    (directory / "notes.txt").write_text("keep me")
    store.delete()
    assert names(directory) == ["notes.txt"]


# --- Refusals ------------------------------------------------------------------------------


def test_a_changed_run_is_refused_with_each_difference(directory: Path) -> None:
    write(directory, {"n": 0})
    with pytest.raises(BackupMismatchError, match="epochs: 3 in the backup, 5 now") as caught:
        read(directory, epochs=5, shuffle=True)
    assert caught.value.differences == {"epochs": (3, 5), "shuffle": (None, True)}
    assert "another backup_dir" in str(caught.value)


def test_no_seed_adopts_the_stored_one_and_another_seed_is_refused(directory: Path) -> None:
    write(directory, {"n": 0})
    assert read(directory, seed=None) == {"n": 0}
    with pytest.raises(BackupMismatchError, match="seed: 7 in the backup, 8 now"):
        read(directory, seed=8)


def test_equal_json_is_no_difference(directory: Path) -> None:
    write(directory, {"n": 0}, fingerprint={"x": (1, 2), "y": {"b": 1, "a": 2}})
    assert BackupStore(directory).open({"y": {"a": 2, "b": 1}, "x": (1, 2), "z": None}) == {"n": 0}


def test_changed_source_warns_and_goes_on(directory: Path) -> None:
    write(directory, {"n": 0}, fingerprint={**FINGERPRINT, "source:reward my_reward": "abc"})
    with pytest.warns(SynalinksWarning, match="source of reward my_reward has changed"):
        assert read(directory, **{"source:reward my_reward": "def"}) == {"n": 0}


def test_a_file_is_refused(directory: Path) -> None:
    directory.write_text("")
    with pytest.raises(BackupError, match="is a file; expected a directory"):
        read(directory)


def test_foreign_files_are_refused_by_name(directory: Path) -> None:
    directory.mkdir()
    for name in ("best.program.json", "a", "b", "c"):
        (directory / name).touch()
    with pytest.raises(BackupError, match=r"'a', 'b', 'best\.program\.json' and 1 more"):
        read(directory)


def test_a_file_browsers_own_files_do_not_count(directory: Path) -> None:
    write(directory, {"n": 0})
    (directory / ".DS_Store").touch()
    assert read(directory) == {"n": 0}


def test_a_place_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match="is not a directory"):
        read(tmp_path / "file" / "sub" / "backup")


@pytest.mark.parametrize("existing", [True, False])
def test_a_place_without_permission_is_refused(
    directory: Path, existing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if existing:
        directory.mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may do anything
    with pytest.raises(BackupError, match="permission"):
        read(directory)


def test_another_callbacks_directory_is_refused(directory: Path) -> None:
    write(directory, {"n": 0})
    with pytest.raises(BackupError, match="belongs to 'BackupAndRestore'"):
        BackupStore(directory, callback_name="Other").open(FINGERPRINT)


def test_a_newer_format_is_refused_with_both_numbers(directory: Path) -> None:
    write(directory, {"n": 0})
    for name in ("generation-000000.json", "manifest.json"):
        path = directory / name
        path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":9'))
        with pytest.raises(FormatVersionError, match=r"version 9.*up to 1"):
            read(directory)


# --- Damage --------------------------------------------------------------------------------


def test_a_damaged_newest_generation_falls_back_to_the_one_before(directory: Path) -> None:
    write(directory, {"n": 0}, {"n": 1}, {"n": 2})
    (directory / "generation-000002.json").write_text("")
    store = BackupStore(directory)
    with pytest.warns(SynalinksWarning, match=r"goes on from the one before it \(generation 1\)"):
        assert store.open(FINGERPRINT) == {"n": 1}
    store.commit({"n": "2 again"})
    assert read(directory) == {"n": "2 again"}


def test_a_lost_newest_generation_falls_back_too(directory: Path) -> None:
    write(directory, {"n": 0}, {"n": 1}, {"n": 2})
    (directory / "generation-000002.json").unlink()
    with pytest.warns(SynalinksWarning, match="newest two files is missing"):
        assert read(directory) == {"n": 1}


def test_nothing_readable_is_an_error_that_says_what_to_do(directory: Path) -> None:
    write(directory, {"n": 0}, {"n": 1})
    for number in (0, 1):
        (directory / f"generation-00000{number}.json").write_text("{}")
    with pytest.raises(BackupError, match=r"no generation that can be read.*delete this one"):
        read(directory)
    for number in (0, 1):
        (directory / f"generation-00000{number}.json").unlink()
    with pytest.raises(BackupError, match="None is there"):
        read(directory)


def test_a_generation_of_another_run_does_not_count(tmp_path: Path) -> None:
    write(tmp_path / "one", {"n": 0})
    other = BackupStore(tmp_path / "other")
    other.open(FINGERPRINT, run_id="run-b")
    other.commit({"n": 0})
    (tmp_path / "other" / "generation-000000.json").rename(tmp_path / "one" / "generation-000001.json")
    with pytest.warns(SynalinksWarning, match="belongs to another run"):
        assert read(tmp_path / "one") == {"n": 0}


def test_every_cut_and_every_flipped_byte_is_noticed(directory: Path) -> None:
    write(directory, {"n": 0}, {"n": 1, "text": "abc"})
    path = directory / "generation-000001.json"
    good = path.read_bytes()
    for position in range(len(good) - 1):  # the last byte is the line's end
        flipped = good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :]
        for damaged in (good[:position], flipped):
            path.write_bytes(damaged)
            with pytest.warns(SynalinksWarning, match="cannot be read"):
                assert read(directory) == {"n": 0}


def test_every_cut_and_every_flipped_byte_of_the_manifest_is_an_error(directory: Path) -> None:
    write(directory, {"n": 0})
    path = directory / "manifest.json"
    good = path.read_bytes()
    for position in range(len(good) - 1):
        flipped = good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :]
        for damaged in (good[:position], flipped):
            path.write_bytes(damaged)
            with pytest.raises(BackupError, match="no usable manifest"):
                read(directory)


def test_a_failed_commit_leaves_the_one_before(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = write(directory, {"n": 0})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        with pytest.raises(FileError, match="No space left"):
            store.commit({"n": 1})
    assert names(directory) == ["generation-000000.json", "manifest.json"]
    assert read(directory) == {"n": 0}
    store.commit({"n": 1})
    assert read(directory) == {"n": 1}


def test_files_are_json_that_people_can_read(directory: Path) -> None:
    write(directory, {"n": 0})
    manifest = json.loads((directory / "manifest.json").read_text())
    assert (manifest["format"], manifest["run_id"]) == ("synalinks.backup", "run-a")
    assert manifest["fingerprint"] == FINGERPRINT
