"""The cases that the embedded model is judged on are complete, always the same, and held out."""

import ast
import hashlib
import json
import re
import sys
from math import inf, nan

import pytest
from tests.support import ROOT
from tools.embedded_model import heldout
from tools.embedded_model.heldout import PLAIN, RULES, SEEDS, SETTINGS, STATED, accuracy, cases, grid

import synalinks
from synalinks.datasets import MathProblem, NumericAnswer, house_rules
from synalinks.errors import ConfigurationError, UnknownNameError

DIGEST = "e707b3c6902d0584"
"""Figures that were measured on the cases must not come to mean others."""

EXPLAINED = {
    "cents": r"cents",
    "grams": r"grams",
    "refund": r"minus|negative|sign",
    "nearest_ten": r"nearest|tens|closest",
    "rounded_down": r"down|drop|cut off|floor|full units",
    "rounded_up": r"\bup|higher|ceiling|begun",
    "plus_fee": r"(5|five)\b.*(add|includ|top)|(add|plus).*(5|five)",
    "minus_discount": r"(3|three)\b.*(deduct|off)|(subtract|take off|minus).*(3|three)",
    "doubled": r"double|twice|two times|by 2",
}
"""What every wording of a rule has in it, the amount included."""


def test_nine_rules_and_none_are_judged():
    (x, _), _ = house_rules("none", n=1)
    assert x
    assert len(RULES) == len(set(RULES)) == 9
    assert len(SEEDS) == len(set(SEEDS)) == 5
    assert {(rule, setting) for rule, setting, _ in grid()} == {
        *((rule, setting) for rule in RULES for setting in SETTINGS[:3]),
        ("none", "no_rule"),
    }
    assert len(grid()) == len(set(grid())) == 28 * 5


def test_there_are_many_wordings_and_each_stands_for_one_rule():
    wordings = [*PLAIN, *(text for texts in STATED.values() for text in texts)]
    assert len({text.casefold() for text in wordings}) == len(wordings)
    assert min(map(len, [PLAIN, *STATED.values()])) >= 6
    assert max(map(len, wordings)) < 300


@pytest.mark.parametrize("rule", RULES)
def test_a_wording_states_its_rule_and_its_amount(rule):
    for text in STATED[rule]:
        assert re.search(EXPLAINED[rule], text, re.IGNORECASE), text
    for text in PLAIN:
        assert not re.search(EXPLAINED[rule], text, re.IGNORECASE), text


@pytest.mark.parametrize("rule", RULES)
def test_the_numbers_that_a_wording_shows_follow_the_rule(rule):
    pattern = r"([\d.]+)(?: \w+)? (?:becomes|is|as|is reported as|are stored as|is entered as) (-?\d+)"
    shown = [tuple(map(float, pair)) for text in STATED[rule] for pair in re.findall(pattern, text)]
    assert shown
    apply = {
        "cents": lambda p: p * 100,
        "grams": lambda p: p * 1000,
        "refund": lambda p: -p,
        "nearest_ten": lambda p: (p + 5) // 10 * 10,
        "rounded_down": lambda p: p // 1,
        "rounded_up": lambda p: -(-p // 1),
        "plus_fee": lambda p: p + 5,
        "minus_discount": lambda p: p - 3,
        "doubled": lambda p: p * 2,
    }[rule]
    assert [apply(one) for one, _ in shown] == [other for _, other in shown]


async def test_a_generators_own_instruction_is_among_the_plain_ones():
    generator = synalinks.Generator(data_model=NumericAnswer)
    assert generator.instruction.get() in PLAIN


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_case_has_what_its_setting_says(setting):
    rule = "none" if setting == "no_rule" else "grams"
    (x_train, y_train), (x_test, y_test) = house_rules(rule, n=60, n_test=20, seed=23)
    found = cases(rule, setting, seed=23, n=20)
    assert [(case.x, case.y) for case in found] == list(zip(x_test, y_test, strict=True))
    wordings = STATED[rule] if setting == "stated" else PLAIN
    assert {case.instruction for case in found} == set(wordings)
    shown = [example for case in found for example in case.examples]
    if setting == "three_examples":
        assert {len(case.examples) for case in found} == {3}
        assert shown == list(zip(x_train, y_train, strict=True))
    else:
        assert shown == []


def test_a_case_is_instruction_examples_x_and_y():
    instruction, [(x0, y0), _, _], x, y = cases("cents", "three_examples", seed=11)[0]
    assert isinstance(instruction, str)
    assert isinstance(x0, MathProblem)
    assert isinstance(x, MathProblem)
    assert isinstance(y0, NumericAnswer)
    assert isinstance(y, NumericAnswer)


def test_the_cases_stay_as_they_are():
    rows = [
        [c.instruction, [[x.problem, y.answer] for x, y in c.examples], c.x.problem, c.y.answer]
        for rule, setting, seed in grid()
        for c in cases(rule, setting, seed=seed, n=8)
    ]
    assert hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16] == DIGEST


@pytest.mark.parametrize(
    ("rule", "setting", "text"),
    [
        ("cents", "state", "Unknown setting 'state'. Did you mean 'stated'"),
        ("none", "plain", "Unknown rule for the setting 'plain' 'none'"),
        ("cents", "no_rule", "Known: 'none'"),
        ("gram", "stated", "Did you mean 'grams'"),
    ],
)
def test_what_does_not_go_together_is_refused(rule, setting, text):
    with pytest.raises(UnknownNameError, match=re.escape(text)):
        cases(rule, setting, seed=11)


@pytest.mark.parametrize("n", [0, True, 2.0, None])
def test_a_wrong_number_is_refused(n):
    with pytest.raises(ConfigurationError, match="n is"):
        cases("cents", "plain", seed=11, n=n)


def test_only_the_exact_number_is_right():
    found = cases("refund", "plain", seed=11, n=5)
    right = [case.y.answer for case in found]
    assert accuracy(found, right) == 1.0
    assert accuracy(found, [-right[0], right[1] + 0.5, None, right[3], nan]) == 0.2
    assert accuracy(found, [inf, -inf, right[2] - 1, *right[3:]]) == 0.4
    with pytest.raises(ValueError, match="shorter"):
        accuracy(found, right[1:])


def test_it_builds_on_the_library_alone():
    source = ast.parse((ROOT / heldout.__file__).read_text("utf-8"))
    names = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for node in ast.walk(source)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= {"synalinks", *sys.stdlib_module_names}


def imports(module):
    """What a file of the embedded model's tools imports, at its top or within a function."""
    source = ast.parse((ROOT / "tools" / "embedded_model" / f"{module}.py").read_text("utf-8"))
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached(module):
    """What a file of the tools imports, and what those of the tools import that it imports."""
    found, waiting = set(), [module]
    while waiting:
        for name in set(imports(waiting.pop())) - found:
            found.add(name)
            if (ROOT / (name.replace(".", "/") + ".py")).is_file():
                waiting.append(name.rpartition(".")[2])
    return found


@pytest.mark.parametrize("module", ["train", "export", "dev"])
def test_nothing_that_makes_the_model_reads_it(module):
    judged_on = ("tools.embedded_model.heldout", "synalinks.datasets")
    assert not [name for name in reached(module) if name.startswith(judged_on)]


def test_who_reads_it_is_seen():
    assert reached("evaluate") >= {"tools.embedded_model.heldout", "synalinks.datasets.house_rules"}
    assert reached("train") >= {"tools.embedded_model.problems_of_quantities", "tools.embedded_model.sums"}
