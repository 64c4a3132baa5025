"""Schemas in the form that providers enforce, and answers brought back from it."""

from typing import Annotated, Literal

import orjson
import pytest
from pydantic import BaseModel, Field

from synalinks.language_models import OutputSchema
from synalinks.language_models._adapting import meets
from synalinks.language_models._schema_rules import OPENAI_STRICT, SchemaRules
from synalinks.language_models._validation import read


class Unit(BaseModel):
    """A unit."""

    name: str = Field("m", min_length=1, max_length=9, description="Its short name")


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    lives: str = "one"


class Node(BaseModel):
    name: str
    children: list["Node"] = []
    left: "Node | None" = None


class Everything(BaseModel):
    unit: Unit = Field(description="which")
    units: list[Unit] = Field(default_factory=list, max_length=4)
    counts: dict[str, int] = {}
    by_name: dict[str, Unit] | None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    node: Node
    either: Literal["p", 3] = "p"


ASKED = Everything.model_json_schema()
ANSWER = {
    "unit": {"name": None},
    "units": None,
    "counts": [{"key": "a", "value": 1}],
    "by_name": [{"key": "q", "value": {"name": None}}, {"key": "r", "value": {"name": "km"}}],
    "pet": {"kind": "dog", "lives": None},
    "node": {"name": "n", "children": [{"name": "b", "children": None, "left": None}], "left": None},
    "either": None,
}
RESTORED = {
    "unit": {},
    "counts": {"a": 1},
    "by_name": {"q": {}, "r": {"name": "km"}},
    "pet": {"kind": "dog"},
    "node": {"name": "n", "children": [{"name": "b", "left": None}], "left": None},
}


def strict(schema):
    found = OutputSchema(schema).strict
    return None if found is None else found.schema


def test_a_data_model_of_all_kinds():
    before = orjson.dumps(ASKED)
    schema = OutputSchema(ASKED)
    assert schema.strict is schema.adapted(OPENAI_STRICT)
    assert meets(schema.strict.schema, OPENAI_STRICT)
    assert orjson.loads(orjson.dumps(schema.strict.fragment)) == schema.strict.schema
    assert OutputSchema(schema.strict.schema).problem(ANSWER) is None
    restored, problem = read(schema, orjson.dumps(ANSWER).decode())
    assert problem is None
    assert restored == RESTORED
    assert Everything.model_validate(restored).unit.name == "m"
    assert schema.restore(restored) is restored
    assert orjson.dumps(ASKED) == before


def test_what_is_left_out_is_said_in_the_description():
    made = strict(ASKED)
    assert made["$defs"]["Unit"]["properties"]["name"] == {
        "anyOf": [{"type": "string"}, {"type": "null"}],
        "title": "Name",
        "description": 'Its short name (default: "m"; maxLength: 9; minLength: 1) (null leaves it out)',
    }
    assert made["properties"]["unit"] == {"anyOf": [{"$ref": "#/$defs/Unit"}], "description": "which"}


def test_a_recursive_root_is_said_beside_its_definition():
    made = strict(Node.model_json_schema())
    assert made["type"] == "object"
    assert made["properties"]["children"]["anyOf"][0]["items"] == {"$ref": "#/$defs/Node"}
    assert made["$defs"].keys() == {"Node"}


@pytest.mark.parametrize(
    ("root", "answer"),
    [
        ({"type": "array", "items": {"type": "number"}}, [1, 2]),
        ({"type": "string", "enum": ["a"]}, "a"),
        ({"anyOf": [Cat.model_json_schema(), {"type": "null"}]}, {"kind": "cat"}),
    ],
)
def test_a_root_that_is_no_object_is_put_into_one(root, answer):
    schema = OutputSchema(root)
    assert schema.strict.schema["required"] == ["value"]
    assert read(schema, orjson.dumps({"value": answer}).decode()) == (answer, None)
    assert read(schema, orjson.dumps(answer).decode()) == (answer, None)


def test_the_key_of_such_a_root_is_none_of_its_own():
    own = {"type": "object", "properties": {"value": {"type": "number"}}, "required": ["value"]}
    schema = OutputSchema({"anyOf": [own, {"type": "null"}]})
    assert schema.strict.schema["required"] == ["value_0"]
    assert schema.restore({"value": 1}) == {"value": 1}
    assert schema.restore({"value_0": {"value": 1}}) == {"value": 1}


def shape(**properties):
    return {"type": "object", "properties": properties, "required": list(properties)}


NUMBER, TEXT = {"type": "number"}, {"type": "string"}
MAYBE = {**shape(a=NUMBER), "required": []}


