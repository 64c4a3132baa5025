"""Requests to Ollama are those of its own client, and answers in its types are understood."""

import base64

import orjson
import pytest

from synalinks.errors import BadRequestError, ServerError, UnknownModelError
from synalinks.hooks import Usage
from synalinks.language_models import LanguageModel, Request, Retry
from synalinks.language_models._pipeline import Call
from synalinks.testing import ChatServer

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
USER = {"role": "user", "content": "Hello."}
SCHEMA = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells it.", "parameters": PARAMETERS},
}


@pytest.fixture(scope="session")
def sdk():
    import ollama

    return ollama


@pytest.fixture
async def server():
    async with ChatServer(lambda _: '{"answer": 1}') as running:
        yield running


async def ours(server, messages, *, model="qwen3", schema=None, tools=None, sink=None, **params):
    lm = LanguageModel(f"ollama/{model}", api_base=server.url, api_key="k-1", retry=Retry(max_tries=1))
    if sink is None:
        return await lm(messages, schema=schema, tools=tools, **params)
    return await lm.check()(Request("ollama", model, messages, tools=tools, params=params), Call(sink))


async def theirs(sdk, server, messages, *, model="qwen3", **params):
    client = sdk.AsyncClient(server.url.removesuffix("/v1"), headers={"Authorization": "Bearer k-1"})
    async with client:
        answer = await client.chat(model, messages, **params)
        return [line async for line in answer] if params.get("stream") else answer


def same(server):
    """Make sure that the two requests that came are one; the client says also what it has nothing of."""
    first, second = server.requests
    assert first == {name: value for name, value in second.items() if value != [] or name == "messages"}
    assert server.paths == ["/api/chat", "/api/chat"]
    for name in ("authorization", "content-type"):
        assert server.headers[0][name] == server.headers[1][name]


async def test_texts_roles_and_parameters(sdk, server):
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "Two."},
        {"role": "user", "content": "Three?"},
    ]
    options = {"temperature": 0.5, "top_p": 0.9, "top_k": 5, "seed": 3, "stop": ["END"], "num_ctx": 8192}
    await ours(
        server,
        messages,
        max_tokens=64,
        keep_alive="5m",
        presence_penalty=0.1,
        frequency_penalty=0.2,
        repetition_penalty=1.1,
        **{**options, "stop": "END"},
    )
    options |= {"num_predict": 64, "presence_penalty": 0.1, "frequency_penalty": 0.2, "repeat_penalty": 1.1}
    await theirs(sdk, server, messages, options=options, keep_alive="5m")
    same(server)


async def test_images(sdk, server):
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
    ]
    await ours(server, [{"role": "user", "content": parts}])
    await theirs(sdk, server, [{"role": "user", "content": "What is this?", "images": [PIXEL]}])
    same(server)


async def test_a_schema(sdk, server):
    response = await ours(server, [USER], schema=SCHEMA)
    assert response.parsed == {"answer": 1}
    await theirs(sdk, server, [USER], format=SCHEMA)
    same(server)


async def test_tools_and_their_results(sdk, server):
    def call(name, arguments):
        return {"id": name, "type": "function", "function": {"name": "weather", "arguments": arguments}}

    def use(city):
        return {"function": {"name": "weather", "arguments": {"city": city}}}

    calls = [call("a", '{"city":"Rome"}'), call("b", '{"city":"Oslo"}')]
    said = {"role": "assistant", "content": None, "reasoning_content": "Ask.", "tool_calls": calls}
    await ours(
        server,
        [
            USER,
            said,
            {"role": "tool", "tool_call_id": "a", "content": "sunny"},
            {"role": "tool", "tool_call_id": "b", "content": "grey"},
        ],
        tools=[TOOL],
        tool_choice="auto",
        parallel_tool_calls=True,
    )
    asked = {"role": "assistant", "content": "", "thinking": "Ask.", "tool_calls": [use("Rome"), use("Oslo")]}
    results = [{"role": "tool", "tool_name": "weather", "content": text} for text in ("sunny", "grey")]
    await theirs(sdk, server, [USER, asked, *results], tools=[TOOL])
    same(server)


@pytest.mark.parametrize(
    ("model", "effort", "think"),
    [
        ("qwen3", "high", True),
        ("qwen3", "none", False),
        ("gpt-oss:20b", "medium", "medium"),
        ("gpt-oss:20b", "xhigh", "high"),
    ],
)
async def test_reasoning(sdk, server, model, effort, think):
    await ours(server, [USER], model=model, reasoning_effort=effort)
    await theirs(sdk, server, [USER], model=model, think=think)
    same(server)


async def test_an_answer_with_everything(sdk):
    def call(city):
        return sdk.Message.ToolCall(function={"name": "weather", "arguments": {"city": city}})

    said = sdk.Message(role="assistant", content="", thinking="Ask.", tool_calls=[call("Rome"), call("Oslo")])
    reply = sdk.ChatResponse(
        model="qwen3:8b", message=said, done=True, done_reason="stop", prompt_eval_count=10, eval_count=30
    ).model_dump()
    async with ChatServer(lambda _: ChatServer.Reply(body=reply)) as server:
        response = await ours(server, [USER], tools=[TOOL])
    calls = [call["function"] for call in response.message["tool_calls"]]
    assert calls == [
        {"name": "weather", "arguments": '{"city":"Rome"}'},
        {"name": "weather", "arguments": '{"city":"Oslo"}'},
    ]
    assert [call["id"] for call in response.message["tool_calls"]] == ["call_0", "call_1"]
    assert (response.text, response.message["reasoning_content"]) == (None, "Ask.")
    assert response.usage == Usage(10, 30)
    assert (response.finish_reason, response.model) == ("tool_calls", "qwen3:8b")


async def test_a_stream_comes_to_what_the_client_is_told(sdk):
    function = {"name": "weather", "arguments": '{"city":"Rome"}'}
    answer = ChatServer.Answer(
        "Now I know it.", [{"id": "a", "type": "function", "function": function}], "One call, I think."
    )
    pieces = []
    async with ChatServer(lambda _: answer) as server:
        streamed = await ours(server, [USER], sink=pieces.append)
        lines = await theirs(sdk, server, [USER], stream=True)
    same(server)
    told = [line.message for line in lines]
    assert [piece for piece in pieces if piece] == [message.content for message in told if message.content]
    assert streamed.text == "".join(pieces) == "Now I know it."
    assert streamed.message["reasoning_content"] == "".join(message.thinking or "" for message in told)
    used = [call.function for message in told for call in message.tool_calls or ()]
    assert [(f.name, f.arguments) for f in used] == [("weather", orjson.loads(function["arguments"]))]
    assert streamed.message["tool_calls"][0]["function"] == function
    assert streamed.usage == Usage(lines[-1].prompt_eval_count, lines[-1].eval_count)


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (404, "model 'qwen3' not found", UnknownModelError),
        (400, '"qwen3" does not support thinking', BadRequestError),
        (500, "the model runner has unexpectedly stopped", ServerError),
        (200, "the model failed to generate a response", ServerError),  # within a stream
    ],
)
async def test_errors(sdk, status, said, expected):
    sink = (lambda _: None) if status == 200 else None
    reply = ChatServer.Reply(status=status, body={"error": said})
    async with ChatServer(lambda _: reply) as server:
        with pytest.raises(expected, match=said):
            await ours(server, [USER], sink=sink)
        with pytest.raises(sdk.ResponseError, match=said):
            await theirs(sdk, server, [USER], stream=sink is not None)
