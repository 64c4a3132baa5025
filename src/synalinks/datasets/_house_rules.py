"""A data set whose answers follow a convention that the problems do not state."""

from __future__ import annotations

from itertools import islice
from math import ceil, floor

from synalinks.data import DataModel, Field
from synalinks.datasets._house_problems import Rule, problems
from synalinks.datasets._house_templates import TEST, TRAIN, Part
from synalinks.errors import ConfigurationError, UnknownNameError


class MathProblem(DataModel):
    """A short arithmetic word problem."""

    problem: str = Field(description="An arithmetic expression to solve")


class NumericAnswer(DataModel):
    """A numeric answer to a math problem."""

    answer: float = Field(description="The numeric answer to the problem")


FEE, DISCOUNT = 5, 3

RULES = {
    "cents": Rule(lambda plain: plain * 100, "mb"),
    "grams": Rule(lambda plain: plain * 1000, "wb"),
    "refund": Rule(lambda plain: -plain, "mb"),
    # An answer of 5, 15, … is as near to one ten as to another.
    "nearest_ten": Rule(lambda plain: round(plain / 10) * 10, accepts=lambda p: p > 5 and p % 5 != 0),
    "rounded_down": Rule(floor, fractions=True, accepts=lambda plain: plain.denominator > 1),
    "rounded_up": Rule(ceil, fractions=True, accepts=lambda plain: plain.denominator > 1),
    "plus_fee": Rule(lambda plain: plain + FEE, "mb"),
    "minus_discount": Rule(lambda plain: plain - DISCOUNT, "mb", accepts=lambda plain: plain > DISCOUNT),
    "doubled": Rule(lambda plain: plain * 2),
    "none": Rule(lambda plain: plain),
}

MOST = 10_000

Pairs = tuple[list[MathProblem], list[NumericAnswer]]


def house_rules(
    rule: str = "cents", *, n: int = 200, n_test: int | None = None, seed: int = 0
) -> tuple[Pairs, Pairs]:
    """Make short arithmetic problems whose answers follow a house rule that no problem states.

    A model that merely calculates is wrong; what it lacks is a convention, which an instruction can state
    and examples can show. So the data shows what training a prompt is worth, without a download.

    A fifth or more of the problems are bare expressions ("27 + 14"), the others a sentence or two ("Anna has
    31 apples and gives 12 to Ben. How many apples are left?"). They add and subtract numbers up to 80,
    multiply up to 25 by 9, double and halve, some in two steps. A plain answer lies between 1 and 225.

    The rules, by what becomes of a plain answer:

    - `"cents"`: times 100; the problems are about dollars, the answers in cents.
    - `"grams"`: times 1000; the problems are about kilograms.
    - `"refund"`: the sign is flipped, as of money that is paid back.
    - `"nearest_ten"`: rounded to the nearest ten; none lies half-way.
    - `"rounded_down"`, `"rounded_up"`: to a whole number; every plain answer has a half.
    - `"plus_fee"`: plus 5, a fixed fee.
    - `"minus_discount"`: minus 3, a fixed discount.
    - `"doubled"`: times 2.
    - `"none"`: the plain answer.

    The test part has templates, names, items and pairs of numbers of its own, so that remembering what was
    trained on does not help. Within a part no problem occurs twice. Answers are exact and have one decimal
    at most.

    Args:
        rule: The rule.
        n: Number of training problems, 1 to 10,000. Those of a smaller `n` are the first of a larger one.
        n_test: Number of test problems, likewise; None for as many as `n`.
        seed: Decides everything; the same seed gives the same data on every platform and Python.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: lists of `MathProblem` and of `NumericAnswer`.

    Raises:
        UnknownNameError: There is no such rule.
        ConfigurationError: `n`, `n_test` or `seed` is not such a number.

    Example:
        ```python
        (x_train, y_train), (x_test, y_test) = synalinks.datasets.house_rules("cents", n=80, n_test=40)
        ```
    """
    if not isinstance(rule, str) or rule not in RULES:
        raise UnknownNameError("rule", str(rule), RULES)
    counts = {"n": n, "n_test": n if n_test is None else n_test}
    for argument, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST:
            raise ConfigurationError(
                f"{argument} is {count!r}; expected a whole number from 1 to {MOST}.", argument=argument
            )
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ConfigurationError(f"seed is {seed!r}; expected a whole number.", argument="seed")
    return _pairs(rule, TRAIN, counts["n"], seed), _pairs(rule, TEST, counts["n_test"], seed)


def _pairs(rule: str, part: Part, count: int, seed: int) -> Pairs:
    seed_text = f"synalinks house rules {rule} {'test' if part.held_out else 'train'} {seed}"
    drawn = list(islice(problems(part, RULES[rule], seed=seed_text), count))
    return (
        [MathProblem(problem=text) for text, _ in drawn],
        [NumericAnswer(answer=float(RULES[rule].apply(plain))) for _, plain in drawn],
    )
