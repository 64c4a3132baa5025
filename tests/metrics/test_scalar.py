import asyncio
import copy
import math

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synalinks._internal.registry import register_serializable
from synalinks._internal.scope import purpose
from synalinks.data import DataModel, SymbolicDataModel
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.metrics import Mean, MeanMetricWrapper, Metric, Sum
from synalinks.rewards import ExactMatch


class Answer(DataModel):
    answer: float | str | bool | None
    steps: int = 1


class Count(DataModel):
    steps: int | None


def close(y_true, y_pred):
    return abs(y_true["answer"] - y_pred["answer"])


async def filled(metric, *pairs):
    for y_true, y_pred in pairs:
        await metric.update_state(y_true, y_pred)
    return metric


async def test_mean_and_sum_of_a_field():
    pairs = [(None, Answer(answer=a, steps=s)) for a, s in ((1.0, 2), (2.5, 3))]
    assert (await filled(Mean("answer"), *pairs)).result() == 1.75
    assert (await filled(Sum("steps"), *pairs)).result() == 5.0
    assert (await filled(Mean(in_mask=["steps"]), *pairs)).result() == 2.5


async def test_the_only_field_and_a_number_need_no_name():
    assert (await filled(Mean(), (None, Count(steps=3)), (None, Count(steps=5)))).result() == 4.0
    assert (await filled(Sum(), (None, 3), (None, np.float32(0.5)), (None, True))).result() == 4.5


async def test_what_is_none_is_left_out():
    metric = await filled(Mean("steps"), (None, None), (None, Count(steps=None)), (None, Count(steps=3)))
    assert (metric.result(), metric.count) == (3.0, 1)


async def test_booleans_count_as_numbers():
    assert (await filled(Mean("answer"), *[(None, Answer(answer=b)) for b in (True, False)])).result() == 0.5


def test_nothing_has_no_mean():
    assert math.isnan(Mean().result())
    assert Sum().result() == 0.0


async def test_a_wrong_field_is_named():
    with pytest.raises(UnknownNameError, match="Did you mean 'steps'"):
        await Mean("step").measure(None, Answer(answer=1.0))
    with pytest.raises(ConfigurationError, match=r"which has 'answer', 'steps': say which"):
        await Mean().measure(None, Answer(answer=1.0))
    with pytest.raises(ConfigurationError, match=r"field 'answer' of the prediction is 'four' \(str\)"):
        await Mean("answer").measure(None, Answer(answer="four"))


async def test_a_function_is_averaged():
    metric = MeanMetricWrapper(close, direction="min")
    y = [Answer(answer=a).to_json_data_model() for a in (1.0, 2.0, 4.0)]
    await filled(metric, (y[0], y[1]), (y[0], y[2]))
    assert (metric.name, metric.direction, metric.result()) == ("close", "min", 2.0)
    assert metric.results() == {"close": 2.0}
    assert metric.log_keys(None) == ("close",)


async def test_an_async_function_is_averaged_under_its_own_purpose():
    async def later(y_true, y_pred):
        await asyncio.sleep(0)
        return float(purpose.get() == "metric")

    assert (await filled(MeanMetricWrapper(later), (None, 1))).result() == 1.0


async def test_a_reward_can_be_averaged():
    y = Answer(answer=1.0)
    metric = MeanMetricWrapper(ExactMatch(), name="accuracy")
    assert (await filled(metric, (y, y), (y, Answer(answer=2.0)))).result() == 0.5


async def test_no_prediction_counts_zero_where_that_is_bad():
    def never(y_true, y_pred):
        raise AssertionError

    assert (await filled(MeanMetricWrapper(never), (None, None))).result() == 0.0
    assert math.isnan((await filled(MeanMetricWrapper(never, direction="min"), (None, None))).result())


@pytest.mark.parametrize("value", [None, "1.0", [1.0]])
async def test_a_function_must_return_a_number(value):
    with pytest.raises(ConfigurationError, match=r"'f': what the function returned is .* expected a number"):
        await MeanMetricWrapper(lambda t, p: value, name="f").measure(None, 1)


async def test_what_a_metric_raises_names_it():
    with pytest.raises(ZeroDivisionError) as caught:
        await MeanMetricWrapper(lambda t, p: 1 / 0, name="broken").measure(None, 1)
    assert caught.value.__notes__ == ["Raised by metric 'broken'."]


def test_a_wrong_direction_lists_the_two():
    with pytest.raises(UnknownNameError, match="Known: 'max', 'min'"):
        Mean(direction="up")


