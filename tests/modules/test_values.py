"""What goes into modules and comes out of them."""

from __future__ import annotations

import asyncio
from typing import Optional

import pytest

import synalinks
from synalinks import DataModel, Generator, Input, JsonDataModel, Module, Program, SymbolicDataModel
from synalinks.errors import ProgramError
from synalinks.testing import FunctionModel


class Number(DataModel):
    n: int


class Label(DataModel):
    label: str


class Double(Module):
    async def call(self, inputs):
        return Number(n=2 * inputs.n)


class Declared(Module):
    async def call(self, inputs: JsonDataModel) -> Number:
        return Number(n=2 * inputs.n)


class Returns(Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    async def call(self, inputs):
        return self.value() if callable(self.value) and not isinstance(self.value, type) else self.value


async def answer():
    return Number(n=1)


VALUE = Number(n=1).to_json_data_model()


# --- Outputs -------------------------------------------------------------------------------


async def test_a_forgotten_await_in_call_is_asked_about():
    with pytest.raises(
        ProgramError, match=r"Returns\.call returned a coroutine\. Did you forget an `await`\?"
    ):
        await Returns(answer)(VALUE)
    with pytest.raises(ProgramError, match="Did you forget an `await`"):
        await Returns(lambda: {"one": [VALUE, answer()], "two": answer()})(VALUE)


async def test_a_task_is_asked_about_and_left_to_its_owner():
    task = asyncio.ensure_future(answer())
    with pytest.raises(ProgramError, match=r"returned a Task\. Did you forget an `await`\?"):
        await Returns(lambda: task)(VALUE)
    assert await task == Number(n=1)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("hello", r"Returns\.call returned 'hello' \(str\)\. Put it into a synalinks\.DataModel"),
        ({"n": 1}, r"returned {'n': 1} \(dict\)\. A dict becomes a data model"),
        ([1, 2], r"returned \[1, 2\] \(list\)\. Put it into"),
        ({"good": VALUE, "bad": 1}, r"returned 1 \(int\)"),
        (Number, r"returned the class Number\. Make a value of it: Number\(\.\.\.\)"),
    ],
)
async def test_an_output_that_is_no_data_model_is_named(value, message):
    with pytest.raises(ProgramError, match=message):
        await Returns(value)(VALUE)


async def test_outputs_are_data_models_or_none_in_any_structure():
    outputs = await Returns({"left": Number(n=1), "right": [VALUE, (None,)]})(VALUE)
    assert outputs == {"left": VALUE, "right": [VALUE, (None,)]}
    assert type(outputs["left"]) is JsonDataModel
    assert await Returns(None)(VALUE) is None


async def test_a_program_is_not_trained_on_what_is_no_data_model():
    x = Input(data_model=Number)
    program = Program(inputs=x, outputs=await Declared()(x))
    program.modules[0].call = lambda inputs, training=False: _returned("text")
    program.compile(reward="exact_match", optimizer="random_few_shot")
    with pytest.raises(ProgramError, match=r"Declared\.call returned 'text'"):
        await program.evaluate([Number(n=1)], [Number(n=1)], verbose=0)


async def _returned(value):
    return value


# --- Inputs --------------------------------------------------------------------------------


async def test_a_forgotten_await_in_inputs_is_asked_about():
    for inputs in (answer(), [VALUE, answer()], [Input(data_model=Number), answer()]):
        with pytest.raises(
            ProgramError, match=r"'double' takes data models; got a coroutine\. Did you forget"
        ):
            await Double()(inputs)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"n": 2}, r"'double' takes data models; got {'n': 2} \(dict\)\. A dict becomes a data model"),
        ([VALUE, "x"], r"got 'x' \(str\)\. Put it"),
        (Number, r"got the class Number\. Make a value of it"),
    ],
)
async def test_inputs_that_are_no_data_models_are_shown_as_they_were_given(inputs, message):
    with pytest.raises(ProgramError, match=message):
        await Double()(inputs)


async def test_inputs_are_required_and_may_be_none():
    with pytest.raises(TypeError, match="'inputs'"):
        await Double()()
    assert await Generator(data_model=Number)(None) is None


# --- What tracing finds --------------------------------------------------------------------


class ReadsAll(Module):
    async def call(self, inputs):
        return Number(**inputs.get_json())


class ReadsKey(Module):
    async def call(self, inputs):
        return Number(n=inputs["n"])


class MaybeDeclared(Module):
    async def call(self, inputs) -> Number | None:
        return Number(n=inputs.n) if inputs.n else None


class OptionalDeclared(Module):
    async def call(self, inputs) -> Optional[Number]:  # noqa: UP045 - as others write it
        return Number(n=inputs.n) if inputs.n else None


