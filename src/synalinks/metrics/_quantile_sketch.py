"""Quantiles of many numbers in little memory, in whatever order they come."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Final

RELATIVE_ERROR: Final = 0.01
_GAMMA: Final = (1.0 + RELATIVE_ERROR) / (1.0 - RELATIVE_ERROR)
_LOG_GAMMA: Final = math.log(_GAMMA)
_LEAST: Final = 1e-9
_MOST: Final = 1e9


class QuantileSketch:
    """A quantile of numbers of at least 0, within 1 % of its value.

    The numbers are counted in buckets whose borders grow by a constant factor, so that the middle of a bucket
    is within 1 % of all that is in it: DDSketch (Masson, Rim and Lee, "DDSketch: A fast and fully-mergeable
    quantile sketch with relative-error guarantees", 2019). Counts of parts can be merged, and order changes
    nothing. Numbers below 1e-9 count as 0 and those above 1e9 as 1e9, so there are at most 2075 buckets.

    Args:
        quantile: Which quantile, from 0.0 to 1.0: of n numbers in order it is the one at position
            `floor(quantile * (n - 1))`, as `numpy.quantile(..., method="lower")` has it.
        state: What `state_dict` of another sketch returned; a new one is empty.
    """

    __slots__ = ("_buckets", "_quantile")

    def __init__(self, quantile: float, state: Mapping[str, int] | None = None) -> None:
        self._quantile = quantile
        self._buckets: Counter[int | None] = Counter()  # None is the bucket of 0
        for key, count in (state or {}).items():
            self._buckets[None if key == "0" else int(key.removeprefix("i"))] = count

    def add(self, number: float) -> None:
        """Count a number in."""
        self._buckets[_bucket(number)] += 1

    def merge(self, other: QuantileSketch) -> None:
        """Count in everything that another sketch has counted."""
        self._buckets.update(other._buckets)

    @property
    def value(self) -> float:
        """The quantile; nan where nothing was counted."""
        position = math.floor(self._quantile * (self._buckets.total() - 1))
        for bucket in sorted(self._buckets, key=lambda b: -math.inf if b is None else b):
            position -= self._buckets[bucket]
            if position < 0:
                return 0.0 if bucket is None else 2.0 * _GAMMA**bucket / (_GAMMA + 1.0)
        return math.nan

    def state_dict(self) -> dict[str, int]:
        """Return how many numbers are in each bucket: "0", or "i" and the power of the growth factor."""
        counts = sorted(self._buckets.items(), key=lambda item: -math.inf if item[0] is None else item[0])
        return {"0" if bucket is None else f"i{bucket}": count for bucket, count in counts}


def _bucket(number: float) -> int | None:
    return None if number < _LEAST else math.ceil(math.log(min(number, _MOST)) / _LOG_GAMMA)
