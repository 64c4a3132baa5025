import asyncio
import math

import pytest

import synalinks
from synalinks import errors
from synalinks.rewards import BatchRewardWrapper, RewardResult
from synalinks.testing import FunctionModel


class Answer(synalinks.DataModel):
    n: int


def models(count):
    return [Answer(n=n).to_json_data_model() for n in range(count)]


class Halves:
    """Scores pairs by half of what was answered, and counts its calls."""

    def __init__(self):
        self.sizes = []

    def __call__(self, y_trues, y_preds):
        self.sizes.append(len(y_preds))
        return [RewardResult(y["n"] / 2, f"half of {y['n']}") for y in y_preds]


async def test_what_waits_at_the_same_time_is_one_call():
    halves = Halves()
    reward = BatchRewardWrapper(halves, max_batch_size=4, max_wait=0.01)
    results = await asyncio.gather(*(reward(None, model) for model in models(10)))
    assert [result.score for result in results] == [n / 2 for n in range(10)]
    assert results[3].feedback == "half of 3"
    assert halves.sizes == [4, 4, 2]


async def test_plain_and_async_functions():
    async def fn(y_trues, y_preds):
        await asyncio.sleep(0)
        assert y_trues == [None] * len(y_preds)
        return [1.0 for _ in y_preds]

    reward = BatchRewardWrapper(fn, max_wait=0.0)
    assert reward.name == "fn"
    assert (await reward(None, models(1)[0])).score == 1.0


async def test_whoever_was_cancelled_is_left_out():
    halves = Halves()
    reward = BatchRewardWrapper(halves, max_batch_size=3, max_wait=59)
    first, second, third = models(3)
    gone = asyncio.create_task(reward(None, first))
    stays = asyncio.create_task(reward(None, second))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert (await reward(None, third)).score == 1.0
    assert (await stays).score == 0.5
    assert halves.sizes == [2]


@pytest.mark.parametrize(
    ("returned", "kind", "text"),
    [
        ([1.0], errors.ConfigurationError, "got 2 samples and returned 1 scores"),
        (1.0, errors.ConfigurationError, "returned 1.0; expected a list"),
        ([1.0, math.nan], errors.RewardError, "nan"),
    ],
)
async def test_what_it_returns_is_checked(returned, kind, text):
    def judged(y_trues, y_preds):
        return returned

    reward = BatchRewardWrapper(judged, max_batch_size=2)
    found = await asyncio.gather(
        *(reward(None, model, sample=n) for n, model in enumerate(models(2))), return_exceptions=True
    )
    assert isinstance(found[1], kind)
    assert text in str(found[1])
    assert "judged" in str(found[1])


async def test_what_it_raises_reaches_all_that_waited():
    def broken(y_trues, y_preds):
        raise ValueError("no")

    reward = BatchRewardWrapper(broken, max_batch_size=2)
    found = await asyncio.gather(*(reward(None, m) for m in models(2)), return_exceptions=True)
    assert [type(error) for error in found] == [ValueError, ValueError]


@pytest.mark.parametrize(
    "options", [{"max_batch_size": 0}, {"max_batch_size": 1.5}, {"max_wait": -1}, {"max_wait": math.inf}]
)
def test_mistakes(options):
    with pytest.raises(errors.ConfigurationError, match=next(iter(options))):
        BatchRewardWrapper(Halves(), name="halves", **options)


async def test_a_training_takes_it():
    halves = Halves()
    inputs = synalinks.Input(data_model=Answer)
    model = FunctionModel(lambda _: {"n": 2})
    outputs = await synalinks.Generator(data_model=Answer, language_model=model)(inputs)
    program = synalinks.Program(inputs=inputs, outputs=outputs)
    program.compile(reward=BatchRewardWrapper(halves, name="halves", max_wait=0.05))
    logs = await program.evaluate([Answer(n=n) for n in range(20)], verbose=0, batch_size=5)
    assert logs["reward"] == 1.0
    assert sum(halves.sizes) == 20
    assert len(halves.sizes) < 10
