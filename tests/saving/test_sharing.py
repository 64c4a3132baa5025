"""Programs whose parts are shared and nested come back with the same variables and outputs."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synalinks
from synalinks import DataModel, Generator, Input, Module, Program, Sequential
from synalinks._internal.canonical import content_hash
from synalinks._internal.plain import plain
from synalinks.errors import ConfigurationError, DamagedFileError
from synalinks.modules._serialization import Reader, Writer
from synalinks.programs import load_program
from synalinks.testing import FunctionModel


class Text(DataModel):
    text: str


class Both(Module):
    """Asks two modules that it was given, which may be the same one."""

    def __init__(self, first, second=None, **options):
        super().__init__(**options)
        self.first, self.second = first, second
        self.tag = self.add_variable("tag", name="tag")

    async def call(self, inputs):
        left = await self.first(inputs)
        return left if self.second is None else await self.second(left)


CUSTOM = {"Both": Both}
STEPS = ["generator", "reuse", "program", "sequential", "both", "join"]
steps = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8
)


def answer(request):
    return {"text": content_hash(request.messages)[:8]}


MODEL = FunctionModel(answer)


async def traced(graph):
    """A program of random steps; each gives a text, so any may follow any."""
    x = Input(data_model=Text)
    values, modules = [x], []

    def some_module(index):
        if not modules:
            modules.append(Generator(data_model=Text, language_model=MODEL))
        return modules[index % len(modules)]

    for kind, a, b in graph:
        value = values[a % len(values)]
        if kind == "join":
            values.append((value + values[b % len(values)]).out_mask(pattern=r"_\d"))
            continue
        if kind == "generator":
            module = Generator(data_model=Text, language_model=MODEL, instructions=f"i{b}")
        elif kind == "reuse":
            module = some_module(b)
        elif kind == "program":
            i = Input(data_model=Text)
            module = Program(inputs=i, outputs=await some_module(b)(await some_module(a)(i)))
        elif kind == "sequential":
            module = Sequential([some_module(b), Generator(data_model=Text, language_model=MODEL)])
        else:
            module = Both(some_module(a), some_module(b))
        if module not in modules:
            modules.append(module)
        values.append(await module(value))
    return Program(inputs=x, outputs=values[-3:], name="random")


@given(steps)
@settings(max_examples=60, deadline=None)
def test_random_graphs_come_back_the_same(tmp_path_factory, graph):
    async def check():
        program = await traced(graph)
        changed = {path: f"{path} changed" for path in program.get_variables() if "examples" not in path}
        program.set_variables(changed)
        path = tmp_path_factory.getbasetemp() / "random.json"
        program.save(path)
        loaded = load_program(path, custom_objects=CUSTOM, language_model=MODEL)
        expected = plain(await program(Text(text="x")))
        for copy in (loaded, program.clone()):
            assert copy.get_variables() == program.get_variables()
            assert plain(await copy(Text(text="x"))) == expected
        assert list(loaded.get_variables()) == list(program.get_variables())
        loaded.save(again := path.with_name("again.json"))
        assert load_program(again, custom_objects=CUSTOM).get_variables() == program.get_variables()

    asyncio.run(check())


async def shared_program():
    generator = Generator(data_model=Text, language_model=MODEL)
    i, x = Input(data_model=Text), Input(data_model=Text)
    inner = Program(inputs=i, outputs=await generator(i), name="inner")
    return Program(inputs=x, outputs=await generator(await inner(x)), name="outer")


async def test_a_module_in_two_programs_is_one_module_again(tmp_path):
    program = await shared_program()
    program.save(tmp_path / "p.json")
    for copy in (load_program(tmp_path / "p.json", language_model=MODEL), program.clone()):
        assert list(copy.get_variables()) == list(program.get_variables())
        inner, generator = copy.modules
        assert inner.modules == [generator]
        generator.instruction.assign("Changed.")
        assert copy.get_variables()["inner/generator/instruction"] == "Changed."


async def test_one_module_for_two_arguments_is_one_module_again(tmp_path):
    generator = Generator(data_model=Text, language_model=MODEL)
    x = Input(data_model=Text)
    Program(inputs=x, outputs=await Both(generator, generator)(x)).save(tmp_path / "p.json")
    both = load_program(tmp_path / "p.json", custom_objects=CUSTOM).modules[0]
    assert both.first is both.second


async def test_a_module_is_built_for_the_inputs_it_was_built_for_first(tmp_path):
    class Other(DataModel):
        other: str

    generator = Generator(data_model=Text, language_model=MODEL, use_inputs_schema=True)
    x, i = Input(data_model=Other), Input(data_model=Text)
    first = await generator(x)
    inner = Program(inputs=i, outputs=await generator(i), name="inner")
    program = Program(inputs=x, outputs=await inner(first))
    program.save(tmp_path / "p.json")
    loaded = load_program(tmp_path / "p.json", language_model=MODEL)
    shown = loaded.get_module("generator").render(Text(text="x"))
    assert '"Other"' in shown[0]["content"]
    assert shown == generator.render(Text(text="x"))


async def test_what_refers_to_nothing_is_a_clear_error(tmp_path):
    with pytest.raises(DamagedFileError, match="refers to a part that is not there"):
        Reader().value({"a": {"$shared": 3}})


def test_a_module_among_its_own_arguments_is_refused():
    inner = []
    outer = Both(inner)
    inner.append(outer)
    with pytest.raises(ConfigurationError, match="among its own arguments"):
        Writer().object(outer)


async def test_the_words_of_the_format_are_free_for_the_user(tmp_path):
    @synalinks.register_serializable(package="words")
    class Holder(Module):
        def __init__(self, options, **rest):
            super().__init__(**rest)
            self.options = options

        async def call(self, inputs):
            return inputs

    words = {
        "$shared": 1,
        "$class": {"config": {}},
        "$dict": {"$value": 1},
        "a": [{"$data_model": 0}, {"$slot": [0]}],
    }
    x = Input(data_model=Text)
    Program(inputs=x, outputs=await Holder(words)(x)).save(tmp_path / "p.json")
    assert load_program(tmp_path / "p.json").modules[0].options == words
