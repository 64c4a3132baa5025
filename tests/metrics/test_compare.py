import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synalinks import errors
from synalinks.metrics import compare
from synalinks.metrics._bootstrap import interval, intervals
from synalinks.optimizers import Outcome

HITS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)
SCORES = st.floats(0, 1, allow_subnormal=False).map(lambda v: round(v, 3))


def split(pairs):
    return [float(a) for a, _ in pairs], [float(b) for _, b in pairs]


@given(HITS)
@settings(max_examples=60, deadline=None)
def test_hits_and_misses_are_tested_as_scipy_does(pairs):
    a, b = split(pairs)
    better, worse = sum(y > x for x, y in pairs), sum(y < x for x, y in pairs)
    found = compare(a, b)
    expected = stats.binomtest(better, better + worse).pvalue if better + worse else 1.0
    assert found.test == "mcnemar"
    assert found.p_value == pytest.approx(expected, abs=1e-9)
    assert found.difference == pytest.approx((better - worse) / len(pairs), abs=1e-12)


@given(st.lists(st.tuples(SCORES, SCORES), min_size=2, max_size=8))
@settings(max_examples=40, deadline=None)
def test_few_pairs_are_permuted_exactly_as_scipy_does(pairs):
    a, b = split(pairs)
    expected = stats.permutation_test(
        ([y - x for x, y in zip(a, b, strict=True)],),
        lambda d, axis=-1: d.mean(axis=axis),
        permutation_type="samples",
        n_resamples=math.inf,
        vectorized=True,
    ).pvalue
    assert compare(a, b, test="permutation").p_value == pytest.approx(expected, abs=1e-9)


def test_many_pairs_are_permuted_by_drawing():
    draw = random.Random(1)
    a = [draw.random() for _ in range(150)]
    b = [x + draw.gauss(0.0, 0.3) for x in a]
    found = compare(a, b)
    t_test = stats.ttest_rel(b, a)
    low, high = t_test.confidence_interval(0.95)
    assert found.test == "permutation"
    assert found.p_value == pytest.approx(t_test.pvalue, abs=0.01)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)
    assert found == compare(a, b)
    assert compare(a, b, seed=1).p_value != found.p_value


def test_equal_programs_are_called_different_as_often_as_said():
    draw = random.Random(2)
    called = 0
    for _ in range(200):
        a, b = [[float(draw.random() < 0.5) for _ in range(40)] for _ in range(2)]
        called += compare(a, b, confidence=0.9).significant
    assert called <= 30  # 20 expected at most; the exact test is below it


def test_the_number_of_samples_it_would_take():
    draw = random.Random(3)

    def scores(n):
        a = [draw.random() for _ in range(n)]
        return a, [x + draw.gauss(0.05, 0.5) for x in a]

    found = compare(*scores(100))
    assert not found.significant
    needed = (2.8016 * 0.5 / found.difference) ** 2 - 100  # 1.96 + 0.8416, by the formula
    assert found.more == pytest.approx(needed, rel=0.25)
    more = sum(compare(*scores(785)).significant for _ in range(6))
    assert more >= 3  # 785 is what the true difference of 0.05 takes for 80 %
    assert f"about {found.more} more samples" in str(found)


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        ([0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], "the second is better"),
        ([1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0], "the first is better"),
        ([1, 0], [1, 0], "not decided"),
    ],
)
def test_what_is_said(a, b, text):
    found = compare(a, b)
    assert str(found).endswith(text)
    assert found.more == (0 if found.significant else None)


def test_outcomes_are_paired_by_sample():
    a = [Outcome(sample=4, score=1.0), Outcome(sample=2, score=0.0), Outcome(sample=9)]
    b = [Outcome(sample=2, score=0.5), Outcome(sample=9, score=1.0), Outcome(sample=4, score=1.0)]
    found = compare(({"reward": 0.5}, a), b)
    assert (found.pairs, found.unpaired, found.difference) == (2, 1, 0.25)


@pytest.mark.parametrize(
    ("a", "b", "options", "text"),
    [
        ([1], [1, 0], {}, "1 and 2, and 1 in common"),
        ([None], [1], {}, "both have a score"),
        ([], [], {}, "both have a score"),
        ([math.nan], [1], {}, r"a\[0\] is nan"),
        ([1], ["x"], {}, r"b\[0\] is 'x'"),
        ({"reward": 1}, [1], {}, "return_outcomes=True"),
        ("11", [1, 1], {}, "not str"),
        ([0.5], [1], {"test": "mcnemar"}, "0 or 1"),
        ([1], [1], {"test": "t"}, "permutation"),
        ([1], [1], {"confidence": 95}, "0.95"),
    ],
)
def test_mistakes(a, b, options, text):
    with pytest.raises(errors.ConfigurationError, match=text):
        compare(a, b, **options)


def test_an_interval_is_scipys():
    draw = random.Random(4)
    values = [draw.gauss(3, 1) for _ in range(120)]
    found = interval(lambda drawn: math.fsum(values[i] for i in drawn) / len(drawn), 120, confidence=0.9)
    expected = stats.bootstrap(
        (values,), lambda v, axis=-1: v.mean(axis=axis), confidence_level=0.9, method="percentile", rng=0
    ).confidence_interval
    assert found == pytest.approx(tuple(expected), abs=0.03)


def test_figures_that_are_not_there():
    assert all(map(math.isnan, interval(lambda drawn: math.nan, 5, confidence=0.9)))
    assert all(map(math.isnan, interval(lambda drawn: math.nan, 0, confidence=0.9)))
    (one, other) = intervals(lambda drawn: (drawn[0], math.nan if drawn[0] else 1.0), 3, confidence=0.5)
    assert one == (0, 2)
    assert other == (1.0, 1.0)
