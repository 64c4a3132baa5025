import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as oracle
from tests.metrics.figures import add_all, value

from synalinks import metrics
from synalinks.data import DataModel, Score
from synalinks.errors import ConfigurationError
from synalinks.metrics._exact_sum import ExactMoments


class Point(DataModel):
    x: float | None
    y: int | float | None = None
    text: str = ""
    truth: bool = True


FIGURES = {
    metrics.MeanAbsoluteError: oracle.mean_absolute_error,
    metrics.MeanSquaredError: oracle.mean_squared_error,
    metrics.RootMeanSquaredError: oracle.root_mean_squared_error,
    metrics.MeanAbsolutePercentageError: oracle.mean_absolute_percentage_error,
    metrics.R2Score: oracle.r2_score,
}
each = pytest.mark.parametrize("cls", FIGURES)
NUMBER = st.floats(-1e6, 1e6) | st.integers(-100, 100)
ROWS = st.lists(st.tuples(NUMBER, NUMBER, NUMBER, NUMBER), min_size=2, max_size=30)


def models(rows):
    return [(value(Point, x=t, y=u), value(Point, x=p, y=q)) for t, p, u, q in rows]


def one(pairs):
    return [(value(Point, x=t), value(Point, x=p)) for t, p in pairs]


def well_conditioned(column):
    """Whether floats can tell the spread of the numbers, and its square from 0."""
    spread = max(column) - min(column)
    return spread == 0 or spread > max(1e-3 * max(map(abs, column)), 1e-100)


@each
@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_it_is_what_scikit_learn_says(cls, rows):
    columns = [[float(v) for v in column] for column in zip(*rows, strict=True)]
    due, given_ = np.array(columns[0::2]).T, np.array(columns[1::2]).T
    if cls is metrics.R2Score:  # scikit-learn takes the noise of a mean of equal floats for spread
        assume(all(well_conditioned(c) and (min(c) < max(c) or c[0] == int(c[0])) for c in columns[0::2]))
    metric = add_all(cls(), models(rows))
    assert metric.result() == pytest.approx(FIGURES[cls](due, given_), rel=1e-9, abs=1e-9)
    apart = add_all(cls(average=None), models(rows))
    wanted = FIGURES[cls](due, given_, multioutput="raw_values")
    assert apart.result() == pytest.approx(
        {f"{metric.name}_{field}": figure for field, figure in zip("xy", wanted, strict=True)},
        rel=1e-9,
        abs=1e-9,
    )


def by_numpy(cls, due, given_):
    with np.errstate(all="ignore"):
        error = np.subtract(due, given_)
        if cls is metrics.MeanAbsoluteError:
            return np.abs(error).mean()
        if cls is metrics.MeanAbsolutePercentageError:
            return (np.abs(error) / np.maximum(np.abs(due), np.finfo(float).eps)).mean()
        if cls is metrics.R2Score:
            return 1 - (error**2).sum() / ((due - np.mean(due)) ** 2).sum()
        squared = (error**2).mean()
        return squared if cls is metrics.MeanSquaredError else np.sqrt(squared)


SPECIAL = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, 2.5, -3.0])


@each
@given(st.lists(st.tuples(SPECIAL, SPECIAL), min_size=2, max_size=12))
@settings(max_examples=80, deadline=None)
def test_nan_and_infinity_are_reckoned_with_as_numpy_does(cls, pairs):
    due, given_ = np.array(pairs).T
    assume(cls is not metrics.R2Score or len({*due.tolist()}) > 1)  # below
    found = add_all(cls(), one(pairs)).result()
    assert found == pytest.approx(by_numpy(cls, due, given_), rel=1e-9, nan_ok=True)


ANY = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(ANY, ANY), min_size=2, max_size=10))
@settings(max_examples=150, deadline=None)
def test_r2_is_exact_where_floats_are_not(pairs):
    due = [Fraction(t) for t, _ in pairs]
    mean = sum(due) / len(due)
    spread = sum((t - mean) ** 2 for t in due)
    errors = sum(Fraction((t - p) * (t - p)) for t, p in pairs if math.isfinite((t - p) * (t - p)))
    assume(all(math.isfinite((t - p) * (t - p)) for t, p in pairs))
    assume(errors < Fraction(10) ** 300)
    found = add_all(metrics.R2Score(), one(pairs)).result()
    if not spread:
        assert found == (0.0 if errors else 1.0)
    elif (wanted := 1 - errors / spread) < -(Fraction(10) ** 300):
        assert found < -1e299
    else:
        assert found == pytest.approx(float(wanted), rel=1e-9, abs=1e-9)


