"""What a program is made of besides plain arguments: structures of inputs, subclasses, additions."""

import enum
import math

import pytest

import synalinks
from synalinks import DataModel, Generator, Input, Module, Program, Sequential
from synalinks.errors import ConfigurationError
from synalinks.programs import load_program
from synalinks.testing import FunctionModel


class Query(DataModel):
    query: str


class Answer(DataModel):
    answer: str


MODEL = FunctionModel(lambda request: {"answer": "a"})


def reloaded(program, tmp_path, **options):
    program.save(tmp_path / "p.json")
    return load_program(tmp_path / "p.json", language_model=MODEL, **options)


def make_generator():
    return Generator(data_model=Answer, language_model=MODEL)


class Passing(Module):
    async def call(self, inputs):
        return inputs


@pytest.mark.parametrize(
    "keys",
    [("name", "schema"), ("$input", "$slot"), ("$tuple", "$dict"), ("$dict", "x"), ("$shared", "$class")],
)
async def test_inputs_and_outputs_may_have_any_keys(tmp_path, keys):
    first, second = keys
    inputs = {first: Input(data_model=Query), second: Input(data_model=Answer)}
    program = Program(inputs=inputs, outputs={first: inputs[first] + inputs[second], second: inputs[second]})
    data = {first: Query(query="q"), second: Answer(answer="a")}
    for copy in (reloaded(program, tmp_path), program.clone()):
        assert await copy(data) == await program(data)
        assert list(copy.inputs) == list(keys)


async def test_tuples_stay_tuples(tmp_path):
    x = Input(data_model=Query)
    program = Program(inputs=(x, [Input(data_model=Answer)]), outputs=(x, {"a": (x.prefix("p"),)}))
    for copy in (reloaded(program, tmp_path), program.clone()):
        assert (type(copy.inputs), type(copy.inputs[1])) == (tuple, list)
        outputs = await copy((Query(query="q"), [Answer(answer="a")]))
        assert (type(outputs), type(outputs[1]["a"])) == (tuple, tuple)


async def test_a_call_on_a_tuple_is_one_again(tmp_path):
    @synalinks.register_serializable(package="structures")
    class Kind(Module):
        async def call(self, inputs):
            return inputs[0] + Answer(answer=type(inputs).__name__)

    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await Kind()((x, x)))
    assert (await reloaded(program, tmp_path)(Query(query="q"))).answer == "tuple"


async def test_arguments_come_back_as_what_they_were(tmp_path):
    @synalinks.register_serializable(package="structures")
    class Holding(Passing):
        def __init__(self, value):
            super().__init__()
            self.value = value

    class Colour(enum.StrEnum):
        RED = "red"

    x = Input(data_model=Query)
    given = {"a": (1, [2, (3,)]), "b": Colour.RED, "c": True, "d": 1.5, "$tuple": ()}
    program = Program(inputs=x, outputs=await Holding(given)(x))
    copy = reloaded(program, tmp_path)
    assert copy.modules[0].value == {**given, "b": "red"}
    assert type(copy.modules[0].value["b"]) is str
    assert program.clone().modules[0].value == given
    for value in (math.inf, math.nan, 2**70, "\ud800", {1: 2}, lambda text: text):
        program = Program(inputs=x, outputs=await Holding([value])(x))
        with pytest.raises(ConfigurationError, match=r"cannot be saved|has no name"):
            program.save(tmp_path / "p.json")
        program.clone()


async def test_subclasses_with_arguments_of_their_own_come_back(tmp_path):
    @synalinks.register_serializable(package="structures")
    class Terse(Generator):
        def __init__(self, style, name=None):
            super().__init__(Answer, language_model=MODEL, instructions=style, name=name)

    @synalinks.register_serializable(package="structures")
    class Chain(Sequential):
        def __init__(self, style):
            super().__init__([Terse(style), make_generator()])

    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await Chain("brief")(await Terse("terse", name="t")(x)))
    program.set_variables({"chain/generator/instruction": "Changed."})
    for copy in (reloaded(program, tmp_path), program.clone()):
        assert copy.get_variables() == program.get_variables()
        assert copy.get_module("chain/terse").instruction.get() == "brief"


