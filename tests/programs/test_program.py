import asyncio

import pytest

from synalinks import Assignment, DataModel, Generator, Input, Module, Program, Sequential
from synalinks.errors import (
    ConfigurationError,
    InvalidOutputError,
    ProgramError,
    ServerError,
    UnknownNameError,
    VariablesMismatchError,
)
from synalinks.testing import FunctionModel


class Query(DataModel):
    query: str


class Draft(DataModel):
    draft: str


class Answer(DataModel):
    answer: str


def model():
    def answer(request):
        key = next(iter(request.schema.schema["properties"]))
        return {key: f"{key} of {request.messages[-1]['content']}"}

    return FunctionModel(answer)


async def functional(lm):
    x = Input(data_model=Query)
    draft = await Generator(data_model=Draft, language_model=lm)(x)
    answer = await Generator(data_model=Answer, language_model=lm)(x + draft)
    return Program(inputs=x, outputs=answer, name="two_steps")


class Subclassed(Program):
    def __init__(self, lm):
        super().__init__()
        self.first = Generator(data_model=Draft, language_model=lm)
        self.second = Generator(data_model=Answer, language_model=lm)

    async def call(self, inputs, training=False):
        draft = await self.first(inputs, training=training)
        return await self.second(inputs + draft, training=training)


class Untraced(Module):
    """A module whose `call` is not for symbols: its outputs are like its inputs."""

    async def compute_output_spec(self, inputs, training=False):
        return inputs


class Mixed(Program):
    def __init__(self, lm):
        super().__init__(name="mixed")
        self.lm = lm

    async def build(self, inputs):
        draft = await Generator(data_model=Draft, language_model=self.lm)(inputs)
        answer = await Generator(data_model=Answer, language_model=self.lm)(inputs + draft)
        super().__init__(inputs=inputs, outputs=answer)


EXPECTED = 'answer of {"query":"q","draft":"draft of {\\"query\\":\\"q\\"}"}'


async def test_a_functional_program():
    lm = model()
    program = await functional(lm)
    assert (await program(Query(query="q"))).answer == EXPECTED
    assert list(program.get_variables()) == [
        "generator/instruction",
        "generator/examples",
        "generator_1/instruction",
        "generator_1/examples",
    ]


async def test_a_subclass():
    program = Subclassed(model())
    assert (await program(Query(query="q"))).answer == EXPECTED
    # Names count the modules of the program, not the attributes that hold them.
    assert list(program.get_variables())[::2] == ["generator/instruction", "generator_1/instruction"]


async def test_a_sequential_with_and_without_an_input():
    for start in ([Input(data_model=Query)], []):
        lm = model()
        program = Sequential([*start, Generator(data_model=Draft, language_model=lm)])
        program.add(Generator(data_model=Answer, language_model=lm))
        assert program.built == bool(start)
        assert (await program(Query(query="q"))).answer.startswith("answer of")
        assert len(program.modules) == 2
        assert len(program.trainable_variables) == 4


async def test_a_mixed_program_traces_itself_when_it_is_built():
    program = Mixed(model())
    assert (await program(Query(query="q"))).answer == EXPECTED
    assert program.name == "mixed"
    assert len(program.modules) == 2


async def test_programs_nest_and_modules_inside_have_paths():
    lm = model()
    inner = await functional(lm)
    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await inner(x), name="outer")
    assert (await program(Query(query="q"))).answer == EXPECTED
    assert program.get_module("two_steps") is inner
    assert program.get_module("two_steps/generator_1").schema == Answer.get_schema()
    assert "two_steps/generator_1/examples" in program.get_variables()


async def test_a_module_used_twice_keeps_one_variable():
    shared = Generator(data_model=Query, language_model=model())
    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await shared(await shared(x)))
    assert list(program.get_variables()) == ["generator/instruction", "generator/examples"]
    assert len(shared.language_model.requests) == 0
    await program(Query(query="q"))
    assert len(shared.language_model.requests) == 2


