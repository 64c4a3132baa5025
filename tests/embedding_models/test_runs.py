"""Calls of embedding models within a run: journal, budget, and the end of a run."""

import asyncio

import pytest

import synalinks
from synalinks import errors
from synalinks._internal.scope import SampleScope, entered
from synalinks.callbacks import Budget
from synalinks.embedding_models import EmbeddingModel, Embeddings
from synalinks.hooks import Usage
from synalinks.language_models._journal import journal
from synalinks.language_models._meter import Amount, meter
from synalinks.runs._journal import SqliteJournal
from synalinks.runs._rows import answer_in
from synalinks.testing import ChatServer, FunctionEmbedding


@pytest.fixture
def opened(tmp_path):
    journals = []

    def open_journal():
        for old in journals:
            old.close()
        journals[:] = [SqliteJournal(tmp_path / "journal.sqlite", generation=0)]
        return journals[0]

    yield open_journal
    for old in journals:
        old.close()


def test_vectors_survive_as_they_are():
    found = Embeddings.of([[0.1, -1 / 3, 1e-30], [1.0, 2.0, 3.0]], Usage(5), "m")
    assert answer_in(found.to_bytes()) == found


async def test_a_call_is_one_entry_of_the_journal(opened):
    em = FunctionEmbedding(batch_size=1)
    token = journal.set(opened())
    try:
        with entered(SampleScope("train", 0, 0, 0)):
            first = await em(["a", "b"])
        assert len(em.requests) == 2
        journal.set(resumed := opened())
        with entered(SampleScope("train", 0, 0, 0)) as place:
            assert await em(["a", "b"]) == first
            assert len(em.requests) == 2
            await em(["b", "a"])
        assert resumed.replayed == 1
        assert [(r.replayed, r.usage) for r in place.records] == [(True, Usage(2)), (False, Usage(2))]
    finally:
        journal.reset(token)


class Search(synalinks.Module):
    """Answers with the nearest of three texts."""

    def __init__(self, embedding_model, **options):
        super().__init__(**options)
        self.embedding_model = embedding_model
        self.note = self.add_variable("x", name="note")

    async def call(self, inputs: "Text", training=False) -> "Text":
        await self.embedding_model([inputs.get("text"), "one", "two"])
        return inputs


class Text(synalinks.DataModel):
    text: str


async def program_of(em):
    inputs = synalinks.Input(data_model=Text)
    program = synalinks.Program(inputs=inputs, outputs=await Search(em)(inputs))
    program.compile(optimizer=Nothing(), reward="exact_match")
    return program


class Nothing(synalinks.optimizers.Optimizer):
    async def step(self, context):
        pass


async def test_a_budget_bounds_embeddings_too():
    em = FunctionEmbedding(prices={"input": 1.0})
    program = await program_of(em)
    data = [Text(text=f"number {n}") for n in range(8)]
    history = await program.fit(
        data, data, verbose=0, batch_size=1, callbacks=[budget := Budget(max_calls=3)]
    )
    assert history.stopped_by == "budget"
    assert len(em.requests) == budget.calls == 3
    history = await program.fit(data, data, verbose=0, callbacks=[budget := Budget(max_cost=1.0)])
    assert history.stopped_by is None
    assert 0 < budget.cost < 1e-3


async def test_a_budget_of_money_needs_the_price_before_the_first_call():
    program = await program_of(EmbeddingModel("mistral/m", api_key="k", api_base="http://127.0.0.1:9"))
    data = [Text(text="a")]
    with pytest.raises(errors.ConfigurationError, match="price of 'mistral/m'"):
        await program.fit(data, data, verbose=0, callbacks=[Budget(max_cost=1.0)])


async def test_a_missing_key_and_a_missing_server_are_errors_before_the_first_call():
    data = [Text(text="a")]
    with pytest.raises(errors.MissingAPIKeyError):
        await (await program_of(EmbeddingModel("mistral/m"))).predict(data, verbose=0)
    program = await program_of(EmbeddingModel("ollama/m", api_base="http://127.0.0.1:9"))
    with pytest.raises(errors.ConfigurationError, match="Nothing listens"):
        await program.fit(data, data, verbose=0)


async def test_what_was_reserved_is_given_back_when_a_batch_fails():
    counted = []

    class Meter:
        def check(self, model, price, bound):
            assert bound == 0

        async def reserve(self, most, *, wait):
            counted.append(most)

        def settle(self, reserved, spent):
            counted.append(spent - reserved)

        def lose(self, reserved):
            counted.append(Amount())

        def replay(self, spent): ...

    em = FunctionEmbedding(failures={1: errors.BadRequestError("no")}, batch_size=1)
    token = meter.set(Meter())
    try:
        with pytest.raises(errors.BadRequestError):
            await em(["aaa", "bbb", "ccc"])
    finally:
        meter.reset(token)
    total = sum(counted, Amount())
    assert (total.calls, total.cost) == (2, 0)


async def test_a_program_with_an_embedding_model_is_saved_and_loaded(tmp_path):
    synalinks.register_serializable()(Search)
    program = await program_of(EmbeddingModel("ollama/m", api_base="http://127.0.0.1:9", dimensions=3))
    program.save(tmp_path / "p.json")
    loaded = synalinks.Program.load(tmp_path / "p.json")
    assert loaded.get_module("search").embedding_model.get_config()["dimensions"] == 3
    clone = program.clone()
    assert clone.get_module("search").embedding_model is program.get_module("search").embedding_model


async def test_all_vectors_of_a_large_call_come(monkeypatch):
    async with ChatServer(lambda _: None) as server:
        em = EmbeddingModel("vllm/m", api_base=server.url)
        vectors = await asyncio.wait_for(em([f"text {n}" for n in range(1000)]), 60)
    assert len(vectors) == 1000
    assert len(server.requests) == 8
