"""Requests to Gemini are those of Google's own client, and answers in its types are understood."""

import base64
import re

import orjson
import pytest

from synalinks.hooks import Usage
from synalinks.language_models import LanguageModel, Request, Retry
from synalinks.language_models._pipeline import Call
from synalinks.testing import ChatServer

# The client derives a class from aiohttp's session.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

KEY = "AIza-very-secret-0123456789"
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}, "why": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    "required": ["answer", "why"],
    "additionalProperties": False,
    "title": "Answer",
}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells it.", "parameters": PARAMETERS},
}


@pytest.fixture(scope="session")
def genai():
    from google import genai
    from google.genai import types

    genai.types = types
    return genai


@pytest.fixture
async def server():
    async with ChatServer(lambda _: '{"answer": 1, "why": null}') as running:
        yield running


def client_of(genai, server):
    options = genai.types.HttpOptions(base_url=server.url.removesuffix("/v1"), api_version="v1")
    return genai.Client(api_key=KEY, http_options=options)


async def ours(server, messages, *, model="gemini-3-flash", schema=None, tools=None, sink=None, **params):
    lm = LanguageModel(f"gemini/{model}", api_base=server.url, api_key=KEY, retry=Retry(max_tries=1))
    if sink is None:
        return await lm(messages, schema=schema, tools=tools, **params)
    return await lm.check()(Request("gemini", model, messages, tools=tools, params=params), Call(sink))


async def theirs(genai, server, contents, *, model="gemini-3-flash", stream=False, **config):
    async with client_of(genai, server).aio as client:
        config = genai.types.GenerateContentConfig(**config)
        if not stream:
            return await client.models.generate_content(model=model, contents=contents, config=config)
        chunks = await client.models.generate_content_stream(model=model, contents=contents, config=config)
        return [chunk async for chunk in chunks]


OPAQUE = ("parametersJsonSchema", "responseJsonSchema", "args", "response")
"""Keys whose values are the user's."""


