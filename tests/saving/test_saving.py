import json
import os

import pytest

import synalinks
from synalinks import DataModel, Generator, Input, JsonDataModel, Module, Program, Sequential
from synalinks.errors import (
    ConfigurationError,
    DamagedFileError,
    FileError,
    FormatVersionError,
    UnknownNameError,
    VariablesMismatchError,
)
from synalinks.programs import load_program
from synalinks.testing import FunctionModel
from tests.support.arithmetic import Answer, Problem, make_program, perfect


@pytest.fixture
def model():
    return FunctionModel(perfect)


async def saved(tmp_path, name="p.json"):
    program, _ = await make_program(perfect)
    program.set_variables({"generator/instruction": "Learned."})
    program.save(tmp_path / name)
    return program, tmp_path / name


async def test_a_program_comes_back_with_structure_and_variables(tmp_path, model):
    program, path = await saved(tmp_path)
    loaded = load_program(path, language_model=model)
    assert loaded.name == "arithmetic"
    assert loaded.get_variables() == program.get_variables()
    assert loaded.compiled is None
    result = await loaded(Problem(problem="2+3"))
    assert result.answer == 5


async def test_models_come_back_by_name_and_without_a_key(tmp_path):
    lm = synalinks.LanguageModel("openai/gpt-x", api_key="sk-secret-123", temperature=0.1, max_concurrency=3)
    x = Input(data_model=Problem)
    program = Program(inputs=x, outputs=await Generator(data_model=Answer, language_model=lm)(x))
    program.save(tmp_path / "p.json")
    assert "sk-secret-123" not in (tmp_path / "p.json").read_text()
    again = Program.load(tmp_path / "p.json").get_module("generator").language_model
    assert (again.model, again.max_concurrency, dict(again.default_params)) == (
        "openai/gpt-x",
        3,
        {"temperature": 0.1},
    )


async def test_the_same_program_gives_the_same_file(tmp_path):
    _, first = await saved(tmp_path, "a.json")
    _, second = await saved(tmp_path, "b.json")
    assert first.read_bytes() == second.read_bytes()


async def test_loading_needs_no_data_model_class(tmp_path, model):
    class Local(DataModel):
        """A class that nobody can import."""

        problem: str

    x = Input(data_model=Local)
    y = await Generator(data_model=Answer, language_model=model)(x)
    Program(inputs=x, outputs=y).save(tmp_path / "p.json")
    loaded = load_program(tmp_path / "p.json", language_model=model)
    assert loaded.inputs.get_schema() == Local.get_schema()
    assert (await loaded(JsonDataModel(schema=Local.get_schema(), json={"problem": "1+1"}))).answer == 2


async def test_operators_branches_and_shared_modules_come_back(tmp_path, model):
    a, b = Input(data_model=Problem, name="a"), Input(data_model=Problem, name="b")
    shared = Generator(data_model=Answer, language_model=model, name="shared")
    first, second = await shared(a), await shared(b)
    outputs = {"all": (first + second).factorize(), "one": [first | second.prefix("x").out_mask(["nothing"])]}
    program = Program(inputs={"a": a, "b": b}, outputs=outputs)
    program.save(tmp_path / "p.json")
    loaded = load_program(tmp_path / "p.json", language_model=model)
    data = {"a": Problem(problem="1+1"), "b": Problem(problem="2+2")}
    results = [await p(data) for p in (program, loaded)]
    assert results[0] == results[1]
    assert results[1]["all"].get_json() == {"answers": [2.0, 4.0]}
    assert len(loaded.modules) == 1


async def test_a_sequential_and_nested_programs_come_back(tmp_path, model):
    inner = Sequential([Generator(data_model=Answer, language_model=model)], name="inner")
    x = Input(data_model=Problem)
    outer = Program(inputs=x, outputs=await inner(x), name="outer")
    outer.get_module("inner/generator").instruction.assign("Deep.")
    outer.save(tmp_path / "p.json")
    loaded = load_program(tmp_path / "p.json", language_model=model)
    assert type(loaded.get_module("inner")) is Sequential
    assert loaded.get_module("inner/generator").instruction.get() == "Deep."
    assert (await loaded(Problem(problem="1+2"))).answer == 3


