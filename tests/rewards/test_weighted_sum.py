import asyncio
import math

import pytest

import synalinks
from synalinks import errors
from synalinks.modules._serialization import Reader, Writer
from synalinks.rewards import ExactMatch, Reward, RewardFunctionWrapper, RewardResult, WeightedSum


class Answer(synalinks.DataModel):
    text: str
    number: float = 0.0


class Fixed(Reward):
    def __init__(self, score, **options):
        super().__init__(**options)
        self.score = score

    def call(self, y_true, y_pred):
        return RewardResult(self.score, f"it is {self.score:g}")


def brevity(y_true, y_pred):
    return 1.0 / len(y_pred.text)


async def scored(reward, y_true="right", y_pred="right"):
    return await reward(*(Answer(text=text).to_json_data_model() for text in (y_true, y_pred)), sample=3)


async def test_a_sum_by_operators():
    reward = 0.7 * ExactMatch() + 0.3 * RewardFunctionWrapper(brevity)
    assert isinstance(reward, WeightedSum)
    assert reward.weights == (0.7, 0.3)
    assert (await scored(reward)).score == pytest.approx(0.7 + 0.3 / 5)
    result = await scored(reward, y_pred="no")
    assert result.score == pytest.approx(0.3 / 2)
    first, second = result.feedback.splitlines()
    assert first == 'exact_match 0 (times 0.7): text: expected "right", got "no".'
    assert second == "brevity 0.5 (times 0.3): no feedback"


@pytest.mark.parametrize(
    ("reward", "score"),
    [
        (Fixed(1.0) + Fixed(2.0), 3.0),
        (Fixed(1.0) - 0.5 * Fixed(2.0), 0.0),
        (-Fixed(2.0), -2.0),
        (2 * (Fixed(1.0) + 3 * Fixed(2.0)), 14.0),
        (Fixed(1.0) + brevity, 1.2),
        (brevity + Fixed(1.0), 1.2),
        ((Fixed(1.0) * 2) * 3, 6.0),
        (WeightedSum([Fixed(1.0), Fixed(2.0)], name="both") * 2 + Fixed(1.0), 7.0),
        (WeightedSum([Fixed(1.0), brevity, "exact_match"]), 2.2),
    ],
)
async def test_sums(reward, score):
    assert (await scored(reward)).score == pytest.approx(score)


def test_sums_of_sums_are_flat_where_nothing_is_lost():
    a, b, c = Fixed(1.0), Fixed(2.0), Fixed(3.0)
    assert (a + b + c).rewards == (a, b, c)
    assert (a - (b + 2 * c)).weights == (1.0, -1.0, -2.0)
    named = WeightedSum([a, b], name="both")
    assert (named + c).rewards == (named, c)


async def test_parts_score_at_the_same_time_and_are_told_apart():
    both, branches = asyncio.Barrier(2), []

    async def judge(y_true, y_pred):
        branches.append(synalinks._internal.scope.branch_name.get())
        async with asyncio.timeout(5):
            await both.wait()
        return 1.0

    assert (await scored(WeightedSum([judge, judge]))).score == 2.0
    assert branches == ["weighted_sum/0", "weighted_sum/1"]


async def test_the_first_part_that_raised_is_raised_once_all_have_ended():
    ended = []

    async def slow(y_true, y_pred):
        await asyncio.sleep(0)
        ended.append("slow")
        raise ValueError("first")

    async def fast(y_true, y_pred):
        raise KeyError("second")

    with pytest.raises(ValueError, match="first") as caught:
        await scored(WeightedSum([slow, fast]))
    assert ended == ["slow"]
    assert "Raised by reward 'slow'." in caught.value.__notes__
    assert "Raised by reward 'weighted_sum' for sample 3." in caught.value.__notes__


async def test_masks_of_the_sum_come_first():
    reward = WeightedSum([ExactMatch()], in_mask=["number"])
    assert (await scored(reward, y_pred="other")).score == 1.0


def test_what_its_parts_need_it_needs():
    assert (ExactMatch() + Fixed(1.0)).needs_target
    assert not (Fixed(1.0) + Fixed(2.0)).needs_target
    with pytest.raises(errors.UnknownNameError, match="nubmer"):
        (Fixed(1.0) + ExactMatch(in_mask=["nubmer"])).check(Answer(text="x"), Answer(text="x"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: WeightedSum([]),
        lambda: WeightedSum([Fixed(1.0)], [1.0, 2.0]),
        lambda: WeightedSum([Fixed(1.0)], [math.nan]),
        lambda: WeightedSum([Fixed(1.0)], [True]),
        lambda: WeightedSum(["exact_mach"]),
        lambda: math.inf * Fixed(1.0),
    ],
)
def test_mistakes(make):
    with pytest.raises(errors.ConfigurationError):
        make()


@pytest.mark.parametrize(
    "wrong", [lambda: Fixed(1.0) * "2", lambda: Fixed(1.0) + 1, lambda: True * Fixed(1.0)]
)
def test_what_is_no_sum(wrong):
    with pytest.raises(TypeError):
        wrong()


async def test_it_is_saved_and_loaded_with_its_parts():
    reward = 0.5 * ExactMatch(tolerance=0.1) + ExactMatch(name="again", normalize=True)
    document = Writer().value(reward)
    again = Reader({}).value(document)
    assert Writer().value(again) == document
    assert (await scored(again, y_pred="The Right")).score == 1.0


async def test_a_training_takes_a_sum():
    model = synalinks.testing.FunctionModel(lambda _: {"text": "ok"})
    inputs = synalinks.Input(data_model=Answer)
    outputs = await synalinks.Generator(data_model=Answer, language_model=model)(inputs)
    program = synalinks.Program(inputs=inputs, outputs=outputs)
    program.compile(reward=0.5 * ExactMatch(in_mask=["text"]) + 0.5 * RewardFunctionWrapper(brevity))
    logs = await program.evaluate([Answer(text="a")] * 4, [Answer(text="ok")] * 4, verbose=0)
    assert logs["reward"] == 0.75