async def test_names_do_not_depend_on_what_else_was_made():
    Generator(data_model=Answer)
    first, second = await functional(model()), await functional(model())
    assert list(first.get_variables()) == list(second.get_variables())


async def test_default_names_step_aside_for_given_ones():
    lm = model()
    x = Input(data_model=Query)
    one = await Generator(data_model=Draft, language_model=lm)(x)
    two = await Generator(data_model=Answer, language_model=lm, name="generator")(one)
    assert list(Program(inputs=x, outputs=two).get_variables())[::2] == [
        "generator_1/instruction",
        "generator/instruction",
    ]


async def test_two_modules_of_one_given_name_are_refused():
    x = Input(data_model=Query)
    one = await Generator(data_model=Draft, name="g")(x)
    two = await Generator(data_model=Answer, name="g")(one)
    with pytest.raises(ProgramError, match="both named 'g'"):
        Program(inputs=x, outputs=two)


async def test_get_module_lists_the_known_and_the_nearest():
    program = await functional(model())
    assert program.get_module(index=1) is program.get_module("generator_1")
    with pytest.raises(UnknownNameError, match="Did you mean 'generator_1'") as caught:
        program.get_module("generater_1")
    assert caught.value.known == ["generator", "generator_1"]
    with pytest.raises(UnknownNameError):
        program.get_module(index=5)
    with pytest.raises(ProgramError):
        program.get_module()


async def test_set_variables_takes_some_by_path_or_all_trainable_in_order():
    program = await functional(model())
    program.set_variables({"generator/instruction": "A"})
    assert program.get_module("generator").instruction.get() == "A"
    program.set_variables(["B", [], "C", []])
    assert program.get_variables()["generator_1/instruction"] == "C"
    with pytest.raises(VariablesMismatchError, match="Expected 4 values"):
        program.set_variables(["B"])
    with pytest.raises(UnknownNameError, match="'generator/instruction'"):
        program.set_variables({"generator/instructions": "x"})


async def test_set_variables_is_all_or_nothing():
    program = await functional(model())
    before = program.get_variables()
    with pytest.raises(ConfigurationError):
        program.set_variables({"generator/instruction": "A", "generator/examples": "no list"})
    assert program.get_variables() == before


async def test_inputs_and_outputs_can_be_lists_and_dicts():
    lm = model()
    a, b = Input(data_model=Query, name="a"), Input(data_model=Draft, name="b")
    answer = await Generator(data_model=Answer, language_model=lm)(a + b)
    program = Program(inputs={"a": a, "b": b}, outputs=[answer, a])
    result = await program({"a": Query(query="q"), "b": Draft(draft="d")})
    assert [type(r).__name__ for r in result] == ["JsonDataModel", "JsonDataModel"]
    assert result[1].query == "q"
    with pytest.raises(ProgramError, match="no 'b'"):
        await program({"a": Query(query="q")})


async def test_what_is_not_connected_is_an_error():
    a, b = Input(data_model=Query), Input(data_model=Draft)
    answer = await Generator(data_model=Answer)(a + b)
    with pytest.raises(ProgramError, match="not connected"):
        Program(inputs=a, outputs=answer)
    with pytest.raises(ProgramError, match=r"got a coroutine\. Did you forget an `await`"):
        Program(inputs=a, outputs=Generator(data_model=Answer)(a))
    with pytest.raises(ProgramError, match="both inputs= and outputs="):
        Program(inputs=a)


def test_input_takes_a_data_model_or_a_schema():
    assert Input(schema=Query.get_schema()).keys() == ["query"]
    with pytest.raises(ConfigurationError, match="data_model="):
        Input()


async def test_two_inputs_of_one_name_are_refused():
    a, b = Input(data_model=Query, name="x"), Input(data_model=Draft, name="x")
    answer = await Generator(data_model=Answer)(a + b)
    with pytest.raises(ProgramError, match="both named 'x'"):
        Program(inputs=[a, b], outputs=answer)


