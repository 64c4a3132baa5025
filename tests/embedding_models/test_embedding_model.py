"""Embedding models: what goes over the wire, what comes back, and what is refused."""

import asyncio
import copy
import io
import math
import pickle

import pytest

import synalinks
from synalinks import embedding_models, errors
from synalinks._internal import scope as scopes
from synalinks._internal.settings import settings
from synalinks.embedding_models import EmbeddingModel, EmbeddingRequest, Embeddings
from synalinks.embedding_models._pipeline import _batches
from synalinks.embedding_models._table import EMBEDDING_PROVIDERS, embedding_spec
from synalinks.hooks import (
    EmbeddingModelCallEnded,
    EmbeddingModelCallRetried,
    EmbeddingModelCallStarted,
    Hook,
    Usage,
    add_hook,
)
from synalinks.hooks._lines import LINES
from synalinks.integrations._spans import _attributes, _name
from synalinks.language_models import Retry
from synalinks.language_models._limiter import limiter_for
from synalinks.language_models._prices import price_of
from synalinks.language_models.providers._table import PROVIDERS
from synalinks.testing import ChatServer, FunctionEmbedding

KEY = "sk-very-secret-0123456789"
Reply = ChatServer.Reply


@pytest.fixture
async def server():
    async with ChatServer(lambda _: None) as running:
        yield running


def model_of(server, provider="openai", **options):
    options = {"api_key": KEY, "retry": Retry(max_tries=1), **options}
    return EmbeddingModel(f"{provider}/m", api_base=server.url, **options)


def near(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


PROTOCOLS = ["openai", "azure", "mistral", "vllm", "ollama", "gemini"]


@pytest.mark.parametrize("provider", PROTOCOLS)
async def test_a_text_gives_a_vector_and_a_list_of_texts_one_for_each(server, provider):
    em = model_of(server, provider)
    texts = ["the cat sat on the mat", "on the mat the cat sat", "prices fell sharply"]
    vectors = await em(texts)
    assert await em(tuple(texts)) == vectors
    assert await em(texts[1]) == vectors[1]
    assert near(vectors[0], vectors[1]) > 0.99 > 0.5 > near(vectors[0], vectors[2])
    assert {type(number) for vector in vectors for number in vector} == {float}
    assert {len(vector) for vector in vectors} == {64}


async def test_what_each_protocol_is_asked(server):
    for provider in ("openai", "vllm", "ollama", "gemini"):
        await model_of(server, provider, dimensions=3)(["a", "b"])
    openai, vllm, ollama, gemini = server.requests
    assert openai == {"model": "m", "input": ["a", "b"], "encoding_format": "base64", "dimensions": 3}
    assert vllm == {"model": "m", "input": ["a", "b"], "dimensions": 3}
    assert ollama == {"model": "m", "input": ["a", "b"], "truncate": False, "dimensions": 3}
    assert gemini["requests"][1] == {
        "model": "models/m",
        "content": {"role": "user", "parts": [{"text": "b"}]},
        "outputDimensionality": 3,
    }
    assert [path.rpartition("/")[2] for path in server.paths] == [
        "embeddings", "embeddings", "embed", "m:batchEmbedContents",
    ]  # fmt: skip
    keys = ["authorization", "authorization", "authorization", "x-goog-api-key"]
    assert all(KEY in headers[name] for headers, name in zip(server.headers, keys, strict=True))


async def test_parameters_go_along_and_none_is_left_out(server):
    await model_of(server, user="me", encoding=None)("a")
    await model_of(server, "gemini", task_type="RETRIEVAL_QUERY", title="t")("a")
    await model_of(server, "ollama", truncate=True)("a")
    assert server.requests[0]["user"] == "me"
    assert "encoding" not in server.requests[0]
    assert server.requests[1]["requests"][0]["taskType"] == "RETRIEVAL_QUERY"
    assert server.requests[1]["requests"][0]["title"] == "t"
    assert server.requests[2]["truncate"] is True


async def test_order_is_kept_over_batches_that_come_back_in_any_order():
    async def later_first(body):
        await asyncio.sleep(0.02 if "text 0" in body["input"] else 0.0)
        return [[float(text.split()[1])] for text in body["input"]]

    async with ChatServer(later_first) as server:
        vectors = await model_of(server, batch_size=3)([f"text {n}" for n in range(10)])
    assert vectors == [[float(n)] for n in range(10)]
    assert sorted(len(body["input"]) for body in server.requests) == [1, 3, 3, 3]
    assert server.most_in_flight == 4


async def test_answers_are_put_in_order_by_their_index():
    data = [{"index": 1, "embedding": [2]}, {"index": 0, "embedding": [1]}]
    async with ChatServer(lambda _: Reply(body={"data": data})) as server:
        assert await model_of(server)(["a", "b"]) == [[1.0], [2.0]]


def test_batches_have_so_many_texts_and_tokens_at_most():
    assert list(_batches("abcde", 2, None)) == ["ab", "cd", "e"]
    assert list(_batches(["a" * 10] * 4, 9, 10)) == [["a" * 10] * 2] * 2
    assert list(_batches(["a" * 50, "b"], 9, 10)) == [["a" * 50], ["b"]]
    assert list(_batches(["é" * 10] * 2, 9, 10)) == [["é" * 10]] * 2
    assert list(_batches(["a"], 1, 1)) == [["a"]]


async def test_without_a_text_there_is_no_call(server):
    assert await model_of(server)([]) == []
    assert await model_of(server)(()) == []
    assert not server.requests


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ("", r"texts\[0\] is empty"),
        (["a", ""], r"texts\[1\] is empty"),
        (["a", 3], r"texts\[1\] is no text: 3"),
        ({"a"}, "a text or a list of texts, not set"),
        (None, "not NoneType"),
        (b"a", "not bytes"),
    ],
)
async def test_what_is_no_text_is_refused_before_the_call(server, texts, said):
    with pytest.raises(errors.ConfigurationError, match=said):
        await model_of(server)(texts)
    assert not server.requests


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"data": []}, "for 2 texts came 0 vectors"),
        ({"data": [{"index": 0, "embedding": [1]}]}, "for 2 texts came 1 vectors"),
        ({"data": [{"index": n, "embedding": [1] * (n + 1)} for n in (0, 1)]}, r"lengths \[1, 2\]"),
        ({"data": [{"index": n, "embedding": []} for n in (0, 1)]}, "none of the protocol"),
        ({"data": [{"index": 0, "embedding": [1]}] * 2}, "none of the protocol"),
        ({"data": [{"index": n, "embedding": ["1"]} for n in (0, 1)]}, "none of the protocol"),
        ({"data": [{"index": n, "embedding": "AADAfw=="} for n in (0, 1)]}, "none of the protocol"),  # NaN
        ({"data": [{"index": n, "embedding": "?"} for n in (0, 1)]}, "none of the protocol"),
        ({"data": [{"index": n, "embedding": None} for n in (0, 1)]}, "none of the protocol"),
        (b'{"data": [{"index": 0, "embedding": [1e999]}]}', "none of the protocol|not JSON"),
        ({"choices": []}, "none of the protocol"),
        ([], "none of the protocol"),
    ],
)
async def test_what_holds_no_vectors_is_no_answer(body, said):
    async with ChatServer(lambda _: Reply(body=body)) as server:
        with pytest.raises(errors.ProtocolError, match=said):
            await model_of(server)(["a", "b"])


