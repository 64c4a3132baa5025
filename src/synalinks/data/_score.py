"""Scores and ratings as enums of numbers, so that decoding is constrained to their values.

Their docstrings are part of the schemas that a language model sees.
"""

from __future__ import annotations

from enum import Enum, IntEnum


class Score(float, Enum):
    """A score from 0.0 (worst) to 1.0 (best) in steps of 0.1."""

    S0 = 0.0
    S1 = 0.1
    S2 = 0.2
    S3 = 0.3
    S4 = 0.4
    S5 = 0.5
    S6 = 0.6
    S7 = 0.7
    S8 = 0.8
    S9 = 0.9
    S10 = 1.0


class Rating(IntEnum):
    """A rating from 1 (worst) to 5 (best)."""

    ONE = 1
    TWO = 2
    THREE = 3
    FOUR = 4
    FIVE = 5