def normal(value):
    """Return a body with its keys in one spelling: the API takes both (protobuf.dev, ProtoJSON)."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if not isinstance(value, dict):
        return value
    spelt = {re.sub(r"_([a-z])", lambda found: found[1].upper(), name): v for name, v in value.items()}
    return {name: v if name in OPAQUE else normal(v) for name, v in spelt.items()}


def same(server):
    """Make sure that the two requests that came are one."""
    first, second = map(normal, server.requests)
    if not second.get("generationConfig"):
        second.pop("generationConfig", None)  # the client's may be empty
    assert first == second
    assert server.paths[0] == server.paths[1]
    for name in ("x-goog-api-key", "content-type"):
        assert server.headers[0][name] == server.headers[1][name]
    assert KEY not in server.paths[0]


async def test_texts_roles_and_parameters(genai, server):
    types = genai.types
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
        seed=3,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        safetySettings=[{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        cachedContent="cachedContents/x",
    )
    await theirs(
        genai,
        server,
        [
            types.Content(role="user", parts=[types.Part(text="One?")]),
            types.Content(role="model", parts=[types.Part(text="Two.")]),
            types.Content(role="user", parts=[types.Part(text="Three?")]),
        ],
        system_instruction="Be brief.",
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        max_output_tokens=64,
        stop_sequences=["END"],
        seed=3,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        safety_settings=[types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_NONE")],
        cached_content="cachedContents/x",
    )
    same(server)
    assert server.paths[0].endswith("/models/gemini-3-flash:generateContent")


async def test_images_and_other_media(genai, server):
    types = genai.types
    parts = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
        {"type": "image_url", "image_url": {"url": "https://example.org/cat.jpg?size=2"}},
        {"type": "input_audio", "input_audio": {"data": PIXEL, "format": "wav"}},
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PIXEL}"}},
    ]
    await ours(server, [{"role": "user", "content": parts}])
    data = base64.b64decode(PIXEL)
    contents = [
        types.Part(text="What is it?"),
        types.Part.from_bytes(data=data, mime_type="image/png"),
        types.Part.from_uri(file_uri="https://example.org/cat.jpg?size=2", mime_type="image/jpeg"),
        types.Part.from_bytes(data=data, mime_type="audio/wav"),
        types.Part.from_bytes(data=data, mime_type="application/pdf"),
    ]
    await theirs(genai, server, [types.Content(role="user", parts=contents)])
    same(server)


async def test_a_schema(genai, server):
    await ours(server, "How many?", schema=SCHEMA)
    await theirs(
        genai, server, "How many?", response_mime_type="application/json", response_json_schema=SCHEMA
    )
    same(server)


@pytest.mark.parametrize(
    ("model", "effort", "config"),
    [
        ("gemini-3-flash", "minimal", {"thinking_level": "MINIMAL", "include_thoughts": True}),
        ("gemini-3.1-pro-preview", "minimal", {"thinking_level": "LOW", "include_thoughts": True}),
        ("gemini-3.5-flash", "xhigh", {"thinking_level": "XHIGH", "include_thoughts": True}),
        ("gemini-2.5-flash", "medium", {"thinking_budget": 8192, "include_thoughts": True}),
        ("gemini-2.5-flash", "none", {"thinking_budget": 0}),
    ],
)
async def test_thinking(genai, server, model, effort, config):
    await ours(server, "Why?", model=model, reasoning_effort=effort)
    thinking = genai.types.ThinkingConfig(**config)
    await theirs(genai, server, "Why?", model=model, thinking_config=thinking)
    same(server)


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "weather"}},
            {"mode": "ANY", "allowed_function_names": ["weather"]},
        ),
    ],
)
async def test_tools(genai, server, choice, config):
    types = genai.types
    await ours(server, "Rain?", tools=[TOOL, {"googleSearch": {}}], tool_choice=choice)
    declaration = types.FunctionDeclaration(
        name="weather", description="Tells it.", parameters_json_schema=PARAMETERS
    )
    await theirs(
        genai,
        server,
        "Rain?",
        tools=[types.Tool(function_declarations=[declaration]), types.Tool(google_search={})],
        tool_config=types.ToolConfig(function_calling_config=types.FunctionCallingConfig(**config)),
    )
    same(server)


def answer_of(types, parts, reason="STOP", **more):
    """Return a response as the client's types have it, as JSON of the API."""
    content = types.Content(role="model", parts=parts)
    candidate = types.Candidate(content=content, finish_reason=reason, index=0)
    response = types.GenerateContentResponse(
        candidates=[candidate], model_version="gemini-3-flash-001", response_id="r1", **more
    )
    return orjson.loads(response.model_dump_json(by_alias=True, exclude_none=True))


