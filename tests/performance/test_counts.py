"""What a call costs, counted and not timed: schemas, serialisations, tasks, samples drawn ahead.

Figures are those of the steady state: a first run has built and compiled what every later one uses.
"""

import asyncio
import sys
from collections import Counter
from contextlib import contextmanager

import jsonschema_rs
import orjson
import pytest
from pydantic.json_schema import GenerateJsonSchema

import synalinks
from synalinks import JsonDataModel
from synalinks.data import Operation
from synalinks.language_models import OutputSchema
from synalinks.optimizers import Optimizer
from synalinks.testing import ChatServer, FunctionModel
from tests.support.arithmetic import Answer, Problem, data, solve

LIMIT = 8
BATCH = 16
VERBS = ("predict", "evaluate", "fit")


class Idle(Optimizer):
    """Changes nothing."""

    async def step(self, context):
        """Do nothing."""


async def make_program(model):
    """A program with what may cost something per call: examples, masks, concatenation, metrics."""
    example = (Problem(problem="1+1"), Answer(answer=2))
    x = synalinks.Input(data_model=Problem)
    answered = await synalinks.Generator(
        data_model=Answer, language_model=model, examples=[example], return_inputs=True
    )(x)
    program = synalinks.Program(inputs=x, outputs=answered.out_mask(mask=["problem"]))
    reward = synalinks.rewards.ExactMatch(in_mask=["answer"])
    program.compile(optimizer=Idle(), reward=reward, metrics=[lambda y_true, y_pred: 1.0])
    return program


async def run(program, verb, count, **options):
    """Run a verb on `count` samples in batches of 16, 8 at a time."""
    x, y = data(count)
    given = (x,) if verb == "predict" else (x, y)
    options = {"verbose": 0, "batch_size": BATCH, "max_concurrency": LIMIT, **options}
    return await getattr(program, verb)(*given, **options)


def text_of(problem):
    return '{"answer": %s}' % solve(problem)  # noqa: UP031 - braces


def answer_to(body_or_request):
    """Answer without a serialisation of our own."""
    messages = getattr(body_or_request, "messages", None) or body_or_request["messages"]
    return text_of(orjson.loads(messages[-1]["content"])["problem"])


@contextmanager
def counted(monkeypatch):
    """Count schema work by what does it, and serialisations by the module that asks for them."""
    schemas, dumps = Counter(), Counter()

    def counting(owner, name, counter=schemas):
        original = getattr(owner, name)

        def wrapper(*args, **kwargs):
            counter[sys._getframe(1).f_globals["__name__"] if counter is dumps else name] += 1
            return original(*args, **kwargs)

        patch.setattr(owner, name, wrapper)

    with monkeypatch.context() as patch:
        counting(GenerateJsonSchema, "generate")
        counting(jsonschema_rs, "Draft202012Validator")
        counting(Operation, "_make_plan")
        counting(OutputSchema, "__init__")
        counting(orjson, "dumps", dumps)
        yield schemas, dumps


@contextmanager
def tasks_counted():
    """Count the tasks that are made on the running loop."""
    made = []
    loop = asyncio.get_running_loop()

    def factory(loop, coro, **options):
        made.append(coro.__qualname__)
        return asyncio.Task(coro, loop=loop, **options)

    loop.set_task_factory(factory)
    try:
        yield made
    finally:
        loop.set_task_factory(None)


def test_the_counters_count(monkeypatch):
    with counted(monkeypatch) as (schemas, dumps):
        synalinks.data.validator({"type": "object"})
        left, right = ({"type": "object", "properties": {key: {}}} for key in "ab")
        JsonDataModel.trusted(left, {"a": 1}) + JsonDataModel.trusted(right, {"b": 1})
        OutputSchema({"type": "object"})

        class Fresh(synalinks.DataModel):
            field: int

        Fresh.get_schema()
        orjson.dumps(1)
    assert set(schemas) == {"generate", "Draft202012Validator", "_make_plan", "__init__"}
    assert dumps[__name__] == 1


SET_UP = 8
"""Most hashes of a fit that do not grow with it: of the variables it begins with, of seeds."""


def check(dumps, calls, *, trained=0, steps=0):
    """Check the serialisations of `calls` calls, `trained` of them in training.

    Each call serialises its input once. A training sample is hashed besides, as the archive keeps scores
    per sample, and so is the seed of each step.
    """
    hashes = dumps.pop("synalinks._internal.canonical", 0)
    assert dumps == {"synalinks.modules._rendering": calls}
    assert trained + steps <= hashes <= trained + steps + (SET_UP if trained else 0)


