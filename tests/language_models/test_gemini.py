"""Gemini's own protocol: what cannot be seen beside its client."""

import orjson
import pytest

from synalinks import errors
from synalinks.hooks import Usage
from synalinks.language_models import OutputSchema, Request
from synalinks.language_models._pipeline import Call
from synalinks.language_models.providers._make import dialect_of
from synalinks.language_models.providers._table import PROVIDERS
from synalinks.testing import ChatServer

USER = {"role": "user", "content": "hello"}
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
TOOL = {"type": "function", "function": {"name": "add"}}
FOREIGN = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}},
        {"id": "b", "type": "function", "function": {"name": "sub", "arguments": ""}},
    ],
    "anthropic": {"of": "no use here"},
}
DIALECT = dialect_of(PROVIDERS["gemini"])


def body_of(messages=(USER,), model="gemini-3-flash", schema=None, tools=None, **params):
    schema = None if schema is None else OutputSchema(schema)
    request = Request("gemini", model, list(messages), schema, tools, params)
    return orjson.loads(orjson.dumps(DIALECT.body(request, stream=False)))


def reply(parts=(), reason="STOP", **more):
    return {"candidates": [{"content": {"parts": list(parts)}, "finishReason": reason}], **more}


async def test_an_answer_by_the_way_of_all_calls(serve):
    server, lm = await serve(lambda _: '{"x": 1}', model="gemini/gemini-2.5-flash")
    response = await lm("hello", schema={"type": "object"})
    assert response.parsed == {"x": 1}
    assert response.usage == Usage(2, 3)
    assert server.paths == ["/v1/models/gemini-2.5-flash:generateContent"]
    assert server.headers[0]["x-goog-api-key"] == "sk-very-secret-0123456789"
    assert "authorization" not in server.headers[0]


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("tunedModels/mine", "tunedModels/mine:generateContent"),
        ("models/gemini-3-flash", "models/gemini-3-flash:generateContent"),
        ("odd?name#", "models/odd%3Fname%23:generateContent"),
    ],
)
def test_addresses(model, path):
    assert DIALECT.url("http://h/v1beta", model, stream=False) == f"http://h/v1beta/{path}"
    assert DIALECT.url("http://h", "x", stream=True) == "http://h/models/x:streamGenerateContent?alt=sse"


def test_calls_by_another_model_are_marked_as_unsigned():
    answers = [{"role": "tool", "tool_call_id": name, "content": name} for name in ("a", "b")]
    said = body_of([USER, FOREIGN, *answers, USER])["contents"]
    assert [content["role"] for content in said] == ["user", "model", "user", "user"]
    signature = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
    assert said[1]["parts"] == [
        {"functionCall": {"id": "a", "name": "add", "args": {"x": 1}}, "thoughtSignature": signature},
        {"functionCall": {"id": "b", "name": "sub", "args": {}}},
    ]
    assert said[2]["parts"] == [
        {"functionResponse": {"id": "a", "name": "add", "response": {"output": "a"}}},
        {"functionResponse": {"id": "b", "name": "sub", "response": {"output": "b"}}},
    ]
    assert b"thoughtSignature" not in orjson.dumps(body_of([USER, FOREIGN], model="gemini-2.5-pro"))


def test_calls_without_ids_get_one_that_is_not_sent_back():
    parts = [{"functionCall": {"name": "add"}}, {"functionCall": {"name": "sub"}}]
    message = DIALECT.read(reply(parts, responseId="r")).message
    assert [call["id"] for call in message["tool_calls"]] == ["call_r_0", "call_r_1"]
    assert message["tool_calls"][0]["function"]["arguments"] == "{}"
    answer = {"role": "tool", "tool_call_id": "call_r_1", "content": "3"}
    said = body_of([USER, message, answer])["contents"]
    assert said[1] == {"role": "model", "parts": parts}
    assert said[2]["parts"] == [{"functionResponse": {"name": "sub", "response": {"output": "3"}}}]


