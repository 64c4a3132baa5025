"""A call that a cache answers."""

from __future__ import annotations

import asyncio
import tempfile
from functools import partial
from pathlib import Path

from benchmarks._clients import Answer, make_program, questions
from benchmarks._figures import Figure
from benchmarks._load import one_by_one
from benchmarks._measure import repeated, typical
from benchmarks._server import ANSWER
from synalinks.testing import FunctionEmbedding, FunctionModel

CALLS = 4_000


async def _measure(folder: Path) -> list[Figure]:
    figures = []
    for name, cache in (("in memory", "memory"), ("in a file", folder / "answers.sqlite")):
        model = FunctionModel(lambda _: ANSWER, cache=cache, temperature=0)
        generator = (await make_program(model)).get_module("generator")
        messages = generator.render(questions(1)[0])
        hit = await repeated(partial(one_by_one, partial(model, messages, Answer)), CALLS)
        assert len(model.requests) == 1
        figures.append(
            Figure(f"call answered {name}, CPU", typical(hit, lambda c: c.cpu_us), "µs", at_most=50)
        )
        embedding = FunctionEmbedding(dimensions=1536, cache=cache)
        texts = [f"A text of some words, number {n}." for n in range(100)]
        hits = await repeated(partial(one_by_one, partial(embedding, texts)), CALLS // 100)
        assert len(embedding.requests) == 1
        figures.append(
            Figure(f"vector of 1,536 numbers {name}, CPU", typical(hits, lambda c: c.cpu_us) / 100, "µs")
        )
    return figures


def measure() -> list[Figure]:
    """Return the figures of calls that a cache answers."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))
