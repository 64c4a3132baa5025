import asyncio

import pytest

from synalinks import Assignment, DataModel, Variable
from synalinks.errors import ConfigurationError, UnknownNameError

TEXT = {"type": "string"}


class Persona(DataModel):
    name: str
    traits: list[str]


def test_a_value_has_to_be_valid_for_the_schema():
    variable = Variable("hello", schema=TEXT, name="instruction")
    with pytest.raises(ConfigurationError, match=r"'instruction'.*string"):
        variable.assign(3)
    assert variable.get() == "hello"
    with pytest.raises(ConfigurationError):
        Variable(None, schema=TEXT, name="instruction")


def test_a_field_is_read_by_name_and_an_unknown_one_names_the_nearest():
    variable = Variable(Persona(name="Ada", traits=[]), schema=Persona.get_schema(), name="persona")
    assert variable.get("name") == "Ada"
    with pytest.raises(UnknownNameError, match="'traits'"):
        variable.get("trait")


def test_what_get_returns_can_be_changed_without_changing_the_variable():
    given = {"name": "Ada", "traits": ["curious"]}
    variable = Variable(given, schema=Persona.get_schema(), name="persona")
    given["traits"].append("x")
    variable.get()["traits"].append("y")
    assert variable.get("traits") == ["curious"]


def test_an_assignment_covers_a_variable_in_its_own_task_only():
    variable = Variable("live", schema=TEXT, name="v")
    bound = Assignment({"v": "candidate"}).bind({"v": variable})

    async def main():
        inside, go_on = asyncio.Event(), asyncio.Event()

        async def candidate():
            with bound.active():
                inside.set()
                await go_on.wait()
                return variable.get()

        task = asyncio.create_task(candidate())
        await inside.wait()
        assert variable.get() == "live"
        go_on.set()
        assert await task == "candidate"

    asyncio.run(main())
    assert variable.get() == "live"


def test_a_covered_variable_cannot_be_assigned():
    covered, free = (Variable("a", schema=TEXT, name=name) for name in ("covered", "free"))
    with Assignment({"covered": "b"}).bind({"covered": covered}).active():
        with pytest.raises(ConfigurationError, match="covered"):
            covered.assign("c")
        free.assign("c")
    assert (covered.get(), free.get()) == ("a", "c")


def test_an_inner_assignment_adds_to_the_outer_one():
    a, b = (Variable("live", schema=TEXT, name=name) for name in "ab")
    with (
        Assignment({"a": "outer"}).bind({"a": a}).active(),
        Assignment({"b": "inner"}).bind({"b": b}).active(),
    ):
        assert (a.get(), b.get()) == ("outer", "inner")


def test_an_assignment_is_immutable_and_compared_by_content():
    values = {"a": ["x"]}
    assignment = Assignment(values)
    values["a"].append("y")
    assert dict(assignment) == {"a": ["x"]}
    assert assignment == Assignment({"a": ["x"]})
    assert assignment.with_values({"a": []}) != assignment
    with pytest.raises(TypeError):
        assignment["a"] = []


def test_binding_refuses_unknown_paths_and_invalid_values():
    variable = Variable("x", schema=TEXT, name="instruction")
    with pytest.raises(UnknownNameError, match="generator/instruction"):
        Assignment({"generator/instructions": "y"}).bind({"generator/instruction": variable})
    with pytest.raises(ConfigurationError):
        Assignment({"generator/instruction": 1}).bind({"generator/instruction": variable})


@pytest.mark.parametrize("name", ["", "generator/instruction", None, 3])
def test_a_name_is_one_step_of_a_path(name):
    with pytest.raises(ConfigurationError, match="without '/'"):
        Variable("x", schema={"type": "string"}, name=name)


@pytest.mark.parametrize("value", [{"a": float("nan")}, {"a": (1,)}, {"a": 2**70}, {"a": "\ud800"}])
def test_what_no_file_can_hold_is_refused_under_an_open_schema(value):
    with pytest.raises(ConfigurationError, match="at 'a'"):
        Variable(value, schema={"type": "object"}, name="v")
    variable = Variable({}, schema={"type": "object"}, name="v")
    with pytest.raises(ConfigurationError, match="at 'a'"):
        variable.assign(value)