def make_custom():
    class Custom(Module):
        def __init__(self, times, data_model=None, **options):
            super().__init__(**options)
            self.times, self.data_model = times, data_model

        def build(self, inputs):
            self.seen = self.add_variable(0, schema={"type": "integer"}, name="seen")

        async def call(self, inputs):
            return inputs

    return Custom


async def test_a_module_of_the_users_comes_back_when_it_is_registered_or_given(tmp_path):
    custom = make_custom()
    x = Input(data_model=Problem)
    module = custom(3, data_model=Answer)
    program = Program(inputs=x, outputs=await module(x))
    module.seen.assign(7)
    program.save(tmp_path / "p.json")
    with pytest.raises(UnknownNameError, match=r"register_serializable.*custom_objects=\{'Custom': Custom\}"):
        load_program(tmp_path / "p.json")
    loaded = load_program(tmp_path / "p.json", custom_objects={"Custom": custom})
    assert (loaded.modules[0].times, loaded.modules[0].seen.get()) == (3, 7)
    synalinks.register_serializable(package="tests")(custom)
    program.save(tmp_path / "p.json")
    assert load_program(tmp_path / "p.json").modules[0].times == 3


async def test_a_subclassed_program_comes_back_built(tmp_path):
    @synalinks.register_serializable()
    class Wrapped(Program):
        def __init__(self, label, **options):
            super().__init__(**options)
            self.label = label
            self.inner = make_custom()(1)

        async def call(self, inputs):
            return await self.inner(inputs)

    program = Wrapped("x", name="w")
    await program(Problem(problem="1+1"))
    program.inner.seen.assign(5)
    program.save(tmp_path / "p.json")
    loaded = Program.load(tmp_path / "p.json")
    # What a subclass's modules make when they are built is only there once they are.
    assert (loaded.label, loaded.name) == ("x", "w")


def test_one_name_for_two_classes_is_refused():
    def first():
        class Same(Module):
            pass

        return Same

    def second():
        class Same(Module):
            pass

        return Same

    synalinks.register_serializable()(first())
    synalinks.register_serializable()(first())  # a notebook cell run again
    with pytest.raises(ConfigurationError, match="already registered"):
        synalinks.register_serializable()(second())
    with pytest.raises(ConfigurationError, match=r"@synalinks.register_serializable\(\)"):
        synalinks.register_serializable(first())


async def test_what_has_no_json_form_is_named(tmp_path):
    custom = make_custom()
    x = Input(data_model=Problem)
    program = Program(inputs=x, outputs=await custom(object())(x))
    with pytest.raises(ConfigurationError, match=r"Custom.get_config\(\)\['times'\] is a object"):
        program.save(tmp_path / "p.json")
    assert not (tmp_path / "p.json").exists()


async def test_variables_alone_are_saved_and_loaded(tmp_path):
    program, _ = await make_program()
    program.set_variables({"generator/instruction": "Learned."})
    program.save_variables(tmp_path / "v.variables.json")
    other, _ = await make_program()
    other.load_variables(tmp_path / "v.variables.json")
    assert other.get_variables() == program.get_variables()


async def test_variables_of_another_program_are_refused_with_the_difference(tmp_path):
    program, model = await make_program()
    program.save_variables(tmp_path / "v.variables.json")
    x = Input(data_model=Problem)
    y = await Generator(data_model=Answer, language_model=model, name="solver")(x)
    other = Program(inputs=x, outputs=y, name="other")
    before = other.get_variables()
    with pytest.raises(VariablesMismatchError) as caught:
        other.load_variables(tmp_path / "v.variables.json")
    assert "no variable 'generator/instruction'" in str(caught.value)
    assert "no variable 'solver/instruction'" in str(caught.value)
    assert other.get_variables() == before


@pytest.mark.parametrize("path", ["model.txt", "model", "p.variables.json"])
async def test_a_program_file_ends_in_json(tmp_path, path):
    program, _ = await make_program()
    with pytest.raises(ConfigurationError, match=r"program\.json"):
        program.save(tmp_path / path)


