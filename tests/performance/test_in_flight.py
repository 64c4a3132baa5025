"""Many calls at once use no more connections than the bound, and each gets its answer."""

import asyncio

import pytest

from synalinks.embedding_models import EmbeddingModel
from synalinks.language_models import LanguageModel, current_load
from synalinks.testing import ChatServer


@pytest.mark.parametrize("bound", [1, 20])
async def test_500_calls_share_the_connections_that_the_bound_allows(bound):
    most = []

    async def answer(body):
        most.append(server.connections)
        await asyncio.sleep(0)
        return body["messages"][0]["content"]

    async with ChatServer(answer) as server:
        lm = LanguageModel("vllm/m", api_base=server.url, max_concurrency=bound)
        calls = asyncio.gather(*(lm(f"number {n}") for n in range(500)))
        await server.wait_until(lambda: server.in_flight > 0)
        assert current_load().waiting > 400
        answers = [response.text for response in await calls]
    assert answers == [f"number {n}" for n in range(500)]
    assert max(most) <= bound
    assert server.most_in_flight <= bound


async def test_embeddings_and_answers_of_one_account_share_its_bound():
    async with ChatServer(lambda body: "hi" if "messages" in body else None, latency=0.001) as server:
        lm = LanguageModel("vllm/m", api_base=server.url, max_concurrency=5)
        em = EmbeddingModel("vllm/e", api_base=server.url, max_concurrency=5, batch_size=1)
        await asyncio.gather(*(lm("hello") for _ in range(50)), em([f"text {n}" for n in range(50)]))
    assert len(server.requests) == 100
    assert server.most_in_flight == 5
