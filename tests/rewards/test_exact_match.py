import pytest

from synalinks.data import DataModel, JsonDataModel, SymbolicDataModel
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.rewards import ExactMatch


class Answer(DataModel):
    answer: float | int | bool | str | list | dict | None
    note: str = ""


async def score(expected, found, **options):
    return await ExactMatch(**options)(Answer(**expected), Answer(**found))


@pytest.mark.parametrize("value", [1, 1.5, True, None, "a", [1, [2]], {"b": {"c": 1}}, 2**53 + 1])
async def test_equal_values_match(value):
    assert (await score({"answer": value}, {"answer": value})).score == 1.0


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        (1, 1.0, True),
        ([1, {"b": 2}], [1.0, {"b": 2.0}], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (1, 2, False),
        (1, True, False),
        (False, 0.0, False),
        ([True], [1], False),
        ("1", 1, False),
        ("a", "A", False),
        ([1, 2], [2, 1], False),
        ([1, 2], [1], False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        (None, 0, False),
        (2**53 + 1, float(2**53), False),
    ],
)
async def test_values_are_compared_as_json(expected, found, same):
    assert (await score({"answer": expected}, {"answer": found})).score == same
    assert (await score({"answer": found}, {"answer": expected})).score == same


async def test_only_what_the_mask_leaves_is_compared():
    assert (await score({"answer": 1}, {"answer": 1, "note": "x"})).score == 0.0
    assert (await score({"answer": 1}, {"answer": 1, "note": "x"}, in_mask=["answer"])).score == 1.0
    assert (await score({"answer": 1}, {"answer": 1, "note": "x"}, out_mask=["note"])).score == 1.0


async def test_the_feedback_says_what_was_expected_and_what_came():
    result = await score({"answer": {"value": 5, "unit": "m"}}, {"answer": {"value": 4}, "note": "hm"})
    assert result.feedback == (
        'answer.value: expected 5, got 4; answer.unit: expected "m", but it is missing; '
        'note: expected "", got "hm".'
    )
    assert "expected one" in (await score({"answer": 1}, {"answer": 1})).feedback


async def test_the_feedback_names_a_field_too_many():
    class Other(DataModel):
        answer: int
        why: str

    result = await ExactMatch()(Answer(answer=1), Other(answer=1, why="so"))
    assert 'why: got "so", but the target has no such field' in result.feedback


async def test_the_feedback_stays_short():
    many = {f"k{i}": i for i in range(9)}
    result = await score({"answer": many}, {"answer": dict.fromkeys(many, "x" * 9999)})
    assert result.feedback.endswith("; ... and 4 more.")
    assert len(result.feedback) < 4000


async def test_several_outputs_are_compared_together():
    same, other = Answer(answer=1), Answer(answer=2)
    assert (await ExactMatch()([same, other], [same, other])).score == 1.0
    assert (await ExactMatch()({"a": same, "b": other}, {"a": same, "b": same})).score == 0.0


async def test_without_a_target_there_is_nothing_to_match():
    with pytest.raises(ConfigurationError, match="pass y"):
        await ExactMatch()(None, Answer(answer=1))
    assert ExactMatch.needs_target


# --- Targets that can never match --------------------------------------------------------------


class Result(DataModel):
    n: int


class Row(Result):
    id: int


class Thought(Result):
    thinking: str


class Noted(Result):
    note: str | None = None


class Loose(DataModel):
    other: int


def check(target, prediction, **options):
    ExactMatch(**options).check(target, prediction and prediction.to_symbolic_data_model())


@pytest.mark.parametrize(
    ("target", "prediction", "text"),
    [
        (
            Row(n=1, id=2),
            Result,
            r"The target has 'id', which the program's answer never has, so exact_match would always be 0\. "
            r"Leave the column out, or use ExactMatch\(in_mask=\['n'\]\)\.",
        ),
        (Noted(n=1), Result, "The target has 'note', which the program's answer never has"),
        (
            Result(n=1),
            Thought,
            r"answer has 'thinking', which the target never has.* Use ExactMatch\(in_mask",
        ),
        (Loose(other=1), Result, "no field in common: the program's answer has 'n'"),
    ],
)
def test_a_target_that_can_never_match_is_refused_beforehand(target, prediction, text):
    with pytest.raises(ConfigurationError, match=text):
        check(target, prediction)


@pytest.mark.parametrize(
    ("target", "prediction", "options"),
    [
        (Result(n=1), Result, {}),
        (Result(n=1), Noted, {}),
        (Result(n=1), None, {}),
        (None, Result, {}),
        (Row(n=1, id=2), Thought, {"in_mask": ["n"]}),
        (Row(n=1, id=2), Thought, {"out_mask": ["id", "thinking"]}),
        (Row(n=1, id=2), SymbolicDataModel(schema={"type": "object", "properties": {"n": {}}}), {}),
    ],
)
def test_a_target_that_can_match_is_taken(target, prediction, options):
    check(target, prediction, **options)


def test_structures_are_not_compared_beforehand():
    ExactMatch().check([Row(n=1, id=2)], [Result.to_symbolic_data_model()])


def test_the_masks_are_checked_too():
    with pytest.raises(UnknownNameError, match="Did you mean 'id'"):
        check(Row(n=1, id=2), Result, out_mask=["idd"])


@pytest.mark.parametrize(
    ("options", "expected", "found", "score"),
    [
        ({"tolerance": 0.1}, 1.0, 1.1, 1.0),
        ({"tolerance": 0.1}, 1.0, 1.2, 0.0),
        ({"relative_tolerance": 0.1}, 100, 109.0, 1.0),
        ({"relative_tolerance": 0.1}, -100, -111, 0.0),
        ({"relative_tolerance": 0.1, "tolerance": 20}, 100, 85, 1.0),
        ({"tolerance": 1}, True, 1, 0.0),
        ({"tolerance": 1}, [1, {"a": 2}], [2, {"a": 1}], 1.0),
        ({"tolerance": 1}, "1", "2", 0.0),
        ({"tolerance": 1}, None, 0, 0.0),
        ({"normalize": True}, "The Eiffel Tower!", " eiffel   tower", 1.0),
        ({"normalize": True}, "Eiffel Tower", "Eiffel Towers", 0.0),
        ({"normalize": True}, 1, "1", 0.0),
        ({}, "The Eiffel Tower!", "eiffel tower", 0.0),
    ],
)
async def test_what_counts_as_equal_can_be_wider(options, expected, found, score):
    schema = {"type": "object", "properties": {"v": {}}}
    pair = (JsonDataModel(schema=schema, json={"v": value}) for value in (expected, found))
    assert (await ExactMatch(**options)(*pair)).score == score


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), True, "0.1"])
def test_tolerances_that_are_none(value):
    with pytest.raises(ConfigurationError, match="tolerance"):
        ExactMatch(tolerance=value)
