"""Requests to Azure OpenAI are those of OpenAI's own client for it."""

import pytest

from synalinks.language_models import LanguageModel, Retry
from synalinks.testing import ChatServer

KEY = "azure-very-secret-0123456789"
USER = {"role": "user", "content": "Rain?"}
TOOL = {"type": "function", "function": {"name": "weather"}}


@pytest.fixture(scope="session")
def openai():
    import openai

    return openai


@pytest.fixture
async def server():
    async with ChatServer(lambda _: "hi") as running:
        yield running


async def ours(server, **params):
    endpoint = server.url.removesuffix("/v1")
    lm = LanguageModel("azure/my-deployment", api_base=endpoint, api_key=KEY, retry=Retry(max_tries=1))
    return await lm([USER], **params)


async def test_with_a_version(openai, server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    await ours(server, temperature=0.5, max_tokens=9, tools=[TOOL])
    endpoint = server.url.removesuffix("/v1")
    async with openai.AsyncAzureOpenAI(azure_endpoint=endpoint, api_key=KEY) as client:
        await client.chat.completions.create(
            model="my-deployment", messages=[USER], temperature=0.5, max_completion_tokens=9, tools=[TOOL]
        )
    assert server.requests[0] == server.requests[1]
    assert server.paths == ["/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21"] * 2
    assert server.headers[0]["api-key"] == server.headers[1]["api-key"] == KEY


async def test_without_one(openai, server):
    """For the v1 API the usual client is meant, which may name its key as Azure does."""
    await ours(server, reasoning_effort="low")
    base = server.url.removesuffix("/v1") + "/openai/v1/"
    headers = {"api-key": KEY}
    async with openai.AsyncOpenAI(base_url=base, api_key=KEY, default_headers=headers) as client:
        await client.chat.completions.create(model="my-deployment", messages=[USER], reasoning_effort="low")
    assert server.requests[0] == server.requests[1]
    assert server.paths == ["/openai/v1/chat/completions"] * 2
    assert server.headers[0]["api-key"] == server.headers[1]["api-key"] == KEY
