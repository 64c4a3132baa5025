import os

import pytest

from synalinks._internal.files import read_json, write_atomic, write_json
from synalinks.errors import DamagedFileError, FileError


def test_a_write_that_fails_leaves_the_old_content_and_no_other_file(tmp_path, monkeypatch):
    path = tmp_path / "f.json"
    write_atomic(path, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, step, fail)
            with pytest.raises(FileError, match="No space left"):
                write_atomic(path, b"new")
        assert path.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["f.json"]


def test_content_is_durable_before_the_name_is_and_the_folder_after_it(tmp_path, monkeypatch):
    steps = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, real=real, name=name: (steps.append(name), real(*a))[1])
    write_atomic(tmp_path / "f", b"x")
    assert steps == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"format": "other"}', '{"format": "k", "version": "1"}']
)
def test_what_is_no_document_is_named(tmp_path, content):
    path = tmp_path / "f.json"
    path.write_text(content)
    with pytest.raises(DamagedFileError, match=r"f\.json"):
        read_json(path, kind="k", version=1)


def test_what_was_written_is_read(tmp_path):
    write_json(tmp_path / "new folder" / "f.json", {"format": "k", "version": 1, "a": [1]})
    assert read_json(tmp_path / "new folder" / "f.json", kind="k", version=1)["a"] == [1]