async def test_a_model_that_does_not_shorten_its_vectors_is_an_error_at_once():
    async with ChatServer(lambda _: [[1.0, 2.0]]) as server:
        with pytest.raises(errors.BadRequestError, match="2 numbers where dimensions=3"):
            await model_of(server, dimensions=3, retry=Retry(initial=0.0))("a")
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (400, "maximum context length is 8192 tokens", errors.ContextTooLongError),
        (400, "the input length exceeds the context length", errors.ContextTooLongError),
        (401, "no", errors.AuthenticationError),
        (404, "no such model", errors.UnknownModelError),
        (429, "slow down", errors.RateLimitedError),
        (500, "oh", errors.ServerError),
    ],
)
@pytest.mark.parametrize("provider", ["openai", "ollama", "gemini"])
async def test_failures_are_those_of_language_models(provider, status, text, kind):
    async with ChatServer(lambda _: Reply(status=status, body={"error": {"message": text}})) as server:
        with pytest.raises(kind) as caught:
            await model_of(server, provider)(["a", "b"])
    assert (caught.value.status, caught.value.model) == (status, f"{provider}/m")


async def test_one_batch_that_fails_ends_the_call_and_the_others():
    hanging = asyncio.Event()

    async def answer(body):
        if body["input"] == ["a"]:
            await hanging.wait()
            return Reply(status=400, body="no")
        hanging.set()
        return await asyncio.Event().wait()

    async with ChatServer(answer) as server:
        em = model_of(server, batch_size=1)
        with pytest.raises(errors.BadRequestError):
            await em(["a", "b", "c"])
        assert limiter_for(em._provider().account).in_flight == 0
        assert len(asyncio.all_tasks()) == 1 + len(server._tasks)
        await server.wait_until(lambda: not server.connections or server.connections == 1)


async def test_of_several_failures_the_first_in_order_is_raised():
    failed = [errors.ServerError(f"number {n}") for n in range(3)]
    em = FunctionEmbedding(failures=dict(enumerate(failed)), batch_size=1, retry=Retry(max_tries=1))
    with pytest.raises(errors.ServerError, match="number 0"):
        await em(["a", "b", "c"])


