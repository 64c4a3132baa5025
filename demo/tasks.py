"""What is learned in the demo: problems whose answers follow a rule that no instruction states."""

from __future__ import annotations

from dataclasses import dataclass

from demo.problems import problems

from synalinks.datasets import MathProblem, NumericAnswer, house_rules

Pairs = tuple[list[MathProblem], list[NumericAnswer]]

RULES = {
    "cents": "prices are in dollars, and answers are due in cents",
    "grams": "weights are in kilograms, and answers are due in grams",
    "refund": "every answer gets the other sign, as money that is paid back",
    "nearest_ten": "answers are rounded to the nearest ten",
    "rounded_down": "answers are rounded down to a whole number",
    "rounded_up": "answers are rounded up to a whole number",
    "plus_fee": "5 is added to every answer, a fee",
    "minus_discount": "3 is taken off every answer, a discount",
    "doubled": "every answer is doubled",
}
"""The rules of the data set that the demo can be run on, in words."""

DEFAULT_RULE = "cents"


@dataclass(frozen=True, slots=True)
class Task:
    """Problems to learn from, others to judge by, and how hard to try.

    Attributes:
        rule: The rule, in words.
        train: Problems and answers to learn from.
        test: Those held out.
        candidates: Sets of examples to try after each batch.
    """

    rule: str
    train: Pairs
    test: Pairs
    candidates: int


def house_task(rule: str, *, free: bool) -> Task:
    """Return a task of the package's own data set; its test problems have words and numbers of their own.

    Args:
        rule: One of `RULES`.
        free: Whether calls cost nothing, so that there may be more of them.
    """
    train, test = house_rules(rule, n=120 if free else 72, n_test=100 if free else 48, seed=1)
    return Task(RULES[rule], train, test, candidates=4 if free else 2)


def simulated_task() -> Task:
    """Return the task that the simulated model plays a learner of."""
    rule = "amounts are given in the smaller unit: cents, minutes, centimetres, grams"
    return Task(rule, problems(72, seed=1), problems(48, seed=2), candidates=2)