async def test_two_data_models_of_one_name_are_refused():
    first = type("Thing", (DataModel,), {"__annotations__": {"a": str}})
    second = type("Thing", (DataModel,), {"__annotations__": {"b": str}})
    x = Input(data_model=first)
    y = await Generator(data_model=second)(x)
    with pytest.raises(ProgramError, match=r"both called 'Thing'.*\['a'\].*\['b'\]"):
        Program(inputs=x, outputs=y)


async def test_a_program_without_graph_or_call_says_what_to_do():
    with pytest.raises(ProgramError, match="override"):
        await Program()(Query(query="q"))


async def test_independent_nodes_run_at_the_same_time_and_each_when_its_inputs_are_there():
    names = ("slow", "quick", "after_quick")
    started, go_on, ended = ({name: asyncio.Event() for name in names} for _ in range(3))
    go_on["after_quick"].set()

    class Waits(Untraced):
        async def call(self, inputs):
            started[self.name].set()
            await go_on[self.name].wait()
            ended[self.name].set()
            return inputs

    x = Input(data_model=Query)
    slow, quick = await Waits(name="slow")(x), await Waits(name="quick")(x)
    after = await Waits(name="after_quick")(quick)
    program = Program(inputs=x, outputs=(slow | after))
    task = asyncio.create_task(program(Query(query="q")))
    await started["slow"].wait()
    await started["quick"].wait()
    go_on["quick"].set()
    await ended["after_quick"].wait()
    assert not ended["slow"].is_set()
    go_on["slow"].set()
    result = await task
    assert result.keys() == ["query", "query_1"]


async def test_a_failing_branch_cancels_the_other_and_its_own_error_comes_out():
    cancelled = []

    class Fails(Untraced):
        async def call(self, inputs):
            raise ZeroDivisionError("branch")

    class Hangs(Untraced):
        async def call(self, inputs):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(self.name)
                raise

    x = Input(data_model=Query)
    a, b = await Hangs()(x), await Fails()(x)
    with pytest.raises(ZeroDivisionError, match="branch"):
        await Program(inputs=x, outputs=a | b)(Query(query="q"))
    assert cancelled == ["hangs"]


async def test_a_guard_that_gives_none_bypasses_the_calls_after_it():
    class Guard(Untraced):
        async def call(self, inputs):
            return None

    lm = model()
    x = Input(data_model=Query)
    y = await Generator(data_model=Answer, language_model=lm)(await Guard()(x))
    assert await Program(inputs=x, outputs=y)(Query(query="q")) is None
    assert lm.requests == []


async def test_several_outputs_of_one_module_are_told_apart():
    class Splits(Module):
        async def call(self, inputs):
            return {"left": inputs.prefix("left"), "right": [inputs.prefix("right")]}

    x = Input(data_model=Query)
    parts = await Splits()(x)
    program = Program(inputs=x, outputs=parts["right"][0] + parts["left"])
    assert len(program.modules) == 1
    assert (await program(Query(query="q"))).keys() == ["right_query", "left_query"]


async def test_summary_names_modules_keys_and_variables():
    program = await functional(model())
    text = program.summary(width=100)
    for part in (
        "two_steps",
        "generator_1 (Generator)",
        "draft",
        "instruction, examples",
        "Variables: 4 (4 trainable)",
    ):
        assert part in text
    assert max(map(len, program.summary(width=40).splitlines())) <= 40


async def test_summary_shows_control_characters_as_escapes():
    program = Program(inputs=(x := Input(data_model=Query)), outputs=x, name="evil\x1b[2J")
    assert "\x1b" not in program.summary()


