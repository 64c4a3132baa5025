"""Answers that come in pieces: put together to what a whole answer would be."""

from types import SimpleNamespace

import orjson
import pytest

from synalinks import errors
from synalinks.hooks import Usage
from synalinks.language_models import Request
from synalinks.language_models.providers._http import _lines
from synalinks.language_models.providers._http_provider import HttpProvider
from synalinks.language_models.providers._make import dialect_of
from synalinks.language_models.providers._secret import Secret
from synalinks.language_models.providers._table import PROVIDERS
from synalinks.testing import ChatServer

KEY = "sk-very-secret-0123456789"
REQUEST = Request("openai", "test", [{"role": "user", "content": "hi"}])


def chunk(delta=None, reason=None, **more):
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    return {"object": "chat.completion.chunk", "model": "test-1", "choices": choices, **more}


def events(*chunks, end=b"data: [DONE]\n\n"):
    lines = [b": a comment\r\n\r\n"]
    lines += [b"data: " + (c if isinstance(c, bytes) else orjson.dumps(c)) + b"\r\n\r\n" for c in chunks]
    return ChatServer.Reply(body=b"".join(lines) + end, headers={"Content-Type": "text/event-stream"})


async def streamed(reply):
    """Return the response to a request that is answered with `reply`, and the pieces that came."""
    pieces = []
    async with ChatServer(lambda _: reply) as server:
        provider = HttpProvider(
            "openai",
            "test",
            dialect=dialect_of(PROVIDERS["openai"]),
            api_base=server.url,
            key=Secret(KEY),
            timeout=5.0,
            connect_timeout=5.0,
        )
        response = await provider.stream(REQUEST, pieces.append)
    assert server.requests[0]["stream"] is True
    return response, pieces


async def test_text_usage_and_reason():
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    response, pieces = await streamed(
        events(
            chunk({"role": "assistant", "content": ""}),
            chunk({"content": "Hé"}),
            chunk({"content": "llo\n"}),
            chunk({}, "stop"),
            chunk(usage=usage),
        )
    )
    assert pieces == ["Hé", "llo\n"]
    assert response.text == "Héllo\n"
    assert response.usage == Usage(7, 2, 4)
    assert (response.finish_reason, response.model) == ("stop", "test-1")


async def test_tool_calls_in_parallel_and_reasoning():
    response, pieces = await streamed(
        events(
            chunk({"reasoning_content": "Two "}),
            chunk({"reasoning_content": "calls."}),
            chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "add", "arguments": ""}}]}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"x":'}}]}),
            chunk({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "sub", "arguments": "{}"}}]}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}),
            chunk({}, "tool_calls"),
        )
    )
    assert pieces == []
    assert response.message == {
        "role": "assistant",
        "content": None,
        "reasoning_content": "Two calls.",
        "tool_calls": [
            {"type": "function", "function": {"name": "add", "arguments": '{"x":1}'}, "id": "a"},
            {"type": "function", "function": {"name": "sub", "arguments": "{}"}, "id": "b"},
        ],
    }


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        (events(chunk({"content": "a"})), errors.ProtocolError, "ended before"),
        (events(chunk({"content": "a"}), end=b"data: {"), errors.ProtocolError, "not JSON"),
        (events({"error": {"message": f"no {KEY}", "code": 429}}), errors.RateLimitedError, r"no \*\*\*"),
        (events({"choices": 3}), errors.ProtocolError, "none of the protocol"),
        (events(b'{"choices":[{"delta":{"content":NaN}}]}'), errors.ProtocolError, "not JSON"),
        (ChatServer.Reply(status=503, body="busy"), errors.ServerError, "busy"),
        (ChatServer.Reply(body=b"<html>"), errors.ProtocolError, "ended before"),
    ],
)
async def test_a_stream_that_breaks(reply, kind, text):
    with pytest.raises(kind, match=text) as caught:
        await streamed(reply)
    assert KEY not in str(caught.value)


async def test_a_stream_that_is_cut():
    whole = events(chunk({"content": "a"}), chunk({"content": "b" * 100}), chunk({}, "stop"))
    cut = ChatServer.Reply(body=whole.body, headers=whole.headers, cut=len(whole.encoded()) - 150)
    with pytest.raises(errors.InfrastructureError):
        await streamed(cut)


async def test_a_server_that_does_not_stream():
    call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    whole = ChatServer.completion({"model": "test-1"}, "hello", tool_calls=[call])
    response, pieces = await streamed(ChatServer.Reply(body=whole))
    assert (pieces, response.text, response.model) == (["hello"], "hello", "test-1")
    assert response.message["tool_calls"] == [call]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
async def test_lines_may_be_parted_anywhere(size):
    text = b"one\r\n\ntwo\n\r\nthree\r\n four"

    class Content:
        async def iter_any(self):
            for start in range(0, len(text), size):
                yield text[start : start + size]

    found = [line async for line in _lines(SimpleNamespace(content=Content()))]
    assert found == [b"one", b"", b"two", b"", b"three", b" four"]
