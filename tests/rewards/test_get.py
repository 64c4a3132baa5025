import functools

import pytest

from synalinks import rewards
from synalinks._internal.registry import register_serializable
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.rewards import ExactMatch, Reward, RewardFunctionWrapper


def brevity(y_true, y_pred):
    return 1.0


def test_an_object_stands_for_itself():
    reward = ExactMatch(in_mask=["answer"])
    assert rewards.get(reward) is reward


@pytest.mark.parametrize("identifier", ["exact_match", ExactMatch])
def test_a_name_and_a_class_give_an_object(identifier):
    reward = rewards.get(identifier)
    assert type(reward) is ExactMatch
    assert reward.name == "exact_match"


def test_a_function_is_wrapped():
    reward = rewards.get(brevity)
    assert type(reward) is RewardFunctionWrapper
    assert (reward.name, reward.fn) == ("brevity", brevity)
    assert rewards.get(lambda t, p: 1.0).name == "lambda"


def test_callable_objects_have_names():
    class StyleJudge:
        def __call__(self, y_true, y_pred):
            return 1.0

    assert rewards.get(StyleJudge()).name == "style_judge"
    assert rewards.get(functools.partial(brevity)).name == "partial"
    assert rewards.get(functools.partial(brevity)).get_config()["fn"].endswith("partial")


@pytest.mark.parametrize("name", ["exact_mach", "ExactMatch", "exactmatch"])
def test_an_unknown_name_lists_the_nearest(name):
    with pytest.raises(UnknownNameError, match="Did you mean 'exact_match'"):
        rewards.get(name)


def test_a_registered_class_has_a_name():
    @register_serializable()
    class MyOwn(Reward):
        def call(self, y_true, y_pred):
            return 1.0

    assert type(rewards.get("my_own")) is MyOwn


@pytest.mark.parametrize("identifier", [None, 3, int, object()], ids=["None", "3", "int", "object"])
def test_anything_else_says_what_is_accepted(identifier):
    with pytest.raises(ConfigurationError, match=r"cannot be a reward; expected a Reward, its class"):
        rewards.get(identifier)


def test_a_class_that_needs_arguments_says_so():
    with pytest.raises(ConfigurationError, match="cannot be made without arguments"):
        rewards.get(RewardFunctionWrapper)


@pytest.mark.parametrize("function", [lambda: 1.0, lambda y_true: 1.0, lambda a, b, c: 1.0])
def test_a_function_of_other_arguments_is_refused_at_once(function):
    with pytest.raises(ConfigurationError, match=r"Expected fn\(y_true, y_pred\)"):
        rewards.get(function)


def test_a_configuration_makes_an_equal_reward():
    reward = ExactMatch(name="same", in_mask=["answer"], out_mask_pattern="x", reduction="sum")
    again = ExactMatch.from_config(reward.get_config())
    assert again.get_config() == reward.get_config()
    assert reward.get_config() == {
        "name": "same",
        "in_mask": ["answer"],
        "in_mask_pattern": None,
        "out_mask": None,
        "out_mask_pattern": "x",
        "reduction": "sum",
        "tolerance": 0.0,
        "relative_tolerance": 0.0,
        "normalize": False,
    }


def test_a_function_is_found_again_only_if_it_is_registered():
    with pytest.raises(UnknownNameError):
        RewardFunctionWrapper.from_config(RewardFunctionWrapper(brevity).get_config())
    register_serializable()(brevity)
    reward = RewardFunctionWrapper(brevity, in_mask=["a"], name="short")
    again = RewardFunctionWrapper.from_config(reward.get_config())
    assert again.fn is brevity
    assert again.get_config() == reward.get_config()
