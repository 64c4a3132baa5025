"""Answers that are read while they come."""

import asyncio
import gc
from itertools import pairwise

import orjson
import pytest

from synalinks import errors
from synalinks.hooks import Hook, add_hook, remove_hook
from synalinks.language_models import FunctionModel, LanguageModel, Retry, current_load
from synalinks.testing import ChatServer

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "note": {"type": "string"},
    },
    "required": ["name", "sizes"],
    "additionalProperties": False,
}
VALUE = {"name": "Ana Bé", "sizes": [12, 345, 6]}


def model(server, **options):
    return LanguageModel("openai/test", api_base=server.url, api_key="sk-x", **options)


async def test_text_comes_in_pieces_and_then_as_a_whole():
    async with ChatServer(lambda _: "Once upon a time.") as server:
        stream = model(server).stream("Tell.", temperature=0.5)
        assert server.requests == []  # nothing is asked before it is read
        pieces = [piece async for piece in stream]
        response = await stream.result()
    assert len(pieces) > 1
    assert "".join(pieces) == response.text == "Once upon a time."
    assert response.usage.output_tokens > 0
    (request,) = server.requests
    assert (request["stream"], request["temperature"]) == (True, 0.5)


@pytest.mark.parametrize("name", ["openai", "ollama", "anthropic", "gemini", "deepseek", "vllm"])
async def test_every_protocol_streams(name):
    async with ChatServer(lambda _: VALUE) as server:
        base = server.url.removesuffix("/v1") + {"gemini": "/v1beta", "ollama": ""}.get(name, "/v1")
        lm = LanguageModel(f"{name}/claude-sonnet-4-5", api_base=base, api_key="sk-x")
        pieces = [piece async for piece in lm.stream("go")]
        values = [value async for value in lm.stream("go", schema=SCHEMA)]
        assert len(server.requests) == 2
    assert len(pieces) > 1
    assert orjson.loads("".join(pieces)) == values[-1] == VALUE


async def test_the_result_alone():
    async with ChatServer(lambda _: "Once.") as server:
        assert (await model(server).stream("Tell.").result()).text == "Once."


async def test_one_item_at_a_time():
    stream = FunctionModel(lambda _: "a b").stream("x")
    assert [await anext(stream), await anext(stream)] == ["a", " b"]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def characters(text, sink):
    for character in text:
        sink(character)
        await asyncio.sleep(0)


class Slow(FunctionModel):
    """A model whose answer comes one character at a time."""

    def _provider(self):
        provider = super()._provider()

        async def stream(request, sink):
            response = await provider.complete(request)
            await characters(response.text, sink)
            return response

        provider.stream = stream
        return provider


def is_prefix(part, whole):
    """Return whether `part` is what there may be of `whole` at some time."""
    if isinstance(part, dict):
        return all(key in whole and is_prefix(item, whole[key]) for key, item in part.items())
    if isinstance(part, list):
        return len(part) <= len(whole) and all(map(is_prefix, part, whole))
    return whole.startswith(part) if isinstance(part, str) else part == whole


@pytest.mark.parametrize(
    "text",
    [
        orjson.dumps(VALUE, option=orjson.OPT_INDENT_2).decode(),
        "Sure:\n```json\n" + orjson.dumps(VALUE).decode() + "\n```\nDone.",
        '<think>{"name": "no"}</think>' + orjson.dumps({**VALUE, "note": None}).decode(),
    ],
    ids=["plain", "fenced", "after thoughts"],
)
async def test_values_grow_to_the_answer(text):
    stream = Slow(lambda _: text).stream("go", schema=SCHEMA)
    values = [value async for value in stream]
    response = await stream.result()
    assert len(values) > 2
    assert all(is_prefix(one, other) for one, other in pairwise(values))
    assert values[-1] == response.parsed == VALUE


async def test_values_over_http():
    async with ChatServer(lambda _: VALUE) as server:
        values = [v async for v in model(server).stream("go", schema=SCHEMA)]
        assert server.requests[0]["response_format"]["json_schema"]["strict"] is True
    assert values[-1] == VALUE


async def test_only_what_is_complete_is_shown():
    value = {"name": 'a"\\é\u2028😀', "sizes": [1, 23, -4]}
    text = orjson.dumps(value).decode().replace("😀", "\\ud83d\\ude00")
    values = [v async for v in Slow(lambda _: text).stream("go", schema=SCHEMA)]
    assert all(is_prefix(one, other) for one, other in pairwise(values))
    assert {"name": ""} in values
    assert {**value, "sizes": [1]} in values
    assert not any(2 in v.get("sizes", ()) for v in values)
    assert values[-1] == value


async def test_the_work_stays_linear(monkeypatch):
    read = 0
    original = __import__("pydantic_core").from_json

    def counted(text, **options):
        nonlocal read
        read += len(text)
        return original(text, **options)

    monkeypatch.setattr("pydantic_core.from_json", counted)
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    value = {"name": "x" * 50_000, "sizes": []}
    values = [v async for v in Slow(lambda _: value).stream("go", schema=SCHEMA)]
    assert values[-1] == value
    assert 100 < len(values) < 300
    assert read < 50_000 * 20


async def test_an_adapted_answer_is_shown_in_the_form_of_the_schema():
    schema = {
        "type": "object",
        "properties": {
            "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
            "note": {"type": "string"},
        },
        "required": ["counts"],
    }
    text = '{"counts": [{"key": "a", "value": 1}, {"key": "b", "value": 2}], "note": null}'
    values = [v async for v in Slow(lambda _: text).stream("go", schema=schema)]
    assert values == [{}, {"counts": {}}, {"counts": {"a": 1}}, {"counts": {"a": 1, "b": 2}}]
    listed = {"type": "array", "items": {"type": "integer"}}
    values = [v async for v in Slow(lambda _: '{"value": [1, 2]}').stream("go", schema=listed)]
    assert values == [[], [1], [1, 2]]


