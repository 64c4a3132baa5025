"""The model in the package: its file, and that it does what its card says, with a margin."""

import orjson
import pytest
from tests.language_models.embedded.schemas import SCHEMAS
from tools.embedded_model.evaluate import answers
from tools.embedded_model.heldout import accuracy, cases

from synalinks.data import validate
from synalinks.language_models import LanguageModel
from synalinks.language_models.embedded._model import loaded


def test_its_file_is_small():
    from importlib.resources import files

    file = files("synalinks.language_models.embedded").joinpath("arithmetic.bin")
    assert len(file.read_bytes()) <= 3_000_000


def test_it_is_loaded_once():
    assert loaded("arithmetic") is loaded("arithmetic")


@pytest.mark.parametrize(
    ("rule", "setting", "least", "most"),
    [
        ("none", "no_rule", 0.25, 1.0),
        ("cents", "plain", 0.0, 0.2),
        ("cents", "stated", 0.2, 1.0),
        ("nearest_ten", "three_examples", 0.35, 1.0),
    ],
)
async def test_it_answers_as_its_card_says(rule, setting, least, most):
    judged = cases(rule, setting, seed=11, n=30)
    assert least <= accuracy(judged, await answers(judged)) <= most


@pytest.mark.parametrize("schema", SCHEMAS[::3], ids=lambda schema: orjson.dumps(schema).decode()[:60])
async def test_its_answers_are_valid_for_their_schema(schema):
    response = await LanguageModel("embedded/arithmetic", validation_retries=0)("12 + 7", schema)
    assert validate(schema, orjson.loads(response.text)) is None
    assert response.finish_reason == "stop"