async def test_a_batch_that_fails_on_its_way_is_tried_again_alone():
    em = FunctionEmbedding(failures={1: errors.ServerError("no")}, batch_size=2)
    listener = add_hook(Listener())
    with scopes.entered(scopes.SampleScope(phase="train", epoch=0)) as place:
        await em(["a", "b", "c", "d", "e"])
    assert [request.texts for request in em.requests] == [("a", "b"), ("c", "d"), ("e",), ("c", "d")]
    assert [r.attempts for r in place.records] == [4]
    started, retried, ended = listener.events
    assert isinstance(started, EmbeddingModelCallStarted)
    assert (started.model, started.texts) == ("testing/embedding", ("a", "b", "c", "d", "e"))
    assert isinstance(retried, EmbeddingModelCallRetried)
    assert (retried.attempts, retried.error.args[0]) == (1, "no")
    assert isinstance(ended, EmbeddingModelCallEnded)
    assert (ended.dimensions, ended.record) == (64, place.records[0])


async def test_a_trace_has_the_texts_and_the_size_of_the_vectors():
    listener = add_hook(Listener())
    em = FunctionEmbedding(prices={"input": 1.0}, failures={1: errors.BadRequestError("no")})
    await em(["abcd", "e"])
    with pytest.raises(errors.BadRequestError):
        await em("a")
    good, bad = (dict(_attributes(*listener.events[n : n + 2], is_root=False)) for n in (0, 2))
    assert good["mlflow.spanType"] == "EMBEDDING"
    assert good["gen_ai.operation.name"] == "embeddings"
    assert (good["gen_ai.provider.name"], good["gen_ai.request.model"]) == ("testing", "embedding")
    assert (good["gen_ai.usage.input_tokens"], good["gen_ai.embeddings.dimension.count"]) == (3, 64)
    assert good["mlflow.spanInputs"] == '{"texts":["abcd","e"]}'
    assert good["mlflow.spanOutputs"] == '{"dimensions":64}'
    assert good["mlflow.llm.cost"] == '{"total_cost":3e-6}'
    assert _name(listener.events[0]) == "embeddings testing/embedding"
    assert "mlflow.spanOutputs" not in bad
    told = [LINES[type(event)].text(event) for event in listener.events]
    assert told[0] == "testing/embedding is asked for 2 vectors"
    assert told[1].startswith("testing/embedding gave vectors of 64 numbers; 3 tokens in, $0.000003 (")
    assert told[3].startswith("testing/embedding failed: BadRequestError: no (")


class Listener(Hook):
    def __init__(self):
        self.events = []

    def on_event(self, event):
        self.events.append(event)


async def test_a_call_leaves_one_record_with_the_tokens_of_all_its_requests():
    em = FunctionEmbedding(batch_size=1, prices={"input": 2.0}, failures={2: errors.BadRequestError("no")})
    with scopes.entered(scopes.SampleScope(phase="train", epoch=1, step=2, sample=3)) as place:
        with scopes.for_purpose("reward"):
            await em(["abcd", "efgh"])
        with pytest.raises(errors.BadRequestError):
            await em(["abcd", "efgh"])
    good, bad = place.records
    assert (good.model, good.purpose, good.phase, good.sample) == ("testing/embedding", "reward", "train", 3)
    assert (good.usage, good.cost, good.finish_reason) == (Usage(4), 8e-6, None)
    assert (bad.error, bad.attempts) == ("BadRequestError", 2)


def test_prices_of_well_known_models_and_ones_own():
    assert price_of("openai/text-embedding-3-small").cost(Usage(1_000_000)) == 20_000_000_000
    assert EmbeddingModel("openai/x", prices={"input": 1}).price.input == 1_000_000
    assert EmbeddingModel("ollama/x").price.input == 0
    assert EmbeddingModel("mistral/x").price is None
    for prices in ({"input": 1, "output": 2}, {}, 3.0, {"input": -1}):
        with pytest.raises(errors.ConfigurationError):
            EmbeddingModel("openai/x", prices=prices)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"batch_size": 0}, "batch_size must be an integer of at least 1"),
        ({"batch_size": 4096}, "takes at once: 2048"),
        ({"dimensions": 1.5}, "dimensions"),
        ({"timeout": -1}, "timeout"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"retry": 3}, "Retry"),
        ({"cache": 3}, "cache must be"),
        ({"api_base": "ftp://x"}, "api_base"),
        ({"api_key": "a b"}, "api_key"),
        ({"dimension": 3}, "Did you mean 'dimensions'"),
        ({"batchsize": 3}, "Did you mean 'batch_size'"),
        ({"input": "x"}, "'input' is not a parameter"),
        ({"user": object()}, "not JSON"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options, said):
    with pytest.raises(errors.ConfigurationError, match=said):
        EmbeddingModel("openai/x", **options)


