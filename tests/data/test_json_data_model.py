import copy
import enum
import pickle

import pytest

from synalinks.data import DataModel, Field, JsonDataModel, SymbolicDataModel, as_json_data_model, schema_of
from synalinks.errors import DataError


class Answer(DataModel):
    answer: int
    keys: list[str] = Field(default_factory=list)


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def test_fields_are_read_three_ways():
    value = JsonDataModel(schema=SCHEMA, json={"a": 1})
    assert value["a"] == value.a == value.get("a") == 1
    assert value.get("b") is None
    assert value.get("b", 2) == 2
    assert value.keys() == list(value) == ["a"]


def test_a_method_stays_a_method():
    value = Answer(answer=1, keys=["x"]).to_json_data_model()
    assert value.keys() == ["answer", "keys"]
    assert value["keys"] == ["x"]


def test_a_field_called_name_is_read_and_not_the_name_of_the_value():
    class Person(DataModel):
        name: str | None

    value = Person(name="Bob").to_json_data_model(name="person")
    assert value.name == value["name"] == "Bob"
    assert Person(name=None).to_json_data_model(name="person").name is None
    assert copy.copy(value).name == "Bob"
    assert repr(value) == "JsonDataModel({'name': 'Bob'}, name='person')"
    assert value.to_symbolic_data_model().name == "person"
    assert Answer(answer=1).to_json_data_model(name="answered").name == "answered"


