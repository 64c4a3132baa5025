import asyncio
import threading

import pytest

import synalinks
from synalinks import errors
from synalinks.language_models import LanguageModel, Retry
from synalinks.language_models.embedded import _provider
from synalinks.language_models.embedded._model import Model

NUMBER = {
    "type": "object",
    "properties": {"answer": {"type": "number"}},
    "required": ["answer"],
    "additionalProperties": False,
}
MESSAGES = [
    {"role": "system", "content": "Solve the problem."},
    {"role": "user", "content": '{"problem":"3 + 4"}'},
    {"role": "assistant", "content": '{"answer":7.0}'},
    {"role": "user", "content": '{"problem":"12 + 7"}'},
]


def embedded(**options):
    return LanguageModel("embedded/arithmetic", **options)


@pytest.fixture
def alone(file, monkeypatch):
    """A model that has learnt nothing and was asked nothing yet."""
    model = Model(file(seed=3), "test.bin")
    monkeypatch.setattr("synalinks.language_models.embedded._provider.loaded", lambda name: model)
    return model


async def test_the_same_request_has_the_same_answer_at_temperature_0(untrained):
    assert (await embedded()(MESSAGES, NUMBER)).text == (await embedded()(MESSAGES, NUMBER)).text


async def test_the_seed_decides_what_is_drawn(untrained):
    async def draws(**params):
        lm = embedded(temperature=1.5, **params)
        return [(await lm(MESSAGES, {"type": "string"}, rollout=n)).text for n in range(4)]

    one = await draws(seed=1)
    assert one == await draws(seed=1)
    assert one != await draws(seed=2)
    assert len(set(one)) == 4
    assert await draws() != await draws()


async def test_the_answers_are_the_same_on_every_python(untrained):
    lm = embedded(temperature=1.0, seed=1)
    drawn = [(await lm(MESSAGES, NUMBER, rollout=n)).parsed["answer"] for n in range(4)]
    assert drawn == [761745.4, 90645.06, 761299, 94299]


async def test_calls_at_once_have_the_answers_of_calls_alone(untrained):
    asked = [[*MESSAGES[:-1], {"role": "user", "content": f'{{"problem":"{n} + 7"}}'}] for n in range(24)]
    lm = embedded()
    alone = [(await lm(messages, {"type": "string"})).text for messages in asked]
    together = await asyncio.gather(*(lm(messages, {"type": "string"}) for messages in asked))
    assert [response.text for response in together] == alone


async def test_what_calls_have_in_common_is_read_once(alone):
    lm, read = embedded(), []
    extend = alone.network.extend
    alone.network.extend = lambda memory, tokens: read.append(len(tokens)) or extend(memory, tokens)
    prefix = len(alone.prompt(MESSAGES).prefix)
    responses = await asyncio.gather(*(lm(MESSAGES, NUMBER, seed=n) for n in range(5)))
    assert read.count(prefix) == 1
    assert sorted(response.usage.cached_tokens for response in responses) == [0] + [prefix] * 4


async def test_the_oldest_prefix_is_forgotten(alone, monkeypatch):
    monkeypatch.setattr("synalinks.language_models.embedded._model._REMEMBERED", 50)
    lm = embedded()
    for text in ("a", "b" * 50, "a"):
        response = await lm([{"role": "system", "content": text}, MESSAGES[-1]], NUMBER)
    assert response.usage.cached_tokens == 0


async def test_usage_counts_tokens(untrained):
    usage = (await embedded()(MESSAGES, NUMBER)).usage
    prompt = untrained.prompt(MESSAGES)
    assert usage.input_tokens == len(prompt) == len(prompt.prefix) + len(prompt.rest)
    assert 0 < usage.output_tokens < 20


async def test_an_answer_without_a_schema_ends(untrained):
    response = await embedded()("hello")
    assert response.text
    assert response.finish_reason == "stop"
    assert response.usage.output_tokens <= 257


async def test_an_answer_without_a_schema_is_cut_where_asked(untrained):
    with pytest.raises(errors.TruncatedOutputError) as caught:
        await embedded()("hello", max_tokens=3)
    assert "after 3 tokens" in str(caught.value)


