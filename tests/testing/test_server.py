import asyncio

import aiohttp
import orjson
import pytest

from synalinks.errors import BadRequestError
from synalinks.language_models import LanguageModel, Request, Retry
from synalinks.language_models._pipeline import Call
from synalinks.testing import ChatServer

USER = {"role": "user", "content": "hello"}


async def post(url, body, path="/chat/completions"):
    async with aiohttp.ClientSession() as session, session.post(url + path, data=body) as response:
        return response.status, await response.json()


async def test_it_speaks_chat_completions():
    async with ChatServer(lambda body: body["messages"][0]["content"].upper()) as server:
        status, body = await post(
            server.url, b'{"model": "m", "messages": [{"role": "user", "content": "hello"}]}'
        )
    assert status == 200
    assert body["object"] == "chat.completion"
    assert body["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "HELLO"}, "finish_reason": "stop"}
    ]
    assert body["usage"] == {"prompt_tokens": 2, "completion_tokens": 2, "total_tokens": 4}
    assert server.requests == [{"model": "m", "messages": [USER]}]
    assert server.headers[0]["host"].startswith("127.0.0.1:")


async def test_it_lists_models_and_knows_no_other_address():
    async with ChatServer(lambda _: "hi") as server, aiohttp.ClientSession() as session:
        async with session.get(server.url + "/models") as response:
            assert (await response.json())["data"][0]["id"] == "test"
        async with session.get(server.url + "/other") as response:
            assert response.status == 404
        assert server.in_flight == 0


async def test_what_is_not_json_is_refused():
    async with ChatServer(lambda _: "hi") as server:
        status, body = await post(server.url, b"hello")
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")


async def test_a_function_that_fails_says_so_to_the_client():
    async def later(body):
        raise ValueError("broken")

    def at_once(body):
        raise ValueError("broken")

    for fn in (later, at_once):
        async with ChatServer(fn) as server:
            lm = LanguageModel("vllm/x", api_base=server.url, retry=Retry(max_tries=1))
            with pytest.raises(BadRequestError, match="function raised ValueError: broken"):
                await lm("hello")


async def test_calls_in_flight_are_counted():
    go_on = asyncio.Event()

    async def wait(body):
        await go_on.wait()
        return "hi"

    async with ChatServer(wait) as server:
        lm = LanguageModel("vllm/x", api_base=server.url)
        calls = asyncio.gather(*(lm("hello") for _ in range(7)))
        await server.wait_until(lambda: server.in_flight == 7)
        go_on.set()
        await calls
        assert (server.in_flight, server.most_in_flight) == (0, 7)


async def test_a_server_can_be_closed_while_calls_hang():
    arrived = asyncio.Event()

    async def never(body):
        arrived.set()
        await asyncio.Event().wait()

    server = ChatServer(never)
    async with server:
        lm = LanguageModel("vllm/x", api_base=server.url, retry=Retry(max_tries=1))
        call = asyncio.create_task(lm("hello"))
        await arrived.wait()
    results = await asyncio.gather(call, return_exceptions=True)
    assert type(results[0]).__name__ == "CallConnectionError"
    assert (server.in_flight, server.connections) == (0, 0)
    with pytest.raises(RuntimeError, match="does not run"):
        server.url  # noqa: B018 - a property


async def test_large_requests_arrive_whole():
    text = "x" * 3_000_000
    async with ChatServer(lambda body: str(len(body["messages"][0]["content"]))) as server:
        assert (await LanguageModel("vllm/x", api_base=server.url)(text)).text == "3000000"


def test_it_runs_in_a_thread():
    with ChatServer(lambda _: "hi").run_in_thread() as server:

        async def ask():
            return (await LanguageModel("vllm/x", api_base=server.url)("hello")).text

        assert asyncio.run(ask()) == "hi"
    assert server.connections == 0


async def test_requests_need_not_be_kept():
    async with ChatServer(lambda _: "hi", record=False) as server:
        await LanguageModel("vllm/x", api_base=server.url)("hello")
    assert server.requests == server.headers == []


CALL = {"id": "a", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}}
ANSWER = ChatServer.Answer("Hi there.", [CALL], "So be it.")


async def asked(server, path, **body):
    """Return the text of the answer at a path of the server, and its content type."""
    url = server.url.removesuffix("/v1") + path
    async with aiohttp.ClientSession() as session:
        sent = {"model": "m", "messages": [USER], **body}
        async with session.post(url, json=sent) as response:
            return await response.text(), response.content_type


@pytest.mark.parametrize("answer", [ANSWER, "Hi there.", {"x": 1}, ChatServer.Answer(None, [CALL])])
async def test_answers_in_pieces_are_those_that_come_whole(answer):
    async with ChatServer(lambda _: answer) as server:
        lm = LanguageModel("vllm/x", api_base=server.url)
        whole, pieces = await lm("hello"), []
        streamed = await lm.check()(Request("vllm", "x", [USER]), Call(pieces.append))
    assert streamed.message == whole.message
    assert streamed.finish_reason == whole.finish_reason
    assert "".join(pieces) == (whole.text or "")