@pytest.mark.parametrize(("cls", "what"), [(Double, "'n'"), (ReadsKey, "'n'"), (ReadsAll, r"get_json\(\)")])
async def test_a_call_that_reads_says_how_to_declare_its_output(cls, what):
    with pytest.raises(
        ProgramError, match=rf"{cls.__name__}\.call reads {what}.* -> Answer.*compute_output_spec"
    ):
        await cls()(Input(data_model=Number))


async def test_the_module_that_reads_is_the_one_that_is_named():
    class Outer(Module):
        def __init__(self):
            super().__init__()
            self.inner = Double()

        async def call(self, inputs):
            return await self.inner(inputs)

    with pytest.raises(ProgramError, match=r"^Double\.call reads 'n'"):
        await Outer()(Input(data_model=Number))


@pytest.mark.parametrize("cls", [Declared, MaybeDeclared, OptionalDeclared])
async def test_the_annotation_of_a_call_that_reads_is_its_output(cls):
    x = Input(data_model=Number)
    output = await cls()(x)
    assert output.get_schema() is Number.get_schema()
    program = Program(inputs=x, outputs=output.prefix("my"))
    assert (await program(Number(n=2))).keys() == ["my_n"]


class AnyOf(Module):
    async def call(self, inputs) -> Number | Label:
        return Number(n=inputs.n)


class Listed(Module):
    async def call(self, inputs) -> list[Number]:
        return [Number(n=inputs.n)]


class Abstract(Module):
    async def call(self, inputs) -> DataModel:
        return Number(n=inputs.n)


class Unresolved(Module):
    async def call(self, inputs) -> NotThere:  # noqa: F821 - as a name that only a type checker imports
        return Number(n=inputs.n)


@pytest.mark.parametrize("cls", [AnyOf, Listed, Abstract, Unresolved])
async def test_an_annotation_that_is_not_one_data_model_does_not_tell_the_output(cls):
    with pytest.raises(ProgramError, match="cannot be found by tracing"):
        await cls()(Input(data_model=Number))


async def test_tracing_goes_before_the_annotation():
    class Wider(Module):
        async def call(self, inputs) -> Number:
            return inputs + Label.to_symbolic_data_model()

    assert (await Wider()(Input(data_model=Number))).keys() == ["n", "label"]


@pytest.mark.parametrize("spec", [Number, SymbolicDataModel(data_model=Number), Number(n=1)])
async def test_compute_output_spec_gives_a_data_model_of_any_kind(spec):
    class Told(Double):
        async def compute_output_spec(self, inputs, training=False):
            return {"one": spec, "none": None}

    outputs = await Told()(Input(data_model=Number))
    assert outputs["one"].get_schema() is Number.get_schema()
    assert outputs["one"].origin.path == ("one",)
    assert outputs["none"] is None


async def test_compute_output_spec_that_gives_something_else_is_named():
    class Told(Double):
        async def compute_output_spec(self, inputs, training=False):
            return {"n": 1}

    with pytest.raises(ProgramError, match=r"Told\.compute_output_spec returned {'n': 1}"):
        await Told()(Input(data_model=Number))


async def test_a_program_that_reads_fields_nests_when_it_says_what_it_returns():
    model = FunctionModel(lambda request: {"n": -1 if len(model.requests) == 1 else 1})

    class Careful(Program):
        def __init__(self):
            super().__init__()
            self.first = Generator(data_model=Number, language_model=model)
            self.second = Generator(data_model=Number, language_model=model)

        async def call(self, inputs, training=False) -> Number:
            number = await self.first(inputs)
            return number if number.n >= 0 else await self.second(inputs)

    x = Input(data_model=Label)
    program = Program(inputs=x, outputs=await Careful()(x))
    assert (await program(Label(label="a"))).n == 1
    assert len(program.trainable_variables) == 4


# --- A constructor that forgets its base ---------------------------------------------------


async def test_a_module_that_does_not_initialise_its_base_says_so():
    class Forgetful(Module):
        def __init__(self):
            self.n = 1

        async def call(self, inputs):
            return inputs

    module = Forgetful()
    assert module.n == 1
    for use in (lambda: module.built, lambda: module.variables, lambda: repr(module)):
        with pytest.raises(AttributeError, match=r"call super\(\).__init__\(\) first in Forgetful\.__init__"):
            use()
    with pytest.raises(AttributeError, match=r"call super\(\)"):
        await module(VALUE)


def test_other_missing_attributes_are_told_as_ever():
    class Broken(Module):
        @property
        def failing(self):
            return self.not_there

    with pytest.raises(AttributeError, match="'Broken' object has no attribute 'bild'"):
        _ = Broken().bild
    with pytest.raises(AttributeError, match="no attribute 'not_there'"):
        _ = Broken().failing
    assert not hasattr(synalinks.Module(), "language_model")
