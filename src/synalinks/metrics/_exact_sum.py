"""Sums without rounding, so that order and batches change nothing."""

from __future__ import annotations

import math
from typing import Any

# The smallest float is 2**-1074: counted in that unit every finite float is an integer.
_BITS = 1074
_UNIT = 1 << _BITS


class ExactSum:
    """A running sum that is exact, whatever the order of the numbers, and rounded once when it is read.

    `value` is what `math.fsum` gives for all numbers added, save that it is infinite where `fsum` raises
    for overflow, and nan for infinities of both signs. Sums of parts can be merged.

    Args:
        state: What `state_dict` of another sum returned; a new sum begins at 0.
    """

    __slots__ = ("_special", "_total")

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self._total = 0  # in units of 2**-1074
        self._special = 0.0  # the sum of what is not finite
        if state is not None:
            self._total = int(state["total"], 16) << (_BITS - int(state["exponent"]))
            self._special = float(state["special"])

    def add(self, number: float) -> None:
        """Add a number; an int of any size counts exactly."""
        try:
            numerator, denominator = number.as_integer_ratio()
        except (OverflowError, ValueError):  # inf and nan
            self._special += number
            return
        self._total += numerator << (_BITS + 1 - denominator.bit_length())

    def merge(self, other: ExactSum) -> None:
        """Add all numbers of another sum."""
        self._total += other._total
        self._special += other._special

    @property
    def value(self) -> float:
        """The sum, correctly rounded."""
        if self._special != 0:
            return self._special
        try:
            return self._total / _UNIT
        except OverflowError:
            return math.inf if self._total > 0 else -math.inf

    def state_dict(self) -> dict[str, Any]:
        """Return the sum as JSON: `total` (hexadecimal) times 2 to the power of `-exponent`."""
        zeros = min((self._total & -self._total).bit_length() - 1, _BITS) if self._total else _BITS
        return {
            "total": f"{self._total >> zeros:x}",
            "exponent": _BITS - zeros,
            "special": str(self._special),
        }
