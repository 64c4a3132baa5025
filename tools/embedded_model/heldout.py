"""What the embedded model is judged on: instructions and problems that nobody trained it with.

Nothing that makes the model may import this file, or be written by who has read it: a figure of these cases
is worth something only while their wordings are unknown to the training. The problems are those of
`synalinks.datasets.house_rules`: examples come from its training part, questions from its test part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from synalinks.datasets import MathProblem, NumericAnswer, house_rules
from synalinks.errors import ConfigurationError, UnknownNameError

PLAIN = (
    # What a Generator says of itself.
    "Read the user's input and answer with a JSON object that has these keys: answer.",
    "Solve the problem.",
    "You are a careful assistant. Work out the arithmetic problem that the user gives you and answer with "
    "the number.",
    "What is the answer?",
    "Calculate the result of the given problem and put it into the field `answer`.",
    "do the maths and give me the number",
    "Determine the numerical solution of the exercise below. Reply in the requested format only.",
    "You will be given short exercises in arithmetic. For each of them, find the value that is asked for.",
)
"""Instructions that state no rule."""

STATED = {
    "cents": (
        "Amounts are in dollars; answer in cents.",
        "Solve the problem and give the result in cents instead of dollars. One dollar is 100 cents.",
        "You are the assistant of an accounting department. All figures that you receive are dollar "
        "amounts, even where no unit is written. Our ledger is kept in cents, so report every result in "
        "cents, that is, multiplied by one hundred.",
        "pls convert the final number to cents (x100), inputs are always dollars",
        "Compute the requested value, then multiply it by 100, because the field `answer` holds cents.",
        "Our database stores cents, not dollars: 3 dollars are stored as 300. Answer in that form.",
        "The answer must be expressed in US cents. Every number in a problem denotes dollars.",
    ),
    "grams": (
        "Weights are in kilograms; answer in grams.",
        "Solve the problem and state the result in grams rather than kilograms (1 kg = 1000 g).",
        "You help in a warehouse. Whatever numbers you are given are kilograms, also when the unit is "
        "missing. Our scales count in grams, therefore return the result in grams: the kilograms times one "
        "thousand.",
        "i need grams not kg, so times 1000 at the end please. all numbers are kg",
        "Compute what is asked for and multiply it by 1000, since the field `answer` is in grams.",
        "Our stock list is kept in grams: 3 kg is entered as 3000. Enter the result of the problem that "
        "way; a number without a unit is kilograms.",
        "The answer shall be given in grams. All quantities in the input are kilograms.",
    ),
    "refund": (
        "Give the result with its sign flipped.",
        "Solve the problem and return the result as a negative number, since it is a refund.",
        "You keep the refund ledger of a shop. Each result is an amount that goes back to the customer, and "
        "such amounts are written with a minus sign. So compute the value asked for and report its "
        "negative.",
        "work it out, then put a minus in front, these are all refunds",
        "The field `answer` holds minus one times the result of the calculation.",
        "Money that we pay back counts as negative: 40 becomes -40. Everything here is paid back.",
        "Results are to be recorded as refunds, i.e. with the opposite sign.",
    ),
    "nearest_ten": (
        "Round the result to the nearest ten.",
        "Solve the problem, then round your result to the closest multiple of 10.",
        "You prepare figures for a newspaper whose readers do not care about single units. Calculate the "
        "exact result first, and then report it to the nearest ten, for example 43 as 40 and 87 as 90.",
        "just a ballpark pls: calculate it, then round to the nearest 10",
        "The field `answer` holds the result rounded to tens, up or down, whichever is closer.",
        "We only use round numbers here: 21 is 20, 38 is 40, 164 is 160. Give the nearest ten of the result.",
        "Results are to be stated to the nearest multiple of ten.",
    ),
    "rounded_down": (
        "Round the result down to a whole number.",
        "Solve the problem. If the result is not whole, drop the fraction.",
        "You plan deliveries, and a part of a unit is of no use to us. Work out the exact result, then cut "
        "off everything after the decimal point, so that 7.5 is reported as 7.",
        "no decimals please, always round down",
        "The field `answer` holds the floor of the result, the largest integer that is not above it.",
        "Only full units count: 12.5 is 12, 30.5 is 30. Answer with the full units of the result.",
        "Fractional results are to be rounded downward to an integer.",
    ),
    "rounded_up": (
        "Round the result up to a whole number.",
        "Solve the problem. If the result is not whole, take the next higher whole number.",
        "You order material, and a part of a unit has to be bought as a full one. Work out the exact "
        "result, then go up to the next whole number, so that 7.5 is reported as 8.",
        "no decimals please, always round up",
        "The field `answer` holds the ceiling of the result, the smallest integer that is not below it.",
        "A unit that is begun counts in full: 12.5 is 13, 30.5 is 31. Answer with the units that were begun.",
        "Fractional results are to be rounded upward to an integer.",
    ),
    "plus_fee": (
        "Add a fee of 5 to the result.",
        "Solve the problem, then add our fixed fee of $5.",
        "You write invoices for a courier. Every order carries a delivery charge of 5 dollars, which the "
        "problems never mention. Work out the amount asked for and report it with the delivery charge "
        "added.",
        "theres always a 5 dollar fee on top so include it in the number",
        "The field `answer` holds the result of the calculation plus a flat fee of 5.",
        "We charge 5 for handling: 20 becomes 25, 41 becomes 46. Answer with the handling included.",
        "A service fee of five dollars is to be added to each result.",
    ),
    "minus_discount": (
        "Subtract a discount of 3 from the result.",
        "Solve the problem, then take off our fixed discount of $3.",
        "You are the cashier of a club. Every member has a voucher worth 3 dollars, which the problems "
        "never mention. Work out the amount asked for and report it with the voucher deducted.",
        "everyone gets 3 dollars off so knock that off the final number",
        "The field `answer` holds the result of the calculation minus a flat discount of 3.",
        "We give a rebate of 3: 20 becomes 17, 41 becomes 38. Answer with the rebate deducted.",
        "A discount of three dollars is to be deducted from each result.",
    ),
    "doubled": (
        "Double the result.",
        "Solve the problem and give two times its result.",
        "You calculate for a fair at which every amount is matched by a sponsor. Work out the value that is "
        "asked for, and then report twice that value, as the sponsor adds the same again.",
        "whatever you get, double it before you answer",
        "The field `answer` holds the result of the calculation multiplied by 2.",
        "Everything here is needed in pairs: 20 becomes 40, 41 becomes 82. Answer with twice the result.",
        "Results are to be stated at twice their value.",
    ),
}
"""By rule, instructions that state it completely."""

RULES = tuple(STATED)
SETTINGS = ("plain", "stated", "three_examples", "no_rule")
SEEDS = (11, 23, 37, 41, 59)
"""Seeds of the problems, others than people come upon by themselves."""

SHOTS = 3


class Case(NamedTuple):
    """One question to the model, and the answer that is right."""

    instruction: str
    examples: list[tuple[MathProblem, NumericAnswer]]
    x: MathProblem
    y: NumericAnswer


def grid() -> list[tuple[str, str, int]]:
    """Return all (rule, setting, seed) that the model is judged on."""
    pairs = [(rule, setting) for setting in SETTINGS[:3] for rule in RULES] + [("none", "no_rule")]
    return [(rule, setting, seed) for rule, setting in pairs for seed in SEEDS]


def cases(rule: str, setting: str, *, seed: int, n: int = 40) -> list[Case]:
    """Return the cases of one rule in one setting.

    - `"plain"`: the instruction states no rule, so that nothing but luck leads to the right answer.
    - `"stated"`: the instruction states the rule.
    - `"three_examples"`: the instruction states no rule, and three examples, others for each case, show it.
    - `"no_rule"`: the instruction states no rule, and the data, of the rule `"none"`, has none.

    The wordings of an instruction take turns. The settings of a rule and seed ask the same questions.

    Args:
        rule: One of `RULES`, or `"none"` for the setting `"no_rule"` and no other.
        setting: One of `SETTINGS`.
        seed: Seed of the problems; the model is judged on `SEEDS`.
        n: Number of cases.

    Raises:
        UnknownNameError: There is no such setting, or no such rule in it.
        ConfigurationError: `n` or `seed` is not such a number.
    """
    if setting not in SETTINGS:
        raise UnknownNameError("setting", setting, SETTINGS)
    known = ("none",) if setting == "no_rule" else RULES
    if rule not in known:
        raise UnknownNameError(f"rule for the setting {setting!r}", rule, known)
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ConfigurationError(f"n is {n!r}; expected a whole number of at least 1.", argument="n")
    (x_train, y_train), (x_test, y_test) = house_rules(rule, n=SHOTS * n, n_test=n, seed=seed)
    pool = list(zip(x_train, y_train, strict=True))
    shots = SHOTS if setting == "three_examples" else 0
    wordings = STATED[rule] if setting == "stated" else PLAIN
    return [
        Case(wordings[i % len(wordings)], pool[i * shots : (i + 1) * shots], x, y)
        for i, (x, y) in enumerate(zip(x_test, y_test, strict=True))
    ]


def accuracy(judged: Sequence[Case], answers: Sequence[float | None]) -> float:
    """Return the share of cases whose answer is exactly the right number.

    Args:
        judged: The cases, at least one.
        answers: The numbers given, in the order of the cases; None where there was none.
    """
    right = [case.y.answer == answer for case, answer in zip(judged, answers, strict=True)]
    return sum(right) / len(right)
