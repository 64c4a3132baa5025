import asyncio
import functools
import math
import operator
from decimal import Decimal

import numpy as np
import pytest

from synalinks._internal.scope import purpose
from synalinks.data import DataModel, SymbolicDataModel
from synalinks.errors import ConfigurationError, RewardError, SynalinksWarning, UnknownNameError
from synalinks.hooks import Hook, RewardEnded, add_hook
from synalinks.rewards import Reward, RewardFunctionWrapper, RewardResult


class Answer(DataModel):
    thinking: str
    answer: float


TRUE = Answer(thinking="", answer=4.0).to_json_data_model()
PREDICTED = Answer(thinking="two and two", answer=4.0).to_json_data_model()


class Constant(Reward):
    """Gives what it was made with, and remembers what it saw."""

    def __init__(self, value, **options):
        super().__init__(**options)
        self.value = value
        self.seen = []

    def call(self, y_true, y_pred):
        self.seen.append((y_true, y_pred))
        return self.value


@pytest.mark.parametrize(
    ("value", "score"),
    [
        (0.5, 0.5),
        (1, 1.0),
        (True, 1.0),
        (False, 0.0),
        (np.float32(0.5), 0.5),
        (np.bool_(True), 1.0),
        (Decimal("0.25"), 0.25),
        (-3, -3.0),
    ],
)
async def test_a_number_of_any_kind_is_a_score(value, score):
    result = await Constant(value)(TRUE, PREDICTED)
    assert result == RewardResult(score)
    assert type(result.score) is float


@pytest.mark.parametrize(
    "value", [None, "good", "1.0", math.nan, math.inf, -math.inf, [1.0], {}, 1j, 10**400, RewardResult("x")]
)
async def test_anything_else_is_an_error_that_says_which_sample(value):
    with pytest.raises(RewardError) as caught:
        await Constant(value, name="style")(TRUE, PREDICTED, sample=7)
    assert (caught.value.reward, caught.value.sample) == ("style", 7)
    assert "'style'" in str(caught.value)
    assert "sample 7" in str(caught.value)


async def test_feedback_comes_through():
    result = await Constant(RewardResult(1, feedback="well done"))(TRUE, PREDICTED)
    assert result == RewardResult(1.0, "well done")
    assert type(result.score) is float


async def test_no_prediction_scores_zero_without_a_call():
    reward = Constant(1.0)
    result = await reward(TRUE, None)
    assert result.score == 0.0
    assert "no answer" in result.feedback
    assert not reward.seen


async def test_masks_are_put_on_both_sides():
    reward = Constant(1.0, in_mask=["answer"])
    await reward(TRUE, PREDICTED)
    assert [model.get_json() for model in reward.seen[0]] == [{"answer": 4.0}, {"answer": 4.0}]
    reward = Constant(1.0, out_mask_pattern="^think")
    await reward(TRUE, PREDICTED)
    assert reward.seen[0][1].get_json() == {"answer": 4.0}


async def test_masks_reach_into_structures_and_leave_a_missing_target_alone():
    reward = Constant(1.0, in_mask=["answer"])
    await reward(None, {"a": PREDICTED, "b": [PREDICTED]})
    y_true, y_pred = reward.seen[0]
    assert y_true is None
    assert y_pred["b"][0].get_json() == y_pred["a"].get_json() == {"answer": 4.0}


async def test_a_mask_that_leaves_nothing_is_an_error():
    with pytest.raises(ConfigurationError, match="Did you mean 'answer'") as caught:
        await Constant(1.0, in_mask=["awnser"])(TRUE, PREDICTED)
    assert "in_mask=['awnser']" in str(caught.value)
    with pytest.raises(ConfigurationError, match="leaves nothing"):
        await Constant(1.0, out_mask_pattern=".*")(TRUE, PREDICTED)


class Nested(DataModel):
    answer: float
    steps: list[Answer]


class Plain(DataModel):
    answer: float


@pytest.mark.parametrize(
    ("options", "nearest"),
    [
        ({"out_mask": ["thinkng"]}, "'thinkng'. Did you mean 'thinking'"),
        ({"in_mask": ["thinking", "anser"]}, "'anser'. Did you mean 'answer'"),
        ({"out_mask": ["zzz"]}, "name in out_mask 'zzz'. Known: 'answer', 'thinking'"),
    ],
)
def test_a_mask_with_a_name_that_nothing_has_is_refused_beforehand(options, nearest):
    answer = Answer.to_symbolic_data_model()
    for target, prediction in ((TRUE, answer), (None, answer), (TRUE, {"a": [answer]})):
        with pytest.raises(UnknownNameError, match=nearest):
            Constant(1.0, **options).check(target, prediction)
    Constant(1.0, **options).check(TRUE, None)  # the program's answer may have it


@pytest.mark.parametrize(
    ("options", "target", "prediction"),
    [
        ({"out_mask": ["thinking"]}, Plain, Answer),
        ({"out_mask": ["thinking"]}, Answer, Plain),
        ({"out_mask": ["thinking"]}, Plain, Nested),
        ({"in_mask": ["answers_1"]}, Plain, Answer),
        ({"in_mask": ["answer"], "out_mask_pattern": "^no such"}, Plain, Answer),
    ],
)
def test_a_mask_with_a_name_that_one_side_has_is_taken(options, target, prediction):
    Constant(1.0, **options).check(target.to_symbolic_data_model(), prediction.to_symbolic_data_model())