async def test_it_speaks_anthropic_messages():
    async with ChatServer(lambda _: ANSWER) as server:
        whole, kind = await asked(server, "/v1/messages")
        streamed, streamed_kind = await asked(server, "/v1/messages?beta=true", stream=True)
    assert server.paths == ["/v1/messages", "/v1/messages?beta=true"]
    assert (kind, streamed_kind) == ("application/json", "text/event-stream")
    assert orjson.loads(whole) == {
        "id": "msg_0",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "thinking", "thinking": "So be it.", "signature": "of-no-use"},
            {"type": "text", "text": "Hi there."},
            {"type": "tool_use", "id": "a", "name": "add", "input": {"x": 1}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 2, "output_tokens": 3},
    }
    names = [line.removeprefix("event: ") for line in streamed.split("\n") if line.startswith("event")]
    assert (names[0], *names[-2:]) == ("message_start", "message_delta", "message_stop")
    assert names.count("content_block_start") == names.count("content_block_stop") == 3
    assert '"delta":{"type":"text_delta","text":"there."}' in streamed


async def test_it_speaks_ollama_and_streams_unless_told_otherwise():
    async with ChatServer(lambda _: ANSWER) as server:
        whole, _ = await asked(server, "/api/chat", stream=False)
        streamed, kind = await asked(server, "/api/chat")
    assert kind == "application/x-ndjson"
    assert orjson.loads(whole) == {
        "model": "m",
        "created_at": "2025-01-01T00:00:00Z",
        "message": {
            "role": "assistant",
            "content": "Hi there.",
            "thinking": "So be it.",
            "tool_calls": [{"function": {"name": "add", "arguments": {"x": 1}}}],
        },
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 2,
        "eval_count": 3,
    }
    lines = [orjson.loads(line) for line in streamed.splitlines()]
    assert "".join(line["message"]["content"] for line in lines) == "Hi there."
    assert "".join(line["message"].get("thinking", "") for line in lines) == "So be it."
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]


async def test_it_speaks_gemini():
    async with ChatServer(lambda _: ANSWER) as server:
        whole, _ = await asked(
            server, "/v1beta/models/m:generateContent", contents=[{"parts": [{"text": "hi"}]}]
        )
        streamed, kind = await asked(server, "/v1beta/models/m:streamGenerateContent?alt=sse")
    assert kind == "text/event-stream"
    parts = [
        {"text": "So be it.", "thought": True},
        {"text": "Hi there."},
        {
            "functionCall": {"id": "a", "name": "add", "args": {"x": 1}},
            "thoughtSignature": "b2Ytbm8tdXNl",
        },
    ]
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0, "finishReason": "STOP"}
    assert orjson.loads(whole) == {
        "candidates": [candidate],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 3, "totalTokenCount": 4},
        "modelVersion": "test",
        "responseId": "0",
    }
    lines = [orjson.loads(line[6:]) for line in streamed.splitlines() if line]
    chunks = [line["candidates"][0] for line in lines]
    texts = [part.get("text", "") for chunk in chunks for part in chunk["content"]["parts"]]
    assert "".join(texts) == "So be it.Hi there."
    assert ["finishReason" in chunk for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


async def test_errors_are_those_of_the_protocol():
    def fail(body):
        raise ValueError("broken")

    said = "The server's function raised ValueError: broken"
    async with ChatServer(fail) as server:
        error, _ = await asked(server, "/v1/messages")
        assert orjson.loads(error)["error"] == {"type": "invalid_request_error", "message": said}
        error, _ = await asked(server, "/api/chat")
        assert orjson.loads(error) == {"error": said}
        error, _ = await asked(server, "/models/m:generateContent")
        assert orjson.loads(error)["error"] == {"code": 400, "message": said, "status": "INVALID_ARGUMENT"}


async def test_embeddings_are_near_where_texts_share_words_and_may_be_given():
    answers = iter([None, "any text", [[1.0, 2.0]]])
    async with ChatServer(lambda _: next(answers)) as server, aiohttp.ClientSession() as session:

        async def post(path, body):
            async with session.post(server.url.removesuffix("/v1") + path, json=body) as response:
                return await response.json()

        openai = await post("/v1/embeddings", {"model": "m", "input": ["a b", "b a"]})
        assert openai["data"][0]["embedding"] == openai["data"][1]["embedding"]
        assert [item["index"] for item in openai["data"]] == [0, 1]
        ollama = await post("/api/embed", {"model": "m", "input": "a b", "dimensions": 5})
        assert len(ollama["embeddings"][0]) == 5
        asked = {"requests": [{"model": "models/m", "content": {"parts": [{"text": "a"}]}}]}
        gemini = await post("/v1beta/models/m:batchEmbedContents", asked)
        assert gemini == {"embeddings": [{"values": [1.0, 2.0]}]}
