"""A candidate that is no better is seldom taken for better, however often one looks; one that is, is."""

import itertools
import math
import random
import statistics

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synalinks.errors import ConfigurationError
from synalinks.optimizers._paired_test import PairedTest, Verdict

NEVER = 1e-9
"""A level that no test here reaches."""


def ties(share):
    return lambda rng: 0.0 if rng.random() < share else rng.choice((-1.0, 1.0))


def pair(chance):
    """Two programs that are right independently of each other."""
    return lambda rng: float((rng.random() < chance) - (rng.random() < chance))


EQUAL = {
    "70 % ties": ties(0.7),
    "90 % ties": ties(0.9),
    "97 % ties": ties(0.97),
    "uniform": lambda rng: rng.uniform(-1.0, 1.0),
    "heavy tails": lambda rng: math.tan(math.pi * (rng.random() - 0.5)),  # a Cauchy law, clipped to the span
    "right in 30 %": pair(0.3),
    "right in 50 %": pair(0.5),
    "right in 90 %": pair(0.9),
}


def better(win, loss):
    """Rewards of 0 and 1 that mostly agree: the candidate wins or loses a few samples."""

    def difference(rng):
        u = rng.random()
        return float(u < win) - float(u >= 1.0 - loss)

    return difference


def at_most(level, trials):
    """The share that a probability of `level` stays under, but for three deviations of chance."""
    return level + 3.0 * math.sqrt(level * (1.0 - level) / trials)


# --- Errors of the first kind --------------------------------------------------------------


@pytest.mark.parametrize("law", EQUAL)
def test_an_equal_candidate_is_seldom_found_better_however_often_one_looks(law):
    rng, trials, found = random.Random(law), 2000, {0.05: 0, 0.1: 0}
    for _ in range(trials):
        test = PairedTest(level=0.05, futility=NEVER)
        test.update([EQUAL[law](rng) for _ in range(200)])  # looks after every difference
        for level in found:
            found[level] += test.p_value <= level
        assert (test.verdict is Verdict.BETTER) == (test.p_value <= 0.05)
    print(law, {level: count / trials for level, count in found.items()})
    for level, count in found.items():
        assert 0 < count / trials <= at_most(level, trials)


@pytest.mark.parametrize("futility", [0.3, 0.5])
def test_an_equal_candidate_is_found_worse_no_more_often_than_said(futility):
    rng, trials = random.Random(1), 600
    tests = [PairedTest(level=NEVER, futility=futility) for _ in range(trials)]
    worse = sum(test.update([pair(0.5)(rng) for _ in range(100)]) is Verdict.WORSE for test in tests)
    assert 0 < worse / trials <= at_most(futility, trials)


@pytest.mark.parametrize(
    ("min_gain", "chances"),
    [(0.0, (0.2, 0.6, 0.2)), (0.25, (0.1, 0.55, 0.35)), (-0.25, (0.35, 0.55, 0.1)), (0.5, (0.25, 0.0, 0.75))],
)
def test_where_the_mean_is_min_gain_the_capital_is_expected_to_stay_1(min_gain, chances):
    gains, losses = [], []
    for outcomes in itertools.product((0, 1, 2), repeat=7):
        chance = math.prod(chances[outcome] for outcome in outcomes)
        test = PairedTest(level=0.1, futility=0.2, min_gain=min_gain)
        test.update([outcome - 1.0 for outcome in outcomes])
        gains.append(chance * test.evidence)
        losses.append(chance * statistics.fmean(test.state_dict()["losses"]))
    assert math.fsum(gains) == pytest.approx(1.0, abs=1e-12)  # also where it was stopped
    assert math.fsum(losses) == pytest.approx(1.0, abs=1e-12)


def test_a_gain_below_min_gain_does_not_make_a_candidate_better():
    rng, trials = random.Random(2), 400
    tests = [PairedTest(level=0.1, futility=NEVER, min_gain=0.2) for _ in range(trials)]
    found = sum(test.update([better(0.25, 0.1)(rng) for _ in range(200)]) is Verdict.BETTER for test in tests)
    assert found / trials <= 0.1


# --- Power ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "win", "samples", "share"),
    [
        (0.1, 0.15, 200, 0.7),
        (0.1, 0.25, 100, 0.85),
        (0.1, 0.35, 50, 0.85),
        (0.2, 0.15, 200, 0.75),
        (0.2, 0.25, 80, 0.85),
        (0.2, 0.35, 40, 0.85),
    ],
)
def test_gains_of_a_few_tenths_are_found_within_tens_of_samples(level, win, samples, share):
    rng, trials, counts = random.Random(3), 500, []
    for _ in range(trials):
        test = PairedTest(level=level)
        if test.update([better(win, 0.05)(rng) for _ in range(samples)]) is Verdict.BETTER:
            counts.append(test.count)
    assert len(counts) / trials >= share


