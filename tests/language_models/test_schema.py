import orjson
import pytest

from synalinks.errors import ConfigurationError
from synalinks.language_models import OutputSchema, output_schema
from synalinks.language_models._adapting import meets
from synalinks.language_models._schema_rules import OPENAI_STRICT


def model(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


NUMBER = {"type": "number"}

STRICT = {
    "flat": model(a=NUMBER, b={"type": "string", "description": "x", "enum": ["y"]}),
    "nested": model(a={"type": "array", "items": model(b=NUMBER)}),
    "reference": {**model(a={"$ref": "#/$defs/B"}), "$defs": {"B": model(b=NUMBER)}},
    "either": model(a={"anyOf": [NUMBER, {"type": "null"}]}),
    "a property named like a keyword": model(default=NUMBER),
}
LOOSE = {
    "not required": {**model(a=NUMBER), "required": []},
    "open": {"type": "object", "properties": {"a": NUMBER}, "required": ["a"]},
    "default": model(a={"type": "number", "default": 1}),
    "nested open": model(a={"type": "array", "items": {"type": "object", "properties": {}}}),
    "definition open": {**model(a={"$ref": "#/$defs/B"}), "$defs": {"B": {"type": "object"}}},
    "root is a number": NUMBER,
    "root is either": {"anyOf": [model(a=NUMBER), model(b=NUMBER)]},
    "all of": model(a={"allOf": [NUMBER]}),
    "no schema": model(a=True),
}


@pytest.mark.parametrize("schema", STRICT.values(), ids=STRICT)
def test_what_strict_mode_accepts(schema):
    assert meets(schema, OPENAI_STRICT)


@pytest.mark.parametrize("schema", LOOSE.values(), ids=LOOSE)
def test_what_strict_mode_refuses(schema):
    assert not meets(schema, OPENAI_STRICT)


def test_the_response_format_is_serialised_once():
    schema = OutputSchema(model(a=NUMBER), "My answer!")
    assert schema.response_format is schema.response_format
    assert orjson.loads(orjson.dumps(schema.response_format)) == {
        "type": "json_schema",
        "json_schema": {"name": "My_answer_", "schema": model(a=NUMBER), "strict": True},
    }


def test_the_name_is_the_title_where_there_is_one():
    assert OutputSchema({"title": "NumericAnswer"}).name == "NumericAnswer"
    assert OutputSchema({}).name == "answer"
    assert len(OutputSchema({"title": "x" * 100}).name) == 64


def test_the_same_schema_is_prepared_once():
    class Answer:
        schema = model(a=NUMBER)

        @classmethod
        def get_schema(cls):
            return cls.schema

    prepared = output_schema(Answer)
    assert output_schema(Answer.schema) is output_schema(Answer()) is output_schema(prepared) is prepared
    assert output_schema(model(a=NUMBER)) is not prepared
    assert output_schema(model(a=NUMBER)).key == prepared.key
    assert output_schema(model(b=NUMBER)).key != prepared.key


@pytest.mark.parametrize("wrong", [7, "Answer", [1]])
def test_what_is_no_schema_is_refused(wrong):
    with pytest.raises(ConfigurationError, match="DataModel class"):
        output_schema(wrong)


def test_a_schema_that_is_not_valid_is_refused():
    with pytest.raises(ConfigurationError):
        output_schema({"type": "nonsense"})


def test_what_is_wrong_is_said_in_one_line():
    schema = OutputSchema(model(a=NUMBER))
    assert schema.problem({"a": 1}) is None
    problem = schema.problem({"a": "x"})
    assert "'a'" in problem
    assert "\n" not in problem
