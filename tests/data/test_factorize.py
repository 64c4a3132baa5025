from typing import Any

from synalinks.data import DataModel, Field, JsonDataModel, validate


class Query(DataModel):
    query: str = Field(description="What is asked")


class Queries(DataModel):
    queries: list[str]


class Number(DataModel):
    query: int


def factorized(model: JsonDataModel) -> JsonDataModel:
    result = model.factorize()
    assert validate(result.get_schema(), result.get_json()) is None
    return result


def test_keys_of_one_base_name_become_a_list():
    result = factorized(Query(query="a") + Query(query="b") + Query(query="c"))
    assert result.get_json() == {"queries": ["a", "b", "c"]}
    items = result.get_schema()["properties"]["queries"]["items"]
    assert items == {"type": "string", "description": "What is asked"}
    assert result.get_schema()["required"] == ["queries"]


def test_a_list_of_the_plural_name_contributes_its_items():
    assert factorized(Queries(queries=["a", "b"]) + Query(query="c")).get_json() == {
        "queries": ["a", "b", "c"]
    }
    assert factorized(Query(query="c") + Queries(queries=["a"])).get_json() == {"queries": ["c", "a"]}
    assert factorized(Queries(queries=["a"]) + Queries(queries=["b"])).get_json() == {"queries": ["a", "b"]}


def test_a_list_of_a_singular_name_is_one_item():
    class Data(DataModel):
        point: list[int]

    assert factorized(Data(point=[1, 2]) + Data(point=[3])).get_json() == {"points": [[1, 2], [3]]}


def test_different_items_are_alternatives():
    result = factorized(Query(query="a") + Number(query=1))
    assert result.get_json() == {"queries": ["a", 1]}
    kinds = [item["type"] for item in result.get_schema()["properties"]["queries"]["items"]["anyOf"]]
    assert kinds == ["string", "integer"]


def test_other_keys_stay_and_the_list_stands_where_its_first_member_stood():
    class Around(DataModel):
        before: int
        query: str
        after: int

    result = factorized(Around(before=1, query="a", after=2) + Query(query="b"))
    assert result.get_json() == {"before": 1, "queries": ["a", "b"], "after": 2}


def test_nothing_to_gather_changes_nothing():
    value = Queries(queries=["a"]).to_json_data_model()
    assert value.factorize().get_json() is value.get_json()
    assert value.factorize().get_schema() is value.get_schema()


def test_members_that_may_be_absent():
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"query": {"type": "string"}, "query_1": {"type": "string"}},
        "additionalProperties": False,
    }
    assert factorized(JsonDataModel(schema=schema, json={})).get_json() == {}
    result = factorized(JsonDataModel(schema=schema, json={"query_1": "b"}))
    assert result.get_json() == {"queries": ["b"]}
    assert "required" not in result.get_schema()


def test_members_that_may_be_null():
    class Maybe(DataModel):
        queries: list[int] | None = None

    assert factorized(Maybe(queries=[1]) + Maybe()).get_json() == {"queries": [1, None]}


def test_the_plural_may_be_taken():
    schema = {
        "type": "object",
        "properties": {"status": {"type": "string"}, "status_1": {"type": "string"}, "statuses": {}},
        "additionalProperties": False,
    }
    value = {"status": "a", "status_1": "b", "statuses": None}
    result = factorized(JsonDataModel(schema=schema, json=value))
    assert result.get_json() == {"statuses_1": ["a", "b"], "statuses": None}


def test_keys_without_a_schema_stay():
    schema = {"type": "object", "properties": {"query": {"type": "string"}, "query_1": {"type": "string"}}}
    value = {"query": "a", "query_1": "b", "queries": 1, "other": 2}
    result = factorized(JsonDataModel(schema=schema, json=value))
    assert result.get_json() == {"queries": ["a", "b"], "queries_1": 1, "other": 2}
