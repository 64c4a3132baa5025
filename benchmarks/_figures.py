"""Figures, what is aimed at, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TOLERANCE = 0.5
"""A target that is missed by more than this share of itself fails the run."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value.

    Attributes:
        name: What was measured.
        value: The value.
        unit: Its unit.
        at_most: The target, where less is better.
        at_least: The target, where more is better.
        binding: Whether the run fails when the target is missed by far. Figures that depend on the machine
            alone are not binding.
    """

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    binding: bool = True

    @property
    def target(self) -> str:
        """The target in words, empty where there is none."""
        if self.at_most is not None:
            return f"at most {_number(self.at_most)}"
        return "" if self.at_least is None else f"at least {_number(self.at_least)}"

    @property
    def excess(self) -> float:
        """By which share of itself the target is missed; 0 or less where it is met."""
        if self.at_most is not None:
            return self.value / self.at_most - 1
        return 0.0 if self.at_least is None else 1 - self.value / self.at_least

    @property
    def failed(self) -> bool:
        """Whether the run fails for it; a value that is no number does."""
        return self.binding and not self.excess <= TOLERANCE

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        if not self.target:
            return ""
        if self.excess <= 0:
            return "met"
        return "missed by more than half" if self.failed else "missed"


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print figures as a table."""
    print(f"\n{title}")
    for figure in figures:
        print(
            f"  {figure.name:<58}{_number(figure.value):>9} {figure.unit:<10} {figure.target:<14} "
            f"{figure.verdict}".rstrip(),
            flush=True,
        )
