"""Requests to OpenAI are those of its own client, and answers in its types are understood."""

import orjson
import pytest

from synalinks import errors
from synalinks.hooks import Usage
from synalinks.language_models import LanguageModel, Request, Retry
from synalinks.language_models._pipeline import Call
from synalinks.testing import ChatServer

KEY = "sk-very-secret-0123456789"
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}, "why": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    "required": ["answer", "why"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells it.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        "strict": False,
    },
}
USER = {"role": "user", "content": "Rain?"}
CALLS = [
    {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Köln"}'}},
    {"id": "c2", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Bonn"}'}},
]
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}
CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Look:"}, IMAGE], "name": "me"},
    {"role": "assistant", "content": None, "tool_calls": CALLS},
    {"role": "tool", "tool_call_id": "c1", "content": "1 mm"},
    {"role": "tool", "tool_call_id": "c2", "content": "2 mm"},
]


@pytest.fixture(scope="session")
def openai():
    import openai

    return openai


@pytest.fixture
async def server():
    async with ChatServer(lambda _: ChatServer.Answer('{"answer": 1, "why": null}')) as running:
        yield running


def model_of(server, model):
    return LanguageModel(f"openai/{model}", api_base=server.url, api_key=KEY, retry=Retry(max_tries=1))


async def streamed(lm, messages, pieces=None, **params):
    request = Request("openai", lm.model.partition("/")[2], messages, params=params)
    return await lm.check()(request, Call([].append if pieces is None else pieces.append))


def same(server):
    """Make sure that the two requests that came are one."""
    assert server.requests[0] == server.requests[1]
    assert server.paths[0] == server.paths[1]
    for name in ("authorization", "content-type"):
        assert server.headers[0][name] == server.headers[1][name]


@pytest.mark.parametrize(
    ("model", "ours", "theirs"),
    [
        ("gpt-4o", {"temperature": 0.5, "seed": 3, "stop": ["END"]}, None),
        ("gpt-4o", {"max_tokens": 64}, {"max_completion_tokens": 64}),
        ("gpt-4o", {"prompt_cache_key": "mine", "user": "me", "logprobs": True, "top_logprobs": 2}, None),
        ("gpt-5", {"reasoning_effort": "minimal", "verbosity": "low"}, None),
        ("o3", {"reasoning_effort": "high", "temperature": 1, "service_tier": "flex"}, None),
    ],
)
async def test_parameters(openai, server, model, ours, theirs):
    await model_of(server, model)(CHAT, **ours)
    async with openai.AsyncOpenAI(api_key=KEY, base_url=server.url) as client:
        await client.chat.completions.create(
            model=model, messages=CHAT, **(ours if theirs is None else theirs)
        )
    same(server)


@pytest.mark.parametrize(
    "choice", ["auto", "required", "none", {"type": "function", "function": {"name": "weather"}}]
)
async def test_tools(openai, server, choice):
    options = {"tools": [TOOL], "tool_choice": choice, "parallel_tool_calls": False}
    await model_of(server, "gpt-4o")([USER], **options)
    async with openai.AsyncOpenAI(api_key=KEY, base_url=server.url) as client:
        await client.chat.completions.create(model="gpt-4o", messages=[USER], **options)
    same(server)


async def test_a_schema(openai, server):
    """The client's own form of a data model is the one that is sent for its schema."""
    from openai.lib._parsing import type_to_response_format_param
    from pydantic import BaseModel, Field

    class Answer(BaseModel):
        answer: int
        why: str | None = Field(description="The reason")

    await model_of(server, "gpt-4o")([USER], schema=Answer.model_json_schema())
    async with openai.AsyncOpenAI(api_key=KEY, base_url=server.url) as client:
        await client.chat.completions.parse(model="gpt-4o", messages=[USER], response_format=Answer)
    form = type_to_response_format_param(Answer)
    assert server.requests[1]["response_format"] == form
    assert server.requests[1].pop("stream") is False
    same(server)


async def test_a_stream(openai, server):
    await streamed(model_of(server, "gpt-4o"), [USER], temperature=0.5)
    async with openai.AsyncOpenAI(api_key=KEY, base_url=server.url) as client:
        chunks = await client.chat.completions.create(
            model="gpt-4o",
            messages=[USER],
            temperature=0.5,
            stream=True,
            stream_options={"include_usage": True},
        )
        assert [chunk async for chunk in chunks]
    same(server)


def dumped(value):
    return orjson.loads(value.model_dump_json(exclude_unset=True))


def usage_of(openai):
    from openai.types.completion_usage import CompletionTokensDetails, CompletionUsage, PromptTokensDetails

    return CompletionUsage(
        prompt_tokens=100,
        completion_tokens=27,
        total_tokens=127,
        prompt_tokens_details=PromptTokensDetails(cached_tokens=60, audio_tokens=0),
        completion_tokens_details=CompletionTokensDetails(reasoning_tokens=20),
    )