async def test_calls_in_parallel_and_the_way_back(genai):
    types = genai.types
    parts = [
        types.Part(text="Let me see.", thought=True),
        types.Part(
            function_call=types.FunctionCall(id="c1", name="weather", args={"city": "Köln"}),
            thought_signature=b"signed",
        ),
        types.Part(function_call=types.FunctionCall(id="c2", name="weather", args={"city": "Bonn"})),
    ]
    body = answer_of(types, parts)
    async with ChatServer(lambda _: ChatServer.Reply(body=body)) as server:
        response = await ours(server, "Rain?", tools=[TOOL])
        message = response.message
        assert response.finish_reason == "tool_calls"
        assert response.text is None
        assert message["reasoning_content"] == "Let me see."
        assert message["tool_calls"] == [
            {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Köln"}'}},
            {"id": "c2", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Bonn"}'}},
        ]
        server.requests.clear(), server.paths.clear(), server.headers.clear()
        answers = [{"role": "tool", "tool_call_id": f"c{n}", "content": f"{n} mm"} for n in (1, 2)]
        await ours(server, [{"role": "user", "content": "Rain?"}, message, *answers])
        results = [
            types.FunctionResponse(id=f"c{n}", name="weather", response={"output": f"{n} mm"}) for n in (1, 2)
        ]
        contents = [
            types.Content(role="user", parts=[types.Part(text="Rain?")]),
            types.Content(role="model", parts=parts[1:]),
            types.Content(role="user", parts=[types.Part(function_response=r) for r in results]),
        ]
        await theirs(genai, server, contents)
        same(server)


async def test_usage_and_model(genai):
    types = genai.types
    usage = types.GenerateContentResponseUsageMetadata(
        prompt_token_count=100,
        cached_content_token_count=60,
        candidates_token_count=7,
        thoughts_token_count=20,
        tool_use_prompt_token_count=5,
        total_token_count=132,
    )
    body = answer_of(types, [types.Part(text="Four.")], usage_metadata=usage)
    async with ChatServer(lambda _: ChatServer.Reply(body=body)) as server:
        response = await ours(server, "2+2?")
    assert response.usage == Usage(105, 27, 60, 20)
    assert (response.text, response.finish_reason) == ("Four.", "stop")
    assert response.model == "gemini-3-flash-001"
    assert response.message == {"role": "assistant", "content": "Four."}


async def test_every_reason_to_stop_is_known(genai):
    from synalinks.language_models.providers._gemini import _FILTERED, _REASONS

    known = {reason.name for reason in genai.types.FinishReason}
    assert _REASONS.keys() <= known
    assert known - _REASONS.keys() == {
        "FINISH_REASON_UNSPECIFIED",
        "OTHER",
        "MALFORMED_FUNCTION_CALL",
        "IMAGE_OTHER",
        "NO_IMAGE",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
        "MALFORMED_RESPONSE",
        "PUP_LIMITED_DISABLED",
        "CONTINUATION",
    }, "look at the new reasons: are they a filter's?"
    blocked = {reason.name for reason in genai.types.BlockedReason}
    assert blocked & known <= _FILTERED | {"OTHER"}


async def test_a_stream(genai):
    types = genai.types
    usage = types.GenerateContentResponseUsageMetadata(
        prompt_token_count=9, candidates_token_count=4, thoughts_token_count=2
    )
    call = types.FunctionCall(name="weather", args={"city": "Köln"})
    chunks = [
        answer_of(types, [types.Part(text="Let me ", thought=True)], None),
        answer_of(types, [types.Part(text="see.", thought=True)], None),
        answer_of(types, [types.Part(text="I a")], None),
        answer_of(types, [types.Part(text="sk.")], None),
        answer_of(types, [types.Part(function_call=call, thought_signature=b"signed")], None),
        answer_of(types, [types.Part(text="", thought_signature=b"more")], "STOP", usage_metadata=usage),
    ]
    events = b"".join(b"data: " + orjson.dumps(chunk) + b"\r\n\r\n" for chunk in chunks)
    reply = ChatServer.Reply(body=events, headers={"Content-Type": "text/event-stream"})
    async with ChatServer(lambda _: reply) as server:
        pieces = []
        user = [{"role": "user", "content": "Rain?"}]
        response = await ours(server, user, tools=[TOOL], sink=pieces.append)
        declaration = types.FunctionDeclaration(
            name="weather", description="Tells it.", parameters_json_schema=PARAMETERS
        )
        tools = [types.Tool(function_declarations=[declaration])]
        read = await theirs(genai, server, "Rain?", stream=True, tools=tools)
        same(server)
    assert pieces == ["I a", "sk."]
    assert "".join(chunk.text or "" for chunk in read) == response.text == "I ask."
    assert response.usage == Usage(9, 6, 0, 2)
    assert response.finish_reason == "tool_calls"
    assert response.message["reasoning_content"] == "Let me see."
    assert response.message["gemini"]["parts"] == [
        {"text": "I ask."},
        {
            "functionCall": {"name": "weather", "args": {"city": "Köln"}},
            "thoughtSignature": base64.b64encode(b"signed").decode(),
        },
        {"text": "", "thoughtSignature": base64.b64encode(b"more").decode()},
    ]
