import pytest

from synalinks import errors
from synalinks.hooks import Usage
from synalinks.language_models import FunctionModel, Response, ScriptedModel
from synalinks.testing import ChatServer

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "number"}},
    "required": ["answer"],
    "additionalProperties": False,
}


async def test_the_answer_comes_parsed():
    response = await FunctionModel(lambda _: {"answer": 4})("2+2?", schema=SCHEMA)
    assert (response.parsed, response.text) == ({"answer": 4}, '{"answer":4}')


async def test_without_a_schema_text_is_not_parsed():
    response = await FunctionModel(lambda _: '{"answer": 4}')("2+2?")
    assert (response.parsed, response.text) == (None, '{"answer": 4}')


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ('{"answer": "four"}', "at 'answer'"),
        ("{}", '"answer" is a required property'),
        ('{"answer": 4, "extra": 1}', "extra"),
        ("four", "it is not JSON"),
        ('{"answer": NaN}', "it is not JSON"),
        ("", "it is empty"),
        ("null", "object"),
    ],
)
async def test_what_is_not_valid_is_asked_for_again_with_the_reason(wrong, reason):
    lm = ScriptedModel([wrong, {"answer": 4}])
    assert (await lm("2+2?", schema=SCHEMA)).parsed == {"answer": 4}
    first, second = lm.requests
    assert (first.reask, second.reask) == (0, 1)
    question, answer, correction = second.messages
    assert question == first.messages[0]
    assert answer == {"role": "assistant", "content": wrong or "(no text)"}
    assert correction["role"] == "user"
    assert reason in correction["content"]
    assert second.schema is first.schema
    assert first.key != second.key


async def test_an_answer_that_is_too_deep_to_be_written_again_is_not_valid():
    text = '{"x": ' + "[" * 300 + "]" * 300 + "}"
    schema = {"type": "object", "properties": {"x": {}}, "required": ["x"]}
    with pytest.raises(errors.InvalidOutputError, match="nested more than 200 levels deep"):
        await FunctionModel(lambda _: text)("go", schema=schema)
    fine = '{"x": "' + "[" * 300 + '"}'
    assert (await FunctionModel(lambda _: fine)("go", schema=schema)).parsed == {"x": "[" * 300}


async def test_after_the_last_time_the_text_comes_with_the_error():
    lm = ScriptedModel(["one", "two", "three", {"answer": 4}])
    with pytest.raises(
        errors.InvalidOutputError, match="asked 3 times, is not valid: it is not JSON"
    ) as caught:
        await lm("2+2?", schema=SCHEMA)
    assert (caught.value.text, caught.value.model) == ("three", "testing/scripted")
    assert len(lm.requests) == 3


async def test_asking_again_can_be_turned_off():
    lm = ScriptedModel(["one", "two"], validation_retries=0)
    with pytest.raises(errors.InvalidOutputError, match="'one'"):
        await lm("2+2?", schema=SCHEMA)
    assert lm.remaining == 1


@pytest.mark.parametrize("schema", [None, SCHEMA], ids=["text", "schema"])
@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (Response.from_text("{", finish_reason="length"), errors.TruncatedOutputError, "{"),
        (Response.from_text("I", finish_reason="content_filter"), errors.RefusedError, "I"),
        (
            Response({"role": "assistant", "content": None, "refusal": "I must not."}),
            errors.RefusedError,
            "I must not.",
        ),
    ],
    ids=["cut", "filtered", "refused"],
)
async def test_a_bad_ending_is_the_programs_doing_and_not_asked_again(answer, kind, text, schema):
    lm = FunctionModel(lambda _: answer)
    with pytest.raises(kind) as caught:
        await lm("hello", schema=schema)
    assert isinstance(caught.value, errors.ProgramFaultError)
    assert (caught.value.text, caught.value.model) == (text, "testing/function")
    assert len(lm.requests) == 1


async def test_endings_are_read_from_the_protocol(serve):
    endings = [
        (errors.TruncatedOutputError, {"finish_reason": "length"}),
        (errors.RefusedError, {"finish_reason": "content_filter"}),
        (errors.RefusedError, {"refusal": "No."}),
    ]
    _, lm = await serve(lambda body: ChatServer.Reply(body=ChatServer.completion(body, "x", **parts)))
    for kind, parts in endings:  # noqa: B007 - the server's function reads it
        with pytest.raises(kind):
            await lm("hello")


async def test_a_call_of_tools_is_not_held_against_the_schema():
    call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    lm = FunctionModel(lambda _: Response(message, finish_reason="tool_calls"))
    response = await lm("hello", schema=SCHEMA, tools=[{"type": "function"}])
    assert (response.message["tool_calls"], response.parsed) == ([call], None)


async def test_a_call_of_tools_that_there_are_not_is_no_answer():
    call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    lm = ScriptedModel([Response(message, finish_reason="tool_calls"), '{"answer": 1}'])
    assert (await lm("hello", schema=SCHEMA)).parsed == {"answer": 1}


@pytest.mark.parametrize("empty", ["", " \n"])
async def test_an_empty_answer_is_sent_back_as_a_text_that_providers_take(empty):
    lm = ScriptedModel([empty, '{"answer": 1}'])
    await lm("hello", schema=SCHEMA)
    assert lm.requests[1].messages[1] == {"role": "assistant", "content": "(no text)"}


async def test_usage_of_an_answer_is_its_own():
    answers = [
        Response.from_text("x", usage=Usage(5, 1)),
        Response.from_text('{"answer":1}', usage=Usage(7, 2)),
    ]
    response = await ScriptedModel(answers)("hello", schema=SCHEMA)
    assert response.usage == Usage(7, 2)
