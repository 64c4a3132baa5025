from __future__ import annotations

from pathlib import Path

import pytest
from tests.callbacks.fakes import Training

from synalinks.callbacks import BackupAndRestore
from synalinks.errors import BackupError, ConfigurationError


def test_it_is_configuration_alone(tmp_path: Path) -> None:
    callback = BackupAndRestore(str(tmp_path / "backup"), save_freq=5, delete_checkpoint=False)
    Training([callback])
    assert (callback.backup_dir, callback.save_freq) == (tmp_path / "backup", 5)
    assert not callback.delete_checkpoint
    assert not callback.backup_dir.exists()


def test_two_of_them_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"callbacks has 2 BackupAndRestore .*one"):
        Training([BackupAndRestore(tmp_path / "a"), BackupAndRestore(tmp_path / "b")])


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "backup").touch()
    with pytest.raises(BackupError, match="is a file; expected a directory"):
        Training([BackupAndRestore(tmp_path / "backup")])


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(BackupError, match=r"holds files that are not of a backup: 'notes\.txt'"):
        Training([BackupAndRestore(tmp_path)])


@pytest.mark.parametrize("save_freq", ["batch", 0])
def test_a_wrong_frequency_is_refused(save_freq: str | int, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'epoch' or a positive number of batches"):
        BackupAndRestore(tmp_path, save_freq=save_freq)
