import hashlib
import subprocess
import sys

import numpy as np
import pytest

from synalinks.errors import DamagedFileError
from synalinks.language_models.embedded._model import Model
from synalinks.language_models.embedded._weights import MAGIC, pack, unpack


def signed(body):
    return body + hashlib.sha256(body).digest()


def test_weights_come_back_to_a_step_of_their_row():
    array = np.random.default_rng(1).standard_normal((40, 50)).astype(np.float32)
    small = np.array([1.5, -2.0], dtype=np.float32)
    header, arrays = unpack(pack({"format": 1}, {"big": array, "small": small}), "x")
    assert header["format"] == 1
    assert (arrays["small"] == small).all()
    step = np.abs(array).max(axis=1, keepdims=True) / 127
    assert (np.abs(arrays["big"] - array) <= step / 2 + 1e-6).all()


def test_a_row_of_zeros_stays_zero():
    assert not unpack(pack({}, {"zero": np.zeros((32, 32), dtype=np.float32)}), "x")[1]["zero"].any()


@pytest.mark.parametrize("at", [0, 9, 40, 2000, -40, -1])
def test_a_changed_byte_is_seen(file, at):
    data = bytearray(file())
    data[at] ^= 1
    with pytest.raises(DamagedFileError, match=r"weights\.bin.*embedded model"):
        Model(bytes(data), "weights.bin")


@pytest.mark.parametrize("kept", [0, 5, 30, 1000])
def test_a_cut_file_is_seen(file, kept):
    with pytest.raises(DamagedFileError):
        Model(file()[:kept], "weights.bin")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'"int8"', b'"int9"', "header does not fit"),
        (b'"context"', b'"contexx"', "context"),
        (b'"head"', b'"heap"', "head"),
        (b"[[101,114]", b"[[101,999]", "embedded model"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(file, old, new, why):
    body = file()[:-32]
    assert old in body
    with pytest.raises(DamagedFileError, match=why):
        Model(signed(body.replace(old, new)), "weights.bin")


def test_missing_weights_are_seen(file):
    with pytest.raises(DamagedFileError, match="header does not fit"):
        Model(signed(file()[:-32][:-8]), "weights.bin")


def test_a_file_of_another_kind_is_refused():
    with pytest.raises(DamagedFileError, match="does not begin as one"):
        unpack(b"\x93NUMPY" + bytes(100), "x")
    with pytest.raises(DamagedFileError, match="header does not fit"):
        unpack(signed(MAGIC + b"\x13\x00\x00\x00" + b"cos\nsystem\n(S'x'\ntR."), "x")


WATCHED = """
import sys
from importlib.resources import files
from synalinks.language_models.embedded._model import Model

data = files("synalinks.language_models.embedded").joinpath("arithmetic.bin").read_bytes()
Model(data, "imports what it needs")
seen = []
sys.addaudithook(lambda event, arguments: seen.append(event))
Model(data, "x")
watched, seen = seen, []
%s
print(sorted({*watched} & {"compile", "exec", "import", "open", "pickle.find_class", "subprocess.Popen"}))
"""


@pytest.mark.parametrize(
    ("more", "events"), [("", "[]"), ("watched += seen if eval('1') else []", "['compile', 'exec']")]
)
def test_loading_runs_no_code(more, events):
    command = [sys.executable, "-c", WATCHED % more]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == events