def test_an_image_in_the_answer_of_a_tool():
    content = [
        {"type": "text", "text": "It is"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]
    answer = {"role": "tool", "tool_call_id": "a", "content": content}
    found = body_of([USER, FOREIGN, answer])["contents"][2]["parts"][0]["functionResponse"]
    assert found["response"] == {"output": "It is"}
    assert found["parts"] == [{"inlineData": {"mimeType": "image/png", "data": "AA=="}}]


def test_system_messages_are_the_instruction_unless_there_is_nothing_else():
    system = [{"role": "system", "content": "A"}, {"role": "developer", "content": "B"}]
    body = body_of([system[0], USER, system[1]])
    assert body["systemInstruction"]["parts"] == [{"text": "A"}, {"text": "B"}]
    assert [content["role"] for content in body["contents"]] == ["user"]
    assert body_of(system) == {"contents": [{"role": "user", "parts": [{"text": "A"}, {"text": "B"}]}]}


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([{"role": "function", "content": "x"}], "no role 'function'"),
        ([{"role": "tool", "tool_call_id": "z", "content": "x"}], "no message before it makes"),
        ([{"role": "user", "content": [{"type": "video", "video": "x"}]}], "no part of the type 'video'"),
        ([{"role": "user", "content": [{"type": "image_url"}]}], "image_url"),
        ([{"role": "user", "content": [{"type": "file", "file": {"file_data": "data:a,b"}}]}], "base64"),
        ([{"role": "user", "content": 7}], "not as in the OpenAI chat format"),
        ([{"role": "assistant", "tool_calls": [{"id": "a"}]}], "function"),
        (
            [{"role": "assistant", "tool_calls": [{"function": {"name": "a", "arguments": "[1]"}}]}],
            "no JSON object",
        ),
    ],
)
def test_messages_that_it_cannot_say(messages, text):
    with pytest.raises(errors.ConfigurationError, match=text):
        body_of(messages)


@pytest.mark.parametrize(
    ("params", "model"),
    [
        ({"reasoning_effort": "none"}, "gemini-3-flash"),
        ({"reasoning_effort": "none"}, "gemini-2.5-pro"),
        ({"reasoning_effort": "xhigh"}, "gemini-2.5-flash"),
        ({"reasoning_effort": 7}, "gemini-3-flash"),
        ({"tool_choice": "any"}, "gemini-3-flash"),
        ({"tool_choice": {"function": 1}}, "gemini-3-flash"),
        ({"parallel_tool_calls": False}, "gemini-3-flash"),
        ({"logit_bias": {"1": 1}}, "gemini-3-flash"),
        ({"user": "me"}, "gemini-3-flash"),
    ],
)
def test_parameters_that_it_does_not_take(params, model):
    with pytest.raises(errors.ConfigurationError) as caught:
        body_of(model=model, **params)
    assert caught.value.argument == next(iter(params))


def test_parameters_of_its_own():
    config = {"thinkingConfig": {"thinkingBudget": 9}, "mediaResolution": "MEDIA_RESOLUTION_LOW"}
    body = body_of(labels={"a": "b"}, reasoning_effort="low", parallel_tool_calls=True, **config)
    assert body["labels"] == {"a": "b"}
    assert body["generationConfig"] == config


def test_early_models_take_a_schema_or_tools():
    early = body_of(model="gemini-2.5-flash", schema=SCHEMA, tools=[TOOL])
    assert "generationConfig" not in early
    assert early["systemInstruction"]["parts"][-1]["text"].endswith(orjson.dumps(SCHEMA).decode())
    late = body_of(schema=SCHEMA, tools=[TOOL])
    assert late["generationConfig"]["responseJsonSchema"] == SCHEMA
    assert "systemInstruction" not in late
    assert early["tools"] == late["tools"] == [{"functionDeclarations": [{"name": "add"}]}]