def test_r2_sees_the_spread_of_numbers_that_hardly_differ():
    due = [1e15 + n * 0.125 for n in range(1000)]
    pairs = [(t, t + (0.125 if n % 2 else -0.125)) for n, t in enumerate(due)]
    wanted = 1 - 1000 * 0.125**2 / (0.125**2 * (1000**3 - 1000) / 12)
    assert add_all(metrics.R2Score(), one(pairs)).result() == pytest.approx(wanted, abs=1e-12)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=20))
@settings(max_examples=30, deadline=None)
def test_r2_of_the_best_line_is_the_squared_correlation(points):
    xs, ys = zip(*points, strict=True)
    assume(len({*xs}) > 1 and len({*ys}) > 1)
    line = stats.linregress(xs, ys)
    pairs = [(y, line.intercept + line.slope * x) for x, y in points]
    assert add_all(metrics.R2Score(), one(pairs)).result() == pytest.approx(line.rvalue**2, abs=1e-9)


@pytest.mark.parametrize(
    ("pairs", "wanted"),
    [
        ([], math.nan),
        ([(1, 1)], math.nan),
        ([(3, 3), (3, 3)], 1.0),
        ([(3, 3), (3, 4)], 0.0),
        ([(0.1, 0.1)] * 3, 1.0),  # whose mean is not 0.1 in floats
        ([(0.1, 0.2)] * 3, 0.0),
        ([(1, 2), (2, 1)], -3.0),
        ([(1, math.inf), (2, 1)], -math.inf),
        ([(1, math.nan), (2, 1)], math.nan),
        ([(1, 1e200), (2, 1)], -math.inf),
        ([(1e200, 1e200), (-1e200, -1e200)], 1.0),  # whose squares are too large for floats
    ],
)
def test_r2_at_its_edges(pairs, wanted):
    found = add_all(metrics.R2Score(), one(pairs)).result()
    assert found == pytest.approx(wanted, nan_ok=True)
    if (
        len(pairs) >= 2
        and all(map(math.isfinite, sum(pairs, ())))
        and (pairs[0][0] != 0.1)
        and abs(found) < 9
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = oracle.r2_score(*np.array(pairs, float).T)
        assert math.isnan(theirs) or found == pytest.approx(theirs)


@each
def test_what_is_missing_is_left_out(cls):
    rows = [
        (value(Point, x=1.0, y=2), value(Point, x=1.5, y=None)),
        (value(Point, x=None, y=4), value(Point, x=1.0, y=5)),
        (value(Point, x=2.0, y=None), value(Point, x=2.0)),
        (value(Point, x=2.0, y=1), None),
        (value(Point, x=3.0, y=5), value(Point, x=4.0, y=5)),
    ]
    found = add_all(cls(average=None), rows).result()
    name = cls().name
    wanted = {
        f"{name}_x": FIGURES[cls]([1, 2, 3], [1.5, 2, 4]),
        f"{name}_y": FIGURES[cls]([4, 5], [5, 5]),
    }
    assert found == pytest.approx(wanted, abs=1e-9)


async def test_other_fields_are_no_numbers():
    metric = metrics.MeanAbsoluteError(average=None)
    keys = ("mean_absolute_error_x", "mean_absolute_error_y")
    assert metric.log_keys(Point.get_schema()) == keys
    assert metrics.MeanAbsoluteError().log_keys(Point.get_schema()) == ("mean_absolute_error",)

    class Rated(DataModel):
        score: Score
        numbers: list[float]

    assert metric.log_keys(Rated.get_schema()) == ("mean_absolute_error_score",)
    for wrong in ("2", True, [2.0]):
        with pytest.raises(ConfigurationError, match=r"field 'x' of the prediction is .* expected a number"):
            await metric.measure(value(Point, x=1.0), value(Point, x=wrong))


# --- The exact sums of squares -------------------------------------------------------------------


def moments(numbers):
    found = ExactMoments()
    for number in numbers:
        found.add(number)
    return found


@given(st.lists(ANY))
@settings(deadline=None)
def test_the_spread_is_exact(numbers):
    exact = [*map(Fraction, numbers)]
    mean = sum(exact) / max(1, len(exact))
    assert moments(numbers).spread == sum((number - mean) ** 2 for number in exact)


@given(st.lists(st.lists(st.floats())), st.randoms())
@settings(deadline=None)
def test_merged_moments_are_the_whole(parts, random):
    merged = ExactMoments()
    for part in random.sample(parts, len(parts)):
        merged.merge(ExactMoments(moments(part).state_dict()))
    assert merged.state_dict() == moments([x for part in parts for x in part]).state_dict()
    assert merged.finite == all(math.isfinite(x) for part in parts for x in part)


def test_many_numbers():
    numbers = [math.sin(n) * 10.0 ** (n % 40 - 20) for n in range(3000)]
    found = moments(numbers)
    exact = [*map(Fraction, numbers)]
    mean = sum(exact) / len(exact)
    assert (found.count, found.spread) == (3000, sum((number - mean) ** 2 for number in exact))