async def test_an_answer_that_is_not_valid_is_asked_again_and_begins_anew():
    answers = iter(['{"name": "a", "sizes": ["x"]}', VALUE])
    lm = Slow(lambda _: next(answers))
    values = [v async for v in lm.stream("go", schema=SCHEMA)]
    assert {"name": "a", "sizes": ["x"]} in values
    assert {"name": "An"} in values
    assert values[-1] == VALUE
    assert lm.requests[1].reask == 1


async def test_asking_again_is_tried_again_where_it_fails():
    answers = iter(['{"name": 1}', VALUE])
    lm = Slow(lambda _: next(answers), failures={1: errors.ServerError("busy")})
    assert (await lm.stream("go", schema=SCHEMA).result()).parsed == VALUE
    assert len(lm.requests) == 3


async def test_what_came_at_once_is_one_item():
    class Whole(FunctionModel):
        def _provider(self):
            provider = super()._provider()
            provider.stream = lambda request, sink: provider.complete(request)
            return provider

    assert [p async for p in Whole(lambda _: "a b").stream("x")] == ["a b"]
    assert [v async for v in Whole(lambda _: VALUE).stream("x", schema=SCHEMA)] == [VALUE]


async def test_a_failure_after_pieces_is_raised_and_not_tried_again():
    piece = {"choices": [{"index": 0, "delta": {"content": "half"}, "finish_reason": None}]}
    body = b"data: " + orjson.dumps(piece) + b"\n\n"
    broken = ChatServer.Reply(body=body, headers={"Content-Type": "text/event-stream"})
    async with ChatServer(lambda _: broken) as server:
        stream = model(server, retry=Retry(initial=0.0)).stream("go")
        assert await anext(stream) == "half"
        with pytest.raises(errors.ProtocolError, match="ended before"):
            await anext(stream)
        with pytest.raises(errors.ProtocolError):
            await stream.result()
    assert len(server.requests) == 1


async def test_a_failure_before_the_first_piece_is_tried_again():
    replies = iter([ChatServer.Reply(status=503), "fine"])
    async with ChatServer(lambda _: next(replies)) as server:
        stream = model(server, retry=Retry(initial=0.0)).stream("go")
        assert "".join([piece async for piece in stream]) == "fine"
    assert len(server.requests) == 2


async def test_not_valid_in_the_end():
    lm = FunctionModel(lambda _: '{"name": 1}', validation_retries=1)
    with pytest.raises(errors.InvalidOutputError, match="asked 2 times"):
        async for _ in lm.stream("go", schema=SCHEMA):
            pass


def endless(_):
    """Answer with the beginning of a stream that never goes on."""
    piece = {"choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}]}
    body = b"data: " + orjson.dumps(piece) + b"\n\n"
    headers = {"Content-Type": "text/event-stream", "Content-Length": "100000"}
    return ChatServer.Reply(body=body, headers=headers)


async def break_out(stream):
    async for _ in stream:
        break


async def leave(stream):
    async with stream:
        await anext(stream)


async def close(stream):
    await anext(stream)
    await stream.aclose()


async def forget(stream):
    await anext(stream)


async def cancel(stream):
    async def read():
        async for _ in stream:
            came.set()

    came = asyncio.Event()
    task = asyncio.create_task(read())
    await came.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("end", [break_out, leave, close, forget, cancel])
async def test_who_stops_reading_gives_everything_back(end):
    before = asyncio.all_tasks()
    async with ChatServer(endless) as server:
        stream = model(server, timeout=60.0).stream("go")
        await end(stream)
        if end is forget:
            del stream
            gc.collect()
        async with asyncio.timeout(10):
            await server.wait_until(lambda: server.connections == 0)
            if left := asyncio.all_tasks() - before - server._tasks:
                await asyncio.wait(left)
        assert (current_load().in_flight, current_load().waiting) == (0, 0)


async def test_after_the_end_a_stream_says_so():
    stream = FunctionModel(lambda _: "a b").stream("x")
    await stream.aclose()
    assert [piece async for piece in stream] == []
    with pytest.raises(errors.ProgramError, match="closed before"):
        await stream.result()
    slow = FunctionModel(lambda _: "a b", latency=60.0).stream("x")
    waiting = asyncio.create_task(slow.result())
    await asyncio.sleep(0)
    await slow.aclose()
    with pytest.raises(errors.ProgramError, match="closed before"):
        await waiting


async def test_a_stream_is_observed_as_one_call():
    class Ears(Hook):
        def __init__(self):
            self.ended = []

        def on_language_model_call_ended(self, event):
            self.ended.append(event)

    ears = add_hook(Ears())
    try:
        assert (await FunctionModel(lambda _: "a b").stream("x").result()).text == "a b"
    finally:
        remove_hook(ears)
    (event,) = ears.ended
    assert event.message == {"role": "assistant", "content": "a b"}


def test_a_wrong_schema_is_refused_at_once():
    with pytest.raises(errors.ConfigurationError, match="DataModel class"):
        FunctionModel(lambda _: "").stream("x", schema=7)


async def test_nobody_is_bothered_with_a_failure_after_the_last_piece_that_was_wanted(caplog):
    reply = ChatServer.Reply(
        body=b'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: {"error":"no"}\n\n'
    )
    async with ChatServer(lambda _: reply) as server:
        async with model(server, retry=Retry(max_tries=1)).stream("Tell.") as stream:
            await anext(stream)
            await asyncio.wait({stream._task})
        del stream
        gc.collect()
    assert caplog.records == []
