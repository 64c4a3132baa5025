"""Names, parameters and texts in the form in which a tracking server keeps them."""

from __future__ import annotations

import math

import orjson
import pytest

from synalinks.integrations._run_texts import (
    history_table,
    parameters,
    safe_name,
    safe_names,
    short_text,
    variables_text,
)
from synalinks.integrations._spans import as_text
from synalinks.runs import HistoryData


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("val_reward", "val_reward"),
        ("batch/reward", "batch/reward"),
        ("F1 (macro)", "F1 _macro_"),
        ("précision", "précision"),
        ("a\nb", "a_b"),
        ("../a", "___a"),
        ("a//b", "a__b"),
        ("/", "_"),
        ("", "_"),
        (".", "_"),
    ],
)
def test_a_name_is_made_one_that_servers_take(name, safe):
    assert safe_name(name) == safe


def test_no_two_names_become_one():
    names = ["a$", "a%", "a_", "x" * 300, "x" * 301, "\ud800"]
    found = safe_names(names)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(len(safe) <= 250 for safe in found.values())


def test_a_value_becomes_a_short_line():
    assert short_text("a\nb\x1b") == "a\\nb\\u001b"
    assert short_text({"a": [1]}) == '{"a":[1]}'
    assert len(short_text("x" * 1000)) == 500
    assert short_text("\ud800") == "?"


def test_parameters_are_flat():
    described = {
        "program": {"$class": "Program"},
        "models": {"generator": {"model": "openai/m"}, "judge": {"model": "openai/m"}},
        "optimizer": {"$class": "Mine", "config": {"tries": 3, "inner": {"a": None}}},
        "training data": {"size": 3, "hash": "abc"},
        "validation data": None,
    }
    found = parameters({"seed": 1, "verbose": 2, "metrics": ["reward", "f1"]}, described, "math")
    assert len(found.pop("program.hash")) == 32
    assert found == {
        "program": "math",
        "models": "openai/m",
        "optimizer.class": "Mine",
        "optimizer.tries": "3",
        "training_data.size": "3",
        "training_data.hash": "abc",
        "seed": "1",
        "metrics": "reward, f1",
    }


def test_the_history_is_a_table_with_gaps():
    history = HistoryData([0, 1], [{"reward": 0.5}, {"reward": math.nan, "a,b\n": 1.0}])
    assert history_table(history).decode() == 'epoch,reward,"a,b\n"\n0,0.5,\n1,nan,1.0\n'


def test_variables_read_well():
    text = variables_text(
        {"a/instruction": "Two\nlines", "a/examples": [{"inputs": {"q": 1}, "outputs": "x\ny"}]}
    )
    assert text.decode() == (
        "a/instruction\n=============\n\nTwo\nlines\n\n"
        'a/examples\n==========\n\n1.\n   inputs: {\n     "q": 1\n   }\n   outputs: x\n   y\n'
    )


def test_no_value_is_too_odd_for_a_trace():
    within = []
    within.append(within)
    assert orjson.loads(as_text({"a": math.nan, 1: "é"})) == {"a": None, "1": "é"}
    assert as_text("\ud800") == '"?"'
    assert "[...]" in as_text(within)
    long = orjson.loads(as_text("x" * 2_000_000))
    assert long.endswith("… (2,000,002 characters)")
    assert len(long) < 1_100_000