TRAINED = {"trained": 3 * BATCH, "steps": 3}


@pytest.mark.parametrize("verb", VERBS)
async def test_a_call_builds_no_schema_and_serialises_its_input_once(verb, monkeypatch):
    program = await make_program(FunctionModel(answer_to))
    await run(program, verb, 3)
    with counted(monkeypatch) as (schemas, dumps):
        await run(program, verb, 3 * BATCH)
    assert not schemas
    check(dumps, 3 * BATCH, **(TRAINED if verb == "fit" else {}))


@pytest.mark.parametrize("verb", VERBS)
async def test_over_http_the_request_is_serialised_once_more(verb, monkeypatch):
    async with ChatServer(answer_to) as server:
        program = await make_program(synalinks.LanguageModel("vllm/m", api_base=server.url))
        await run(program, verb, 3)
        with counted(monkeypatch) as (schemas, dumps):
            await run(program, verb, 3 * BATCH)
    del dumps["synalinks.testing._replies"]  # the server's own
    assert not schemas
    assert dumps.pop("synalinks.language_models.providers._http_provider") == 3 * BATCH
    check(dumps, 3 * BATCH, **(TRAINED if verb == "fit" else {}))


async def test_rows_that_are_plain_dicts_build_no_schema_either(monkeypatch):
    program = await make_program(FunctionModel(answer_to))

    def rows(count):
        x, y = data(count)
        return [row.get_json() for row in x], [row.get_json() for row in y]

    await program.evaluate(*rows(3), verbose=0)
    with counted(monkeypatch) as (schemas, _):
        await program.evaluate(*rows(50), verbose=0)
    assert not schemas


async def test_validation_builds_no_schema(monkeypatch):
    program = await make_program(FunctionModel(answer_to))
    await run(program, "fit", 8, validation_split=0.5)
    with counted(monkeypatch) as (schemas, dumps):
        await run(program, "fit", 4 * BATCH, validation_split=0.5, epochs=2)
    assert not schemas
    check(dumps, 2 * 4 * BATCH, trained=4 * BATCH, steps=4)


async def switching(request):
    """Give way once, as a call over a network does, so that others start meanwhile."""
    await asyncio.sleep(0)
    return answer_to(request)


@pytest.mark.parametrize("verb", ["predict", "evaluate"])
@pytest.mark.parametrize("count", [3 * BATCH, 12 * BATCH])
async def test_tasks_are_as_many_as_samples_in_flight_however_many_samples_there_are(verb, count):
    program = await make_program(FunctionModel(switching))
    with tasks_counted() as tasks:
        await run(program, verb, count)
    assert len(tasks) == LIMIT


@pytest.mark.parametrize("batches", [3, 12])
async def test_fit_makes_them_anew_in_each_batch_and_in_each_validation(batches):
    program = await make_program(FunctionModel(switching))
    held_out = data(5 * BATCH)
    with tasks_counted() as tasks:
        await run(program, "fit", batches * BATCH, validation_data=held_out)
    assert len(tasks) <= (batches + 1) * LIMIT


async def test_a_call_that_never_waits_needs_no_tasks_of_its_own():
    program = await make_program(FunctionModel(answer_to))
    with tasks_counted() as tasks:
        await run(program, "predict", 100)
    assert len(tasks) <= 2


@pytest.mark.parametrize("verb", ["predict", "evaluate"])
@pytest.mark.parametrize("batch_size", [1, 5, 1000])
async def test_no_more_samples_are_drawn_than_may_be_in_flight(verb, batch_size):
    count = 40
    drawn, answered, ahead = [], [], []

    async def stream():
        for x, y in zip(*data(count), strict=True):
            drawn.append(x)
            ahead.append(len(drawn) - len(answered))
            yield x if verb == "predict" else (x, y)

    async def answer(request):
        await full.wait()  # nothing comes back before as many are in flight as may be
        await asyncio.sleep(0)
        answered.append(request)
        return answer_to(request)

    def arrived(request):
        if len(model.requests) == LIMIT:
            full.set()

    full = asyncio.Event()
    model = FunctionModel(answer, failures=arrived, max_concurrency=2 * LIMIT)
    program = await make_program(model)
    options = {"verbose": 0, "batch_size": batch_size, "max_concurrency": LIMIT}
    async with asyncio.timeout(20):  # so that calls that are never made fail the test, and do not hang it
        task = asyncio.create_task(getattr(program, verb)(stream, **options))
        await full.wait()
        assert len(drawn) == LIMIT
        await task
    assert max(ahead) == LIMIT
    assert len(drawn) == len(answered) == count
