"""Draws the problems of `house_rules` from their templates."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TypeVar

from synalinks.datasets._house_templates import Part, Template

Item = TypeVar("Item")

_TRIES = 400
"""Draws of numbers for one template, after which the next template has its turn."""

_HELD_OUT = 3
"""One pair of numbers in so many belongs to the test part."""


@dataclass(frozen=True, slots=True)
class Formula:
    """What a problem asks.

    Args:
        compute: The answer to the numbers.
        ranges: Least and greatest value of each number.
    """

    compute: Callable[..., Fraction]
    ranges: tuple[tuple[int, int], ...]


FORMULAS = {
    "a+b": Formula(lambda a, b: a + b, ((2, 80), (2, 80))),
    "a-b": Formula(lambda a, b: a - b, ((5, 80), (2, 79))),
    "a*b": Formula(lambda a, b: a * b, ((2, 25), (2, 9))),
    "a*2": Formula(lambda a: a * 2, ((3, 50),)),
    "a/2": Formula(lambda a: a / 2, ((5, 80),)),
    "a+b+c": Formula(lambda a, b, c: a + b + c, ((2, 50), (2, 50), (2, 50))),
    "a+b-c": Formula(lambda a, b, c: a + b - c, ((2, 50), (2, 40), (2, 40))),
    "a-b-c": Formula(lambda a, b, c: a - b - c, ((20, 80), (2, 40), (2, 40))),
    "a*b+c": Formula(lambda a, b, c: a * b + c, ((2, 25), (2, 9), (2, 25))),
    "a*b-c": Formula(lambda a, b, c: a * b - c, ((2, 25), (2, 9), (2, 25))),
    "a/2+b": Formula(lambda a, b: a / 2 + b, ((5, 80), (2, 40))),
    "(a+b)/2": Formula(lambda a, b: (a + b) / 2, ((2, 50), (2, 50))),
    "(a-b)/2": Formula(lambda a, b: (a - b) / 2, ((20, 80), (2, 40))),
    "(a+b)*c": Formula(lambda a, b, c: (a + b) * c, ((2, 15), (2, 10), (2, 9))),
}

GREATEST_SUM, GREATEST = 99, 225
"""Bounds of the plain answer, without and with a multiplication."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A convention for answers, and the problems that suit it.

    Args:
        apply: Makes the answer of the plain answer.
        kinds: Of what the problems are; see `Template`.
        accepts: Whether a plain answer has one clear answer by this rule, and not itself.
        fractions: Whether every plain answer has a half.
    """

    apply: Callable[[Fraction], Fraction | int]
    kinds: str = "cmwb"
    accepts: Callable[[Fraction], bool] = lambda plain: True
    fractions: bool = False


class Draws:
    """Random choices that are the same on every Python.

    Of `random.Random` only `random()` promises that, so nothing else of it is used.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random  # noqa: S311 - no secret

    def between(self, least: int, greatest: int) -> int:
        """Return a whole number, both bounds included."""
        return least + int(self._random() * (greatest - least + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[self.between(0, len(items) - 1)]

    def take(self, items: Sequence[Item], count: int) -> list[Item]:
        """Return `count` different items, in random order."""
        left = list(items)
        return [left.pop(self.between(0, len(left) - 1)) for _ in range(count)]


def problems(part: Part, rule: Rule, *, seed: str) -> Iterator[tuple[str, Fraction]]:
    """Yield different problems and their plain answers, from all templates in turn.

    Args:
        part: The wordings.
        rule: The rule; it decides which problems suit, and is not applied.
        seed: Decides everything.
    """
    draws = Draws(seed)
    usable = [(t, kinds) for t in part.templates if (kinds := _usable_kinds(t, rule))]
    seen = set()
    while True:
        for template, kinds in draws.take(usable, len(usable)):
            kind = draws.pick(kinds)
            numbers = _numbers(template, kind, rule, draws, held_out=part.held_out)
            if numbers is None:
                continue
            text = template.text.format_map(_words(part, kind, numbers, draws))
            if text not in seen:
                seen.add(text)
                yield text, FORMULAS[template.formula].compute(*numbers)


def _is_sum(formula: str) -> bool:
    return "*" not in formula and "/" not in formula


def _usable_kinds(template: Template, rule: Rule) -> str:
    """Return the kinds that a template can be of; where fractions are due, those that can have them."""
    kinds = "".join(kind for kind in template.kinds if kind in rule.kinds)
    if not rule.fractions or "/" in template.formula:
        return kinds
    return kinds.replace("c", "") if _is_sum(template.formula) else ""


def _numbers(
    template: Template, kind: str, rule: Rule, draws: Draws, *, held_out: bool
) -> list[Fraction] | None:
    formula = FORMULAS[template.formula]
    greatest = GREATEST if "*" in template.formula else GREATEST_SUM
    for _ in range(_TRIES):
        numbers = [Fraction(draws.between(*bounds)) for bounds in formula.ranges]
        if rule.fractions and _is_sum(template.formula):
            numbers[0] += Fraction(1, 2)
        answer = formula.compute(*numbers)
        # There is no half of an apple, unless the rule does away with it.
        whole = kind != "c" or rule.fractions or answer.denominator == 1
        if whole and 1 <= answer <= greatest and rule.accepts(answer):
            operands = [*numbers, Fraction(2)] if "2" in template.formula else numbers
            if all(is_held_out(*pair) is held_out for pair in combinations(operands, 2)):
                return numbers
    return None


def is_held_out(one: Fraction, other: Fraction) -> bool:
    """Return whether two numbers, in either order, meet in problems of the test part, never of the other.

    A half and a double bring in the number 2. The pairs are told apart by a checksum, so that neither part
    lacks a digit or a size.
    """
    pair = f"{min(one, other)} {max(one, other)}"
    return zlib.crc32(pair.encode()) % _HELD_OUT == 0


def _words(part: Part, kind: str, numbers: list[Fraction], draws: Draws) -> dict[str, str]:
    """Return what stands in the slots."""
    words = {slot: draws.pick(choices) for slot, choices in part.words.items()}
    words["name"], words["other"] = draws.take(part.names, 2)
    words["good"], words["good2"] = draws.take(part.goods, 2)
    words["d"] = draws.pick([str(d) for d in range(6, 16) if d not in numbers])
    words["stuff"] = draws.pick({"c": part.things, "w": part.substances}.get(kind, ("money",)))
    counted = kind == "c"
    words["how"] = f"how {'many' if counted else 'much'} {words['stuff']}"
    words["is"], words["many"] = ("are", "many") if counted else ("is", "much")
    style = draws.pick(_STYLES[kind])
    for letter, number in zip("abc", numbers, strict=False):
        short = style.format(_decimal(number, money=kind == "m"))
        words[letter] = str(number)
        words[f"{letter.upper()}s"] = short
        words[letter.upper()] = short + {"c": " {stuff}", "w": " of {stuff}"}.get(kind, "").format_map(words)
    capitals = {
        slot.capitalize(): text[0].upper() + text[1:] for slot, text in words.items() if len(slot) > 1
    }
    return capitals | words


_STYLES = {"b": ("{}",), "c": ("{}",), "m": ("${}", "{} dollars"), "w": ("{} kg", "{} kilograms")}


def _decimal(number: Fraction, *, money: bool) -> str:
    """Return a number of at most two decimals as text."""
    if number.denominator == 1:
        return str(number)
    return f"{float(number):.2f}" if money else f"{float(number):g}"
