"""Embeddings are asked for as the providers' own clients do, and answers in their types are understood."""

import pytest

from synalinks import errors
from synalinks.embedding_models import EmbeddingModel
from synalinks.hooks import Usage
from synalinks.language_models import Retry
from synalinks.language_models._pipeline import Call
from synalinks.testing import ChatServer

# Google's client derives a class from aiohttp's session.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

KEY = "sk-very-secret-0123456789"
TEXTS = ["Grüße aus Köln", "a second text\n", "🎈"]
Reply = ChatServer.Reply


@pytest.fixture
async def server():
    async with ChatServer(lambda _: None) as running:
        yield running


def ours(server, provider, **options):
    return EmbeddingModel(
        f"{provider}/m", api_base=server.url, api_key=KEY, retry=Retry(max_tries=1), **options
    )


async def theirs(provider, server, texts, **options):
    """What the provider's own client gives."""
    if provider == "openai":
        import openai

        async with openai.AsyncOpenAI(api_key=KEY, base_url=server.url, max_retries=0) as client:
            found = await client.embeddings.create(model="m", input=texts, **options)
            return [item.embedding for item in found.data]
    base = server.url.removesuffix("/v1")
    if provider == "ollama":
        import ollama

        client = ollama.AsyncClient(host=base)
        try:
            found = await client.embed(model="m", input=texts, truncate=False, **options)
        finally:
            await client._client.aclose()
        return [list(vector) for vector in found.embeddings]
    from google import genai
    from google.genai import types

    http = types.HttpOptions(base_url=base, api_version="v1")
    names = {"dimensions": "output_dimensionality"}
    config = types.EmbedContentConfig(**{names.get(name, name): value for name, value in options.items()})
    async with genai.Client(api_key=KEY, http_options=http).aio as client:
        found = await client.models.embed_content(model="m", contents=texts, config=config)
    return [item.values for item in found.embeddings]


@pytest.mark.parametrize("options", [{}, {"dimensions": 5}])
@pytest.mark.parametrize("provider", ["openai", "ollama", "gemini"])
async def test_requests_and_vectors_are_the_same(server, provider, options):
    vectors = await ours(server, provider, **options)(TEXTS)
    for vector, other in zip(vectors, await theirs(provider, server, TEXTS, **options), strict=True):
        assert vector == pytest.approx(other)
    own, other = server.requests
    assert own == other
    assert server.paths[0] == server.paths[1]
    header = "x-goog-api-key" if provider == "gemini" else "authorization"
    if provider != "ollama":  # its client sends no key
        assert server.headers[0][header] == server.headers[1][header]


async def test_parameters_of_gemini_are_the_same(server):
    options = {"task_type": "RETRIEVAL_DOCUMENT", "title": "A title"}
    await ours(server, "gemini", **options)(TEXTS)
    await theirs("gemini", server, TEXTS, **options)
    assert server.requests[0] == server.requests[1]


@pytest.mark.parametrize("version", ["", "2024-10-21", "preview"])
async def test_azure_is_asked_as_by_its_client(server, monkeypatch, version):
    import openai

    if version:
        monkeypatch.setenv("OPENAI_API_VERSION", version)
    base = server.url.removesuffix("/v1")
    await ours(server, "azure", dimensions=3)(TEXTS)
    if version.startswith("2024"):
        client = openai.AsyncAzureOpenAI(api_key=KEY, azure_endpoint=base, api_version=version)
    else:
        query = {"api-version": version} if version else None
        client = openai.AsyncOpenAI(api_key=KEY, base_url=f"{base}/openai/v1", default_query=query)
    async with client:
        await client.embeddings.create(model="m", input=TEXTS, dimensions=3)
    assert server.requests[0] == server.requests[1]
    assert server.paths[0] == server.paths[1]
    assert server.headers[0]["api-key"] == KEY


async def test_answers_in_openais_types():
    from openai.types import CreateEmbeddingResponse, Embedding
    from openai.types.create_embedding_response import Usage as Tokens

    data = [Embedding(embedding=[n + 0.5, -1], index=n, object="embedding") for n in (1, 0)]
    answer = CreateEmbeddingResponse(
        data=data, model="m-2", object="list", usage=Tokens(prompt_tokens=7, total_tokens=7)
    )
    async with ChatServer(lambda _: Reply(body=answer.model_dump(mode="json"))) as server:
        em = ours(server, "openai")
        found = await em.check()(em_request(em, TEXTS[:2]), Call())
    assert (found.vectors, found.usage, found.model) == ([[0.5, -1.0], [1.5, -1.0]], Usage(7), "m-2")


async def test_answers_in_ollamas_types():
    from ollama import EmbedResponse

    answer = EmbedResponse(model="m:latest", embeddings=[[0.5], [1.5]], prompt_eval_count=4)
    async with ChatServer(lambda _: Reply(body=answer.model_dump(mode="json"))) as server:
        em = ours(server, "ollama")
        found = await em.check()(em_request(em, TEXTS[:2]), Call())
    assert (found.vectors, found.usage, found.model) == ([[0.5], [1.5]], Usage(4), "m:latest")


async def test_answers_in_geminis_types():
    from google.genai import types

    answer = types.EmbedContentResponse(
        embeddings=[types.ContentEmbedding(values=[0.5]), types.ContentEmbedding(values=[1.5])],
        usage_metadata=types.UsageMetadata(prompt_token_count=4),
    )
    body = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
    async with ChatServer(lambda _: Reply(body=body)) as server:
        em = ours(server, "gemini")
        found = await em.check()(em_request(em, TEXTS[:2]), Call())
    assert (found.vectors, found.usage) == ([[0.5], [1.5]], Usage(4))


def em_request(em, texts):
    from synalinks.embedding_models import EmbeddingRequest

    return EmbeddingRequest.of(em.model.partition("/")[0], "m", tuple(texts), {})


@pytest.mark.parametrize("provider", ["openai", "ollama", "gemini"])
async def test_both_say_that_a_key_is_wrong(provider):
    body = {"error": {"message": "wrong key", "code": 401, "status": "UNAUTHENTICATED"}}
    async with ChatServer(lambda _: Reply(status=401, body=body)) as server:
        with pytest.raises(errors.AuthenticationError):
            await ours(server, provider)(TEXTS)
        with pytest.raises(Exception, match="wrong key"):
            await theirs(provider, server, TEXTS)
