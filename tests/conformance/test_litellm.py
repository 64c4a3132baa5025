"""Models behind LiteLLM, whose own client asks a server on loopback."""

import os
from importlib.util import find_spec

import orjson
import pytest

from synalinks import errors
from synalinks.hooks import Usage
from synalinks.language_models import LanguageModel, Request, Retry
from synalinks.language_models._pipeline import Call
from synalinks.testing import ChatServer

KEY = "sk-very-secret-0123456789"
USER = {"role": "user", "content": "Rain?"}
SCHEMA = {
    "type": "object",
    "properties": {"x": {"type": "integer"}},
    "required": ["x"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "a", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}}

pytestmark = [
    pytest.mark.skipif(find_spec("litellm") is None, reason="the extra is not installed"),
    # It warns of what it uses itself.
    pytest.mark.filterwarnings(
        "ignore:Item 'summary' on TypedDict class:UserWarning",
        "ignore:Accessing the 'model_.*fields' attribute:DeprecationWarning",
    ),
]


def model_of(server, name="openai/gpt-4o-mini", **options):
    options = {"api_key": KEY, "retry": Retry(max_tries=1), **options}
    return LanguageModel(f"litellm/{name}", api_base=server.url, **options)


async def streamed(lm, pieces, messages=(USER,), **params):
    request = Request("litellm", lm.model.partition("/")[2], list(messages), params=params)
    return await lm.check()(request, Call(pieces.append))


async def test_an_answer_valid_for_a_schema():
    async with ChatServer(lambda _: {"x": 1}) as server:
        response = await model_of(server, max_tokens=9)([USER], schema=SCHEMA, temperature=0.5)
    assert response.parsed == {"x": 1}
    assert response.usage == Usage(2, 2)
    sent = server.requests[0]
    assert sent["response_format"]["json_schema"]["schema"] == SCHEMA
    assert (sent["model"], sent["messages"], sent["temperature"]) == ("gpt-4o-mini", [USER], 0.5)
    assert sent["max_tokens"] == 9
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_a_model_without_schemas_is_asked_in_words():
    async with ChatServer(lambda _: {"x": 1}) as server:
        response = await model_of(server, "openai/some-model")([USER], schema=SCHEMA)
    assert response.parsed == {"x": 1}
    assert "response_format" not in server.requests[0]
    assert server.requests[0]["messages"][0]["content"].startswith("Answer with one JSON object")


async def test_tools_reasoning_and_the_way_back():
    answer = ChatServer.Answer(None, [CALL], "So be it.")
    async with ChatServer(lambda _: answer) as server:
        lm = model_of(server)
        response = await lm([USER], tools=[TOOL])
        tool = {"role": "tool", "tool_call_id": "a", "content": "3"}
        await lm([USER, {**response.message, "gemini": {}}, tool], tools=[TOOL])
    message = response.message
    assert [call["function"] for call in message["tool_calls"]] == [CALL["function"]]
    assert message["reasoning_content"] == "So be it."
    assert response.finish_reason == "tool_calls"
    assert server.requests[0]["tools"] == [TOOL]
    sent = server.requests[1]["messages"]
    assert sent[1]["tool_calls"][0]["id"] == "a"
    assert "gemini" not in sent[1]
    assert sent[2] == tool


async def test_a_stream():
    answer = ChatServer.Answer("Hi there.", [CALL], "So be it.")
    pieces = []
    async with ChatServer(lambda _: answer) as server:
        response = await streamed(model_of(server), pieces)
    assert pieces == ["Hi ", "there."]
    assert response.text == "Hi there."
    assert response.message["reasoning_content"] == "So be it."
    assert response.message["tool_calls"] == [CALL]
    assert response.finish_reason == "tool_calls"
    assert (response.usage.input_tokens, response.usage.output_tokens) == (2, 3)