async def test_messages_that_do_not_fit_are_told(untrained):
    with pytest.raises(errors.ContextTooLongError, match="reads 512 at most"):
        await embedded()("é" * 300, NUMBER)
    assert (await embedded()("é" * 200, NUMBER)).parsed


async def test_pieces_of_a_stream_make_the_answer(untrained):
    stream = embedded().stream("hello")
    pieces = [piece async for piece in stream]
    assert len(pieces) > 1
    assert "".join(pieces) == (await stream.result()).text == (await embedded()("hello")).text


async def test_answers_come_on_other_threads(untrained, monkeypatch):
    threads = []
    answer = untrained.answer
    monkeypatch.setattr(
        untrained, "answer", lambda *a, **k: threads.append(threading.current_thread()) or answer(*a, **k)
    )
    await embedded()(MESSAGES, NUMBER)
    assert threads
    assert threading.main_thread() not in threads


async def test_several_answers_are_written_at_once(untrained, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    _provider._threads.cache_clear()
    both, answer = threading.Barrier(2), untrained.answer
    monkeypatch.setattr(untrained, "answer", lambda *a, **k: (both.wait(10), answer(*a, **k))[1])
    await asyncio.gather(*(embedded()(MESSAGES, NUMBER, seed=n) for n in range(2)))
    _provider._threads.cache_clear()


async def test_time_that_is_over_is_told(alone, monkeypatch):
    held = threading.Event()
    prompt = alone.prompt
    monkeypatch.setattr(alone, "prompt", lambda messages: held.wait(10) and prompt(messages))
    lm = embedded(timeout=0.05, retry=Retry(max_tries=1))
    with pytest.raises(errors.CallTimeoutError, match=r"arithmetic gave no complete answer within 0\.05 s"):
        await lm(MESSAGES, NUMBER)
    held.set()


async def test_who_stops_waiting_ends_the_answer(alone, monkeypatch):
    begun, told = threading.Event(), []
    extend = alone.network.extend

    def watched(memory, tokens):
        told.append(len(tokens))
        begun.set()
        return extend(memory, tokens)

    monkeypatch.setattr(alone.network, "extend", watched)
    call = asyncio.create_task(embedded()("x" * 400, {"type": "array", "minItems": 200}))
    await asyncio.to_thread(begun.wait)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert len(told) < 100


@pytest.mark.parametrize(
    ("options", "params", "argument"),
    [
        ({"presence_penalty": 1.0}, {}, "presence_penalty"),
        ({}, {"stop": ["x"]}, "stop"),
        ({}, {"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
    ],
)
async def test_what_the_model_does_not_know_is_refused(untrained, options, params, argument):
    with pytest.raises(errors.ConfigurationError) as caught:
        await embedded(**options)(MESSAGES, NUMBER, **params)
    assert caught.value.argument == argument


@pytest.mark.parametrize("name", ["embedded/arithmetics", "embedded/", "embeded/arithmetic"])
def test_a_name_that_is_not_there_is_told(name):
    with pytest.raises(errors.ConfigurationError, match="embedded"):
        LanguageModel(name)


def test_there_is_no_server():
    with pytest.raises(errors.ConfigurationError, match="has no server"):
        embedded(api_base="http://127.0.0.1:1")


async def test_nothing_is_probed_or_paid(untrained):
    lm = embedded()
    await lm.probe()
    assert lm.price.input == lm.price.output == 0


@pytest.mark.parametrize("missing", ["numpy", "llguidance", "threadpoolctl"])
def test_without_the_extra_the_model_says_what_to_install(monkeypatch, missing):
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    with pytest.raises(errors.MissingExtraError, match=r"pip install numpy llguidance threadpoolctl"):
        embedded().check()


async def test_a_program_runs_on_it(untrained):
    class Problem(synalinks.DataModel):
        """A problem."""

        problem: str

    class Answer(synalinks.DataModel):
        """An answer."""

        answer: float

    inputs = synalinks.Input(data_model=Problem)
    outputs = await synalinks.Generator(data_model=Answer, language_model="embedded/arithmetic")(inputs)
    program = synalinks.Program(inputs=inputs, outputs=outputs)
    answer = await program(Problem(problem="12 + 7"))
    assert isinstance(answer.get("answer"), int | float)
