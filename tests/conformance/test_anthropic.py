"""Requests to Anthropic are those of its own client, and answers in its types are understood."""

import base64

import orjson
import pytest

from synalinks.errors import AuthenticationError, RateLimitedError, ServerError
from synalinks.hooks import Usage
from synalinks.language_models import LanguageModel, Request, Retry
from synalinks.language_models._pipeline import Call
from synalinks.testing import ChatServer

KEY = "sk-ant-very-secret-0123456789"
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
USER = {"role": "user", "content": "Hello."}
MARK = {"cache_control": {"type": "ephemeral"}}
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}},
    "required": ["answer"],
    "additionalProperties": False,
}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells it.", "parameters": PARAMETERS},
}
THEIR_TOOL = {"name": "weather", "description": "Tells it.", "input_schema": PARAMETERS}


@pytest.fixture(scope="session")
def sdk():
    import anthropic

    return anthropic


@pytest.fixture
async def server():
    async with ChatServer(lambda _: '{"answer": 1}') as running:
        yield running


async def ours(server, messages, *, model="claude-sonnet-4-6", schema=None, tools=None, sink=None, **params):
    lm = LanguageModel(f"anthropic/{model}", api_base=server.url, api_key=KEY, retry=Retry(max_tries=1))
    if sink is None:
        return await lm(messages, schema=schema, tools=tools, **params)
    return await lm.check()(Request("anthropic", model, messages, tools=tools, params=params), Call(sink))


async def theirs(sdk, server, messages, *, model="claude-sonnet-4-6", stream=False, **params):
    # Other parameters than those of its newest version of the API are given besides.
    body = {name: params.pop(name) for name in ("temperature", "top_p", "top_k") if name in params}
    async with sdk.AsyncAnthropic(api_key=KEY, base_url=server.url.removesuffix("/v1")) as client:
        params = {"model": model, "max_tokens": 16_384, "messages": messages, "extra_body": body, **params}
        if not stream:
            return await client.messages.create(**params)
        async with client.messages.stream(**params) as events:
            return await events.get_final_message()


def same(server):
    """Make sure that the two requests that came are one."""
    first, second = server.requests
    assert first == second
    assert server.paths == ["/v1/messages", "/v1/messages"]
    first, second = server.headers
    assert first["content-type"] == second["content-type"]
    assert first["x-api-key"] == second["authorization"].removeprefix("Bearer ") == KEY
    assert first["anthropic-version"] == "2023-06-01"
    assert "anthropic-version" in second


async def test_texts_roles_and_parameters(sdk, server):
    await ours(
        server,
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": "Two."},
            {"role": "user", "content": "Three?"},
        ],
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        max_tokens=64,
        stop="END",
        user="u-1",
        service_tier="auto",
    )
    await theirs(
        sdk,
        server,
        [
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": [{"type": "text", "text": "Two.", **MARK}]},
            {"role": "user", "content": "Three?"},
        ],
        system=[{"type": "text", "text": "Be brief.", **MARK}],
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        max_tokens=64,
        stop_sequences=["END"],
        metadata={"user_id": "u-1"},
        service_tier="auto",
    )
    same(server)


async def test_images(sdk, server):
    parts = [
        {"type": "text", "text": "What are these?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
    ]
    await ours(server, [{"role": "user", "content": parts}])
    blocks = [
        {"type": "text", "text": "What are these?"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
    ]
    await theirs(sdk, server, [{"role": "user", "content": blocks}])
    same(server)


async def test_a_schema(sdk, server):
    response = await ours(server, [USER], schema=SCHEMA)
    assert response.parsed == {"answer": 1}
    await theirs(sdk, server, [USER], output_config={"format": {"type": "json_schema", "schema": SCHEMA}})
    same(server)


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        ("auto", None, {"type": "auto"}),
        ("none", False, {"type": "none"}),
        ("required", False, {"type": "any", "disable_parallel_tool_use": True}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"type": "function", "function": {"name": "weather"}}, True, {"type": "tool", "name": "weather"}),
    ],
)
async def test_tools(sdk, server, choice, parallel, expected):
    await ours(server, [USER], tools=[TOOL], tool_choice=choice, parallel_tool_calls=parallel)
    await theirs(sdk, server, [USER], tools=[THEIR_TOOL], tool_choice=expected)
    same(server)


