import copy
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


def test_it_cannot_be_assigned_to():
    value = JsonDataModel(schema=SCHEMA, json={"a": 1})
    with pytest.raises(AttributeError):
        value.a = 2


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


def test_schema_of():
    assert schema_of(SCHEMA) is SCHEMA
    for model in (
        Answer,
        Answer(answer=1),
        Answer.to_symbolic_data_model(),
        Answer(answer=1) + Answer(answer=2),
    ):
        assert schema_of(model) is model.get_schema()
    with pytest.raises(DataError, match="got str"):
        schema_of("Answer")