@pytest.mark.parametrize("model", ["anthropic/x", "groq/x", "nobody/x"])
def test_a_provider_without_embeddings_is_refused(model):
    with pytest.raises(errors.UnknownNameError):
        EmbeddingModel(model)


def test_each_provider_of_embeddings_is_one_of_the_table():
    for provider in EMBEDDING_PROVIDERS:
        spec = embedding_spec(provider, f"{provider}/x")
        assert provider in PROVIDERS
        assert 0 < spec.usual <= spec.most


async def test_a_key_that_is_missing_is_an_error_before_the_call():
    em = EmbeddingModel("openai/text-embedding-3-small")
    with pytest.raises(errors.MissingAPIKeyError, match="OPENAI_API_KEY"):
        await em("a")


def test_a_configuration_makes_the_same_model_and_holds_no_key():
    em = EmbeddingModel(
        "openai/m", api_key=KEY, dimensions=3, batch_size=7, prices={"input": 1}, retry=Retry(3), user="me"
    )
    again = EmbeddingModel.from_config(em.get_config())
    assert again.get_config() == em.get_config() == pickle.loads(pickle.dumps(em)).get_config()
    assert copy.copy(em) is copy.deepcopy(em) is em
    shown = [repr(em), str(em.get_config()), str(vars(em)), pickle.dumps(em).decode("latin-1")]
    assert not [text for text in shown if KEY in text]


def test_models_are_found_by_name_and_by_default():
    assert embedding_models.get("ollama/x").model == "ollama/x"
    em = embedding_models.get({"model": "ollama/x", "dimensions": 3})
    assert embedding_models.get(em) is em
    with pytest.raises(errors.ConfigurationError, match="set_default_embedding_model"):
        embedding_models.get()
    synalinks.set_default_embedding_model("ollama/y")
    assert embedding_models.get().model == "ollama/y"
    synalinks.set_default_embedding_model(None)
    assert settings().embedding_model is None
    with pytest.raises(errors.ConfigurationError, match="not 3"):
        embedding_models.get(3)


def test_a_key_depends_on_all_that_vectors_do():
    base = EmbeddingRequest.of("p", "m", ("a", "b"), {})
    others = [
        EmbeddingRequest.of("q", "m", ("a", "b"), {}),
        EmbeddingRequest.of("p", "n", ("a", "b"), {}),
        EmbeddingRequest.of("p", "m", ("b", "a"), {}),
        EmbeddingRequest.of("p", "m", ("a", "b"), {"dimensions": 3}),
    ]
    assert len({request.key for request in (base, *others)}) == 5
    assert base.key == EmbeddingRequest.of("p", "m", ("a", "b"), {}).key
    assert not base.sampled
    assert base.answer_bound == 0


def test_vectors_come_back_from_json():
    found = Embeddings.of([[0.1, 1 / 3]], Usage(3), "m")
    assert Embeddings.from_json(found.to_json()) == found


async def test_the_last_calls_show_texts_and_not_vectors():
    class Search(synalinks.Module):
        def __init__(self, embedding_model, **options):
            super().__init__(**options)
            self.embedding_model = embedding_model

        async def call(self, inputs, training=False):
            await self.embedding_model([inputs.get("text"), "other\x1b"])
            return inputs

    class Text(synalinks.DataModel):
        text: str

    search = Search(FunctionEmbedding(user="me"))
    await search(Text(text="one\ntwo"))
    file = io.StringIO()
    search.inspect_history(file=file)
    lines = file.getvalue().splitlines()
    assert lines[0] == "=== testing/embedding, asked by search, for the program"
    assert lines[1:7] == [
        "--- text", "  one", "  two", "--- text", "  other\\u001b", "--- user='me'",
    ]  # fmt: skip
    assert lines[7] == "--- 2 vectors of 64 numbers"


async def test_a_function_gives_the_vectors_in_tests():
    async def fn(text):
        return [len(text), 1]

    em = FunctionEmbedding(fn, latency=0.001)
    assert await em(["a", "abc"]) == [[1.0, 1.0], [3.0, 1.0]]
    assert em.requests[0].texts == ("a", "abc")
    with pytest.raises(errors.ConfigurationError, match="dimensions"):
        FunctionEmbedding(dimensions=0)
    with pytest.raises(errors.ConfigurationError, match="cannot be loaded"):
        EmbeddingModel.from_config(em.get_config()).check()


async def test_hashed_words_are_near_where_words_are_shared():
    em = FunctionEmbedding(dimensions=256)
    a, b, c, empty = await em(["The cat sat.", "the CAT sat on it", "a wholly other thing", "…"])
    assert math.isclose(near(a, a), 1.0)
    assert near(a, b) > 0.7
    assert near(a, b) > near(a, c)
    assert len(empty) == 256
    assert await FunctionEmbedding(dimensions=256)("The cat sat.") == a
