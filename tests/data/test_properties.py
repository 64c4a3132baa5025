"""Laws of the algebra, for schemas and values of every kind."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.strategies import NAMES, data

from synalinks._internal.names import base_name
from synalinks.data import JsonDataModel, Operation, SymbolicDataModel, validate

algebra = settings(max_examples=100, deadline=None)

masks = st.lists(st.sampled_from(NAMES), max_size=2)
unary = st.one_of(
    st.builds(
        lambda kind, mask, recursive: Operation(kind, {"mask": mask, "recursive": recursive}),
        st.sampled_from(["in_mask", "out_mask"]),
        masks,
        st.booleans(),
    ),
    st.just(Operation("factorize")),
    st.just(Operation("prefix", {"name": "my"})),
    st.just(Operation("suffix", {"name": "1"})),
)


def value_of(result: JsonDataModel | None) -> JsonDataModel:
    assert result is not None
    return result


def all_keys(value: Any) -> set[str]:
    """Every key of a value, at every depth."""
    if isinstance(value, dict):
        return set(value).union(*map(all_keys, value.values()))
    if isinstance(value, list):
        return set().union(*map(all_keys, value))
    return set()


def bases(model: JsonDataModel) -> list[tuple[str, Any]]:
    return [(base_name(key), item) for key, item in model.get_json().items()]


@algebra
@given(unary, data(extras=True))
def test_a_value_stays_valid_for_its_schema(operation: Operation, model: JsonDataModel) -> None:
    result = value_of(operation.on_values(model))
    assert validate(result.get_schema(), result.get_json()) is None


@algebra
@given(data(2, extras=True), data(2, extras=True))
def test_a_concatenation_is_valid_for_its_schema_and_loses_nothing(
    left: JsonDataModel, right: JsonDataModel
) -> None:
    result = left + right
    assert validate(result.get_schema(), result.get_json()) is None
    assert sorted(map(repr, result.get_json().values())) == sorted(
        map(repr, [*left.get_json().values(), *right.get_json().values()])
    )


@algebra
@given(unary, data())
def test_an_operation_gives_the_same_keys_on_schema_and_value(
    operation: Operation, model: JsonDataModel
) -> None:
    result = value_of(operation.on_values(model))
    schema = operation.on_schemas(model.get_schema())
    assert schema == result.get_schema()
    assert set(result.get_json()) <= set(schema["properties"])
    assert set(schema.get("required", ())) <= set(result.get_json())


@algebra
@given(data(2), data(2))
def test_concatenation_gives_the_same_keys_on_schema_and_value(
    left: JsonDataModel, right: JsonDataModel
) -> None:
    result = left + right
    symbolic = left.to_symbolic_data_model() + right
    assert isinstance(symbolic, SymbolicDataModel)
    assert symbolic.get_schema() == result.get_schema()
    assert set(result.keys()) <= set(symbolic.keys())
    assert set(result.get_schema().get("required", ())) <= set(result.keys())


@algebra
@given(data(1, extras=True), data(1, extras=True), data(1, extras=True))
def test_concatenation_is_associative_up_to_names(
    one: JsonDataModel, two: JsonDataModel, three: JsonDataModel
) -> None:
    left, right = (one + two) + three, one + (two + three)
    assert bases(left) == bases(right)
    keys, other_keys = left.to_symbolic_data_model().keys(), right.to_symbolic_data_model().keys()
    assert list(map(base_name, keys)) == list(map(base_name, other_keys))


@algebra
@given(st.sampled_from(["in_mask", "out_mask"]), masks, st.booleans(), data())
def test_masks_are_idempotent(kind: str, mask: list[str], recursive: bool, model: JsonDataModel) -> None:
    operation = Operation(kind, {"mask": mask, "recursive": recursive})
    once = value_of(operation.on_values(model))
    assert operation.on_values(once) == once


@algebra
@given(masks, data())
def test_an_out_mask_leaves_no_named_key_of_a_masked_name(mask: list[str], model: JsonDataModel) -> None:
    schema = model.out_mask(mask).get_schema()
    left = {base_name(name) for name in _properties(schema)}
    assert not left.intersection(map(base_name, mask))


@algebra
@given(masks, data())
def test_the_two_masks_share_the_top_level_keys(mask: list[str], model: JsonDataModel) -> None:
    kept = model.in_mask(mask, recursive=False)
    left = model.out_mask(mask, recursive=False)
    assert sorted([*kept.keys(), *left.keys()]) == sorted(model.keys())
    assert {**kept.get_json(), **left.get_json()} == model.get_json()


@algebra
@given(masks, data())
def test_an_in_mask_keeps_nothing_that_was_not_there(mask: list[str], model: JsonDataModel) -> None:
    assert all_keys(model.in_mask(mask).get_json()) <= all_keys(model.get_json())


@algebra
@given(unary, data())
def test_an_operation_changes_none_of_its_operands(operation: Operation, model: JsonDataModel) -> None:
    before = repr((model.get_schema(), model.get_json()))
    operation.on_values(model)
    assert repr((model.get_schema(), model.get_json())) == before


@algebra
@given(data())
def test_factorized_keys_have_different_base_names(model: JsonDataModel) -> None:
    keys = model.to_symbolic_data_model().factorize().keys()
    assert len(keys) == len(set(map(base_name, keys)))


def _properties(schema: Any) -> set[str]:
    """Every property name in a schema, at every depth."""
    if isinstance(schema, list):
        return set().union(*map(_properties, schema))
    if not isinstance(schema, dict):
        return set()
    found = set().union(
        *(_properties(part) for key, part in schema.items() if key not in ("properties", "$defs"))
    )
    for keyword in ("properties", "$defs"):
        found |= set().union(*map(_properties, schema.get(keyword, {}).values()))
    return found | set(schema.get("properties", {}))
