"""Ollama's own chat: what is refused before a call, and what is sent and read."""

import orjson
import pytest

from synalinks import errors
from synalinks.hooks import Usage
from synalinks.language_models import Request
from synalinks.language_models._pipeline import Call
from synalinks.testing import ChatServer

USER = {"role": "user", "content": "hello"}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
CALL = {"id": "a", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}}


@pytest.fixture
def asked(serve):
    """Return `asked(messages, ...)`: the body of the request that comes of a call."""

    async def ask(messages, **options):
        server, lm = await serve(lambda _: "hi", model="ollama/x")
        await lm(messages, **options)
        return server.requests[0]

    return ask


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"user": "u", "logit_bias": {}}, "Ollama takes no logit_bias, user"),
        ({"tool_choice": "required"}, "lets the model choose"),
        ({"tool_choice": {"type": "function", "function": {"name": "add"}}}, "lets the model choose"),
        ({"parallel_tool_calls": False}, "leave parallel_tool_calls out"),
        ({"reasoning_effort": "hihg"}, "high"),
    ],
)
async def test_what_it_does_not_take_is_refused_before_the_first_call(serve, params, reason):
    server, lm = await serve(lambda _: "hi", model="ollama/x")
    with pytest.raises(errors.ConfigurationError, match=reason):
        await lm("hello", tools=[TOOL], **params)
    assert not server.requests


async def test_no_tool_may_be_called_where_none_is_shown(asked):
    assert "tools" not in await asked([USER], tools=[TOOL], tool_choice="none")


async def test_options_of_its_own_stand_beside_those_of_the_protocol(asked):
    body = await asked(
        [USER], num_ctx=8192, max_tokens=9, options={"num_predict": 7, "mirostat": 1}, think=True
    )
    assert body["options"] == {"num_ctx": 8192, "num_predict": 7, "mirostat": 1}
    assert body["think"] is True


async def test_what_a_message_is_made_of(asked):
    body = await asked([
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]},
        {"role": "assistant", "content": "I add.", "tool_calls": [CALL], "anthropic": {"content": []}},
        {"role": "tool", "tool_call_id": "a", "content": "3"},
        {"role": "tool", "tool_call_id": "of another turn", "content": "4"},
        {**USER, "name": "Ada"},
    ])  # fmt: skip
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One.\nTwo."},
        {
            "role": "assistant",
            "content": "I add.",
            "tool_calls": [{"function": {"name": "add", "arguments": {"x": 1}}}],
        },
        {"role": "tool", "content": "3", "tool_name": "add"},
        {"role": "tool", "content": "4"},
        USER,
    ]


@pytest.mark.parametrize(
    "part",
    [{"type": "image_url", "image_url": {"url": "https://box/a.png"}}, {"type": "input_audio"}, "text"],
)
async def test_what_it_cannot_look_at_is_refused(serve, part):
    server, lm = await serve(lambda _: "hi", model="ollama/x")
    with pytest.raises(errors.ConfigurationError, match="fetches nothing"):
        await lm([{"role": "user", "content": [part]}])
    assert not server.requests


@pytest.mark.parametrize("api_base", ["{}", "{}/v1", "{}/v1/"])
async def test_addresses_of_its_openai_endpoint_are_those_of_the_server(serve, api_base):
    server, _ = await serve(lambda _: "hi")
    address = api_base.format(server.url.removesuffix("/v1"))
    other, lm = await serve(lambda _: "hi", model="ollama/x", api_base=address)
    await lm("hello")
    assert (server.paths, other.paths) == (["/api/chat"], [])


def line(done=True, message=None, **parts):
    said = {"role": "assistant", "content": "hi"} if message is None else message
    return {"model": "x:8b", "message": said, "done": done, **parts}


@pytest.mark.parametrize(
    ("parts", "usage", "reason"),
    [
        ({"prompt_eval_count": 9, "prompt_eval_cached_count": 7, "eval_count": 2}, Usage(9, 2, 7), "stop"),
        ({"done_reason": "load"}, Usage(), "load"),
    ],
)
async def test_tokens_and_ending(serve, parts, usage, reason):
    _, lm = await serve(lambda _: ChatServer.Reply(body=line(**parts)), model="ollama/x")
    response = await lm("hello")
    assert (response.usage, response.finish_reason, response.model) == (usage, reason, "x:8b")


async def test_an_answer_that_was_cut_off_is_told_of(serve):
    _, lm = await serve(lambda _: ChatServer.Reply(body=line(done_reason="length")), model="ollama/x")
    with pytest.raises(errors.TruncatedOutputError):
        await lm("hello")


async def test_names_of_calls_are_the_servers_or_tell_the_time(serve):
    calls = [{"id": "call_x7", "function": {"name": "f", "arguments": {}}}, {"function": {"name": "g"}}]
    message = {"role": "assistant", "content": "", "tool_calls": calls}
    body = line(message=message, created_at="2026-10-01T12:00:00.123456Z")
    _, lm = await serve(lambda _: ChatServer.Reply(body=body), model="ollama/x")
    made = (await lm("hello", tools=[TOOL])).message["tool_calls"]
    assert [call["id"] for call in made] == ["call_x7", "call_20261001120000123456_1"]
    assert [call["function"]["arguments"] for call in made] == ["{}", "{}"]


@pytest.mark.parametrize("body", [{}, [], {"message": "hi"}, {"model": "x"}])
async def test_what_is_no_answer_is_told_of(serve, body):
    _, lm = await serve(lambda _: ChatServer.Reply(body=body), model="ollama/x")
    with pytest.raises(errors.ProtocolError, match="none of the protocol"):
        await lm("hello")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line(False)], errors.ProtocolError),
        ([line(False), {"error": "it broke"}], errors.ServerError),
        ([{"message": 7, "done": False}], errors.ProtocolError),
    ],
)
async def test_a_stream_without_an_end_is_no_answer(serve, lines, expected):
    body = b"".join(orjson.dumps(each) + b"\n" for each in lines)
    _, lm = await serve(lambda _: ChatServer.Reply(body=body), model="ollama/x")
    with pytest.raises(expected):
        await lm.check()(Request("ollama", "x", [USER]), Call(lambda _: None))