async def test_a_sequential_refuses_what_is_no_module():
    with pytest.raises(ProgramError, match="takes modules"):
        Sequential(["generator"])
    generator = Generator(data_model=Answer)
    with pytest.raises(ProgramError, match="already"):
        Sequential([generator, generator])
    with pytest.raises(ProgramError, match="empty"):
        await Sequential()(Query(query="q"))
    with pytest.raises(ProgramError, match="first"):
        Sequential([generator, Input(data_model=Query)])


async def test_loading_waits_for_nothing_so_a_build_that_waits_is_refused():
    class Slow(Module):
        async def build(self, inputs):
            await asyncio.sleep(0)

        async def call(self, inputs):
            return inputs

    with pytest.raises(ProgramError, match="Building the Sequential waited"):
        Sequential([Input(data_model=Query), Slow()])


async def test_a_branch_that_cancels_itself_is_an_error_and_no_none():
    class CancelsItself(Untraced):
        async def call(self, inputs):
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            await future

    x = Input(data_model=Query)
    a, b = await Generator(data_model=Answer, language_model=model())(x), await CancelsItself()(x)
    with pytest.raises(ProgramError, match="CancelledError although nothing was cancelled"):
        await Program(inputs=x, outputs=[a, b])(Query(query="q"))


async def test_modules_have_the_names_that_the_program_knows_them_by():
    program = await functional(model())
    assert [m.name for m in program.modules] == ["generator", "generator_1"]
    assert all(program.get_module(m.name) is m for m in program.modules)
    again = await functional(model())
    assert [m.name for m in again.modules] == ["generator", "generator_1"]


async def test_a_constant_can_stand_among_the_inputs_of_a_call():
    class Joins(Module):
        async def call(self, inputs):
            return inputs[0] + inputs[1]

    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await Joins()([x, Draft(draft="fixed")]))
    assert (await program(Query(query="q"))).get_json() == {"query": "q", "draft": "fixed"}


async def test_set_variables_changes_nothing_when_an_assignment_covers_one():
    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await Generator(data_model=Answer, language_model=model())(x))
    note = program.get_module("generator").add_variable("old", name="note", trainable=False)
    bound = Assignment({"generator/instruction": "candidate"}).bind(
        {"generator/instruction": program.get_module("generator").instruction}
    )
    with bound.active(), pytest.raises(ConfigurationError, match="cannot be assigned"):
        program.set_variables({"generator/note": "new", "generator/instruction": "x"})
    assert note.get() == "old"


@pytest.mark.parametrize("first", [0, 1, 2])
async def test_which_failure_of_several_branches_comes_out_does_not_depend_on_which_comes_first(first):
    errors = [InvalidOutputError("late"), ServerError("down"), ServerError("down as well")]
    turns, ends = ([asyncio.Event() for _ in errors] for _ in range(2))

    class Fails(Untraced):
        def __init__(self, number):
            super().__init__(name=f"fails_{number}")
            self.number = number

        async def call(self, inputs):
            await turns[self.number].wait()
            ends[self.number].set()
            raise errors[self.number]

    x = Input(data_model=Query)
    branches = [await Fails(number)(x) for number in range(3)]
    program = Program(inputs=x, outputs=branches)
    task = asyncio.create_task(program(Query(query="q")))
    for number in [first, *(n for n in range(3) if n != first)]:
        turns[number].set()
        await ends[number].wait()
    with pytest.raises(ServerError) as caught:
        await task
    assert caught.value is errors[1]  # no evidence comes before a fault, then the first branch


async def test_an_error_in_code_comes_before_a_call_that_failed():
    class Fails(Untraced):
        def __init__(self, error):
            super().__init__(name=type(error).__name__.lower())
            self.error = error

        async def call(self, inputs):
            raise self.error

    x = Input(data_model=Query)
    a, b = await Fails(ServerError("down"))(x), await Fails(ZeroDivisionError("code"))(x)
    with pytest.raises(ZeroDivisionError, match="code"):
        await Program(inputs=x, outputs=[a, b])(Query(query="q"))
