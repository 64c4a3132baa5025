import pytest

import synalinks
from synalinks import DataModel, Generator, Input, JsonDataModel, Module
from synalinks.errors import ConfigurationError, ProgramError
from synalinks.hooks import Hook, ModuleCallEnded, ModuleCallStarted, add_hook
from synalinks.metrics import Mean
from synalinks.testing import FunctionModel


class Query(DataModel):
    query: str


class Answer(DataModel):
    answer: str


class Shout(Module):
    async def call(self, inputs):
        return JsonDataModel(schema=inputs.get_schema(), json={"query": inputs["query"].upper()})


class WithMemory(Module):
    def build(self, inputs):
        self.memory = self.add_variable([], name="memory", schema={"type": "array"}, trainable=False)

    async def call(self, inputs, training=False):
        self.memory.assign([*self.memory.get(), inputs["query"]])
        return inputs


async def test_a_module_takes_data_models_and_gives_json_data_models():
    result = await Shout()(Query(query="hi"))
    assert result.query == "HI"
    assert result.get_schema() == Query.get_schema()


async def test_a_plain_value_is_refused_with_what_to_do():
    with pytest.raises(ProgramError, match="DataModel"):
        await Shout()("hi")


async def test_build_runs_once_and_makes_variables():
    module = WithMemory()
    assert module.variables == []
    await module(Query(query="a"))
    await module(Query(query="b"))
    assert module.memory.get() == ["a", "b"]
    assert module.trainable_variables == []


async def test_a_failed_build_is_tried_again():
    class Moody(Module):
        tries = 0

        def build(self, inputs):
            self.tries += 1
            if self.tries == 1:
                raise RuntimeError("not yet")

        async def call(self, inputs):
            return inputs

    module = Moody()
    with pytest.raises(RuntimeError):
        await module(Query(query="a"))
    await module(Query(query="a"))
    assert module.tries == 2


def test_modules_variables_and_metrics_are_tracked_in_attributes_lists_and_dicts():
    class Holder(Module):
        def __init__(self):
            super().__init__()
            self.first = Generator(data_model=Answer)
            self.more = [Generator(data_model=Answer)]
            self.named = {"x": {"y": Generator(data_model=Answer)}}
            self.score = [Mean(name="m")]
            self.note = synalinks.Variable("n", schema={"type": "string"}, name="note")

    holder = Holder()
    holder.more.append(Generator(data_model=Answer))
    assert len(holder.submodules()) == 4
    assert len(holder.variables) == 9
    assert [m.name for m in holder.metrics] == ["m"]


def test_a_frozen_module_has_no_trainable_variables_inside():
    class Holder(Module):
        def __init__(self, **options):
            super().__init__(**options)
            self.inner = Generator(data_model=Answer)

    assert len(Holder().trainable_variables) == 2
    assert Holder(trainable=False).trainable_variables == []
    assert len(Holder(trainable=False).variables) == 2


def test_add_variable_takes_values_initializers_and_data_models():
    module = Module()
    assert module.add_variable(Query(query="q")).get() == {"query": "q"}
    assert module.add_variable(initializer=lambda: [1]).get() == [1]
    assert module.add_variable(lambda: "text").get() == "text"
    assert [v.name for v in module.variables] == ["variable", "variable_1", "variable_2"]
    with pytest.raises(ConfigurationError, match="already has a variable named 'variable'"):
        module.add_variable("x", name="variable")
    with pytest.raises(ConfigurationError, match="data model"):
        module.add_variable(None)


@pytest.mark.parametrize("name", ["", "a/b", 3])
def test_a_name_is_a_text_without_slash(name):
    with pytest.raises(ConfigurationError, match="name"):
        Module(name=name)


async def test_a_module_without_call_says_so():
    with pytest.raises(ProgramError, match="async def call"):
        await Module()(Query(query="a"))


async def test_hooks_hear_the_calls_and_their_errors():
    heard = []

    class Ears(Hook):
        def on_event(self, event):
            heard.append(event)

    class Broken(Module):
        async def call(self, inputs):
            raise ZeroDivisionError

    add_hook(Ears())
    await Shout(name="shout")(Query(query="hi"))
    with pytest.raises(ZeroDivisionError):
        await Broken(name="broken")(Query(query="hi"))
    assert [(type(e), e.module) for e in heard] == [
        (ModuleCallStarted, "shout"),
        (ModuleCallEnded, "shout"),
        (ModuleCallStarted, "broken"),
        (ModuleCallEnded, "broken"),
    ]
    assert heard[1].outputs.query == "HI"
    assert isinstance(heard[3].error, ZeroDivisionError)


async def test_symbolic_calls_trace_and_call_no_model():
    model = FunctionModel(lambda request: {"answer": "x"})
    result = await Generator(data_model=Answer, language_model=model)(Input(data_model=Query))
    assert result.keys() == ["answer"]
    assert model.requests == []


def test_the_arguments_of_the_constructor_are_the_configuration():
    class Custom(Module):
        def __init__(self, size, *, label="x", **options):
            super().__init__(**options)
            self.size, self.label = size, label

        async def call(self, inputs):
            return inputs

    config = Custom(3, label="y", name="c").get_config()
    again = Custom.from_config(config)
    assert (again.size, again.label, again.name) == (3, "y", "c")


async def test_call_may_be_a_plain_function():
    class Plain(Module):
        def call(self, inputs):
            return JsonDataModel(schema=inputs.get_schema(), json={"query": inputs["query"][::-1]})

    class Passes(Module):
        def __init__(self):
            super().__init__()
            self.inner = Shout()

        def call(self, inputs):
            return self.inner(inputs)

    assert (await Plain()(Query(query="ab"))).query == "ba"
    assert (await Passes()(Query(query="ab"))).query == "AB"