def test_a_schema_that_it_cannot_enforce_is_put_into_words():
    said = body_of(schema={"type": "object", "patternProperties": {"^a": {}}})
    assert said["generationConfig"] == {"responseMimeType": "application/json"}
    assert "patternProperties" in said["systemInstruction"]["parts"][0]["text"]
    adapted = body_of(schema={"type": "object", "properties": {"x": {"const": 1}}})
    assert "const" not in orjson.dumps(adapted["generationConfig"]["responseJsonSchema"]).decode()


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (reply([{"text": "I"}], "SAFETY"), errors.RefusedError, "content filter"),
        (reply([], "PROHIBITED_CONTENT"), errors.RefusedError, "content filter"),
        (reply([{"text": "I"}], "RECITATION"), errors.RefusedError, "content filter"),
        ({"promptFeedback": {"blockReason": "OTHER"}}, errors.RefusedError, r"blocked \(OTHER\)"),
        (reply([{"text": "I"}], "MAX_TOKENS"), errors.TruncatedOutputError, "maximum length"),
        ({}, errors.ProtocolError, "{}"),
        ({"candidates": []}, errors.ProtocolError, "candidates"),
        ({"candidates": [{"content": {}}]}, errors.ProtocolError, "candidates"),
        (reply([{"functionCall": {}}]), errors.ProtocolError, "functionCall"),
        ({"error": {"code": 429, "message": "slow"}}, errors.RateLimitedError, "slow"),
    ],
)
async def test_answers_that_are_none(serve, value, kind, text):
    _, lm = await serve(lambda _: ChatServer.Reply(body=value), model="gemini/gemini-3-flash")
    with pytest.raises(kind, match=text):
        await lm("hello")
    chunk = b"data: " + orjson.dumps(value) + b"\n\n"
    _, lm = await serve(lambda _: ChatServer.Reply(body=chunk), model="gemini/gemini-3-flash")
    with pytest.raises(kind):
        await lm.check()(Request("gemini", "x", [USER]), Call(lambda _: None))


def test_other_endings_keep_their_name():
    response = DIALECT.read(reply([], "MALFORMED_FUNCTION_CALL"))
    assert (response.text, response.finish_reason) == ("", "malformed_function_call")


def test_parts_of_other_kinds_are_kept():
    parts = [{"text": "Look:"}, {"inlineData": {"mimeType": "image/png", "data": "AA=="}}]
    response = DIALECT.read(reply(parts))
    assert response.text == "Look:"
    assert body_of([USER, response.message])["contents"][1] == {"role": "model", "parts": parts}


def failure(code, status, message, *details):
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "wait"),
    [
        (
            429,
            failure(
                429,
                "RESOURCE_EXHAUSTED",
                "You exceeded your current quota",
                {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"},
            ),
            errors.RateLimitedError,
            34.5,
        ),
        (429, [failure(429, "RESOURCE_EXHAUSTED", "quota")], errors.RateLimitedError, None),
        (429, failure(429, "", "quota", {"retryDelay": "soon"}, 7), errors.RateLimitedError, None),
        (
            400,
            failure(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            errors.AuthenticationError,
            None,
        ),
        (403, failure(403, "PERMISSION_DENIED", "no access"), errors.AuthenticationError, None),
        (404, failure(404, "NOT_FOUND", "models/x is not found"), errors.UnknownModelError, None),
        (
            400,
            failure(
                400,
                "INVALID_ARGUMENT",
                "The input token count (9) exceeds the maximum number of tokens allowed (8).",
            ),
            errors.ContextTooLongError,
            None,
        ),
        (400, failure(400, "INVALID_ARGUMENT", "Unknown name"), errors.BadRequestError, None),
        (503, failure(503, "UNAVAILABLE", "overloaded"), errors.ServerError, None),
        (504, failure(504, "DEADLINE_EXCEEDED", "late"), errors.ServerError, None),
    ],
)
async def test_errors_of_google(serve, status, body, kind, wait):
    answer = ChatServer.Reply(status=status, body=body)
    _, lm = await serve(lambda _: answer, model="gemini/gemini-3-flash")
    with pytest.raises(kind) as caught:
        await lm("hello")
    assert caught.value.retry_after == wait
    assert caught.value.status == status


async def test_the_longer_wait_counts(serve):
    body = failure(429, "RESOURCE_EXHAUSTED", "quota", {"retryDelay": "3s"})
    answer = ChatServer.Reply(status=429, body=body, headers={"Retry-After": "5"})
    _, lm = await serve(lambda _: answer, model="gemini/gemini-3-flash")
    with pytest.raises(errors.RateLimitedError) as caught:
        await lm("hello")
    assert caught.value.retry_after == 5.0


async def test_the_key_comes_from_either_variable(serve, monkeypatch):
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, f"key-of-{name}")
        server, lm = await serve(lambda _: "hi", model="gemini/gemini-3-flash", api_key=None)
        await lm("hello")
        assert server.headers[0]["x-goog-api-key"] == f"key-of-{name}"
