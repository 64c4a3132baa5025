import asyncio

import aiohttp
import pytest

from synalinks.errors import BadRequestError
from synalinks.language_models import LanguageModel, Retry
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
