import orjson
import pytest

from synalinks import ChatMessage, ChatMessages, DataModel, Generator, Input, set_default_language_model
from synalinks.errors import ConfigurationError, InvalidOutputError, ProgramError
from synalinks.language_models import Response
from synalinks.testing import FunctionModel


class Query(DataModel):
    """A question."""

    query: str


class Answer(DataModel):
    thinking: str
    answer: str


def model(answer=None):
    return FunctionModel(lambda request: answer or {"thinking": "t", "answer": "a"})


async def test_the_answer_is_a_data_model_of_the_schema():
    result = await Generator(data_model=Answer, language_model=model())(Query(query="q"))
    assert result.answer == "a"
    assert result.get_schema() is Answer.get_schema()


async def test_a_schema_does_in_place_of_a_class():
    generator = Generator(schema=Answer.get_schema(), language_model=model())
    assert (await generator(Query(query="q")))["answer"] == "a"
    with pytest.raises(ConfigurationError, match="not both"):
        Generator(data_model=Answer, schema=Answer.get_schema())


async def test_without_a_schema_it_answers_with_a_chat_message():
    lm = FunctionModel(lambda request: "hello")
    result = await Generator(language_model=lm)(Query(query="q"))
    assert (result.role, result.content) == ("assistant", "hello")
    assert ChatMessage(**result.get_json()).content == "hello"
    assert lm.requests[0].schema is None


async def test_none_in_none_out_without_a_call():
    lm = model()
    assert await Generator(data_model=Answer, language_model=lm)(None) is None
    assert lm.requests == []


async def test_what_does_not_change_comes_first_and_the_input_last():
    generator = Generator(
        data_model=Answer,
        language_model=model(),
        instructions="Be brief.",
        examples=[(Query(query="1"), Answer(thinking="x", answer="one"))],
        use_inputs_schema=True,
        use_outputs_schema=True,
    )
    messages = generator.render(Query(query="2"))
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user"]
    assert messages[0]["content"].startswith("Be brief.")
    assert orjson.dumps(Query.get_schema()).decode() in messages[0]["content"]
    assert orjson.dumps(Answer.get_schema()).decode() in messages[0]["content"]
    assert orjson.loads(messages[1]["content"]) == {"query": "1"}
    assert orjson.loads(messages[2]["content"]) == {"thinking": "x", "answer": "one"}
    assert orjson.loads(messages[3]["content"]) == {"query": "2"}


async def test_the_model_sees_what_render_shows():
    lm = model()
    generator = Generator(data_model=Answer, language_model=lm)
    await generator(Query(query="q"))
    assert lm.requests[0].messages == generator.render(Query(query="q"))


async def test_changed_variables_are_seen_by_the_next_call():
    generator = Generator(data_model=Answer, language_model=model())
    generator.instruction.assign("First.")
    first = generator.render(Query(query="q"))
    generator.instruction.assign("Second.")
    generator.examples.assign([{"inputs": {"query": "1"}, "outputs": {"thinking": "", "answer": ""}}])
    second = generator.render(Query(query="q"))
    assert (first[0]["content"], second[0]["content"]) == ("First.", "Second.")
    assert (len(first), len(second)) == (2, 4)


def test_the_instruction_is_a_text_also_when_none_is_given():
    generator = Generator(data_model=Answer)
    assert "thinking, answer" in generator.instruction.get()
    assert Generator().instruction.get()
    with pytest.raises(ConfigurationError, match="instructions"):
        Generator(instructions=["a"])


def test_examples_obey_the_schema_of_the_answer():
    with pytest.raises(ConfigurationError, match="examples"):
        Generator(data_model=Answer, examples=[{"inputs": {"query": "1"}, "outputs": {"answer": "only"}}])
    with pytest.raises(ConfigurationError, match="inputs"):
        Generator(data_model=Answer, examples=["just a text"])


async def test_return_inputs_concatenates():
    generator = Generator(data_model=Answer, language_model=model(), return_inputs=True)
    symbolic = await generator(Input(data_model=Query))
    result = await generator(Query(query="q"))
    assert symbolic.keys() == result.keys() == ["query", "thinking", "answer"]


async def test_sampling_parameters_and_tools_reach_the_model():
    lm = FunctionModel(lambda request: "x")
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    generator = Generator(language_model=lm, temperature=0.0, max_tokens=9, top_p=0.5, tools=[tool])
    await generator(Query(query="q"))
    request = lm.requests[0]
    assert dict(request.params) == {"temperature": 0.0, "max_tokens": 9, "top_p": 0.5}
    assert request.tools == [tool]


async def test_a_conversation_is_continued():
    lm = FunctionModel(lambda request: "fine")
    chat = ChatMessages(messages=[ChatMessage(role="user", content="how are you?")])
    await Generator(language_model=lm, instructions="Be kind.")(chat)
    sent = [(m["role"], m["content"]) for m in lm.requests[0].messages]
    assert sent == [("system", "Be kind."), ("user", "how are you?")]


async def test_keys_without_a_value_are_not_sent():
    lm = FunctionModel(lambda request: "fine")
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    chat = ChatMessages(
        messages=[
            ChatMessage(role="user", content="hello"),
            ChatMessage(role="assistant", tool_calls=[call]),
            ChatMessage(role="tool", content="4", tool_call_id="1"),
        ]
    )
    await Generator(language_model=lm)(chat)
    assert lm.requests[0].messages[1:] == [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "4", "tool_call_id": "1"},
    ]


async def test_a_call_of_tools_in_place_of_an_answer_is_the_programs_fault():
    call = {"id": "1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}

    async def asks(request):
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        return Response(message=message, text=None)

    lm = FunctionModel(asks)
    tool = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
    with pytest.raises(InvalidOutputError, match=r"asks for the tools \['look_up'\] in place of an answer"):
        await Generator(data_model=Answer, language_model=lm, tools=[tool])(Query(query="q"))
    result = await Generator(language_model=lm, tools=[tool])(Query(query="q"))
    assert result["tool_calls"] == [call]


async def test_the_default_model_is_looked_up_when_it_is_called():
    generator = Generator(data_model=Answer)
    with pytest.raises(ConfigurationError, match="set_default_language_model"):
        await generator(Query(query="q"))
    set_default_language_model(model())
    assert (await generator(Query(query="q"))).answer == "a"


async def test_an_answer_that_is_not_valid_is_an_error_with_the_text():
    generator = Generator(data_model=Answer, language_model=model("no json"))
    with pytest.raises(InvalidOutputError) as caught:
        await generator(Query(query="q"))
    assert caught.value.text == "no json"


async def test_several_inputs_have_to_be_concatenated():
    generator = Generator(data_model=Answer, language_model=model())
    with pytest.raises(ProgramError, match="Concatenate"):
        await generator([Query(query="a"), Query(query="b")])


def test_streaming_is_a_switch():
    with pytest.raises(ConfigurationError, match="streaming is True or False"):
        Generator(streaming="yes")


def test_prefixes_of_many_candidates_do_not_pile_up():
    generator = Generator(data_model=Answer)
    for number in range(200):
        generator.instruction.assign(f"Instruction {number}")
        generator.render(Query(query="q"))
    assert len(generator._prefixes) <= 64


@pytest.mark.parametrize("given", [{"temperature": "hot"}, {"max_tokens": 2.5}, {"top_p": True}])
def test_sampling_parameters_of_the_wrong_type_are_refused_when_it_is_made(given):
    with pytest.raises(ConfigurationError, match=next(iter(given))):
        Generator(data_model=Answer, **given)
