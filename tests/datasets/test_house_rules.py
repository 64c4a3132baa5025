"""The data of `house_rules` is right, the same everywhere, and its parts have nothing in common."""

import hashlib
import json
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synalinks
from synalinks.datasets import MathProblem, NumericAnswer, house_rules
from synalinks.datasets._house_problems import FORMULAS
from synalinks.datasets._house_templates import TEST, TRAIN
from synalinks.errors import ConfigurationError, UnknownNameError

WORKED = [
    line.rsplit(" => ", 1)
    for line in (Path(__file__).parent / "worked_problems.txt").read_text("utf-8").splitlines()
]
"""A problem of each template with the answer that somebody worked out by reading it."""

RULES = {
    "cents": lambda plain: plain * 100,
    "grams": lambda plain: plain * 1000,
    "refund": lambda plain: -plain,
    "nearest_ten": lambda plain: plain.quantize(Decimal("1e1"), ROUND_HALF_UP),
    "rounded_down": lambda plain: plain.to_integral_value(ROUND_FLOOR),
    "rounded_up": lambda plain: plain.to_integral_value(ROUND_CEILING),
    "plus_fee": lambda plain: plain + 5,
    "minus_discount": lambda plain: plain - 3,
    "doubled": lambda plain: plain * 2,
    "none": lambda plain: plain,
}

DIGESTS = {
    "cents": "4068b46088c29ee6",
    "grams": "beafeae302095476",
    "refund": "c6fb0ebde82325dc",
    "nearest_ten": "14c18146fbf5faca",
    "rounded_down": "e9e6f87a2384150c",
    "rounded_up": "bcc806dc820d4747",
    "plus_fee": "6deca842894d0b21",
    "minus_discount": "1e9ab1c512cbc1ce",
    "doubled": "25e6951e46a945cd",
    "none": "fdff1fcd07fe285d",
}
"""Data that users have measured on must not change."""

rules = pytest.mark.parametrize("rule", RULES)


@cache
def pattern(template):
    """Return a pattern of the problems of a template; groups a, b and c are their numbers."""
    number = r"\$?(?P<{}>\d+(?:\.\d+)?)"

    def slot(found):
        name = found[1]
        if name in {"A", "B", "C", "As", "Bs", "Cs"}:
            return number.format(name[0].lower()) + "(?: [a-z ]+?)?"
        if name in {"a", "b", "c"}:
            return number.format(name)
        return {"name": "[A-Z][a-z]+", "other": "[A-Z][a-z]+", "d": r"\d+"}.get(name, "[A-Za-z][a-z ]*?")

    return re.compile(re.sub(r"\\\{(\w+)\\\}", slot, re.escape(template.text)))


def read(text, part):
    """Return the template of a problem and its numbers, from its text alone."""
    found = [(t, m.groupdict()) for t in part.templates if (m := pattern(t).fullmatch(text))]
    assert len(found) == 1, (text, found)
    [(template, numbers)] = found
    return template, {letter: Fraction(numbers[letter]) for letter in sorted(numbers)}


def solved(text, part):
    """Return the plain answer of a problem, from its text and the formula as it is written."""
    template, numbers = read(text, part)
    return eval(template.formula, {}, numbers)


def pairs(text, part):
    template, numbers = read(text, part)
    operands = [*numbers.values(), *([2] if "2" in template.formula else [])]
    return {tuple(sorted(pair)) for pair in combinations(operands, 2)}


def digest(data):
    rows = [[[p.problem, a.answer] for p, a in zip(x, y, strict=True)] for x, y in data]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


@pytest.mark.parametrize(("text", "answer"), WORKED, ids=range(len(WORKED)))
def test_a_problem_says_what_its_formula_computes(text, answer):
    part = TRAIN if any(pattern(t).fullmatch(text) for t in TRAIN.templates) else TEST
    template, numbers = read(text, part)
    assert FORMULAS[template.formula].compute(*numbers.values()) == Fraction(answer)


def test_every_template_was_worked_out():
    for part in (TRAIN, TEST):
        for template in part.templates:
            assert any(pattern(template).fullmatch(text) for text, _ in WORKED), template


