"""Vectors that are kept: text by text, shared by calls in flight, in memory and in a file."""

import asyncio

import pytest

from synalinks import errors
from synalinks._internal.scope import SampleScope, entered
from synalinks.embedding_models import EmbeddingModel
from synalinks.hooks import Usage
from synalinks.language_models._cache import MemoryCache
from synalinks.testing import ChatServer, FunctionEmbedding


def asked(em):
    return [request.texts for request in em.requests]


@pytest.mark.parametrize("kind", ["memory", "file"])
async def test_only_texts_that_are_not_kept_are_asked_for(kind, tmp_path):
    em = FunctionEmbedding(cache="memory" if kind == "memory" else tmp_path / "cache.sqlite")
    plain = FunctionEmbedding()
    first = await em(["a", "b", "a"])
    assert first == await plain(["a", "b", "a"])
    assert asked(em) == [["a", "b"]]
    assert await em(["c", "b", "d", "a"]) == await plain(["c", "b", "d", "a"])
    assert asked(em) == [["a", "b"], ["c", "d"]]
    assert await em("d") == await plain("d")
    assert len(em.requests) == 2


async def test_another_process_finds_them_in_the_file(tmp_path):
    em = FunctionEmbedding(cache=tmp_path / "cache.sqlite", dimensions=7)
    vectors = await em(["a", "b"])
    em.cache.close()
    other = FunctionEmbedding(lambda text: [0.0], cache=tmp_path / "cache.sqlite")
    assert await other(["b", "a"]) == vectors[::-1]
    assert not other.requests


async def test_vectors_depend_on_model_address_and_parameters(tmp_path):
    cache = MemoryCache()
    async with ChatServer(lambda _: None) as server, ChatServer(lambda _: None) as other:
        for base, name, options in (
            (server, "m", {}),
            (server, "n", {}),
            (other, "m", {}),
            (server, "m", {"dimensions": 3}),
            (server, "m", {"user": "me"}),
        ):
            await EmbeddingModel(f"vllm/{name}", api_base=base.url, cache=cache, **options)("a")
        assert (len(server.requests), len(other.requests), len(cache)) == (4, 1, 5)
        await EmbeddingModel("vllm/m", api_base=server.url, cache=cache, batch_size=1)("a")
        assert len(server.requests) == 4


async def test_a_record_says_what_came_from_the_cache():
    em = FunctionEmbedding(cache="memory", prices={"input": 1.0})
    with entered(SampleScope()) as place:
        await em(["aaaa", "bbbb"])
        await em(["aaaa", "cccc"])
        await em(["aaaa", "bbbb"])
    assert [(r.cached, r.usage, r.cost) for r in place.records] == [
        (False, Usage(4), 4e-6),
        (False, Usage(2), 2e-6),
        (True, Usage(), 0.0),
    ]


async def test_a_text_that_two_calls_ask_for_at_once_is_sent_once():
    arrived, go = asyncio.Event(), asyncio.Event()

    async def fn(text):
        arrived.set()
        await go.wait()
        return [float(ord(text))]

    em = FunctionEmbedding(fn, cache="memory")
    first = asyncio.create_task(em(["a", "b"]))
    await arrived.wait()
    second = asyncio.create_task(em(["c", "b", "a"]))
    await asyncio.sleep(0)
    go.set()
    assert await first == [[97.0], [98.0]]
    assert await second == [[99.0], [98.0], [97.0]]
    assert asked(em) == [["a", "b"], ["c"]]


async def test_a_failure_of_the_call_that_is_waited_for_is_that_of_both():
    go = asyncio.Event()

    async def fn(text):
        await go.wait()
        raise errors.BadRequestError("no")

    em = FunctionEmbedding(fn, cache="memory")
    calls = [asyncio.create_task(em("a")) for _ in range(2)]
    await asyncio.sleep(0.01)
    go.set()
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(error) for error in found] == [errors.BadRequestError] * 2
    assert found[0] is not found[1]
    assert len(em.requests) == 1


async def test_one_that_is_cancelled_leaves_the_text_to_those_who_wait():
    arrived = asyncio.Event()

    async def fn(text):
        if not arrived.is_set():
            arrived.set()
            await asyncio.Event().wait()
        return [1.0]

    em = FunctionEmbedding(fn, cache="memory")
    first = asyncio.create_task(em("a"))
    await arrived.wait()
    second = asyncio.create_task(em(["b", "a"]))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == [[1.0], [1.0]]
    assert asked(em) == [["a"], ["b"], ["a"]]
    assert not em.cache.flights(asyncio.get_running_loop())


async def test_a_cache_too_small_for_a_vector_is_none():
    em = FunctionEmbedding(cache=MemoryCache(max_bytes=10))
    assert len(await em(["a", "b"])) == 2
    assert len(await em(["a", "b"])) == 2
    assert len(em.requests) == 2


async def test_what_is_kept_and_makes_no_sense_is_asked_for_again():
    em = FunctionEmbedding(cache=(cache := MemoryCache()))
    vector = await em("a")
    (key,) = cache._answers
    cache.put(key, b"odd")
    assert await em("a") == vector
    assert len(em.requests) == 2


def test_the_cache_is_part_of_the_configuration(tmp_path):
    em = EmbeddingModel("ollama/x", cache=tmp_path / "c.sqlite")
    assert EmbeddingModel.from_config(em.get_config()).cache.path == str(tmp_path / "c.sqlite")
