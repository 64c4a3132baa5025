"""Faults on the way, and that none of them leaves anything behind."""

import asyncio
import gc
import gzip
import socket
import subprocess
import sys
import warnings
import weakref
from contextlib import ExitStack

import pytest

from synalinks import errors
from synalinks._internal.settings import of_loop
from synalinks.language_models import LanguageModel, Retry
from synalinks.language_models._limiter import limiter_for
from synalinks.language_models.providers import _http
from synalinks.testing import ChatServer

Reply = ChatServer.Reply


def complete(body, text="hello"):
    return ChatServer.completion(body, text)


def account(lm):
    return lm._provider().account


async def clean(lm):
    """No call in flight, no task but this one."""
    assert limiter_for(account(lm)).in_flight == 0
    assert len(asyncio.all_tasks()) == 1


async def test_a_connection_that_is_refused(serve):
    server, lm = await serve(lambda _: "hello")
    await server.__aexit__(None, None, None)
    with pytest.raises(errors.CallConnectionError, match=r"127\.0\.0\.1") as caught:
        await lm("hello")
    assert caught.value.model == "openai/test"
    await clean(lm)


async def test_a_connection_that_breaks(serve):
    _, lm = await serve(lambda _: Reply(reset=True))
    with pytest.raises(errors.CallConnectionError):
        await lm("hello")
    await clean(lm)


async def test_a_server_that_takes_no_connection():
    with socket.socket() as full, ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):  # more than wait in line
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        base = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        options = {"connect_timeout": 0.05, "retry": Retry(max_tries=1)}
        lm = LanguageModel("openai/test", api_base=base, api_key="sk-x", **options)
        with pytest.raises(errors.CallConnectionError, match=r"no connection within 0\.05 s"):
            await lm("hello")
    await clean(lm)


async def test_a_server_that_never_answers(serve):
    server, lm = await serve(lambda _: Reply(hang=True), timeout=0.05)
    with pytest.raises(errors.CallTimeoutError, match=r"within 0\.05 s"):
        await lm("hello")
    await clean(lm)
    await server.wait_until(lambda: not server.connections)  # it is not kept for another call


async def test_a_body_that_stops_arriving_is_a_timeout(serve):
    _, lm = await serve(lambda _: Reply(body=b"{", headers={"Content-Length": "100"}), timeout=0.05)
    with pytest.raises(errors.CallTimeoutError):
        await lm("hello")
    await clean(lm)


async def test_an_answer_cut_at_any_byte_is_no_evidence(serve):
    whole = len(Reply(body=complete({}, "hello")).encoded())
    cuts = iter([*range(0, whole, 7), None])
    _, lm = await serve(lambda _: Reply(body=complete({}, "hello"), cut=next(cuts)))
    for _ in range(0, whole, 7):
        with pytest.raises(errors.InfrastructureError):
            await lm("hello")
    assert (await lm("hello")).text == "hello"
    await clean(lm)


