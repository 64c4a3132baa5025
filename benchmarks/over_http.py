"""A call over loopback HTTP beside a bare POST of the same body, and beside other clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from functools import partial

import orjson

from benchmarks._clients import BareClient, http_model, make_program, questions, request_body
from benchmarks._figures import Figure
from benchmarks._load import Call, in_flight, one_by_one, paced
from benchmarks._measure import Cost, Work, pairs, ratio, turns, typical
from benchmarks._others import others
from benchmarks._server import Address, served

CALLS, SATURATED_CALLS, IN_FLIGHT = 1_500, 4_000, 1_000
CALLS_OF_OTHERS, SATURATED_CALLS_OF_OTHERS = 200, 1_000
PER_SECOND, SECONDS = 1_000, 2

OURS, BARE = "Generator call", "bare POST"

Costs = Mapping[str, list[Cost]]


async def _measure(url: Address) -> list[Figure]:
    program = await make_program(http_model(url, max_concurrency=IN_FLIGHT))
    ours = partial(program.get_module("generator"), questions(1)[0].to_json_data_model())
    body = await request_body()
    async with AsyncExitStack() as stack:
        bare = (await stack.enter_async_context(BareClient(url, body))).call
        clients = await others(stack, url, orjson.loads(body))
        alone = await turns(_works(ours, bare, clients, saturated=False), server=url.cpu)
        saturated = await turns(_works(ours, bare, clients, saturated=True), server=url.cpu)
        steady = await pairs(
            partial(paced, ours, per_second=PER_SECOND),
            partial(paced, bare, per_second=PER_SECOND),
            PER_SECOND * SECONDS,
        )
    pace = f"paced at {PER_SECOND:,} a second"
    return [
        *_alone(alone),
        *_saturated(saturated),
        Figure(f"{OURS}s {pace}", typical(steady.ours, lambda c: c.rate), "per s"),
        Figure("throughput, times the bare client's", steady.ratio(lambda c: c.rate), at_least=0.95),
    ]


def _works(
    ours: Call, bare: Call, clients: Mapping[str, Call], *, saturated: bool
) -> dict[str, tuple[Work, int]]:
    def work(call: Call) -> Work:
        return partial(in_flight, call, limit=IN_FLIGHT) if saturated else partial(one_by_one, call)

    calls = SATURATED_CALLS if saturated else CALLS
    few = SATURATED_CALLS_OF_OTHERS if saturated else CALLS_OF_OTHERS
    found = {OURS: (work(ours), calls), BARE: (work(bare), calls)}
    return found | {name: (work(call), few) for name, call in clients.items()}


def _alone(costs: Costs) -> Iterator[Figure]:
    for name, measured in costs.items():
        yield Figure(f"{name}, CPU", typical(measured, lambda c: c.cpu_us), "µs")
    for name, measured in costs.items():
        if name != BARE:
            times = ratio(measured, costs[BARE], lambda c: c.cpu_us)
            yield Figure(f"CPU of a {name}, times the bare one", times, at_most=2.0 if name == OURS else None)
    yield Figure(f"{OURS}, time", typical(costs[OURS], lambda c: c.wall_us), "µs")
    yield Figure(f"{BARE}, time", typical(costs[BARE], lambda c: c.wall_us), "µs")


def _saturated(costs: Costs) -> Iterator[Figure]:
    for name, measured in costs.items():
        yield Figure(f"{name}s, {IN_FLIGHT:,} in flight", typical(measured, lambda c: c.rate), "per s")
    for name, measured in costs.items():
        if name != BARE:
            times = ratio(measured, costs[BARE], lambda c: c.rate)
            least = 0.5 if name == OURS else None
            yield Figure(f"throughput of {name}s, times the bare one", times, at_least=least)
    for name, measured in costs.items():
        yield Figure(f"share of a core that {name}s use", typical(measured, lambda c: c.busy))
    server = typical(costs[OURS], lambda c: c.server / c.calls * 1e6)
    yield Figure("CPU of the server per call, its socket included", server, "µs")


def measure() -> list[Figure]:
    """Return the figures of calls over HTTP."""
    with served() as url:
        return asyncio.run(_measure(url))
