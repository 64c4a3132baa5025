from importlib.util import find_spec

import numpy as np
import pytest

from synalinks.language_models.embedded._model import Model
from synalinks.language_models.embedded._tokenizer import FIRST_MERGE
from synalinks.language_models.embedded._weights import pack

collect_ignore_glob = [] if find_spec("llguidance") else ["test_*.py"]

MERGES = [(ord("e"), ord("r")), (ord(" "), ord("a")), (FIRST_MERGE, ord("s"))]


def packed(*, seed=0, context=512, width=16, layers=2, hidden=24, **header):
    """The file of a model that has learnt nothing."""
    draw = np.random.default_rng(seed).standard_normal
    size = FIRST_MERGE + len(MERGES)
    arrays = {
        "embedding": draw((size, width)),
        "head": draw((size, width)) * 2,
        "attention": draw((layers, 4, width, width)) / 4,
        "mlp": draw((layers, 3, hidden, width)) / 4,
        "qk_scale": np.full((layers, 2), 3.0),
    }
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    return pack({"merges": MERGES, "context": context, "rope_base": 10000.0, **header}, arrays)


@pytest.fixture
def file():
    """Makes the bytes of a model's file."""
    return packed


@pytest.fixture(scope="session")
def model():
    """A model that has learnt nothing."""
    return Model(packed(), "test.bin")


@pytest.fixture
def untrained(model, monkeypatch):
    """Puts a model that has learnt nothing in the place of the one in the package."""
    monkeypatch.setattr("synalinks.language_models.embedded._provider.loaded", lambda name: model)
    return model
