import pytest

from synalinks.data import DataModel, JsonDataModel, SymbolicDataModel, is_data_model
from synalinks.errors import ConfigurationError, DataError


class Query(DataModel):
    query: str


class Answer(DataModel):
    answer: int


QUERY, ANSWER = Query(query="x"), Answer(answer=1)
BOTH = {"query": "x", "answer": 1}


def kinds_of_value(model):
    return [model, model.to_json_data_model()]


def kinds_of_symbol(model):
    return [type(model), type(model).to_symbolic_data_model()]


@pytest.mark.parametrize("left", kinds_of_value(QUERY))
@pytest.mark.parametrize("right", kinds_of_value(ANSWER))
def test_values_give_values(left, right):
    for result in (left + right, left & right, left | right):
        assert isinstance(result, JsonDataModel)
        assert result.get_json() == BOTH
    assert (left ^ right) is None
    assert ~left is None


@pytest.mark.parametrize("value", kinds_of_value(QUERY))
def test_none_on_a_side(value):
    for result in (value | None, None | value, value ^ None, None ^ value):
        assert result == QUERY.to_json_data_model()
    assert (value & None) is None
    assert (None & value) is None
    for add in (lambda: value + None, lambda: None + value):
        with pytest.raises(DataError, match="needs a data model on both sides"):
            add()


@pytest.mark.parametrize("left", [*kinds_of_value(QUERY), *kinds_of_symbol(QUERY)])
@pytest.mark.parametrize("right", kinds_of_symbol(ANSWER))
def test_a_symbol_on_a_side_gives_a_symbol(left, right):
    for result in (left + right, left & right, left | right, left ^ right, right + left, ~right):
        assert isinstance(result, SymbolicDataModel)
    assert (left + right).keys() == (left & right).keys() == (left | right).keys() == ["query", "answer"]
    assert (~right).keys() == ["answer"]


@pytest.mark.parametrize("symbol", kinds_of_symbol(QUERY))
def test_none_beside_a_symbol(symbol):
    for result in (symbol | None, None | symbol, symbol ^ None, None ^ symbol, symbol & None, None & symbol):
        assert isinstance(result, SymbolicDataModel)
        assert result.keys() == ["query"]
    with pytest.raises(DataError, match="needs a data model on both sides"):
        symbol + None


def test_the_symbol_of_an_exclusive_or_has_the_keys_of_both_and_requires_what_both_require():
    class Longer(DataModel):
        query: int
        more: str

    for left, right in ((Query, Longer), (Longer, Query)):
        schema = (left.to_symbolic_data_model() ^ right).get_schema()
        assert list(schema["properties"]) == ["query", "more"]
        assert schema["properties"]["query"] == left.get_schema()["properties"]["query"]
        assert schema["required"] == ["query"]


@pytest.mark.parametrize(
    ("operand", "reason"),
    [
        (3, r"3 \(int\)\. Put it into a synalinks\.DataModel"),
        ("x", r"'x' \(str\)\. Put it"),
        ({"query": "x"}, r"{.query.: .x.} \(dict\)\. A dict becomes a data model with"),
        (int, r"the class int\. Make a value of it: int\(\.\.\.\)"),
    ],
)
def test_other_operands_are_a_type_error_that_says_what_to_do(operand, reason):
    for left in (QUERY, QUERY.to_json_data_model(), Query.to_symbolic_data_model(), Query):
        with pytest.raises(TypeError, match=rf"`\+` takes data models on both sides; got {reason}"):
            left + operand
        with pytest.raises(TypeError, match=rf"`\^` takes data models on both sides; got {reason}"):
            operand ^ left


def test_a_forgotten_await_is_asked_about():
    async def answer():
        return QUERY

    for left in (QUERY, Query.to_symbolic_data_model()):
        with pytest.raises(TypeError, match=r"got a coroutine\. Did you forget an `await`\?"):
            left + answer()
        with pytest.raises(TypeError, match=r"got a coroutine\. Did you forget an `await`\?"):
            answer() & left


def test_another_class_may_know_what_to_do_with_a_data_model():
    class Left:
        def __add__(self, other):
            return NotImplemented

    class Right:
        def __radd__(self, other):
            return "mine"

    assert QUERY + Right() == "mine"
    assert Query + Right() == "mine"
    with pytest.raises(TypeError, match="unsupported operand"):
        Left() + QUERY


@pytest.mark.parametrize("model", [*kinds_of_value(QUERY), *kinds_of_symbol(QUERY)])
def test_in_asks_for_keys(model):
    assert "query" in model
    assert "answer" not in model
    for other in (Query, QUERY, QUERY.to_json_data_model()):
        assert other in model
        assert other in model + Answer
        assert (other + Answer) not in model


@pytest.mark.parametrize("model", [*kinds_of_value(QUERY), *kinds_of_symbol(QUERY)])
def test_methods_work_on_every_kind(model):
    both = model + model
    assert both.keys() == ["query", "query_1"]
    assert both.factorize().keys() == ["queries"]
    assert model.prefix("my").keys() == ["my_query"]
    assert model.suffix("2").keys() == ["query_2"]
    assert model.in_mask(["answer"]).keys() == []
    assert model.in_mask(pattern="^que").keys() == model.out_mask(pattern="x").keys() == ["query"]
    assert '"query"' in model.prettify_schema()
    assert is_data_model(model)


def test_what_is_no_data_model():
    for value in (None, {}, dict, "x"):
        assert not is_data_model(value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: QUERY.in_mask(), "needs `mask`"),
        (lambda: QUERY.in_mask("query"), "A mask is a list of names"),
        (lambda: QUERY.out_mask([1]), "A mask is a list of names"),
        (lambda: QUERY.out_mask(pattern="("), "not a regular expression"),
        (lambda: QUERY.prefix(""), "one letter or more"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(ConfigurationError, match=message):
        call()