async def test_positional_arguments_come_back(tmp_path):
    @synalinks.register_serializable(package="structures")
    class Parts(Passing):
        def __init__(self, first, /, second, *parts, name=None, **options):
            super().__init__(name=name)
            self.all = (first, second, *parts, options)

    x = Input(data_model=Query)
    value = await Parts(1, second=2, extra=3)(x)
    program = Program(inputs=x, outputs=await Parts("a", "b", "c", "d", name="n")(value))
    for copy in (reloaded(program, tmp_path), program.clone()):
        assert [module.all for module in copy.modules] == [(1, 2, {"extra": 3}), ("a", "b", "c", "d", {})]


async def test_what_a_traced_program_was_given_besides_its_graph_comes_back(tmp_path):
    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await make_generator()(x))
    program.judge = Generator(data_model=Answer, language_model=MODEL, instructions="Judge.")
    program.helpers = {"same": [program.modules[0]], "other": [make_generator()]}
    program.add_variable({"count": 1}, name="seen", trainable=False)
    program.set_variables({"seen": {"count": 2}})
    for copy in (reloaded(program, tmp_path), program.clone()):
        assert copy.get_variables() == program.get_variables()
        assert copy.judge.instruction.get() == "Judge."
        assert copy.helpers["same"] == [copy.modules[0]]
        assert list(copy.get_variables(trainable_only=True)) == list(
            program.get_variables(trainable_only=True)
        )


async def test_modules_built_where_tracing_does_not_come_are_built_again(tmp_path):
    @synalinks.register_serializable(package="structures")
    class Keyed(Passing):
        def build(self, inputs):
            self.keys = self.add_variable(inputs.keys(), name="ks")

    @synalinks.register_serializable(package="structures")
    class Deciding(Program):
        def __init__(self):
            super().__init__()
            self.long, self.short = Keyed(), Keyed()

        async def call(self, inputs):
            return await (self.long if len(inputs["query"]) > 3 else self.short)(inputs)

    program = Deciding()
    await program(Query(query="long enough"))
    assert list(program.get_variables()) == ["keyed/ks"]
    for copy in (reloaded(program, tmp_path), program.clone()):
        assert copy.get_variables() == {"keyed/ks": ["query"]}
        assert (copy.long.built, copy.short.built) == (True, False)


async def test_a_program_that_is_not_built_is_saved_and_cloned(tmp_path):
    @synalinks.register_serializable(package="structures")
    class Unbuilt(Program):
        def __init__(self):
            super().__init__()
            self.generator = make_generator()

        async def call(self, inputs):
            return await self.generator(inputs)

    for program in (Unbuilt(), Sequential([make_generator()])):
        program.set_variables({"generator/instruction": "Changed."})
        for copy in (reloaded(program, tmp_path), program.clone()):
            assert not copy.built
            assert copy.get_variables() == program.get_variables()
            assert (await copy(Query(query="q"))).answer == "a"


async def test_a_module_whose_build_failed_is_not_built_when_it_is_loaded(tmp_path):
    @synalinks.register_serializable(package="structures")
    class Choosy(Program):
        async def build(self, inputs):
            if inputs.keys() != ["query"]:
                raise ValueError("only queries")

        async def call(self, inputs):
            return inputs

    program = Choosy()
    with pytest.raises(ValueError, match="only queries"):
        await program(Answer(answer="a"))
    assert program.inputs is None
    assert not reloaded(program, tmp_path).built
    await program(Query(query="q"))
    assert reloaded(program, tmp_path).inputs.keys() == ["query"]


async def test_a_clone_needs_nothing_registered():
    class Local(Passing):
        def __init__(self, function, kind, inner):
            super().__init__()
            self.function, self.kind, self.inner = function, kind, inner

    def local(text):
        return text

    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await Local(local, Answer, Local(local, None, None))(x))
    copy = program.clone().modules[0]
    assert (type(copy), copy.function, copy.kind, type(copy.inner)) == (Local, local, Answer, Local)
    assert copy.inner is not program.modules[0].inner


async def test_infinity_in_a_retry_is_refused_before_it_is_saved():
    with pytest.raises(ConfigurationError, match="finite"):
        synalinks.language_models.Retry(maximum_wait=math.inf)