async def test_another_protocol_is_spoken_for_it():
    """Anthropic's blocks of thoughts are kept and go back as they came."""
    block = {"type": "thinking", "thinking": "So be it.", "signature": "of-no-use"}
    async with ChatServer(lambda _: ChatServer.Answer("Hi.", [CALL], "So be it.")) as server:
        url = server.url.removesuffix("/v1")
        options = {"api_key": KEY, "retry": Retry(max_tries=1), "max_tokens": 2000}
        lm = LanguageModel("litellm/anthropic/claude-sonnet-4-5", api_base=url, **options)
        response = await lm([USER], tools=[TOOL], thinking={"type": "enabled", "budget_tokens": 1024})
        assert response.message["litellm"] == {"thinking_blocks": [block]}
        tool = {"role": "tool", "tool_call_id": "a", "content": "3"}
        await lm([USER, response.message, tool], tools=[TOOL])
    assert server.paths[0] == "/v1/messages"
    assert server.requests[1]["messages"][1]["content"][0] == block


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"message": "No."}, errors.BadRequestError),
        (
            400,
            {"message": "maximum context length", "code": "context_length_exceeded"},
            errors.ContextTooLongError,
        ),
        (400, {"message": "flagged", "code": "content_policy_violation"}, errors.RefusedError),
        (401, {"message": f"bad {KEY}"}, errors.AuthenticationError),
        (403, {"message": "No."}, errors.AuthenticationError),
        (404, {"message": "no model"}, errors.UnknownModelError),
        (408, {"message": "late"}, errors.CallTimeoutError),
        (422, {"message": "No."}, errors.BadRequestError),
        (429, {"message": f"slow {KEY}"}, errors.RateLimitedError),
        (500, {"message": "oops"}, errors.ServerError),
        (503, {"message": "busy"}, errors.ServerError),
    ],
)
async def test_errors(status, error, kind, capfd):
    reply = ChatServer.Reply(status=status, body={"error": error}, headers={"Retry-After": "7"})
    async with ChatServer(lambda _: reply) as server:
        lm = model_of(server)
        with pytest.raises(kind, match="litellm/openai/gpt-4o-mini") as caught:
            await lm([USER])
        with pytest.raises(kind):
            await streamed(lm, [])
    assert len(server.requests) == 2, "it tried again by itself"
    assert type(caught.value) is kind
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    if status == 429:
        assert caught.value.retry_after == 7.0
    assert capfd.readouterr() == ("", "")


async def test_a_key_of_the_environment_is_not_shown(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    reply = ChatServer.Reply(status=429, body={"error": {"message": f"slow {KEY}"}})
    async with ChatServer(lambda _: reply) as server:
        with pytest.raises(errors.RateLimitedError, match=r"slow \*\*\*"):
            await model_of(server, api_key=None)([USER])
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_a_call_that_takes_too_long():
    async with ChatServer(lambda _: ChatServer.Reply(hang=True)) as server:
        with pytest.raises(errors.CallTimeoutError):
            await model_of(server, timeout=0.2)([USER])


async def test_a_stream_that_is_cut():
    chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "I"}}]}
    whole = ChatServer.Reply(body=b"data: " + orjson.dumps(chunk) + b"\n\n" * 100)
    cut = ChatServer.Reply(body=whole.body, cut=len(whole.encoded()) - 50)
    async with ChatServer(lambda _: cut) as server:
        with pytest.raises(errors.InfrastructureError):
            await streamed(model_of(server), [])


def test_what_is_missing_is_an_error_before_the_first_call():
    with pytest.raises(errors.MissingAPIKeyError, match="ANTHROPIC_API_KEY"):
        LanguageModel("litellm/anthropic/claude-sonnet-4-5").check()
    with pytest.raises(errors.ConfigurationError, match="knows no provider"):
        LanguageModel("litellm/foo/bar").check()
    assert "LITELLM_LOCAL_MODEL_COST_MAP" not in os.environ


async def test_parameters_that_it_knows_not_to_be_taken():
    async with ChatServer(lambda _: "hi") as server:
        with pytest.raises(errors.ConfigurationError, match="temperature"):
            await model_of(server, "openai/o3")([USER], temperature=0.2)
    assert not server.requests


async def test_nothing_is_logged():
    import litellm

    seen = []
    litellm.success_callback = [lambda *_: seen.append(1)]
    try:
        async with ChatServer(lambda _: "hi") as server:
            await model_of(server)([USER])
    finally:
        litellm.success_callback = []
    assert not seen


async def test_what_the_reader_of_a_stream_raises_is_not_the_models():
    def fail(_):
        raise ValueError("mine")

    async with ChatServer(lambda _: "Hi there.") as server:
        request = Request("litellm", "openai/gpt-4o-mini", [USER])
        with pytest.raises(ValueError, match="mine"):
            await model_of(server)._provider().stream(request, fail)


async def test_an_answer_without_choices():
    async with ChatServer(lambda _: ChatServer.Reply(body={"choices": []})) as server:
        with pytest.raises(errors.InfrastructureError):
            await model_of(server)([USER])