@pytest.mark.parametrize(
    "part",
    [
        {},
        True,
        {"type": "array"},
        {"type": "object"},
        {"type": "object", "additionalProperties": True},
        {**shape(a=NUMBER), "additionalProperties": NUMBER},
        {"allOf": [shape(a=NUMBER), shape(b=NUMBER)]},
        {"type": "array", "prefixItems": [NUMBER, TEXT]},
        {"const": {"a": 1}},
        # which of the two a list is of cannot be told from the list
        {"anyOf": [{"type": "array", "items": MAYBE}, {"type": "array", "items": TEXT}]},
        {"anyOf": [{"type": "object", "additionalProperties": NUMBER}, {"type": "array", "items": NUMBER}]},
        {"anyOf": [shape(a=NUMBER, b=NUMBER), shape(a=NUMBER, c=NUMBER)]},  # alike in their first keys
    ],
)
def test_what_cannot_be_said_is_not_strict(part):
    assert strict(shape(p=part)) is None


@pytest.mark.parametrize(
    ("part", "made"),
    [
        ({"const": "a"}, {"type": "string", "const": "a"}),
        (
            {"enum": ["a", 1]},
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer", "enum": [1]}]},
        ),
        ({"type": ["string", "null"]}, {"anyOf": [TEXT, {"type": "null"}]}),
        ({"allOf": [NUMBER], "description": "x"}, {"type": "number", "description": "x"}),
        ({"oneOf": [NUMBER, TEXT]}, {"anyOf": [NUMBER, TEXT]}),
        ({"type": "string", "format": "uri"}, {"type": "string", "description": '(format: "uri")'}),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
        ({"type": "string", "pattern": "a(?=b)"}, {"type": "string", "description": '(pattern: "a(?=b)")'}),
    ],
)
def test_one_part_at_a_time(part, made):
    assert strict(shape(p=part))["properties"]["p"] == made


def test_limits_of_a_provider():
    nested = NUMBER
    for _ in range(11):
        nested = shape(a=nested)
    assert strict(nested) is None
    assert strict(nested["properties"]["a"]) is not None
    assert strict(shape(**{f"p{n}": NUMBER for n in range(5001)})) is None
    assert strict(shape(p={"enum": [str(n) for n in range(1001)]})) is None
    assert strict(shape(**{"p" * 120_001: NUMBER})) is None


def test_a_schema_that_refers_to_itself():
    rules = SchemaRules(OPENAI_STRICT.keywords, recursive=False)
    assert OutputSchema(Node.model_json_schema()).adapted(rules) is None
    assert OutputSchema(ASKED).adapted(rules) is None
    shared = {**shape(a={"$ref": "#/$defs/A"}, b={"$ref": "#/$defs/A"}), "$defs": {"A": NUMBER}}
    assert OutputSchema(shared).adapted(rules) is not None


def test_of_two_objects_that_fit_the_one_that_lacks_least_is_meant():
    larger = shape(a={**shape(k=NUMBER), "required": []}, b=NUMBER)
    smaller = shape(a=shape(k={"anyOf": [NUMBER, {"type": "null"}]}))
    for branches in ([larger, smaller], [smaller, larger]):
        schema = OutputSchema(shape(p={"anyOf": branches}))
        assert schema.restore({"p": {"a": {"k": None}}}) == {"p": {"a": {"k": None}}}
        assert schema.restore({"p": {"a": {"k": None}, "b": 1}}) == {"p": {"a": {}, "b": 1}}


@pytest.mark.parametrize("reference", ["#", "#/properties/b"])
def test_references_to_no_definition_are_left_alone(reference):
    closed = {**shape(a={"anyOf": [{"$ref": reference}, NUMBER]}, b=TEXT), "additionalProperties": False}
    assert strict(closed) is closed
    assert OutputSchema(closed).adapted(SchemaRules(recursive=False)) is None
    loose = OutputSchema(shape(a={"anyOf": [{"$ref": reference}, NUMBER]}, b=TEXT))
    assert loose.strict is None
    assert loose.response_format is not None
    value = {"a": 1, "b": "x"}
    assert read(loose, orjson.dumps(value).decode()) == (value, None)
    assert loose.restore_partial({"a": 1}) == {"a": 1}


def test_other_rules():
    rules = SchemaRules(
        frozenset({"type", "properties", "required", "items", "enum", "minItems", "anyOf", "$ref", "$defs"}),
        most_min_items=1,
    )
    asked = {
        **shape(a={"const": "x"}, b={"type": "array", "items": {}, "minItems": 2}),
        "required": ["a"],
        "additionalProperties": False,
    }
    made = OutputSchema(asked).adapted(rules).schema
    assert made == {
        "type": "object",
        "properties": {"a": {"enum": ["x"]}, "b": {"type": "array", "items": {}}},
        "required": ["a"],
    }
    assert OutputSchema(shape(a={"anyOf": [NUMBER], "minimum": 3})).adapted(rules) is not None
    pair = shape(a={"type": "array", "prefixItems": [{"type": "string", "minLength": 1}]})
    assert OutputSchema(pair).adapted(rules) is None
    tuples = SchemaRules(rules.keywords | {"prefixItems"})
    made = OutputSchema(pair).adapted(tuples).schema
    assert made["properties"]["a"]["prefixItems"] == [TEXT]
    assert OutputSchema(shape(a={"allOf": [NUMBER, NUMBER]})).adapted(rules) is None
