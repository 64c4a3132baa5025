"""Our own share of a call: a model that answers in the process, so that nothing else is measured."""

from __future__ import annotations

import asyncio
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._clients import Answer, make_program, questions
from benchmarks._figures import Figure
from benchmarks._load import one_by_one
from benchmarks._measure import repeated, typical
from benchmarks._server import ANSWER
from synalinks import optimizers
from synalinks.language_models import FileCache, MemoryCache
from synalinks.testing import FunctionModel

CALLS = 4_000


class Idle(optimizers.Optimizer):
    """Changes nothing."""

    async def step(self, context: Any) -> None:
        """Do nothing."""


async def _hits() -> list[Figure]:
    """What an answer costs that a cache has: 2 kB of text, as is usual."""
    figures = []
    with TemporaryDirectory() as folder:
        for name, cache in (("memory", MemoryCache()), ("a file", FileCache(f"{folder}/cache"))):
            model = FunctionModel(lambda _: "word " * 400, cache=cache, temperature=0)
            await model("question")
            assert len(cache) == 1
            costs = await repeated(partial(one_by_one, partial(model, "question")), CALLS)
            assert len(model.requests) == 1
            figures.append(
                Figure(
                    f"answer from a cache in {name}, CPU",
                    typical(costs, lambda c: c.cpu_us),
                    "µs",
                    at_most=50,
                )
            )
        cache.close()
    return figures


async def _measure() -> list[Figure]:
    model = FunctionModel(lambda _: ANSWER)
    program = await make_program(model)
    generator, x = program.get_module("generator"), questions(1)[0].to_json_data_model()
    xs, ys = questions(CALLS), [Answer(reasoning="", answer=2.0)] * CALLS
    program.compile(optimizer=Idle(), reward="exact_match")

    async def calls(count: int) -> None:
        await one_by_one(partial(generator, x), count)
        model.requests.clear()

    async def predict(count: int) -> None:
        await program.predict(xs[:count], verbose=0)
        model.requests.clear()

    async def evaluate(count: int) -> None:
        await program.evaluate(xs[:count], ys[:count], verbose=0)
        model.requests.clear()

    async def fit(count: int) -> None:
        await program.fit(xs[:count], ys[:count], verbose=0)
        model.requests.clear()

    call = await repeated(calls, CALLS)
    figures = [
        Figure("Generator call, CPU", typical(call, lambda c: c.cpu_us), "µs", at_most=150),
        Figure("Generator call, time", typical(call, lambda c: c.wall_us), "µs"),
    ]
    for name, work in (("predict", predict), ("evaluate", evaluate), ("fit", fit)):
        costs = await repeated(work, CALLS)
        figures.append(Figure(f"sample of {name}, CPU", typical(costs, lambda c: c.cpu_us), "µs"))
    return [*figures, *await _hits()]


def measure() -> list[Figure]:
    """Return the figures of calls in the process."""
    return asyncio.run(_measure())