async def test_calls_of_tools_and_their_results_are_one_turn_each(sdk, server):
    def call(name, arguments):
        return {"id": name, "type": "function", "function": {"name": "weather", "arguments": arguments}}

    calls = [call("a", '{"city":"Rome"}'), call("b", '{"city":"Oslo"}')]
    await ours(
        server,
        [
            USER,
            {"role": "assistant", "content": "I ask.", "tool_calls": calls},
            {"role": "tool", "tool_call_id": "a", "content": "sunny"},
            {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "grey"}]},
        ],
        tools=[TOOL],
    )
    uses = [
        {"type": "text", "text": "I ask."},
        {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Rome"}},
        {"type": "tool_use", "id": "b", "name": "weather", "input": {"city": "Oslo"}, **MARK},
    ]
    results = [
        {"type": "tool_result", "tool_use_id": "a", "content": "sunny"},
        {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "grey"}]},
    ]
    turns = [USER, {"role": "assistant", "content": uses}, {"role": "user", "content": results}]
    await theirs(sdk, server, turns, tools=[THEIR_TOOL])
    same(server)


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        ("claude-opus-5-5", "high", ({"type": "adaptive", "display": "summarized"}, {"effort": "high"})),
        ("claude-sonnet-5-5", "none", ({"type": "between_tools"}, None)),
        ("claude-opus-4-8", "none", ({"type": "disabled"}, None)),
        ("claude-sonnet-4-6", "minimal", ({"type": "adaptive", "display": "summarized"}, {"effort": "low"})),
        ("claude-haiku-4-5", "low", ({"type": "enabled", "budget_tokens": 2048}, None)),
        ("claude-haiku-4-5", "none", (None, None)),
    ],
)
async def test_reasoning(sdk, server, model, effort, expected):
    await ours(server, [USER], model=model, reasoning_effort=effort)
    given = dict(zip(("thinking", "output_config"), expected, strict=True))
    given = {name: value for name, value in given.items() if value}
    await theirs(sdk, server, [USER], model=model, **given)
    same(server)


def message(sdk, content, **parts):
    usage = sdk.types.Usage(
        input_tokens=10,
        cache_read_input_tokens=4,
        cache_creation_input_tokens=6,
        output_tokens=30,
        output_tokens_details={"thinking_tokens": 12},
    )
    given = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "usage": usage}
    given |= {"content": content, "stop_reason": "end_turn", **parts}
    return sdk.types.Message(**given)


def replies(reply):
    return ChatServer(lambda _: ChatServer.Reply(body=reply.model_dump(mode="json")))


async def test_an_answer_with_everything(sdk):
    types = sdk.types
    blocks = [
        types.ThinkingBlock(type="thinking", thinking="Let me see.", signature="c2lnbmVk"),
        types.RedactedThinkingBlock(type="redacted_thinking", data="b3BhcXVl"),
        types.TextBlock(type="text", text="I ask."),
        types.ToolUseBlock(type="tool_use", id="a", name="weather", input={"city": "Rome"}),
    ]
    reply = message(sdk, blocks, stop_reason="tool_use")
    async with replies(reply) as server:
        response = await ours(server, [USER], tools=[TOOL])
        turn = {"role": "tool", "tool_call_id": "a", "content": "sunny"}
        await ours(server, [USER, response.message, turn], tools=[TOOL], cache_control=False)
        await theirs(
            sdk,
            server,
            [
                USER,
                reply.to_param(),
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "a", "content": "sunny"}],
                },
            ],
            tools=[THEIR_TOOL],
        )
    function = {"name": "weather", "arguments": '{"city":"Rome"}'}
    assert response.message["tool_calls"] == [{"id": "a", "type": "function", "function": function}]
    assert response.message["reasoning_content"] == "Let me see."
    assert response.text == response.message["content"] == "I ask."
    assert response.usage == Usage(20, 30, 4, 12, 6)
    assert (response.finish_reason, response.model) == ("tool_calls", "claude-x")
    sent, expected = (body["messages"] for body in server.requests[1:])
    assert without_null(sent) == without_null(expected)


