import math
from fractions import Fraction

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synalinks.metrics import ExactSum

finite = st.floats(allow_nan=False, allow_infinity=False, width=64)


def total(numbers):
    result = ExactSum()
    for number in numbers:
        result.add(number)
    return result


def reference(numbers):
    """The exact sum, rounded once."""
    exact = sum(map(Fraction, numbers), Fraction(0))
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


@given(st.lists(finite | st.integers(-(10**30), 10**30)))
def test_the_sum_is_exact_and_rounded_once(numbers):
    assert total(numbers).value == reference(numbers)


@given(st.lists(st.floats(-1e300, 1e300)))
def test_it_is_what_fsum_gives(numbers):
    assert total(numbers).value == math.fsum(numbers)


@given(st.lists(finite), st.randoms())
def test_order_changes_nothing(numbers, random):
    shuffled = random.sample(numbers, len(numbers))
    assert total(numbers).state_dict() == total(shuffled).state_dict()


@given(st.lists(st.lists(st.floats())))
def test_merged_parts_are_the_whole(parts):
    merged = ExactSum()
    for part in parts:
        merged.merge(total(part))
    assert merged.state_dict() == total([x for part in parts for x in part]).state_dict()


@given(st.lists(st.floats()))
def test_the_state_survives_json(numbers):
    first = total(numbers)
    second = ExactSum(orjson.loads(orjson.dumps(first.state_dict())))
    assert second.state_dict() == first.state_dict()
    assert repr(second.value) == repr(first.value)


@pytest.mark.parametrize(
    ("numbers", "value"),
    [
        ([], "0.0"),
        ([1e308, 1e308, -1e308], "1e+308"),
        ([1e308, 1e308], "inf"),
        ([-1e308, -1e308], "-inf"),
        ([5e-324] * 3, "1.5e-323"),
        ([math.inf, 1.0], "inf"),
        ([-math.inf, 1e308], "-inf"),
        ([math.inf, -math.inf], "nan"),
        ([math.nan, 1.0], "nan"),
        ([0.1] * 10, "1.0"),
        ([True, 2, 0.5], "3.5"),
    ],
)
def test_extremes(numbers, value):
    assert repr(total(numbers).value) == value
    assert repr(total(numbers[::-1]).value) == value


def test_the_state_of_a_simple_sum_is_small():
    assert total([0.5, 0.25]).state_dict() == {"total": "3", "exponent": 2, "special": "0.0"}
    assert total([-4.0]).state_dict() == {"total": "-4", "exponent": 0, "special": "0.0"}


@pytest.mark.parametrize("count", [511, 512, 513, 3000])
def test_many_numbers_are_summed_in_parts(count):
    numbers = [math.sin(n) * 10.0 ** (n % 300 - 150) for n in range(count)]
    assert total(numbers).value == math.fsum(numbers)
    assert total([*numbers, 1e308, 1e308, -1e308]).value == reference([*numbers, 1e308])
    assert math.isnan(total([*numbers, math.inf, -math.inf, *numbers]).value)
    assert total([*numbers, math.inf, *numbers]).value == math.inf
