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


KINDS: dict[str, tuple[Callable[..., int], str, int]] = {
    "add": (lambda a, b: a + b, "aa", 24),
    "sub": (lambda a, b: a - b, "aa", 24),
    "mul": (_product, "na", 22),
    "half": (lambda a: a // 2, "h", 6),
    "add3": (lambda a, b, c: a + b + c, "sss", 5),
    "addsub": (lambda a, b, c: a + b - c, "ass", 5),
    "subsub": (lambda a, b, c: a - b - c, "ass", 4),
    "muladd": (lambda n, a, b: _product(n, a) + b, "npa", 6),
    "mulsub": (lambda n, a, b: _product(n, a) - b, "npa", 4),
}
"""Kind to its function, what its numbers are (a amount, s smaller amount, p price, n count, h to be halved), weight."""

EXPRESSIONS = {
    "add": ("{0}+{1}",),
    "sub": ("{0}-{1}",),
    "mul": ("{0}*{1}", "{1}*{0}"),
    "half": ("{0}/2",),
    "add3": ("{0}+{1}+{2}",),
    "addsub": ("{0}+{1}-{2}", "{0}-{2}+{1}"),
    "subsub": ("{0}-{1}-{2}",),
    "muladd": ("{0}*{1}+{2}", "{2}+{0}*{1}"),
    "mulsub": ("{0}*{1}-{2}",),
}
"""Kind to how it is written down, without spaces."""

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
    whole = rng.choice(
        (1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 6, 6, 7, 7, 8, 8, 9, 10, 10, 11, 12, 13, 14, 15, 15, 18, 20)
    )
    return whole * 100 + (rng.choice((50, 50, 50, 25, 75)) if rng.random() < 0.12 else 0)


def held_out(kind: str, numbers: tuple[int, ...]) -> bool:
    """Whether a sum has a pair of numbers that training never sees together, in whatever sum.

    One pair in three is held out, by a checksum that the data set of house rules shares: the pairs of its
    test part are among them. A half brings in the number 2.
    """
    operands = (*numbers, 200) if kind == "half" else numbers
    return any(_is_held_out(*pair) for pair in combinations(operands, 2))


@cache
def _is_held_out(one: int, other: int) -> bool:
    low, high = sorted((Fraction(one, 100), Fraction(other, 100)))
    return zlib.crc32(f"{low} {high}".encode()) % HELD_OUT_SHARE == 0


def _fraction(rng: random.Random) -> int:
    draw = rng.random()
    if draw < 0.5:
        return 50
    return (
        rng.randrange(10, 100, 10)
        if draw < 0.85
        else rng.choice((25, 75, 25, 75, 20, 40, 60, 80, 5, 95, 99, 49))
    )


def _draw(rng: random.Random, what: str, fractional: bool) -> int:
    if what == "n":
        return rng.randint(2, 9) * 100
    if what == "h":
        return rng.randint(2, 99) * 100
    top = {"s": 30, "p": 15}.get(what) or (80 if rng.random() < 0.85 else 120)
    whole = rng.randint(0 if fractional else 1, top)
    return whole * 100 + (_fraction(rng) if fractional else 0)


def draw_sum(
    rng: random.Random, *, kind: str, rule: str | None = None, parameter: int = 0, dev: bool = False
) -> Sum:
    """Return a sum that suits a rule.

    Args:
        rng: Where the numbers come from.
        kind: Key of `KINDS`.
        rule: Rounding asks for fractions, a discount for something to take it from.
        parameter: The discount.
        dev: Whether to draw from the pairs that are held out, instead of from the others.
    """
    function, what, _ = KINDS[kind]
    rounding = rule in ("down", "up")
    while True:
        fractional = rng.random() < (0.9 if rounding else 0.22)
        if fractional and kind == "half":
            numbers = (rng.randrange(1, 99, 2) * 100,)
        elif kind == "mul" and not fractional:
            pair = (rng.randint(2, 25), rng.randint(2, 9))
            numbers = tuple(100 * n for n in (pair if rng.random() < 0.5 else pair[::-1]))
        elif kind == "mul":
            numbers = (rng.randint(2, 9) * 100, rng.randint(0, 20) * 100 + _fraction(rng))
        else:
            shares = [fractional and (w == "a" or rng.random() < 0.5) for w in what]
            if fractional and what == "aa" and rng.random() < 0.6:
                shares[rng.randrange(2)] = False
            numbers = tuple(_draw(rng, w, f) for w, f in zip(what, shares, strict=True))
        if kind in ("sub", "subsub") and numbers[0] < sum(numbers[1:]) and rng.random() < 0.98:
            numbers = (
                (sum(numbers[1:]) + rng.randint(0, 20) * 100, *numbers[1:])
                if kind == "subsub"
                else (numbers[::-1])
            )
        if 0 in numbers or held_out(kind, numbers) != dev:
            continue
        value = function(*numbers)
        if value < 0 and kind != "sub":
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
    return rng.choices(list(KINDS), [weight for *_, weight in KINDS.values()])[0]


def shown(value: int, *, whole: bool = False) -> str:
    """Return hundredths as text: "7.25", "12.0", or "12" where `whole` is asked for and true."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    units, rest = divmod(value, 100)
    if rest:
        return f"{sign}{units}.{rest:02d}".rstrip("0")
    return f"{sign}{units}" if whole else f"{sign}{units}.0"