def without_null(value):
    if isinstance(value, list):
        return [without_null(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: without_null(item) for name, item in value.items() if item is not None}


@pytest.mark.parametrize(
    ("theirs_", "ours_"),
    [("end_turn", "stop"), ("stop_sequence", "stop"), ("pause_turn", "pause_turn")],
)
async def test_why_it_ended(sdk, theirs_, ours_):
    reply = message(sdk, [sdk.types.TextBlock(type="text", text="x")], stop_reason=theirs_)
    async with replies(reply) as server:
        assert (await ours(server, [USER])).finish_reason == ours_


async def test_a_stream_comes_to_what_the_client_makes_of_it(sdk):
    answer = ChatServer.Answer(
        "Now I know it.",
        [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":[1,2]}'}},
            {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
        ],
        "Two calls, I think.",
    )
    pieces = []
    async with ChatServer(lambda _: answer) as server:
        streamed = await ours(server, [USER], sink=pieces.append)
        final = await theirs(sdk, server, [USER], stream=True)
    same(server)
    assert "".join(pieces) == streamed.text == final.content[1].text
    assert len(pieces) > 1
    assert streamed.message["reasoning_content"] == final.content[0].thinking
    assert streamed.message["anthropic"]["content"][0]["signature"] == final.content[0].signature
    inputs = [orjson.loads(call["function"]["arguments"]) for call in streamed.message["tool_calls"]]
    assert inputs == [block.input for block in final.content[2:]]
    assert streamed.usage == Usage(final.usage.input_tokens, final.usage.output_tokens)


async def test_events_of_a_stream(sdk):
    types = sdk.types
    start = message(sdk, [], stop_reason=None)
    end = types.MessageDeltaUsage(output_tokens=33, output_tokens_details={"thinking_tokens": 2})
    text = types.TextBlock(type="text", text="")
    events = [
        types.RawMessageStartEvent(type="message_start", message=start),
        types.RawContentBlockStartEvent(type="content_block_start", index=0, content_block=text),
        *(
            types.RawContentBlockDeltaEvent(
                type="content_block_delta", index=0, delta=types.TextDelta(type="text_delta", text=piece)
            )
            for piece in ("Hé", "llo")
        ),
        types.RawContentBlockStopEvent(type="content_block_stop", index=0),
        types.RawMessageDeltaEvent(type="message_delta", delta={"stop_reason": "end_turn"}, usage=end),
        types.RawMessageStopEvent(type="message_stop"),
    ]
    lines = ['event: ping\ndata: {"type": "ping"}\n\n']
    lines += [f"event: {event.type}\ndata: {event.model_dump_json()}\n\n" for event in events]
    lines.insert(3, 'event: new\ndata: {"type": "of_tomorrow"}\n\n')
    pieces = []
    headers = {"Content-Type": "text/event-stream"}
    async with ChatServer(lambda _: ChatServer.Reply(body="".join(lines), headers=headers)) as server:
        response = await ours(server, [USER], sink=pieces.append)
    assert pieces == ["Hé", "llo"]
    assert response.usage == Usage(20, 33, 4, 2, 6)
    assert (response.text, response.finish_reason, response.model) == ("Héllo", "stop", "claude-x")
    assert "anthropic" not in response.message


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (529, "overloaded_error", ServerError),
        (500, "api_error", ServerError),
        (504, "timeout_error", ServerError),
        (429, "rate_limit_error", RateLimitedError),
        (401, "authentication_error", AuthenticationError),
        (403, "permission_error", AuthenticationError),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_errors_mean_the_same_with_a_status_and_within_a_stream(sdk, status, kind, expected, streamed):
    body = sdk.types.ErrorResponse.model_validate(
        {"type": "error", "error": {"type": kind, "message": "No."}}
    )
    event = f"event: error\ndata: {body.model_dump_json()}\n\n"
    reply = ChatServer.Reply(
        status=200 if streamed else status, body=event if streamed else body.model_dump()
    )
    async with ChatServer(lambda _: reply) as server:
        with pytest.raises(expected, match="No") as caught:
            await ours(server, [USER], sink=(lambda _: None) if streamed else None)
    assert caught.value.status == status
