"""`predict` on many samples whose answers take a while, beside the bare client."""

from __future__ import annotations

import asyncio
from functools import partial

from benchmarks._clients import BareClient, http_model, make_program, questions, request_body
from benchmarks._figures import Figure
from benchmarks._load import in_flight
from benchmarks._measure import pairs, typical
from benchmarks._server import served

SAMPLES, IN_FLIGHT, LATENCY = 10_000, 1_000, 0.1


async def _measure(url: str) -> list[Figure]:
    program = await make_program(http_model(url, max_concurrency=IN_FLIGHT))
    xs = questions(SAMPLES)

    async def ours(count: int) -> None:
        await program.predict(xs[:count], verbose=0, max_concurrency=IN_FLIGHT)

    async with BareClient(url, await request_body()) as client:
        bare = partial(in_flight, client.call, limit=IN_FLIGHT)
        costs = await pairs(ours, bare, SAMPLES, rounds=3)
    return [
        Figure("samples of predict", typical(costs.ours, lambda c: c.rate), "per s"),
        Figure("bare POSTs", typical(costs.bare, lambda c: c.rate), "per s"),
        Figure("throughput, times the bare client's", costs.ratio(lambda c: c.rate), at_least=0.5),
        Figure("CPU of a sample, times the bare client's", costs.ratio(lambda c: c.cpu_us), at_most=2.0),
    ]


def measure() -> list[Figure]:
    """Return the figures of a prediction."""
    with served(LATENCY) as url:
        return asyncio.run(_measure(url))
