import json
import pickle

import pytest

from synalinks.data import DataModel, JsonDataModel, Operation
from synalinks.data import _operation as module
from synalinks.errors import ConfigurationError, DataError, UnknownNameError


class Query(DataModel):
    query: str


ALL = [
    Operation("concat"),
    Operation("and"),
    Operation("or"),
    Operation("xor"),
    Operation("not"),
    Operation("in_mask", {"mask": ["query"], "recursive": False}),
    Operation("out_mask", {"pattern": "^a"}),
    Operation("factorize"),
    Operation("prefix", {"name": "my"}),
    Operation("suffix", {"name": "my"}),
]


@pytest.mark.parametrize("operation", ALL, ids=repr)
def test_it_comes_back_from_its_config(operation):
    config = json.loads(json.dumps(operation.get_config()))
    for other in (Operation.from_config(config), pickle.loads(pickle.dumps(operation))):
        assert other == operation
        assert hash(other) == hash(operation)
        assert repr(other) == repr(operation)


def test_different_operations_differ():
    assert len(set(ALL)) == len(ALL)
    assert Operation("prefix", {"name": "a"}) != Operation("prefix", {"name": "b"})
    assert Operation("not") != "not"


def test_unknown_names_list_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'concat'"):
        Operation("concatt")
    with pytest.raises(UnknownNameError, match="Did you mean 'pattern'"):
        Operation("in_mask", {"patern": "x"})
    with pytest.raises(ConfigurationError, match="A prefix is a text"):
        Operation("prefix")


def test_the_number_of_operands_is_checked():
    value = Query(query="x").to_json_data_model()
    for call in (
        lambda: Operation("concat").on_values(value),
        lambda: Operation("not").on_values(value, value),
        lambda: Operation("concat").on_schemas(Query.get_schema()),
        lambda: Operation("factorize").on_values(),
    ):
        with pytest.raises(DataError, match=r"takes . operand"):
            call()


def test_schemas_of_nothing_are_refused():
    for operation in (Operation("or"), Operation("and")):
        with pytest.raises(DataError, match="got None"):
            operation.on_schemas(None, None)
    with pytest.raises(DataError, match="on both sides"):
        Operation("concat").on_schemas(Query.get_schema(), None)


def test_nothing_stays_nothing():
    for operation in ALL[4:]:
        assert operation.on_values(None) is None
    for operation in ALL[1:4]:
        assert operation.on_values(None, None) is None


def test_schemas_are_worked_out_once(monkeypatch):
    made = []
    for name in ("concatenation", "masking", "factorization", "renaming"):
        plan = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, plan=plan, **k: (made.append(plan), plan(*a, **k))[1])
    values = [JsonDataModel.trusted(Query.get_schema(), {"query": str(i)}) for i in range(5)]
    for operation in (Operation("concat"), Operation("and"), Operation("or")):
        results = [operation.on_values(value, value) for value in values]
        assert len({id(result.get_schema()) for result in results}) == 1
    for operation in ALL[5:]:
        results = [Operation.from_config(operation.get_config()).on_values(value) for value in values[:1]]
        again = Operation.from_config(operation.get_config())
        results = [again.on_values(value) for value in values]
        assert len({id(result.get_schema()) for result in results}) == 1
    assert len(made) == 3 + 2 * 5


def test_operators_share_what_was_worked_out():
    value = Query(query="x")
    assert (value + value).get_schema() is (value + value).get_schema()
    assert value.in_mask(["a"]).get_schema() is value.in_mask(["a"]).get_schema()
    assert value.prefix("a").get_schema() is value.prefix("a").get_schema()


def test_what_is_remembered_is_bounded():
    operation = Operation("factorize")
    for number in range(3 * module._MEMO_SIZE):
        operation.on_schemas({"type": "object", "properties": {f"a{number}": {}}})
    assert len(operation._memo) <= module._MEMO_SIZE


def test_a_schema_of_no_object_is_refused():
    with pytest.raises(DataError, match="must describe an object"):
        Operation("factorize").on_schemas({"type": "array"})
