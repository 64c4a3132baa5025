"""Masks by example; their laws are in test_properties."""

from typing import Any

import pytest

from synalinks.data import DataModel, JsonDataModel, Operation, validate


class Step(DataModel):
    thinking: str
    result: int


class Report(DataModel):
    answer: int
    answer_1: int
    thinking: str
    steps: list[Step]
    best: Step | None = None


REPORT = Report(answer=1, answer_1=2, thinking="hm", steps=[Step(thinking="so", result=3)])


class Node(DataModel):
    """A tree."""

    name: str
    note: str
    child: "Node | None" = None


TREE = Node(name="a", note="x", child=Node(name="b", note="y"))


def masked(kind: str, schema: dict[str, Any], value: dict[str, Any], mask: list[str]) -> JsonDataModel:
    """Apply a mask and check that the result is valid."""
    model = JsonDataModel(schema=schema, json=value)
    result = Operation(kind, {"mask": mask}).on_values(model)
    assert result is not None
    assert validate(result.get_schema(), result.get_json()) is None
    return result


def opened(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def closed(**properties: Any) -> dict[str, Any]:
    return {**opened(**properties), "additionalProperties": False}


STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (["answer"], {"answer": 1, "answer_1": 2}),
        (["answers"], {"answer": 1, "answer_1": 2}),
        (["answer_7"], {"answer": 1, "answer_1": 2}),
        (["step"], {"steps": [{"thinking": "so", "result": 3}]}),
        (["result"], {"steps": [{"result": 3}], "best": None}),
        (["thinking"], {"thinking": "hm", "steps": [{"thinking": "so"}], "best": None}),
        (["other"], {}),
        ([], {}),
    ],
)
def test_in_mask(mask, expected):
    assert REPORT.in_mask(mask).get_json() == expected


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (["answer", "step"], {"thinking": "hm", "best": None}),
        (
            ["thinking"],
            {"answer": 1, "answer_1": 2, "steps": [{"result": 3}], "best": None},
        ),
        (["other"], REPORT.get_json()),
        ([], REPORT.get_json()),
    ],
)
def test_out_mask(mask, expected):
    assert REPORT.out_mask(mask).get_json() == expected


def test_a_mask_of_the_top_level_only():
    assert REPORT.out_mask(["thinking"], recursive=False)["steps"] == [{"thinking": "so", "result": 3}]
    assert REPORT.in_mask(["result"], recursive=False).get_json() == {}


def test_patterns_are_found_in_keys_and_in_base_names():
    assert REPORT.in_mask(pattern="^answer$").keys() == ["answer", "answer_1"]
    assert REPORT.in_mask(pattern="_1$").keys() == ["answer_1"]
    assert REPORT.in_mask(["best"], pattern="^step").keys() == ["steps", "best"]


def test_the_schema_follows():
    schema = Report.out_mask(["thinking", "answer"]).get_schema()
    assert list(schema["properties"]) == ["steps", "best"]
    assert schema["required"] == ["steps"]
    assert schema["$defs"]["Step"]["required"] == ["result"]
    assert "Step" not in Report.out_mask(["step", "best"]).get_schema().get("$defs", {})


def test_what_a_mask_does_not_touch_stays_the_same_object():
    assert Report.out_mask(["other"]).get_schema() is Report.get_schema()
    assert Step.in_mask(["thinking", "result"]).get_schema() is Step.get_schema()


def test_a_model_that_contains_itself():
    assert TREE.out_mask(["note"]).get_json() == {"name": "a", "child": {"name": "b", "child": None}}
    schema = Node.out_mask(["note"]).get_schema()
    assert list(schema["$defs"]) == ["Node"]
    assert list(schema["$defs"]["Node"]["properties"]) == ["name", "child"]
    assert TREE.in_mask(["name"]).get_json() == {"name": "a", "child": {"name": "b", "child": None}}
    assert TREE.out_mask(["child"]).get_json() == {"name": "a", "note": "x"}


def test_a_definition_that_is_needed_whole_and_masked_gets_two_names():
    class Both(DataModel):
        best: Step
        other: Step

    both = Both(best=Step(thinking="t", result=1), other=Step(thinking="u", result=2))
    result = both.in_mask(["best", "result"])
    assert result.get_json() == {"best": {"thinking": "t", "result": 1}, "other": {"result": 2}}
    assert list(result.get_schema()["$defs"]) == ["Step", "Step_1"]
    assert validate(result.get_schema(), result.get_json()) is None
    assert result.in_mask(["best", "result"]) == result