def test_a_function_of_other_arguments_is_refused_at_once():
    with pytest.raises(ConfigurationError, match=r"Expected fn\(y_true, y_pred\)"):
        MeanMetricWrapper(lambda y: 1.0)


@given(st.lists(st.floats(-1e9, 1e9)), st.integers(0, 20), st.randoms())
def test_order_and_parts_change_nothing(numbers, cut, random):
    whole, first, second = Mean(), Mean(), Mean()
    for number in numbers:
        whole.add(number)
    for number in random.sample(numbers[:cut], len(numbers[:cut])):
        first.add(number)
    for number in numbers[cut:]:
        second.add(number)
    second.merge(first)
    assert second.state_dict() == whole.state_dict()
    expected = math.fsum(numbers) / len(numbers) if numbers else math.nan
    assert repr(second.result()) == repr(expected)


@pytest.mark.parametrize("make", [Mean, Sum, lambda: MeanMetricWrapper(close)])
def test_the_state_survives_json(make):
    first, second = make(), make()
    for number in (0.1, 0.2, 1e100):
        first.add(number)
    second.load_state_dict(orjson.loads(orjson.dumps(first.state_dict())))
    assert second.result() == first.result()
    second.add(1.0)
    first.add(1.0)
    assert second.state_dict() == first.state_dict()
    first.reset_state()
    assert first.state_dict() == make().state_dict()


def test_a_fresh_metric_has_the_arguments_and_no_state():
    metric = MeanMetricWrapper(close, name="error", direction="min", in_mask=["answer"])
    metric.add(1.0)
    fresh = metric.fresh()
    assert (fresh.fn, fresh.get_config(), fresh.count) == (close, metric.get_config(), 0)
    fresh.add(3.0)
    assert metric.result() == 1.0


def test_a_copy_is_a_metric_of_its_own():
    metric = Mean("steps")
    metric.add(1.0)
    other = copy.deepcopy(metric)
    other.add(3.0)
    assert (metric.result(), other.result(), other.fresh().field) == (1.0, 2.0, "steps")


def test_a_configuration_makes_an_equal_metric():
    metric = Mean("steps", name="m", direction="min", out_mask=["x"])
    assert metric.get_config() == {
        "field": "steps",
        "name": "m",
        "in_mask": None,
        "in_mask_pattern": None,
        "out_mask": ["x"],
        "out_mask_pattern": None,
        "direction": "min",
    }
    assert Mean.from_config(metric.get_config()).get_config() == metric.get_config()


def test_a_function_is_found_again_only_if_it_is_registered():
    with pytest.raises(UnknownNameError):
        MeanMetricWrapper.from_config(MeanMetricWrapper(close).get_config())
    register_serializable()(close)
    config = MeanMetricWrapper(close, direction="min").get_config()
    assert MeanMetricWrapper.from_config(config).get_config() == config


async def test_a_metric_of_ones_own_needs_only_a_few_methods():
    class Longest(Metric):
        needs_target = True

        def call(self, y_true, y_pred):
            return len(y_pred["answer"])

        def add(self, measure):
            self.longest = max(self.longest, measure)

        def result(self):
            return float(self.longest)

        def reset_state(self):
            self.longest = 0

        def merge(self, other):
            self.add(other.longest)

        def state_dict(self):
            return {"longest": self.longest}

        def load_state_dict(self, state):
            self.longest = state["longest"]

    y = Answer(answer="four")
    metric = await filled(Longest(), (y, y))
    assert metric.results() == {"longest": 4.0}
    with pytest.raises(ConfigurationError, match="'longest' compares with a target and the data has none"):
        await metric.update_state(None, y)


# --- Mistakes that are found beforehand --------------------------------------------------------


def test_a_mask_of_a_metric_is_checked():
    with pytest.raises(UnknownNameError, match="Did you mean 'answer'"):
        MeanMetricWrapper(close, out_mask=["anser"]).check(None, Answer.to_symbolic_data_model())


def test_a_field_that_the_prediction_lacks_is_refused_beforehand():
    answer = Answer.to_symbolic_data_model()
    with pytest.raises(UnknownNameError, match="Did you mean 'steps'"):
        Mean("step").check(None, answer)
    with pytest.raises(ConfigurationError, match="say which"):
        Sum().check(None, answer)
    Sum(in_mask=["steps"]).check(None, answer)
    Mean("step").check(None, None)
    Mean("step").check(None, [answer])
    Mean("step").check(None, SymbolicDataModel(schema={"type": "object", "properties": {}}))


def test_what_is_no_function_is_refused_at_once():
    with pytest.raises(ConfigurationError, match=r"'lev' \(str\) cannot be a metric; expected a function"):
        MeanMetricWrapper("lev")
