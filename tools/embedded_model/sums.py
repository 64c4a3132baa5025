"""Sums to ask for and rules that change their answers; all amounts are whole hundredths."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations

HELD_OUT_SHARE = 3
"""One pair of numbers in so many is never trained on; `dev` rows use those alone."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum with its value.

    Attributes:
        kind: What is done with the numbers, a key of `KINDS`.
        numbers: The numbers, in hundredths; counts (factors of a product) too.
        value: What comes out, in hundredths.
    """

    kind: str
    numbers: tuple[int, ...]
    value: int


def _product(count: int, amount: int) -> int:
    return count * amount // 100


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sum.

    Attributes:
        function: From its numbers to its value.
        ranges: Least and greatest whole part of each number.
        expressions: How it is written down, without spaces.
        weight: How often it is drawn.
        fractions: Which of the numbers may have a fraction.
        counts: Whether the first number is a count, of a product.
    """

    function: Callable[..., int]
    ranges: tuple[tuple[int, int], ...]
    expressions: tuple[str, ...]
    weight: int
    fractions: tuple[int, ...] = ()
    counts: bool = False


KINDS = {
    "add": Kind(lambda a, b: a + b, ((1, 85), (1, 85)), ("{0}+{1}",), 18, (0, 1)),
    "sub": Kind(lambda a, b: a - b, ((2, 90), (1, 85)), ("{0}-{1}",), 18, (0, 1)),
    "mul": Kind(_product, ((2, 9), (2, 30)), ("{0}*{1}", "{1}*{0}"), 16, (1,), counts=True),
    "twice": Kind(lambda a: a * 2, ((1, 60),), ("{0}*2", "2*{0}"), 4, (0,)),
    "half": Kind(lambda a: a // 2, ((2, 99),), ("{0}/2",), 6),
    "add3": Kind(lambda a, b, c: a + b + c, ((1, 50), (1, 50), (1, 50)), ("{0}+{1}+{2}",), 6, (0,)),
    "addsub": Kind(
        lambda a, b, c: a + b - c, ((1, 50), (1, 45), (1, 45)), ("{0}+{1}-{2}", "{0}-{2}+{1}"), 6, (0,)
    ),
    "subsub": Kind(lambda a, b, c: a - b - c, ((10, 90), (1, 40), (1, 40)), ("{0}-{1}-{2}",), 6, (0,)),
    "muladd": Kind(
        lambda n, a, b: _product(n, a) + b,
        ((2, 9), (2, 25), (1, 30)),
        ("{0}*{1}+{2}", "{1}*{0}+{2}", "{2}+{0}*{1}"),
        7,
        (2,),
        counts=True,
    ),
    "mulsub": Kind(
        lambda n, a, b: _product(n, a) - b,
        ((2, 9), (2, 25), (1, 30)),
        ("{0}*{1}-{2}", "{1}*{0}-{2}"),
        6,
        counts=True,
    ),
    "halfadd": Kind(lambda a, b: a // 2 + b, ((2, 90), (1, 45)), ("{0}/2+{1}", "{1}+{0}/2"), 4),
    "addhalf": Kind(lambda a, b: (a + b) // 2, ((1, 60), (1, 60)), ("({0}+{1})/2",), 4),
    "subhalf": Kind(lambda a, b: (a - b) // 2, ((10, 90), (1, 45)), ("({0}-{1})/2",), 4),
    "addmul": Kind(
        lambda n, a, b: _product(n, a + b),
        ((2, 9), (1, 15), (1, 12)),
        ("({1}+{2})*{0}", "{0}*({1}+{2})"),
        5,
        counts=True,
    ),
}
"""Kinds of sums, of one step and of two."""

WITH_TWO = ("twice", "half", "halfadd", "addhalf", "subhalf")
"""Kinds that bring in the number 2 beside those that are drawn."""

GREATEST = 250
"""Greatest value of a sum, unless it is a wide one."""

WIDE = (2, 99)
"""Least and greatest whole part of the other factor of a wide product."""

RULES = ("cents", "grams", "negative", "ten", "down", "up", "fee", "discount", "double")


def apply(rule: str | None, value: int, parameter: int = 0) -> int:
    """Return the value under a house rule; a half ten is rounded up."""
    match rule:
        case "cents":
            return value * 100
        case "grams":
            return value * 1000
        case "negative":
            return -value
        case "ten":
            return (value + 500) // 1000 * 1000
        case "down":
            return value // 100 * 100
        case "up":
            return -(-value // 100) * 100
        case "fee":
            return value + parameter
        case "discount":
            return value - parameter
        case "double":
            return value * 2
    return value


def draw_parameter(rng: random.Random) -> int:
    """Return a fee or a discount, in hundredths."""
    whole = rng.randint(1, 10) if rng.random() < 0.8 else rng.randint(1, 20)
    return whole * 100 + (rng.choice((50, 50, 50, 25, 75)) if rng.random() < 0.05 else 0)


def held_out(kind: str, numbers: tuple[int, ...]) -> bool:
    """Whether a sum has a pair of numbers that training never sees together, in whatever sum.

    One pair in three is held out, by a checksum that the data set of house rules shares: the pairs of its
    test part are among them.
    """
    operands = (*numbers, 200) if kind in WITH_TWO else numbers
    return any(_is_held_out(*pair) for pair in combinations(operands, 2))


@cache
def _is_held_out(one: int, other: int) -> bool:
    low, high = sorted((Fraction(one, 100), Fraction(other, 100)))
    return zlib.crc32(f"{low} {high}".encode()) % HELD_OUT_SHARE == 0


def _fraction(rng: random.Random) -> int:
    draw = rng.random()
    if draw < 0.8:
        return 50
    return rng.randrange(10, 100, 10) if draw < 0.93 else rng.choice((25, 75, 99, 5, 45))


def _drawn(rng: random.Random, kind: Kind, *, fractional: bool, wide: bool) -> tuple[int, ...]:
    ranges = (kind.ranges[0], WIDE, *kind.ranges[2:]) if wide else kind.ranges
    numbers = [100 * rng.randint(*bounds) for bounds in ranges]
    if fractional:
        least = 2 if len(kind.fractions) > 1 and rng.random() < 0.25 else 1
        for at in rng.sample(kind.fractions, least):
            numbers[at] += _fraction(rng)
    return tuple(numbers)


def draw_sum(
    rng: random.Random,
    *,
    kind: str,
    rule: str | None = None,
    parameter: int = 0,
    wide: bool = False,
    dev: bool = False,
) -> Sum:
    """Return a sum that suits a rule.

    Args:
        rng: Where the numbers come from.
        kind: Key of `KINDS`.
        rule: Rounding asks for fractions, a discount for something to take it from.
        parameter: The discount.
        wide: Whether products may go beyond what problems ask for, so that more is learnt of them.
        dev: Whether to draw from the pairs that are held out, instead of from the others.
    """
    what = KINDS[kind]
    rounding = rule in ("down", "up")
    wide = wide and what.counts and kind != "addmul"
    while True:
        fractional = bool(what.fractions) and rng.random() < (0.9 if rounding else 0.08)
        numbers = _drawn(rng, what, fractional=fractional, wide=wide)
        if kind == "sub" and numbers[0] < numbers[1] and rng.random() < 0.98:
            numbers = numbers[::-1]
        if held_out(kind, numbers) != dev:
            continue
        value = what.function(*numbers)
        if (value <= 0 and kind != "sub") or (value > 100 * GREATEST and not wide):
            continue
        if rule == "discount" and value < parameter and rng.random() < 0.9:
            continue
        if rule == "ten" and (value % 1000 == 500 or (value % 1000 == 0 and rng.random() < 0.6)):
            continue
        if rounding and value % 100 == 0 and rng.random() < 0.8:
            continue
        return Sum(kind, numbers, value)


def draw_kind(rng: random.Random) -> str:
    """Return a kind, common ones more often."""
    return rng.choices(list(KINDS), [kind.weight for kind in KINDS.values()])[0]


def shown(value: int, *, whole: bool = False) -> str:
    """Return hundredths as text: "7.25", "12.0", or "12" where `whole` is asked for and true."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    units, rest = divmod(value, 100)
    if rest:
        return f"{sign}{units}.{rest:02d}".rstrip("0")
    return f"{sign}{units}" if whole else f"{sign}{units}.0"