def test_a_union_is_masked_as_the_member_that_the_value_is():
    one = closed(kind={"const": 1}, answer=STRING, part=closed(answer=STRING, note=STRING))
    two = closed(kind={"const": 2}, answer=STRING, part=closed(note={"type": "integer"}))
    schema = closed(item={"anyOf": [one, two]})
    first = {"item": {"kind": 1, "answer": "a", "part": {"answer": "b", "note": "c"}}}
    second = {"item": {"kind": 2, "answer": "a", "part": {"note": 3}}}
    assert masked("in_mask", schema, first, ["answer"]).item == {"answer": "a", "part": {"answer": "b"}}
    assert masked("in_mask", schema, second, ["answer"]).item == {"answer": "a"}


def test_the_members_of_a_one_of_may_become_alike():
    one, two = (closed(kind={"const": kind}, answer=STRING) for kind in "ab")
    result = masked(
        "out_mask", closed(item={"oneOf": [one, two]}), {"item": {"kind": "a", "answer": "x"}}, ["kind"]
    )
    assert result.item == {"answer": "x"}


def test_keys_of_a_mapping_are_data():
    schema = closed(table={"type": "object", "additionalProperties": closed(answer=STRING, note=STRING)})
    value = {"table": {"note": {"answer": "a", "note": "b"}}}
    assert masked("out_mask", schema, value, ["note"]).table == {"note": {"answer": "a"}}
    assert masked("in_mask", schema, value, ["answer"]).table == {"note": {"answer": "a"}}
    assert masked("in_mask", schema, value, ["other"]).keys() == []


def test_keys_without_a_schema_are_judged_by_their_name():
    schema = opened(answer=STRING)
    value = {"answer": "a", "note": 1, "answer_1": 2}
    assert masked("in_mask", schema, value, ["answer"]).get_json() == {"answer": "a", "answer_1": 2}
    assert masked("out_mask", schema, value, ["answer"]).get_json() == {"note": 1}
    model = JsonDataModel(schema=schema, json=value)
    assert model.in_mask(["answer"], recursive=False).keys() == ["answer", "answer_1"]
    assert model.out_mask(["note"], recursive=False).keys() == ["answer", "answer_1"]


def test_tuples_are_masked_item_by_item():
    pair = {
        "type": "array",
        "prefixItems": [closed(note=STRING), STRING],
        "items": closed(note=STRING, a=STRING),
    }
    value = {"pair": [{"note": "x"}, "note", {"note": "y", "a": "z"}]}
    assert masked("out_mask", closed(pair=pair), value, ["note"]).pair == [{}, "note", {"a": "z"}]


def test_what_no_longer_holds_is_left_out():
    item = {**closed(a=STRING, note=STRING), "minProperties": 2, "default": {"a": "x", "note": "y"}}
    schema = closed(items={"type": "array", "items": item, "uniqueItems": True})
    value = {"items": [{"a": "x", "note": "1"}, {"a": "x", "note": "2"}]}
    assert masked("out_mask", schema, value, ["note"]).get_json() == {"items": [{"a": "x"}, {"a": "x"}]}


def test_a_schema_of_several_types():
    part = {**closed(a=STRING, note=STRING), "type": ["object", "null"]}
    for value, expected in (({"a": "x", "note": "y"}, {"a": "x"}), (None, None)):
        assert masked("out_mask", closed(part=part), {"part": value}, ["note"]).part == expected


def test_a_schema_without_a_type_allows_other_values_still():
    part = {"properties": {"note": STRING}}
    for value, expected in (({"note": "y"}, {}), ("text", "text")):
        assert masked("out_mask", closed(part=part), {"part": value}, ["note"]).part == expected


def test_all_of_is_one_object():
    part = {"allOf": [opened(a=STRING, note=STRING), {**opened(b=STRING), "required": ["b", "note"]}]}
    value = {"part": {"a": "x", "b": "y", "note": "z"}}
    assert masked("out_mask", closed(part=part), value, ["note"]).part == {"a": "x", "b": "y"}
    assert masked("in_mask", closed(part=part), value, ["b"]).part == {"b": "y"}


def test_all_of_around_a_reference():
    schema = {
        **closed(part={"allOf": [{"$ref": "#/$defs/Part"}], "description": "d"}),
        "$defs": {"Part": closed(a=STRING, note=STRING)},
    }
    result = masked("out_mask", schema, {"part": {"a": "x", "note": "y"}}, ["note"])
    assert result.part == {"a": "x"}
    assert result.get_schema()["properties"]["part"]["description"] == "d"


def test_all_of_keeps_out_what_one_part_forbids():
    part = {"allOf": [closed(a=STRING, note=STRING), opened(a={"minLength": 1}, b=STRING)]}
    result = masked("out_mask", closed(part=part), {"part": {"a": "x", "note": "y"}}, ["note"])
    assert result.part == {"a": "x"}
    for wrong in ({"a": ""}, {"a": 1}, {"b": "x"}, {"c": "x"}):
        assert validate(result.get_schema(), {"part": wrong}) is not None