def test_a_schema_that_allows_further_fields_takes_any_name():
    anything = SymbolicDataModel(schema={"type": "object", "properties": {"answer": {"type": "number"}}})
    Constant(1.0, out_mask=["thinkng"]).check(anything, anything)


def test_a_mask_that_leaves_nothing_is_refused_beforehand():
    with pytest.raises(ConfigurationError, match="leaves nothing of a data model with the fields 'answer'"):
        Constant(1.0, in_mask=["thinking"]).check(
            Plain.to_symbolic_data_model(), Answer.to_symbolic_data_model()
        )


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"in_mask": "answer"}, "in_mask"),
        ({"out_mask": []}, "out_mask"),
        ({"out_mask": [1]}, "out_mask"),
        ({"in_mask_pattern": "("}, "in_mask_pattern"),
    ],
)
def test_a_wrong_mask_is_an_error_at_once(options, argument):
    with pytest.raises(ConfigurationError, match=argument):
        Constant(1.0, **options)


def test_a_wrong_reduction_names_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'mean'"):
        Constant(1.0, reduction="means")


async def test_an_async_function_is_awaited():
    async def later(y_true, y_pred):
        await asyncio.sleep(0)
        return y_true["answer"] == y_pred["answer"]

    assert (await RewardFunctionWrapper(later)(TRUE, PREDICTED)).score == 1.0


async def test_calls_of_a_reward_count_as_its_own():
    seen = []
    await RewardFunctionWrapper(lambda t, p: seen.append(purpose.get()) or 1.0)(TRUE, PREDICTED)
    assert seen == ["reward"]
    assert purpose.get() == "program"


async def test_what_a_reward_raises_says_where():
    def broken(y_true, y_pred):
        return 1 / 0

    with pytest.raises(ZeroDivisionError) as caught:
        await RewardFunctionWrapper(broken)(TRUE, PREDICTED, sample=3)
    assert caught.value.__notes__ == ["Raised by reward 'broken' for sample 3."]


async def test_a_slow_plain_function_is_warned_of_once(monkeypatch):
    clock = iter([0.0, 0.051, 1.0, 1.2, 2.0, 2.051, 3.0, 3.049])
    monkeypatch.setattr("synalinks.rewards._reward.perf_counter", lambda: next(clock))
    reward = Constant(1.0, name="slow")
    await reward(TRUE, PREDICTED)  # the first time may be an import, or the machine
    with pytest.warns(SynalinksWarning, match="'slow' took over 50 ms") as caught:
        await reward(TRUE, PREDICTED)
    assert (caught[0].filename, caught[0].lineno) == (__file__, Constant.call.__code__.co_firstlineno)
    await reward(TRUE, PREDICTED)  # a second warning would be an error


class Scorer:
    def __call__(self, y_true, y_pred):
        return 1.0


def same(y_true, y_pred):
    return 1.0


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (same, same.__code__),
        (functools.partial(same), same.__code__),
        (functools.wraps(same)(lambda *a: 1.0), same.__code__),
        (Scorer(), Scorer.__call__.__code__),
        (operator.eq, None),
    ],
    ids=["function", "partial", "wrapped", "object", "built-in"],
)
async def test_the_warning_of_a_slow_function_points_at_it(function, code, monkeypatch):
    clock = iter([0.0, 1.0, 2.0, 3.0])
    monkeypatch.setattr("synalinks.rewards._reward.perf_counter", lambda: next(clock))
    reward = RewardFunctionWrapper(function)
    await reward(TRUE, PREDICTED)
    with pytest.warns(SynalinksWarning, match="took over") as caught:
        await reward(TRUE, PREDICTED)
    place = (caught[0].filename, caught[0].lineno)
    expected = (__file__, code.co_firstlineno) if code else ("<builtin_function_or_method>", 1)
    assert place == expected


async def test_a_call_within_the_limit_is_not_warned_of(monkeypatch):
    clock = iter([0.0, 0.049])
    monkeypatch.setattr("synalinks.rewards._reward.perf_counter", lambda: next(clock))
    await Constant(1.0)(TRUE, PREDICTED)  # a warning would be an error


async def test_each_score_is_an_event():
    class Listener(Hook):
        def __init__(self):
            self.events = []

        def on_reward_ended(self, event):
            self.events.append(event)

    listener = add_hook(Listener())
    await Constant(0.5)(TRUE, PREDICTED, sample=2)
    await Constant(0.5)(TRUE, None, sample=3)
    assert [type(event) for event in listener.events] == [RewardEnded, RewardEnded]
    assert [(e.reward, e.sample, e.score) for e in listener.events] == [
        ("constant", 2, 0.5),
        ("constant", 3, 0.0),
    ]


def test_the_base_is_abstract():
    with pytest.raises(TypeError):
        Reward()