async def test_what_is_not_http(serve):
    _, lm = await serve(lambda _: Reply(headers={"Content-Length": "many"}, body=b"x"))
    with pytest.raises(errors.ProtocolError):
        await lm("hello")
    await clean(lm)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_without_end_is_not_read(serve, monkeypatch, announced):
    monkeypatch.setattr(_http, "MAX_BODY", 1000)
    block = b"3e8\r\n" + b" " * 1000 + b"\r\n"
    reply = (
        Reply(body=b" " * 5000)
        if announced
        else Reply(body=block * 5 + b"0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
    )
    _, lm = await serve(lambda _: reply)
    with pytest.raises(errors.ProtocolError, match="longer than 1000 bytes"):
        await lm("hello")
    await clean(lm)


async def test_a_small_body_may_not_unfold_into_a_large_one(serve, monkeypatch):
    monkeypatch.setattr(_http, "MAX_BODY", 100_000)
    packed = gzip.compress(b" " * 10_000_000)
    _, lm = await serve(lambda _: Reply(body=packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(errors.ProtocolError, match="longer than"):
        await lm("hello")
    await clean(lm)


async def test_packed_and_chunked_bodies_are_read(serve):
    import orjson

    data = orjson.dumps(complete({}, "hello"))
    replies = iter(
        [
            Reply(body=gzip.compress(data), headers={"Content-Encoding": "gzip"}),
            Reply(
                body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data), headers={"Transfer-Encoding": "chunked"}
            ),
        ]
    )
    _, lm = await serve(lambda _: next(replies))
    assert [(await lm("hello")).text for _ in range(2)] == ["hello", "hello"]


async def test_a_redirect_is_not_followed(serve):
    server, lm = await serve(lambda _: Reply(status=307, headers={"Location": "http://127.0.0.1:1/"}))
    with pytest.raises(errors.BadRequestError):
        await lm("hello")
    assert len(server.requests) == 1


async def test_a_call_can_be_cancelled_while_it_waits_for_the_server(serve):
    arrived = asyncio.Event()

    async def never(body):
        arrived.set()
        await asyncio.Event().wait()

    server, lm = await serve(never)
    task = asyncio.create_task(lm("hello"))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert limiter_for(account(lm)).in_flight == 0
    await server.wait_until(lambda: not server.connections)


async def test_connections_are_used_again(serve):
    server, lm = await serve(lambda _: "hello")
    for _ in range(5):
        await lm("hello")
    assert server.connections == 1


async def test_models_of_one_loop_share_a_session(serve):
    _, one = await serve(lambda _: "hello")
    _, two = await serve(lambda _: "hello")
    await asyncio.gather(one("hello"), two("hello"))
    sessions = [v for k, v in of_loop(asyncio.get_running_loop()).items() if k == "http"]
    assert len(sessions) == 1


def test_one_model_serves_several_loops_and_closes_each_session():
    opened = []

    async def main(lm):
        assert (await lm("hello")).text == "hello"
        opened.append(of_loop(asyncio.get_running_loop())["http"].session)

    with ChatServer(lambda _: "hello").run_in_thread() as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        lm = LanguageModel("vllm/test", api_base=server.url)
        for _ in range(3):
            asyncio.run(main(lm))
    assert len({id(session) for session in opened}) == 3
    assert all(session.closed for session in opened)


def test_a_loop_that_ended_is_not_kept():
    async def main():
        await lm("hello")
        return weakref.ref(asyncio.get_running_loop())

    with ChatServer(lambda _: "hello").run_in_thread() as server:
        lm = LanguageModel("vllm/test", api_base=server.url)
        ended = asyncio.run(main())
    gc.collect()
    assert ended() is None


SCRIPT = """
import asyncio
from synalinks.language_models import LanguageModel
from synalinks.testing import ChatServer
with ChatServer(lambda _: "hello").run_in_thread() as server:
    lm = LanguageModel("vllm/test", api_base=server.url)
    async def main():
        print((await lm("hello")).text)
{how}
"""
ENDINGS = {
    "asyncio.run": "    asyncio.run(main())",
    "closed without its generators": (
        "    loop = asyncio.new_event_loop()\n    loop.run_until_complete(main())\n    loop.close()"
    ),
    "never closed": "    loop = asyncio.new_event_loop()\n    loop.run_until_complete(main())",
}


@pytest.mark.parametrize("how", ENDINGS.values(), ids=ENDINGS)
def test_a_script_ends_silently(how):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(how=how)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")


def test_a_script_ends_silently_with_all_warnings_on():
    code = SCRIPT.format(how=ENDINGS["asyncio.run"])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")


async def test_retry_brings_the_answer(serve):
    replies = iter([Reply(reset=True), Reply(status=503), Reply(body=b"<"), Reply(cut=20), "hello"])
    server, lm = await serve(lambda _: next(replies), retry=Retry(initial=0.0))
    assert (await lm("hello")).text == "hello"
    assert len(server.requests) == 5
    assert all(request == server.requests[0] for request in server.requests)
