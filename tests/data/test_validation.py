import orjson
import pytest

from synalinks.data import json_problem, validate, validator
from synalinks.errors import DataError

SCHEMA = {
    "type": "object",
    "properties": {"steps": {"type": "array", "items": {"type": "number"}}},
    "additionalProperties": False,
}


def test_a_valid_value_has_no_problem():
    assert validate(SCHEMA, {"steps": [1, 2.5]}) is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"steps": [1, "x"]}, 'at \'steps.1\': "x" is not of type "number"'),
        ({"step": []}, "('step' was unexpected)"),
        ([], '[] is not of type "object"'),
        ({"steps": {1, 2}}, "at 'steps': a value of type set is not JSON"),
    ],
)
def test_a_problem_is_one_line_with_its_place(value, message):
    problem = validate(SCHEMA, value)
    assert message in problem
    assert "\n" not in problem


def test_long_problems_are_shortened():
    assert len(validate(SCHEMA, "x" * 5000)) <= 300


def test_a_schema_is_compiled_once_per_object():
    assert validator(SCHEMA) is validator(SCHEMA)
    assert validator(dict(SCHEMA)) is not validator(SCHEMA)


def test_an_invalid_schema_is_refused():
    with pytest.raises(DataError, match="not a valid JSON schema"):
        validator({"type": "nonsense"})


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/schema.json", "file:///etc/hostname"])
def test_references_to_the_outside_are_refused_not_followed(reference):
    with pytest.raises(DataError, match="only definitions of its own"):
        validator({"$ref": reference})


def nested(levels, kind=list):
    value = 1
    for _ in range(levels):
        value = [value] if kind is list else {"a": value}
    return value


@pytest.mark.parametrize("kind", [list, dict])
def test_what_passes_can_be_written_with_a_document_around_it(kind):
    value = nested(200, kind)
    assert json_problem(value) is None
    assert "nested" in json_problem(nested(201, kind))
    orjson.dumps({"a": [{"b": [value]}]})


def test_a_long_path_is_cut():
    problem = json_problem(nested(300, dict))
    assert problem.startswith("at 'a.a.a")
    assert "...': it is nested" in problem
    assert len(problem) < 120


@pytest.mark.parametrize(
    "value", [None, True, 1, -(2**63), 2**64 - 1, 1.5, "x", "é😀", [], {}, {"a": [{"b": None}]}]
)
def test_json(value):
    assert json_problem(value) is None
    assert json_problem({"a": value}) is None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"a": [1, float("nan")]}, "at 'a.1': nan is not a JSON number"),
        ({"a": {"b": float("-inf")}}, "at 'a.b': -inf is not a JSON number"),
        ({"a": {1: 2}}, "at 'a': the key 1 is not a string"),
        ({1: "x"}, "the key 1 is not a string"),
        ({"a": 2**64}, "has more than 64 bits"),
        ({"a": (1,)}, "at 'a': a value of type tuple is not JSON"),
        (float("nan"), "nan is not a JSON number"),
        ([object()], "at '0': a value of type object is not JSON"),
        ("\ud800", "half a surrogate pair"),
        ({"a": ["é\ud800"]}, "at 'a.0': a text holds half a surrogate pair"),
        ({"\udfff": 1}, "holds half a surrogate pair"),
        ({"a": nested(200)}, "nested more than 200 levels deep"),
    ],
)
def test_what_is_not_json(value, problem):
    assert problem in json_problem(value)