def test_an_unknown_field_is_an_error_with_the_nearest_name():
    value = Answer(answer=1).to_json_data_model()
    with pytest.raises(AttributeError, match="Did you mean 'answer'"):
        _ = value.anwser
    with pytest.raises(KeyError, match="Did you mean 'answer'"):
        value["anwser"]
    assert not hasattr(value, "other")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "`schema` is missing"),
        ({"schema": SCHEMA}, "`json` is missing"),
        ({"data_model": Answer}, "`json` is missing"),
        ({"schema": SCHEMA, "data_model": Answer}, "not both"),
        ({"data_model": Answer(answer=1), "json": {}}, "instance without `json`"),
        ({"data_model": 3}, "got int"),
        ({"schema": "x", "json": {}}, "A schema is a dict; got str"),
        ({"schema": SCHEMA, "json": [1]}, "must be a dict; got list"),
        ({"schema": SCHEMA, "json": {"a": "x"}}, "at 'a': \"x\" is not of type"),
        ({"schema": SCHEMA, "json": {}}, '"a" is a required property'),
        ({"schema": SCHEMA, "json": {"a": 1, "b": float("nan")}}, "not JSON: at 'b': nan"),
        ({"schema": SCHEMA, "json": {"a": 1, 2: 3}}, "the key 2 is not a string"),
        ({"schema": {"type": "nonsense"}, "json": {}}, "not a valid JSON schema"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(DataError) as error:
        JsonDataModel(**arguments)
    assert message in str(error.value)


def test_data_model_gives_schema_or_both():
    expected = Answer(answer=1).to_json_data_model()
    assert JsonDataModel(data_model=Answer(answer=1)) == expected
    assert JsonDataModel(data_model=expected) == expected
    assert JsonDataModel(data_model=Answer, json={"answer": 1, "keys": []}) == expected
    symbol = Answer.to_symbolic_data_model()
    assert JsonDataModel(data_model=symbol, json={"answer": 1, "keys": []}) == expected


def test_the_value_given_is_copied():
    json = {"a": 1}
    value = JsonDataModel(schema=SCHEMA, json=json)
    json["a"] = 2
    assert value.a == 1


def test_trusted_takes_things_as_they_are():
    json = {"a": "not checked"}
    value = JsonDataModel.trusted(SCHEMA, json, "mine")
    assert value.get_json() is json
    assert value.get_schema() is SCHEMA
    assert value.name == "mine"


def test_equality_is_that_of_value_and_schema():
    value = JsonDataModel(schema=SCHEMA, json={"a": 1})
    assert value == JsonDataModel(schema=copy.deepcopy(SCHEMA), json={"a": 1}, name="other")
    assert value != JsonDataModel(schema=SCHEMA, json={"a": 2})
    assert value != JsonDataModel(schema={"type": "object"}, json={"a": 1})
    assert value != {"a": 1}


def test_it_is_copied_and_pickled():
    value = JsonDataModel(schema=SCHEMA, json={"a": 1}, name="mine")
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert other == value
        assert other.name == "mine"


def test_its_text_shows_value_and_name():
    assert repr(JsonDataModel(schema=SCHEMA, json={"a": 1}, name="n")) == "JsonDataModel({'a': 1}, name='n')"
    assert JsonDataModel(schema=SCHEMA, json={"a": 1}).prettify_json() == '{\n  "a": 1\n}'


@pytest.mark.parametrize("field", ["a", "title", "_json"])
def test_it_cannot_be_assigned_to(field):
    value = JsonDataModel(schema=SCHEMA, json={"a": 1})
    with pytest.raises(
        AttributeError, match=f"'{field}' cannot be set: values do not change. Make a new one"
    ):
        setattr(value, field, 2)
    assert value.get_json() == {"a": 1}


class Colour(enum.Enum):
    RED = "red"


class Part(DataModel):
    title: str
    colour: Colour = Colour.RED


class Whole(DataModel):
    part: Part
    parts: list[Part]
    grid: list[list[Part]]
    texts: list[str]
    scores: dict[str, float]
    deep: dict[str, dict[str, Part]]


@pytest.fixture
def whole():
    part = Part(title="t")
    return Whole(
        part=part, parts=[part], grid=[[part]], texts=["a"], scores={"x": 1.0}, deep={"a": {"b": part}}
    ).to_json_data_model()


def test_nested_objects_are_read_as_attributes_to_any_depth(whole):
    assert whole.part.title == whole.parts[0].title == whole.grid[0][0].title == "t"
    assert whole.deep.a.b.title == "t"
    assert whole.part["title"] == "t"
    assert whole.part == whole["part"]
    assert whole.parts == whole["parts"]
    assert dict(whole.scores.items()) == {"x": 1.0}
    assert repr(whole.part) == repr(whole["part"])
    with pytest.raises(AttributeError, match=r"no field 'titel'\. Did you mean 'title'"):
        _ = whole.part.titel
    assert not hasattr(whole.part, "__len_hint__")


def test_nested_objects_are_plain_where_no_attribute_was_asked_for(whole):
    assert type(whole["part"]) is type(whole["parts"][0]) is type(whole.get("part")) is dict
    assert type(whole.get_json()["part"]) is dict
    assert whole.texts is whole["texts"]


def test_nested_objects_cannot_be_assigned_to_and_changing_them_does_not_change_the_value(whole):
    with pytest.raises(AttributeError, match="'title' cannot be set: values do not change"):
        whole.part.title = "z"
    whole.part["title"] = "z"
    assert whole.part.title == "t"


def test_nested_objects_are_taken_wherever_json_is(whole):
    part = JsonDataModel(data_model=Part, json=whole.part)
    assert part == Part(title="t").to_json_data_model()
    assert type(part.get_json()) is dict
    assert Part(**whole.part) == Part(title="t")
    again = JsonDataModel(data_model=Whole, json={**whole.get_json(), "part": whole.part})
    assert again == whole
    assert type(again["part"]) is dict
    for other in (copy.deepcopy(whole.part), pickle.loads(pickle.dumps(whole.part))):
        assert other == whole["part"]


def test_an_enum_is_its_value_and_the_class_comes_back_from_the_json(whole):
    assert whole.part.colour == "red"
    assert Whole(**whole.get_json()).parts[0].colour is Colour.RED


def test_it_gives_a_symbol():
    symbol = JsonDataModel(schema=SCHEMA, json={"a": 1}, name="mine").to_symbolic_data_model()
    assert isinstance(symbol, SymbolicDataModel)
    assert symbol.get_schema() is SCHEMA
    assert symbol.name == "mine"


def test_as_json_data_model():
    value = Answer(answer=1).to_json_data_model()
    assert as_json_data_model(value) is value
    assert as_json_data_model(Answer(answer=1)) == value
    for wrong in ({"answer": 1}, Answer, Answer.to_symbolic_data_model(), None):
        with pytest.raises(DataError, match="Expected a data model with a value"):
            as_json_data_model(wrong)


def test_a_forgotten_await_is_asked_about():
    async def coroutine():
        return None

    for take in (as_json_data_model, schema_of):
        with pytest.raises(DataError, match=r"got a coroutine\. Did you forget an `await`\?"):
            take(coroutine())


def test_schema_of():
    assert schema_of(SCHEMA) is SCHEMA
    for model in (
        Answer,
        Answer(answer=1),
        Answer.to_symbolic_data_model(),
        Answer(answer=1) + Answer(answer=2),
    ):
        assert schema_of(model) is model.get_schema()
    with pytest.raises(DataError, match=r"got 'Answer' \(str\)"):
        schema_of("Answer")