@given(rule=st.sampled_from(sorted(RULES)), seed=st.integers(-(2**40), 2**40))
@settings(max_examples=40)
def test_the_answers_are_right_by_the_text_alone(rule, seed):
    for part, (x, y) in zip((TRAIN, TEST), house_rules(rule, n=60, seed=seed), strict=True):
        assert len({question.problem for question in x}) == len(x) == len(y) == 60
        for question, target in zip(x, y, strict=True):
            plain = solved(question.problem, part)
            expected = RULES[rule](Decimal(plain.numerator) / plain.denominator)
            assert Decimal(target.answer) == expected, question
            assert 1 <= plain <= 225
            assert isfinite(target.answer)
            assert abs(target.answer) <= 225_000
            assert expected == round(expected, 1)
            assert (target.answer == plain) == (rule == "none")
            if rule.startswith("rounded"):
                assert plain.denominator == 2
            if rule == "nearest_ten":
                assert plain % 10 != 5


@rules
def test_the_parts_share_no_pair_of_numbers(rule):
    found = [set(), set()]
    for seed in range(3):
        for part, seen, (x, _) in zip((TRAIN, TEST), found, house_rules(rule, n=150, seed=seed), strict=True):
            seen.update(*(pairs(question.problem, part) for question in x))
    assert min(map(len, found)) > 100
    assert not found[0] & found[1]


def vocabulary(part):
    return {*sum(part.words.values(), ()), *part.names, *part.things, *part.substances, *part.goods}


def test_the_parts_share_no_sentence_and_no_word_of_a_slot():
    sentences = [
        {s for t in part.templates for s in re.split(r"(?<=[.?!]) ", t.text)} for part in (TRAIN, TEST)
    ]
    assert not sentences[0] & sentences[1]
    assert not vocabulary(TRAIN) & vocabulary(TEST)
    for part, other in ((TRAIN, TEST), (TEST, TRAIN)):
        fixed = {word for t in part.templates for word in re.findall(r"\b(?<!\{)\w+", t.text)}
        stems = {word.split()[-1].removesuffix("s").removesuffix("e") for word in vocabulary(other)}
        assert not {w for w in fixed if w.removesuffix("s").removesuffix("e") in stems}


@rules
def test_a_rule_has_many_templates(rule):
    for part, (x, _) in zip((TRAIN, TEST), house_rules(rule, n=240), strict=True):
        used = [read(question.problem, part)[0] for question in x]
        assert len(set(used)) >= 24
        assert max(map(used.count, used)) <= 12
        assert 0.1 < sum(t.kinds == "b" for t in used) / len(used) < 0.5


@pytest.mark.parametrize("part", [TRAIN, TEST], ids=["train", "test"])
def test_a_part_has_forty_templates_and_more(part):
    assert len(part.templates) > 50
    assert sum(template.kinds != "b" for template in part.templates) >= 36


@rules
def test_the_data_stays_as_it_is(rule):
    assert digest(house_rules(rule, n=60, seed=3)) == DIGESTS[rule]


def test_what_seed_and_n_decide():
    (x, y), (x_test, y_test) = house_rules(n=30, n_test=12, seed=5)
    assert (len(x), len(y), len(x_test), len(y_test)) == (30, 30, 12, 12)
    assert house_rules("cents", n=30, n_test=12, seed=5) == ((x, y), (x_test, y_test))
    more, more_test = house_rules(n=40, seed=5)
    assert (more[0][:30], more[1][:30]) == (x, y)
    assert (more_test[0][:12], len(more_test[0])) == (x_test, 40)
    assert house_rules(n=30, seed=6)[0][0] != x
    assert len(house_rules()[1][1]) == 200


def test_the_data_models_are_public():
    (x, y), _ = synalinks.datasets.house_rules(n=1)
    assert type(x[0]) is MathProblem is synalinks.datasets.MathProblem
    assert type(y[0]) is NumericAnswer is synalinks.datasets.NumericAnswer
    assert list(MathProblem.get_schema()["properties"]) == ["problem"]
    assert list(NumericAnswer.get_schema()["properties"]) == ["answer"]


def test_a_wrong_rule_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'nearest_ten'"):
        house_rules("nearest_tens")
    for rule in (None, ["cents"]):
        with pytest.raises(UnknownNameError, match="Known: 'cents'"):
            house_rules(rule)


@pytest.mark.parametrize("count", [0, -1, True, 2.0, "3", None, 10_001])
def test_a_wrong_number_is_refused(count):
    with pytest.raises(ConfigurationError, match=r"n is .* from 1 to 10000") as caught:
        house_rules(n=count)
    assert caught.value.argument == "n"
    if count is not None:
        with pytest.raises(ConfigurationError, match="n_test is"):
            house_rules(n_test=count)


@pytest.mark.parametrize("seed", [True, 1.0, "1", None])
def test_a_wrong_seed_is_refused(seed):
    with pytest.raises(ConfigurationError, match="seed is"):
        house_rules(seed=seed)