async def test_a_variables_file_ends_in_variables_json(tmp_path):
    program, _ = await make_program()
    with pytest.raises(ConfigurationError, match=r"v\.variables\.json"):
        program.save_variables(tmp_path / "v.json")


async def test_a_file_that_is_not_there_or_of_another_kind_is_named(tmp_path):
    program, path = await saved(tmp_path)
    with pytest.raises(FileError, match="No such file"):
        load_program(tmp_path / "missing.json")
    with pytest.raises(DamagedFileError, match=r"not a synalinks\.variables file"):
        program.load_variables(path)
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "version": 99}))
    with pytest.raises(FormatVersionError, match=r"99.*up to 1"):
        load_program(path)


async def test_a_truncated_file_is_a_clear_error_wherever_it_was_cut(tmp_path, model):
    _, path = await saved(tmp_path)
    content = path.read_bytes()
    for length in [*range(0, len(content) - 2, 37), len(content) - 2]:
        path.write_bytes(content[:length])
        with pytest.raises(DamagedFileError, match="truncated or edited"):
            load_program(path, language_model=model)


async def test_a_file_edited_by_hand_is_a_clear_error(tmp_path, model):
    _, path = await saved(tmp_path)
    document = json.loads(path.read_text())
    config = document["program"]["config"]
    edits = {
        "no program": {**document, "program": None},
        "no config": {**document, "program": {"$class": "synalinks.programs.Program"}},
        "unknown class": {**document, "program": {"$class": "os.system", "config": {}}},
        "private class": {
            **document,
            "program": {"$class": "synalinks.programs._program.Program", "config": {}},
        },
        "no variables": {**document, "variables": None},
        "one variable less": {**document, "variables": {"generator/instruction": "x"}},
        "wrong value": {**document, "variables": {**document["variables"], "generator/instruction": 3}},
        "unknown argument": {
            **document,
            "program": {**document["program"], "config": {**config, "nodes": 3}},
        },
        "no modules": {**document, "program": {**document["program"], "config": {**config, "modules": {}}}},
        "wrong slot": {
            **document,
            "program": {**document["program"], "config": {**config, "outputs": {"$slot": [9]}}},
        },
    }
    for name, edited in edits.items():
        path.write_text(json.dumps(edited))
        with pytest.raises((FileError, ConfigurationError)) as caught:
            load_program(path, language_model=model)
        assert str(caught.value), name


async def test_loading_imports_nothing_and_runs_nothing(tmp_path, model):
    _, path = await saved(tmp_path)
    document = json.loads(path.read_text())
    generator = document["program"]["config"]["modules"]["generator"]
    generator["config"]["prompt_template"] = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    path.write_text(json.dumps(document))
    loaded = load_program(path, language_model=model)
    with pytest.raises(synalinks.errors.ProgramError, match="unsafe"):
        await loaded(Problem(problem="1+1"))
    generator["config"].pop("prompt_template")
    for name in (
        "os.system",
        "builtins.eval",
        "synalinks.saving.load_program",
        "synalinks.errors.SynalinksError",
    ):
        generator["$class"] = name
        path.write_text(json.dumps(document))
        with pytest.raises(UnknownNameError):
            load_program(path, language_model=model)


async def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    program, path = await saved(tmp_path)
    before = path.read_bytes()
    with pytest.raises(FileError):
        program.save(path / "inside_a_file.json")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


async def test_a_clone_is_independent_and_uses_the_same_model():
    program, model = await make_program(perfect)
    program.get_module("generator").instruction.assign("One.")
    copy = program.clone()
    copy.get_module("generator").instruction.assign("Two.")
    assert program.get_module("generator").instruction.get() == "One."
    assert copy.get_module("generator").language_model is model
    assert (await copy(Problem(problem="1+1"))).answer == 2


async def test_config_and_from_config_are_the_inverse_of_each_other():
    program, _ = await make_program()
    again = Program.from_config(program.get_config())
    assert list(again.get_variables()) == list(program.get_variables())
