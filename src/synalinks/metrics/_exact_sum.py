"""Sums without rounding, so that order and batches change nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

# The smallest float is 2**-1074: counted in that unit every finite float is an integer.
_BITS = 1074
_UNIT = 1 << _BITS

_CHUNK: Final = 512
"""Numbers that wait to be summed together, which costs a fraction of summing each by itself."""


class ExactSum:
    """A running sum that is exact, whatever the order of the numbers, and rounded once when it is read.

    `value` is what `math.fsum` gives for all numbers added, save that it is infinite where `fsum` raises
    for overflow, and nan for infinities of both signs. Sums of parts can be merged.

    Args:
        state: What `state_dict` of another sum returned; a new sum begins at 0.
    """

    __slots__ = ("_special", "_total", "_waiting")

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self._total = 0  # in units of 2**-1074
        self._special = 0.0  # the sum of what is not finite
        self._waiting: list[float] = []
        if state is not None:
            self._total = _unpacked((state["total"], state["exponent"]), _BITS)
            self._special = float(state["special"])

    def add(self, number: float) -> None:
        """Add a number; an int of any size counts exactly."""
        if type(number) is not float:
            self._add_alone(number)
            return
        self._waiting.append(number)
        if len(self._waiting) == _CHUNK:
            self._settle()

    def _add_alone(self, number: float) -> None:
        try:
            numerator, denominator = number.as_integer_ratio()
        except (OverflowError, ValueError):  # inf and nan
            self._special += number
            return
        self._total += numerator << (_BITS + 1 - denominator.bit_length())

    def _settle(self) -> None:
        """Count in the numbers that wait."""
        waiting, self._waiting = self._waiting, []
        try:
            terms = list(_expansion(waiting))
        except (OverflowError, ValueError):  # too large together, or not finite
            terms = waiting
        for term in terms:
            self._add_alone(term)

    def merge(self, other: ExactSum) -> None:
        """Add all numbers of another sum."""
        self._settle()
        other._settle()
        self._total += other._total
        self._special += other._special

    @property
    def value(self) -> float:
        """The sum, correctly rounded."""
        self._settle()
        if self._special != 0:
            return self._special
        try:
            return self._total / _UNIT
        except OverflowError:
            return math.inf if self._total > 0 else -math.inf

    def state_dict(self) -> dict[str, Any]:
        """Return the sum as JSON: `total` (hexadecimal) times 2 to the power of `-exponent`."""
        self._settle()
        total, exponent = _packed(self._total, _BITS)
        return {"total": total, "exponent": exponent, "special": str(self._special)}


def _expansion(numbers: list[float]) -> Iterator[float]:
    """Yield a few numbers that have exactly the sum of `numbers`: the rounded sum, then what that leaves.

    Raises:
        OverflowError: The numbers, or their sum, are too large.
        ValueError: They are not all finite.
    """
    rest = math.fsum(numbers)
    if not math.isfinite(rest):
        raise ValueError(rest)
    terms = [*numbers]
    while rest:
        yield rest
        terms.append(-rest)
        rest = math.fsum(terms)


class ExactMoments:
    """The exact sums of numbers and of their squares, whatever their order: how far they spread.

    Args:
        state: What `state_dict` of another one returned; a new one has counted nothing.
    """

    __slots__ = ("_count", "_squares", "_total", "_waiting", "finite")

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self._count, self._total = 0, 0  # the sum in units of 2**-1074
        self._squares = 0  # in units of 2**-2148
        self.finite = True
        self._waiting: list[float] = []
        if state is not None:
            self._count, self.finite = int(state["count"]), bool(state["finite"])
            self._total = _unpacked(state["total"], _BITS)
            self._squares = _unpacked(state["squares"], 2 * _BITS)

    def add(self, number: float) -> None:
        """Add a number; one that is not finite only makes `finite` false."""
        self._waiting.append(number)
        if len(self._waiting) == _CHUNK:
            self._settle()

    def _settle(self) -> None:
        """Count in the numbers that wait, as integers in the unit that suits them all."""
        waiting, self._waiting = self._waiting, []
        numbers = [number for number in waiting if math.isfinite(number)]
        self.finite = self.finite and len(numbers) == len(waiting)
        ratios = [number.as_integer_ratio() for number in numbers]
        bits = max((denominator for _, denominator in ratios), default=1).bit_length() - 1
        integers = [numerator << (bits + 1 - denominator.bit_length()) for numerator, denominator in ratios]
        self._count += len(waiting)
        self._total += sum(integers) << (_BITS - bits)
        self._squares += sum([integer * integer for integer in integers]) << 2 * (_BITS - bits)

    @property
    def count(self) -> int:
        """How many numbers were added."""
        return self._count + len(self._waiting)

    @property
    def spread(self) -> Fraction:
        """The sum of the squared distances from the mean; of no numbers it is 0."""
        self._settle()
        if not self._count:
            return Fraction(0)
        return Fraction(self._count * self._squares - self._total * self._total, self._count << 2 * _BITS)

    def merge(self, other: ExactMoments) -> None:
        """Add all numbers of another one."""
        self._settle()
        other._settle()
        self._count += other._count
        self._total += other._total
        self._squares += other._squares
        self.finite = self.finite and other.finite

    def state_dict(self) -> dict[str, Any]:
        """Return the sums as JSON, each as in `ExactSum`, and the number of numbers."""
        self._settle()
        return {
            "count": self._count,
            "total": list(_packed(self._total, _BITS)),
            "squares": list(_packed(self._squares, 2 * _BITS)),
            "finite": self.finite,
        }


def _packed(total: int, bits: int) -> tuple[str, int]:
    """Return a number of units of 2**-bits as (hexadecimal, exponent), without zeros at the end."""
    zeros = min((total & -total).bit_length() - 1, bits) if total else bits
    return f"{total >> zeros:x}", bits - zeros


def _unpacked(packed: Sequence[Any], bits: int) -> int:
    total, exponent = packed
    return int(total, 16) << (bits - int(exponent))
