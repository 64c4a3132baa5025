import pytest

from synalinks.data import DataModel, JsonDataModel, Operation, validate
from synalinks.data._schema import any_of, merge_definitions, shape_of
from synalinks.errors import DataError

STRING = {"type": "string"}


def first_part() -> type[DataModel]:
    class Part(DataModel):
        a: int

    class Left(DataModel):
        part: Part

    return Left


def second_part() -> type[DataModel]:
    class Part(DataModel):
        b: str

    class Right(DataModel):
        part: Part

    return Right


def test_definitions_of_one_name_and_different_content_are_told_apart():
    left, right = first_part()(part={"a": 1}), second_part()(part={"b": "x"})
    result = left + right
    assert result.get_json() == {"part": {"a": 1}, "part_1": {"b": "x"}}
    assert list(result.get_schema()["$defs"]) == ["Part", "Part_1"]
    assert validate(result.get_schema(), result.get_json()) is None
    assert validate(result.get_schema(), {"part": {"b": "x"}, "part_1": {"a": 1}}) is not None


def test_equal_definitions_are_shared():
    left = first_part()
    assert list((left + left).get_schema()["$defs"]) == ["Part"]


def test_a_definition_that_refers_to_a_different_one_differs_too():
    holder = {"type": "object", "properties": {"part": {"$ref": "#/$defs/Part"}}}
    merged, names = merge_definitions(
        {"Part": {"type": "string"}, "Holder": holder, "Same": STRING},
        {"Part": {"type": "integer"}, "Holder": holder, "Same": STRING, "Part_1": STRING},
    )
    assert names == {"Part": "Part_2", "Holder": "Holder_1"}
    assert merged["Holder_1"]["properties"]["part"]["$ref"] == "#/$defs/Part_2"
    assert merged["Holder"] == holder


def test_names_of_properties_and_data_are_not_taken_for_references():
    schema = {
        "type": "object",
        "properties": {"$ref": STRING, "anyOf": STRING, "fixed": {"const": {"$ref": "nowhere"}}},
    }
    value = {"$ref": "x", "anyOf": "y", "fixed": {"$ref": "nowhere"}}
    result = JsonDataModel(schema=schema, json=value).prefix("my")
    assert result.keys() == ["my_$ref", "my_anyOf", "my_fixed"]
    assert validate(result.get_schema(), result.get_json()) is None


def test_a_discriminator_follows_a_renamed_definition():
    def tagged(kind):
        item = {"oneOf": [{"$ref": "#/$defs/A"}], "discriminator": {"mapping": {"a": "#/$defs/A"}}}
        return {"type": "object", "properties": {"item": item}, "$defs": {"A": {"type": kind}}}

    schema = Operation("concat").on_schemas(tagged("string"), tagged("integer"))
    assert schema["properties"]["item_1"]["discriminator"]["mapping"] == {"a": "#/$defs/A_1"}
    assert schema["properties"]["item"]["discriminator"]["mapping"] == {"a": "#/$defs/A"}


@pytest.mark.parametrize(
    "schema",
    [
        {"definitions": {"T": STRING}, "type": "object", "properties": {"a": {"$ref": "#/definitions/T"}}},
        {"$defs": {"T/x y": STRING}, "type": "object", "properties": {"a": {"$ref": "#/$defs/T~1x%20y"}}},
        {"type": "object", "properties": {"a": STRING, "b": {"$ref": "#"}}, "additionalProperties": False},
        {"$ref": "#/$defs/R", "$defs": {"R": {"type": "object", "properties": {"a": STRING}}}},
        {"allOf": [{"type": "object", "properties": {"a": STRING}}, {"required": ["a"]}]},
        {"type": ["object"], "properties": {"a": STRING}},
    ],
)
def test_schemas_written_in_other_ways(schema):
    value = {"a": "x"}
    model = JsonDataModel(schema=schema, json=value)
    assert "a" in model.to_symbolic_data_model()
    result = model.prefix("my")
    assert result.get_json() == {"my_a": "x"}
    assert validate(result.get_schema(), {"my_a": "x"}) is None
    assert validate(result.get_schema(), {"my_a": 1}) is not None


def test_a_schema_that_refers_to_itself_still_does():
    schema = {
        "type": "object",
        "properties": {"a": STRING, "b": {"$ref": "#"}},
        "additionalProperties": False,
    }
    result = Operation("prefix", {"name": "my"}).on_schemas(schema)
    assert validate(result, {"my_a": "x", "my_b": {"a": "y", "b": {}}}) is None
    assert validate(result, {"my_b": {"my_a": "y"}}) is not None
    assert schema["properties"]["b"] == {"$ref": "#"}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "array"}, "must describe an object"),
        ({"anyOf": [STRING]}, "must describe an object"),
        ({"$ref": "#/$defs/Other", "$defs": {"A": {}}}, "'Other', which does not exist"),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, "refers to itself"),
        ({"type": "object", "properties": {"a": {"$ref": "#/properties/b"}}}, "expected '#/\\$defs/<name>'"),
        (
            {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1/a"}}},
            "expected '#/\\$defs/<name>'",
        ),
    ],
)
def test_schemas_that_cannot_be_used(schema, message):
    with pytest.raises(DataError, match=message):
        shape_of(schema)


def test_a_required_name_without_a_property_is_a_property():
    assert shape_of({"type": "object", "required": ["a"]}).properties == {"a": True}


def test_equal_alternatives_count_once():
    assert any_of([STRING, {**STRING, "title": "T"}]) == STRING
    assert any_of([STRING, {"type": "null"}]) == {"anyOf": [STRING, {"type": "null"}]}
    assert any_of([STRING, True]) is True


def test_concatenation_numbers_names():
    def model(*names):
        return JsonDataModel(
            schema={
                "type": "object",
                "properties": dict.fromkeys(names, STRING),
                "additionalProperties": False,
            },
            json={name: name for name in names},
        )

    result = model("a", "b_1") + model("a", "a_1", "b_1")
    assert result.get_json() == {"a": "a", "b_1": "b_1", "a_1": "a", "a_2": "a_1", "b_2": "b_1"}
    assert (result + model("a")).keys()[-1] == "a_3"


def test_keys_that_a_schema_does_not_name_are_never_lost():
    open_schema = {"type": "object", "properties": {"a": STRING}}
    left = JsonDataModel(schema=open_schema, json={"a": "1", "b": 2})
    right = JsonDataModel(schema={"type": "object", "properties": {"b": STRING}}, json={"b": "3", "a": 4})
    result = left + right
    assert result.get_json() == {"a": "1", "b_1": 2, "b": "3", "a_1": 4}
    assert validate(result.get_schema(), result.get_json()) is None
