"""Generators whose answer is read while it comes."""

import pytest

import synalinks
from synalinks.errors import InvalidOutputError, ProgramError
from synalinks.hooks import Hook
from synalinks.language_models import FunctionModel, LanguageModel, Stream
from synalinks.modules import Generator, Module
from synalinks.testing import ChatServer


class Query(synalinks.DataModel):
    query: str


class Answer(synalinks.DataModel):
    thinking: str
    answer: str


VALUE = {"thinking": "It is so.", "answer": "yes"}
QUERY = Query(query="so?")


def model(answer=VALUE):
    return FunctionModel(lambda _: answer)


def generator(**options):
    options = {"data_model": Answer, "language_model": model(), "streaming": True, **options}
    return Generator(**options)


async def test_text_comes_in_pieces():
    stream = await Generator(language_model=model("It is so."), streaming=True)(QUERY)
    assert isinstance(stream, Stream)
    assert [piece async for piece in stream] == ["It", " is", " so."]
    assert (await stream.result()).get("content") == "It is so."


async def test_objects_grow():
    stream = await generator()(QUERY)
    values = [value async for value in stream]
    assert values[-1] == VALUE
    result = await stream.result()
    assert result.get_json() == VALUE
    assert result.get_schema() == Answer.get_schema()


async def test_over_http_only_the_stream_is_in_pieces():
    async with ChatServer(lambda _: VALUE) as server:
        lm = LanguageModel("openai/test", api_base=server.url, api_key="sk-x")
        generate = generator(language_model=lm)
        assert [value async for value in await generate(QUERY)][-1] == VALUE
        assert (await generate(QUERY, training=True)).get_json() == VALUE
        assert [request.get("stream") for request in server.requests] == [True, None]


async def test_none_stays_none():
    assert await generator()(None) is None


async def test_the_result_has_the_inputs_where_they_are_wanted():
    stream = await generator(return_inputs=True)(QUERY)
    assert [value async for value in stream][-1] == VALUE
    assert (await stream.result()).get_json() == {"query": "so?", **VALUE}


async def test_a_stream_is_no_value_for_another_module():
    stream = await generator()(QUERY)
    with pytest.raises(ProgramError, match=r"got a Stream.*await stream\.result\(\)"):
        await generator()(stream)


async def test_what_is_asked_fails_in_the_stream():
    stream = await generator(language_model=FunctionModel(lambda _: "no", validation_retries=0))(QUERY)
    with pytest.raises(InvalidOutputError):
        await anext(stream)


async def test_the_module_ends_with_its_whole_answer():
    class Ears(Hook):
        def __init__(self):
            self.heard = []

        def on_module_call_started(self, event):
            self.heard.append("started")

        def on_module_call_ended(self, event):
            self.heard.append(event.outputs.get_json())

    generate = generator()
    ears = generate.add_hook(Ears())
    stream = await generate(QUERY)
    assert ears.heard == []
    await anext(stream)
    assert ears.heard[0] == "started"
    await stream.result()
    assert ears.heard == ["started", VALUE]


class Polite(Module):
    async def call(self, inputs):
        return inputs


def traced(*modules):
    async def program():
        outputs = inputs = synalinks.Input(data_model=Query)
        for module in modules:
            outputs = await module(outputs)
        return synalinks.Program(inputs=inputs, outputs=outputs)

    return program()


async def test_a_program_streams_its_last_answer():
    first = generator(language_model=model({"thinking": "a", "answer": "b"}))
    program = await traced(first, generator())
    stream = await program(QUERY)
    assert [value async for value in stream][-1] == VALUE
    assert (await stream.result()).get_json() == VALUE
    assert len(first.language_model.requests) == 1
    outer = await traced(program)
    assert [value async for value in await outer(QUERY)][-1] == VALUE


async def test_a_list_of_modules_streams_from_its_first_call_on():
    program = synalinks.Sequential([generator()])
    for _ in range(2):
        assert [value async for value in await program(QUERY)][-1] == VALUE


async def test_the_inputs_of_a_program_are_checked_in_the_stream():
    program = await traced(generator())
    with pytest.raises(ProgramError, match="Missing: 'query'"):
        await (await program(Answer(**VALUE))).result()


async def test_where_another_module_needs_the_value_it_comes_whole():
    after = await traced(generator(), Polite())
    assert (await after(QUERY)).get_json() == VALUE
    both = synalinks.Input(data_model=Query)
    one = generator()
    joined = synalinks.Program(inputs=both, outputs=[await one(both), await Polite()(both)])
    assert (await joined(QUERY))[0].get_json() == VALUE

    class Own(synalinks.Program):
        def __init__(self):
            super().__init__()
            self.generate = generator()

        async def call(self, inputs):
            answer = await self.generate(inputs)
            return answer if answer.get("answer") == "yes" else None

    assert (await Own()(QUERY)).get_json() == VALUE


async def test_a_module_that_is_called_twice_comes_whole():
    generate = generator(data_model=Query, language_model=model({"query": "again"}))
    program = await traced(generate, generate)
    assert (await program(QUERY)).get_json() == {"query": "again"}


async def test_a_program_without_such_a_generator_answers_as_ever():
    program = await traced(generator(streaming=False))
    assert (await program(QUERY)).get_json() == VALUE


async def test_training_evaluation_and_prediction_never_stream():
    async with ChatServer(lambda _: VALUE) as server:
        lm = LanguageModel("openai/test", api_base=server.url, api_key="sk-x")
        program = await traced(generator(language_model=lm))
        program.compile(optimizer="random_few_shot", reward=synalinks.rewards.ExactMatch(in_mask=["answer"]))
        x, y = [QUERY, QUERY], [Answer(**VALUE)] * 2
        await program.fit(x=x, y=y, epochs=1, verbose=0)
        await program.evaluate(x=x, y=y, verbose=0)
        found = await program.predict(x)
        assert [value.get_json() for value in found] == [VALUE, VALUE]
        assert len(server.requests) >= 6
        assert not any(request.get("stream") for request in server.requests)


async def test_within_a_run_an_answer_comes_at_once():
    class Reading(Module):
        async def call(self, inputs):
            pieces = [piece async for piece in self.lm.stream("go")]
            return Query(query="|".join(pieces))

        async def compute_output_spec(self, inputs, training=False):
            return inputs

    async with ChatServer(lambda _: "one two") as server:
        reading = Reading()
        reading.lm = LanguageModel("openai/test", api_base=server.url, api_key="sk-x")
        (found,) = await (await traced(reading)).predict([QUERY])
        assert found.get_json() == {"query": "one two"}
        assert "stream" not in server.requests[0]


async def test_a_saved_generator_streams_again(tmp_path):
    program = await traced(generator(language_model="openai/test"))
    program.save(tmp_path / "program.json")
    loaded = synalinks.programs.load_program(tmp_path / "program.json", language_model=model())
    assert loaded.modules[0].streaming
    assert [value async for value in await loaded(QUERY)][-1] == VALUE
