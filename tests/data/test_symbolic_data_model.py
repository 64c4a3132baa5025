import pytest

from synalinks.data import DataModel, Operation, Origin, SymbolicDataModel
from synalinks.errors import DataError, ProgramError


class Query(DataModel):
    query: str


def test_it_has_a_schema_and_no_value():
    symbol = SymbolicDataModel(data_model=Query, name="question")
    assert symbol.get_schema() is Query.get_schema()
    assert repr(symbol) == "SymbolicDataModel(query, name='question')"
    for read in (lambda: symbol.query, lambda: symbol["query"], lambda: symbol.get("query")):
        with pytest.raises(ProgramError, match=r"'query' was read .* no value while the graph is traced"):
            read()
    for read in (symbol.get_json, symbol.prettify_json):
        with pytest.raises(ProgramError, match=rf"{read.__name__}\(\) was read .* no value"):
            read()


def test_unknown_attributes_are_attribute_errors():
    symbol = SymbolicDataModel(schema=Query.get_schema())
    assert not hasattr(symbol, "other")
    assert not hasattr(symbol, "__len__")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either"),
        ({"schema": {}, "data_model": Query}, "either"),
        ({"data_model": 3}, "got int"),
        ({"schema": [1]}, "got list"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(DataError, match=message):
        SymbolicDataModel(**arguments)


def test_nodes_are_compared_by_identity():
    one, two = Query.to_symbolic_data_model(), Query.to_symbolic_data_model()
    assert one != two
    assert len({one, two, one}) == 2


def test_a_result_knows_its_origin():
    one, two = Query.to_symbolic_data_model(), Query.to_symbolic_data_model()
    result = one + two
    assert isinstance(result.origin, Origin)
    assert result.origin.producer == Operation("concat")
    assert result.origin.arguments == (one, two)
    assert result.origin.path == ()
    assert (~result).origin.arguments == (result,)
    assert result.to_symbolic_data_model().origin is None


def test_operands_of_other_kinds_are_kept_in_the_origin():
    symbol, value = Query.to_symbolic_data_model(), Query(query="x")
    assert (symbol | None).origin.arguments == (symbol, None)
    assert (value + symbol).origin.arguments[0] == value.to_json_data_model()
    assert isinstance((symbol + Query).origin.arguments[1], SymbolicDataModel)