async def test_an_answer_in_its_types(openai):
    from openai.types import chat

    message = chat.ChatCompletionMessage(role="assistant", content=None, refusal=None, tool_calls=CALLS)
    completion = chat.ChatCompletion(
        id="x",
        object="chat.completion",
        created=1,
        model="gpt-4o-2024-08-06",
        choices=[
            {"index": 0, "message": message, "finish_reason": "tool_calls", "logprobs": None},
        ],
        usage=usage_of(openai),
    )
    async with ChatServer(lambda _: ChatServer.Reply(body=dumped(completion))) as server:
        response = await model_of(server, "gpt-4o")([USER], tools=[TOOL])
    assert response.message == {"role": "assistant", "content": None, "tool_calls": CALLS}
    assert response.usage == Usage(100, 27, 60, 20)
    assert (response.finish_reason, response.model) == ("tool_calls", "gpt-4o-2024-08-06")


@pytest.mark.parametrize(
    ("message", "reason", "kind"),
    [
        ({"content": None, "refusal": "I cannot."}, "stop", errors.RefusedError),
        ({"content": "I", "refusal": None}, "content_filter", errors.RefusedError),
        ({"content": "I", "refusal": None}, "length", errors.TruncatedOutputError),
    ],
)
async def test_endings_in_its_types(openai, message, reason, kind):
    from openai.types import chat

    completion = chat.ChatCompletion(
        id="x",
        object="chat.completion",
        created=1,
        model="gpt-4o",
        choices=[{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}],
    )
    async with ChatServer(lambda _: ChatServer.Reply(body=dumped(completion))) as server:
        with pytest.raises(kind):
            await model_of(server, "gpt-4o")([USER])


async def test_chunks_in_its_types(openai):
    from openai.types.chat import ChatCompletionChunk

    def chunk(delta=None, reason=None, **more):
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
        made = ChatCompletionChunk(
            id="x", object="chat.completion.chunk", created=1, model="gpt-4o-1", choices=choices, **more
        )
        return b"data: " + made.model_dump_json().encode() + b"\n\n"

    def call(index, **function):
        return {"tool_calls": [{"index": index, "type": "function", "function": function}]}

    first = {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "weather"}}]}
    second = {"tool_calls": [{"index": 1, "id": "c2", "type": "function", "function": {"name": "weather"}}]}
    body = b"".join([
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "I a"}),
        chunk({"content": "sk."}),
        chunk(first),
        chunk(call(0, arguments='{"city":')),
        chunk(call(0, arguments='"Köln"}')),
        chunk(second),
        chunk(call(1, arguments='{"city":"Bonn"}')),
        chunk({}, "tool_calls"),
        chunk(usage=usage_of(openai)),
        b"data: [DONE]\n\n",
    ])  # fmt: skip
    async with ChatServer(lambda _: ChatServer.Reply(body=body)) as server:
        pieces = []
        response = await streamed(model_of(server, "gpt-4o"), [USER], pieces)
    assert pieces == ["I a", "sk."]
    assert response.message == {"role": "assistant", "content": "I ask.", "tool_calls": CALLS}
    assert response.usage == Usage(100, 27, 60, 20)
    assert (response.finish_reason, response.model) == ("tool_calls", "gpt-4o-1")


@pytest.mark.parametrize(
    ("status", "error", "theirs", "ours"),
    [
        (400, {"code": "unsupported_value"}, "BadRequestError", errors.BadRequestError),
        (400, {"code": "context_length_exceeded"}, "BadRequestError", errors.ContextTooLongError),
        (400, {"code": "content_policy_violation"}, "BadRequestError", errors.RefusedError),
        (401, {"code": "invalid_api_key"}, "AuthenticationError", errors.AuthenticationError),
        (403, {}, "PermissionDeniedError", errors.AuthenticationError),
        (404, {"code": "model_not_found"}, "NotFoundError", errors.UnknownModelError),
        (409, {}, "ConflictError", errors.ServerError),
        (422, {}, "UnprocessableEntityError", errors.BadRequestError),
        (429, {"code": "rate_limit_exceeded"}, "RateLimitError", errors.RateLimitedError),
        (500, {}, "InternalServerError", errors.ServerError),
        (503, {}, "InternalServerError", errors.ServerError),
    ],
)
async def test_errors(openai, status, error, theirs, ours):
    body = {"error": {"message": "No.", "type": "x", "param": None, "code": None, **error}}
    reply = ChatServer.Reply(status=status, body=body, headers={"retry-after": "3"})
    async with ChatServer(lambda _: reply) as server:
        with pytest.raises(ours) as caught:
            await model_of(server, "gpt-4o")([USER])
        assert (caught.value.status, caught.value.retry_after) == (status, 3.0)
        async with openai.AsyncOpenAI(api_key=KEY, base_url=server.url, max_retries=0) as client:
            with pytest.raises(getattr(openai, theirs)):
                await client.chat.completions.create(model="gpt-4o", messages=[USER])