def test_a_candidate_that_is_worse_is_dropped_early():
    rng, counts = random.Random(4), []
    for _ in range(300):
        test = PairedTest()
        assert test.update([-better(0.25, 0.05)(rng) for _ in range(200)], left=0) is Verdict.WORSE
        counts.append(test.count)
    assert statistics.fmean(counts) < 25


@pytest.mark.parametrize(("level", "wins"), [(0.1, 5), (0.2, 3)])
def test_a_few_wins_without_a_loss_are_enough(level, wins):
    test = PairedTest(level=level)
    assert test.update([1.0, 0.0] * (wins - 1)) is Verdict.OPEN
    assert test.update([1.0]) is Verdict.BETTER
    assert test.count == 2 * (wins - 1) + 1


def test_two_losses_before_any_win_are_enough_to_drop_a_candidate():
    test = PairedTest()
    assert [test.update([d]) for d in (0.0, -1.0, 0.0, -1.0)] == [Verdict.OPEN] * 3 + [Verdict.WORSE]


# --- What is counted -----------------------------------------------------------------------


def test_before_the_first_difference_nothing_is_known():
    test = PairedTest()
    assert test.update([]) is test.verdict is Verdict.OPEN
    assert (test.count, test.mean, test.evidence, test.p_value) == (0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(("difference", "verdict"), [(1.0, Verdict.BETTER), (-1.0, Verdict.WORSE)])
def test_a_verdict_stands_and_what_comes_after_it_changes_nothing(difference, verdict):
    test = PairedTest()
    assert test.update([difference] * 5) is verdict
    before = test.state_dict()
    assert test.update([-difference] * 50, left=1000) is verdict
    assert test.state_dict() == before


def test_ties_change_the_count_and_the_mean_alone():
    test = PairedTest()
    test.update([1.0, 1.0, -0.5])
    evidence, p_value = test.evidence, test.p_value
    test.update([0.0] * 50)
    assert (test.evidence, test.p_value, test.count, test.mean) == (evidence, p_value, 53, 1.5 / 53)


def test_the_p_value_is_of_the_greatest_capital_so_far():
    test, capitals = PairedTest(level=NEVER, futility=NEVER), [1.0]
    for difference in (-1.0, 1.0, 1.0, 0.5, -1.0, 1.0, -1.0):
        test.update([difference])
        capitals.append(test.evidence)
        assert test.p_value == 1.0 / max(capitals)
    assert capitals[-1] < max(capitals)


@pytest.mark.parametrize("level", [0.02, 0.1, 0.3])
def test_a_verdict_of_better_comes_when_the_p_value_reaches_the_level(level):
    rng = random.Random(5)
    for _ in range(50):
        differences = [better(0.3, 0.1)(rng) for _ in range(40)]
        ruler, test = PairedTest(level=NEVER, futility=NEVER), PairedTest(level=level, futility=NEVER)
        for difference in differences:
            ruler.update([difference])
            assert (test.update([difference]) is Verdict.BETTER) == (ruler.p_value <= level)


def test_differences_are_measured_in_spans():
    differences = [1.0, 0.25, -0.5, 0.0, 1.0]
    test, wide = PairedTest(min_gain=0.125), PairedTest(min_gain=0.5, span=4.0)
    test.update(differences)
    wide.update([4.0 * difference for difference in differences])
    assert (wide.evidence, wide.mean) == (test.evidence, 4.0 * test.mean)


def test_differences_beyond_the_span_count_as_the_span_and_in_the_mean_as_they_are():
    test, clipped = PairedTest(span=2.0), PairedTest(span=2.0)
    test.update([9.0, -1.0, -1e300, 1e308])
    clipped.update([2.0, -1.0, -2.0, 2.0])
    assert test.evidence == clipped.evidence
    assert PairedTest(span=2.0, futility=NEVER).update([9.0, -3.0]) is Verdict.OPEN
    assert test.mean == (9.0 - 1.0 - 1e300 + 1e308) / 4


# --- Samples that are left -----------------------------------------------------------------


@pytest.mark.parametrize("min_gain", [0.0, 0.25, -0.25])
@pytest.mark.parametrize("level", [0.1, 0.2])
def test_with_few_samples_left_a_candidate_is_hopeless_exactly_when_winning_all_is_not_enough(
    level, min_gain
):
    options = {"level": level, "futility": NEVER, "min_gain": min_gain}
    seen = set()
    for differences in itertools.product((-1.0, 0.0, 1.0), repeat=4):
        for left in range(9):
            test, lucky = PairedTest(**options), PairedTest(**options)
            verdict = test.update(differences, left=left)
            can_win = lucky.update([*differences, *[1.0] * left]) is Verdict.BETTER
            assert (verdict is Verdict.WORSE) == (not can_win), (differences, left)
            seen.add(verdict)
    assert {Verdict.OPEN, Verdict.WORSE} <= seen


def test_too_few_samples_are_hopeless_before_the_first():
    assert PairedTest().update([], left=4) is Verdict.WORSE
    assert PairedTest().update([], left=5) is Verdict.OPEN


def test_any_number_may_be_left():
    assert PairedTest().update([-1.0], left=10**12) is Verdict.OPEN
    assert PairedTest(min_gain=-0.999).update([-1.0], left=10**12) is Verdict.OPEN


# --- Batches and state ---------------------------------------------------------------------

DIFFERENCES = st.lists(st.sampled_from((-1.0, 0.0, 0.0, 1.0, 1.0)) | st.floats(-1.5, 1.5), max_size=60)
OPTIONS = st.fixed_dictionaries(
    {
        "level": st.sampled_from((0.05, 0.1, 0.3)),
        "futility": st.sampled_from((0.1, 0.5)),
        "min_gain": st.floats(-0.5, 0.5),
    }
)


@settings(max_examples=60, deadline=None)
@given(DIFFERENCES, OPTIONS, st.lists(st.integers(0, 60), max_size=6), st.none() | st.integers(0, 60))
def test_how_differences_are_split_into_batches_changes_nothing(differences, options, cuts, left):
    whole, split = PairedTest(**options), PairedTest(**options)
    whole.update(differences, left=left)
    for start, end in itertools.pairwise(
        sorted({0, len(differences), *(c % (len(differences) + 1) for c in cuts)})
    ):
        split.update(differences[start:end], left=None if left is None else left + len(differences) - end)
    split.update([], left=left)
    assert split.state_dict() == whole.state_dict()


@settings(max_examples=60, deadline=None)
@given(DIFFERENCES, DIFFERENCES, OPTIONS)
def test_a_state_in_the_middle_is_exact(first, rest, options):
    test, resumed = PairedTest(**options), PairedTest(**options)
    test.update(first)
    resumed.load_state_dict(orjson.loads(orjson.dumps(test.state_dict())))
    for name in ("verdict", "count", "mean", "evidence", "p_value"):
        assert getattr(resumed, name) == getattr(test, name)
    assert resumed.update(rest, left=20) is test.update(rest, left=20)
    assert orjson.dumps(resumed.state_dict()) == orjson.dumps(test.state_dict())


def test_a_state_is_no_part_of_the_test_it_came_from():
    test = PairedTest()
    test.update([1.0])
    state = test.state_dict()
    other = PairedTest()
    other.load_state_dict(state)
    other.update([1.0, 1.0])
    state["gains"].clear()
    assert test.evidence == PairedTest().evidence * statistics.fmean((1.4, 1.6, 1.8, 1.95))
    assert other.count == 3


# --- Mistakes ------------------------------------------------------------------------------


def test_differences_that_are_not_finite_are_named_and_nothing_is_taken_in():
    test = PairedTest()
    with pytest.raises(
        ValueError, match=r"2 of 4 differences are not finite: nan at 1, -inf at 3\. Leave out"
    ):
        test.update([1.0, math.nan, 0.5, -math.inf])
    with pytest.raises(ValueError, match=r"inf at 4 and 3 more\."):
        test.update([math.inf] * 8)
    assert test.state_dict() == PairedTest().state_dict()


def test_a_difference_that_is_not_finite_is_refused_after_the_verdict_too():
    test = PairedTest()
    test.update([1.0] * 5)
    with pytest.raises(ValueError, match="nan at 0"):
        test.update([math.nan])


def test_fewer_than_no_samples_left_are_refused():
    with pytest.raises(ValueError, match="at least 0, or None; not -1"):
        PairedTest().update([1.0], left=-1)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"level": 0.0}, "level"),
        ({"level": 1.0}, "level"),
        ({"level": math.nan}, "level"),
        ({"level": "0.1"}, "level"),
        ({"level": True}, "level"),
        ({"futility": 0}, "futility"),
        ({"futility": 1.5}, "futility"),
        ({"span": 0.0}, "span"),
        ({"span": -1.0}, "span"),
        ({"span": math.inf}, "span"),
        ({"min_gain": 1.0}, "min_gain"),
        ({"min_gain": -2.0, "span": 2.0}, "min_gain"),
    ],
)
def test_arguments_out_of_range_are_refused(options, name):
    with pytest.raises(ConfigurationError, match=f"^{name} of PairedTest is a number above") as caught:
        PairedTest(**options)
    assert caught.value.argument == name


def test_a_min_gain_within_a_wide_span_is_allowed():
    assert PairedTest(min_gain=2.0, span=5.0).update([5.0] * 20) is Verdict.BETTER
