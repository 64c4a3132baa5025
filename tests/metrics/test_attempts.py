"""pass@k and pass^k."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import synalinks
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.metrics import PassAtK, PassHatK
from synalinks.rewards import ExactMatch


class Answer(synalinks.DataModel):
    answer: float


class Answers(synalinks.DataModel):
    answers: list[float | None]
    thinking: str = ""


class Attempts(synalinks.DataModel):
    attempts: list[Answer]
    rejected: list[str] = synalinks.Field(default=[])


def attempts(*values):
    return Answers(answers=list(values))


async def measured(metric, y_true, y_pred):
    await metric.update_state(y_true, y_pred)
    return metric.result()


@given(st.lists(st.booleans(), min_size=1, max_size=7), st.data())
async def test_the_estimate_is_the_share_of_draws(passed, data):
    k = data.draw(st.integers(1, len(passed)))
    draws = list(itertools.combinations(passed, k))
    prediction = attempts(*(float(p) for p in passed))
    target = Answer(answer=1)
    one = await measured(PassAtK(k), target, prediction)
    every = await measured(PassHatK(k, len(passed)), target, prediction)
    assert one == pytest.approx(sum(map(any, draws)) / len(draws), abs=1e-12)
    assert every == pytest.approx(sum(map(all, draws)) / len(draws), abs=1e-12)


@pytest.mark.parametrize(("n", "c", "k"), [(200, 7, 10), (1000, 1, 100), (5, 0, 5), (5, 5, 1)])
def test_the_formula_of_the_paper(n, c, k):
    # Chen et al. 2021, figure 3: the product that their numerically stable code takes.
    product = 1.0
    for i in range(n - c + 1, n + 1):
        product *= max(0.0, 1.0 - k / i)
    assert PassAtK(k).estimate(n, c) == pytest.approx(1.0 - product, abs=1e-12)
    assert PassHatK(k).estimate(n, c) == pytest.approx(math.comb(c, k) / math.comb(n, k))


async def test_the_figure_is_the_mean_over_samples():
    metric = PassAtK(1)
    assert metric.name == "pass_at_1"
    await metric.update_state(Answer(answer=4), attempts(4, 4, 5, None))
    await metric.update_state(Answer(answer=4), None)
    assert metric.results() == {"pass_at_1": 0.25}


async def test_objects_are_compared_by_what_is_in_them():
    prediction = Attempts(attempts=[Answer(answer=4), Answer(answer=5)])
    assert await measured(PassAtK(field="attempts"), Answer(answer=4), prediction) == 0.5
    assert await measured(PassAtK(in_mask=["attempts", "answer"]), Answer(answer=4), prediction) == 0.5


async def test_a_function_or_a_reward_may_say_what_passes():
    async def near(y_true, attempt):
        return abs(attempt - y_true["answer"]) < 0.5

    assert await measured(PassAtK(fn=near), Answer(answer=4), attempts(4.25, 5)) == 0.5
    prediction = Attempts(attempts=[Answer(answer=4), Answer(answer=5)])
    exact = PassHatK(2, field="attempts", fn=ExactMatch(tolerance=1))
    assert await measured(exact, Answer(answer=4), prediction) == 1.0
    anything = PassAtK(fn=lambda y_true, attempt: True)
    assert await measured(anything, None, attempts(1, None)) == 0.5
    verdicts = PassAtK(fn=lambda y_true, passed: passed)
    assert not verdicts.needs_target
    assert await measured(verdicts, None, attempts(1, 0, 0, 0)) == 0.25
    with pytest.raises(ConfigurationError, match="what the function returned is 'yes'"):
        await PassAtK(fn=lambda y_true, attempt: "yes").measure(None, attempts(1))


async def test_missing_attempts_count_as_failed_where_their_number_is_given():
    assert await measured(PassHatK(1, 4), Answer(answer=4), attempts(4, 4)) == 0.5


async def test_mistakes_say_what_was_expected():
    with pytest.raises(ConfigurationError, match="k is a number of attempts of at least 1, not 0"):
        PassAtK(0)
    with pytest.raises(ConfigurationError, match="k is 3 and n is 2"):
        PassHatK(3, 2)
    y = Answer(answer=4)
    with pytest.raises(ConfigurationError, match="takes at least 3 attempts, and the prediction has 2"):
        await PassAtK(3).measure(y, attempts(1, 2))
    with pytest.raises(ConfigurationError, match="takes up to 2 attempts, and the prediction has 3"):
        await PassAtK(1, 2).measure(y, attempts(1, 2, 3))
    with pytest.raises(ConfigurationError, match="has 2 lists among its fields 'attempts', 'rejected'"):
        await PassAtK().measure(y, Attempts(attempts=[]))
    with pytest.raises(ConfigurationError, match="has 'why' in their place"):
        await PassAtK(field="thinking").measure(y, Answers(answers=[], thinking="why"))
    with pytest.raises(ConfigurationError, match="compares with a target"):
        await PassAtK().measure(None, attempts(1))


def test_a_configuration_makes_an_equal_metric():
    metric = PassHatK(2, 5, field="attempts", direction="max")
    assert PassHatK.from_config(metric.get_config()).get_config() == metric.get_config()
    with pytest.raises(UnknownNameError):
        PassAtK.from_config(PassAtK(fn=lambda y_true, attempt: 1).get_config())
