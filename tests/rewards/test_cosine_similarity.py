"""Nearness of meaning, as a reward and as a metric."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity
from tests.support.arithmetic import Answer, data, make_program, perfect

import synalinks
from synalinks import metrics, rewards
from synalinks.embedding_models import FunctionEmbedding
from synalinks.errors import ConfigurationError, ServerError
from synalinks.language_models import Retry
from synalinks.modules._text_similarity import cosine


class Text(synalinks.DataModel):
    text: str | None


VECTORS = {
    "north": [0.0, 2.0],
    "east": [3.0, 0.0],
    "south": [0.0, -1.0],
    "northeast": [1.0, 1.0],
    "none": [0.0, 0.0],
}


def embedding(**options):
    return FunctionEmbedding(lambda text: VECTORS.get(text, [1.0, 0.5]), **options)


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(*[st.lists(st.floats(-1e6, 1e6), min_size=n, max_size=n)] * 2)
    )
)
def test_the_cosine_is_scikit_learns(vectors):
    first, second = np.array(vectors)
    scale = np.abs(vectors).max(axis=1)
    if scale.min() > 0:  # where squares would vanish, that of the vectors made larger
        first, second = first / scale[0], second / scale[1]
    assert cosine(*vectors) == pytest.approx(float(cosine_similarity([first], [second])[0, 0]), abs=1e-9)


def test_rounding_never_gives_more_than_one():
    vector = [0.3, 0.6, -0.8]
    assert cosine(vector, [3 * number for number in vector]) == 1.0  # the formula alone: 1.0000000000000002
    assert cosine(vector, [-3 * number for number in vector]) == -1.0
    assert cosine([1e-300, 0.0], [1e300, 0.0]) == 1.0


@pytest.mark.parametrize(
    ("expected", "found", "score"),
    [
        ("north", "east", 0.0),
        ("north", "south", -1.0),
        ("north", "northeast", math.sqrt(0.5)),
        ("none", "east", 0.0),
    ],
)
async def test_the_score_is_the_cosine_and_the_feedback_says_what_was_expected(expected, found, score):
    reward, metric = rewards.CosineSimilarity(embedding()), metrics.CosineSimilarity(embedding())
    result = await reward(Text(text=expected), Text(text=found))
    assert result.score == pytest.approx(score)
    assert f'expected "{expected}", got "{found}"' in result.feedback
    await metric.update_state(Text(text=expected), Text(text=found))
    assert metric.results() == {"cosine_similarity": pytest.approx(score)}


async def test_what_needs_no_call():
    model = embedding()
    reward = rewards.CosineSimilarity(model)
    assert (await reward(Text(text="north"), Text(text="north"))).score == 1.0
    assert (await reward(Text(text=None), Text(text="north"))).score == 0.0
    assert (await reward(Text(text=""), Text(text=None))).score == 1.0
    metric = metrics.CosineSimilarity(model)
    await metric.update_state(Text(text="north"), None)
    assert metric.result() == 0.0
    assert not model.requests


async def test_several_fields_are_one_json_text_and_masks_pick_one():
    class Place(synalinks.DataModel):
        where: str
        what: str

    model = embedding()
    await rewards.CosineSimilarity(model)(Place(where="north", what="a"), Place(where="east", what="a"))
    assert model.requests[-1].texts == ('{"what":"a","where":"north"}', '{"what":"a","where":"east"}')
    masked = rewards.CosineSimilarity(model, in_mask=["where"])
    assert (await masked(Place(where="north", what="a"), Place(where="east", what="b"))).score == 0.0
    assert model.requests[-1].texts == ("north", "east")


async def test_in_an_evaluation_calls_have_their_purpose():
    program, _ = await make_program(perfect)
    usage = metrics.Calls(by_purpose=True)
    model = embedding()
    program.compile(
        reward=rewards.CosineSimilarity(model), metrics=[metrics.CosineSimilarity(model, name="near"), usage]
    )
    logs = await program.evaluate(data(3)[0], [Answer(answer=-5)] * 3, verbose=0)
    assert (logs["calls_program"], logs["calls_reward"], logs["calls_metric"]) == (3, 3, 3)
    assert logs["near"] == logs["reward"] == pytest.approx(1.0)


async def test_the_default_model_is_asked_and_a_missing_one_is_found_before_the_first_call():
    program, model = await make_program(perfect)
    program.compile(reward="cosine_similarity", metrics=["cosine_similarity"])
    with pytest.raises(ConfigurationError, match="No embedding model"):
        await program.evaluate(*data(2), verbose=0)
    assert not model.requests
    synalinks.embedding_models.set_default_embedding_model(embedding())
    assert (await program.evaluate(*data(2), verbose=0))["reward"] == 1.0


async def test_a_call_that_failed_leaves_the_sample_without_a_score():
    program, _ = await make_program(perfect)
    down = embedding(failures=lambda request: ServerError("down", model="m"), retry=Retry(max_tries=1))
    program.compile(reward=rewards.CosineSimilarity(down))
    logs = await program.evaluate(data(2)[0], [Answer(answer=-5)] * 2, verbose=0)
    assert (logs["failed"], math.isnan(logs["reward"])) == (2, True)


def test_a_configuration_makes_an_equal_one():
    for cls in (rewards.CosineSimilarity, metrics.CosineSimilarity):
        made = cls("openai/text-embedding-3-small", in_mask=["a"])
        assert cls.from_config(made.get_config()).get_config() == made.get_config()
