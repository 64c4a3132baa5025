"""What a program is given, and how it is named, shown and copied."""

import copy
import pickle

import pytest

from synalinks import DataModel, Generator, Input, JsonDataModel, Module, Program, Sequential
from synalinks.errors import ProgramError, UnknownNameError
from synalinks.programs import load_program
from synalinks.testing import FunctionModel


class Query(DataModel):
    query: str
    hint: str = ""


class Other(DataModel):
    other: str


class Answer(DataModel):
    answer: str


@pytest.fixture
def model():
    return FunctionModel(lambda request: {"answer": "a"})


@pytest.fixture
async def program(model):
    x = Input(data_model=Query)
    return Program(inputs=x, outputs=await Generator(data_model=Answer, language_model=model)(x), name="asks")


@pytest.mark.parametrize("wrong", [Other(other="o"), JsonDataModel(data_model=Other, json={"other": "o"})])
async def test_another_data_model_is_refused_before_the_call_is_paid_for(program, model, wrong):
    with pytest.raises(ProgramError, match=r"'asks' takes Query, .*Missing: 'query'; unexpected: 'other'\."):
        await program(wrong)
    assert model.requests == []


async def test_a_list_of_samples_is_for_predict(program, model):
    with pytest.raises(ProgramError, match=r"'asks' takes one Query, got a list\..*predict\(\[\.\.\.\]\)"):
        await program([Query(query="q")])
    assert model.requests == []
    with pytest.raises(ProgramError, match=r"takes one data model, got a list\..*predict"):
        await Sequential([Generator(data_model=Answer, language_model=model)])([Query(query="q")])


async def test_what_has_the_required_keys_is_taken(program):
    class Longer(Query):
        more: int

    schema = {"type": "object", "properties": {"query": {"type": "string"}}}
    for inputs in (
        Query(query="q"),
        Longer(query="q", more=1),
        JsonDataModel(schema=schema, json={"query": "q"}),
    ):
        assert (await program(inputs)).answer == "a"
    assert await program(None) is None


async def test_what_flows_between_modules_is_not_refused(model):
    """A branch that may be missing leaves the other alone, which then lacks the keys of the first."""

    class Drops(Module):
        async def call(self, inputs):
            return None

        async def compute_output_spec(self, inputs, training=False):
            return inputs

    a, b = Input(data_model=Query, name="a"), Input(data_model=Other, name="b")
    inner_input = Input(data_model=Query) | Input(data_model=Other)
    inner = Program(
        inputs=(x := Input(schema=inner_input.get_schema())),
        outputs=await Generator(data_model=Answer, language_model=model)(x),
    )
    outer = Program(inputs=[a, b], outputs=await inner(await Drops()(a) | b))
    assert (await outer([Query(query="q"), Other(other="o")])).answer == "a"
    with pytest.raises(ProgramError, match="Missing: 'query'"):
        await inner(Other(other="o"))


async def test_each_of_several_inputs_is_checked_at_its_place(model):
    a, b = Input(data_model=Query, name="a"), Input(data_model=Other, name="b")
    y = await Generator(data_model=Answer, language_model=model)(a + b)
    program = Program(inputs={"a": a, "b": [b]}, outputs=y)
    with pytest.raises(ProgramError, match=r"takes Other at 'b/0', .*Missing: 'other'; unexpected: 'query'"):
        await program({"a": Query(query="q"), "b": [Query(query="q")]})
    with pytest.raises(ProgramError, match="no 'b/0'"):
        await program({"a": Query(query="q"), "b": []})
    with pytest.raises(ProgramError, match=r"takes one Query at 'a', got a list"):
        await program({"a": [Query(query="q")], "b": [Other(other="o")]})
    with pytest.raises(ProgramError, match=r"takes one Query at 'a', got a str"):
        await program(JsonDataModel(schema={"type": "object"}, json={"a": "text", "b": []}))


async def test_a_loaded_program_knows_its_keys_without_the_class(program, model, tmp_path):
    program.save(tmp_path / "p.json")
    loaded = load_program(tmp_path / "p.json", language_model=model)
    assert (await loaded(Query(query="q"))).answer == "a"
    with pytest.raises(ProgramError, match="Missing: 'query'"):
        await loaded(Other(other="o"))


# --- Modules by name -----------------------------------------------------------------------


class Holder(Program):
    def __init__(self, model=None):
        super().__init__()
        self.first = Generator(data_model=Answer, language_model=model)
        self.rest = [Generator(data_model=Answer), Generator(data_model=Answer)]
        self.label = "text"

    async def call(self, inputs, training=False):
        return await self.first(inputs)


def test_an_attribute_that_holds_a_module_is_told_the_name():
    with pytest.raises(UnknownNameError, match=r"self\.first is the module 'generator'\.$"):
        Holder().get_module("first")
    with pytest.raises(UnknownNameError, match=r"self\.rest is the module 'generator_1' or 'generator_2'\.$"):
        Holder().get_module("rest")
    for name in ("label", "nothing", "nothing/first", "generator/nothing", ""):
        with pytest.raises(UnknownNameError) as caught:
            Holder().get_module(name)
        assert "self." not in str(caught.value)


def test_an_attribute_of_a_nested_program_is_told_the_path():
    class Outer(Program):
        def __init__(self):
            super().__init__()
            self.inner = Holder()

    with pytest.raises(
        UnknownNameError, match=r"self\.first of 'holder' is the module 'holder/generator'\.$"
    ):
        Outer().get_module("holder/first")


@pytest.mark.parametrize("name", [0, ["generator"], Generator])
def test_a_module_is_named_by_a_text(name):
    with pytest.raises(ProgramError, match=r"by its name, got .*get_module\(index=0\)"):
        Holder().get_module(name)


# --- Before the first call, and copies -----------------------------------------------------


async def test_a_program_that_was_not_called_is_saved_and_cloned(model, tmp_path):
    holder = Holder(model)
    holder.set_variables({"generator/instruction": "Learned."})
    holder.save(tmp_path / "h.json")
    loaded = load_program(tmp_path / "h.json", custom_objects={"Holder": Holder}, language_model=model)
    for copied in (loaded, holder.clone()):
        assert not copied.built
        assert copied.get_variables() == holder.get_variables()
        assert (await copied(Query(query="q"))).answer == "a"


async def test_a_list_that_was_not_called_is_saved_and_cloned(model, tmp_path):
    listed = Sequential([Generator(data_model=Answer, language_model=model)])
    listed.save(tmp_path / "s.json")
    for copied in (load_program(tmp_path / "s.json"), listed.clone()):
        assert not copied.built
        assert copied.get_variables() == listed.get_variables()


async def test_a_deep_copy_is_a_clone(program, model):
    copied = copy.deepcopy({"program": program})["program"]
    copied.get_module("generator").instruction.assign("Two.")
    assert program.get_module("generator").instruction.get() != "Two."
    assert copied.get_module("generator").language_model is model
    assert (await copied(Query(query="q"))).answer == "a"


@pytest.mark.parametrize("attempt", [pickle.dumps, copy.copy])
async def test_what_cannot_copy_a_program_says_what_can(program, attempt):
    with pytest.raises(TypeError, match=r"program\.save\(path\).*program\.clone\(\)"):
        attempt(program)


async def test_a_summary_shows_as_it_is_printed(program):
    summary = program.summary(width=80)
    assert repr(summary) == str(summary)
    assert "\n" in repr(summary)
    assert isinstance(summary, str)
