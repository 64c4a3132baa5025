"""A call over loopback HTTP beside a bare POST of the same body."""

from __future__ import annotations

import asyncio
from functools import partial

from benchmarks._clients import BareClient, http_model, make_program, questions, request_body
from benchmarks._figures import Figure
from benchmarks._load import in_flight, one_by_one, paced
from benchmarks._measure import Pairs, pairs, typical
from benchmarks._server import served, server_costs

CALLS = 1_500
SATURATED_CALLS, IN_FLIGHT = 4_000, 64
PER_SECOND, SECONDS = 1_000, 2


async def _measure(url: str) -> list[Figure]:
    program = await make_program(http_model(url, max_concurrency=IN_FLIGHT))
    ours = partial(program.get_module("generator"), questions(1)[0].to_json_data_model())
    async with BareClient(url, await request_body()) as client:
        bare = client.call
        alone = await pairs(partial(one_by_one, ours), partial(one_by_one, bare), CALLS)
        saturated = await pairs(
            partial(in_flight, ours, limit=IN_FLIGHT),
            partial(in_flight, bare, limit=IN_FLIGHT),
            SATURATED_CALLS,
        )
        steady = await pairs(
            partial(paced, ours, per_second=PER_SECOND),
            partial(paced, bare, per_second=PER_SECOND),
            PER_SECOND * SECONDS,
        )
    return [*_alone(alone), *_saturated(saturated), *_steady(steady)]


def _alone(costs: Pairs) -> list[Figure]:
    return [
        Figure("Generator call, CPU", typical(costs.ours, lambda c: c.cpu_us), "µs"),
        Figure("bare POST, CPU", typical(costs.bare, lambda c: c.cpu_us), "µs"),
        Figure("CPU of a call, times the bare client's", costs.ratio(lambda c: c.cpu_us), at_most=2.0),
        Figure("Generator call, time", typical(costs.ours, lambda c: c.wall_us), "µs"),
        Figure("bare POST, time", typical(costs.bare, lambda c: c.wall_us), "µs"),
    ]


def _saturated(costs: Pairs) -> list[Figure]:
    return [
        Figure(f"Generator calls, {IN_FLIGHT} in flight", typical(costs.ours, lambda c: c.rate), "per s"),
        Figure(f"bare POSTs, {IN_FLIGHT} in flight", typical(costs.bare, lambda c: c.rate), "per s"),
        Figure("throughput, times the bare client's", costs.ratio(lambda c: c.rate), at_least=0.5),
        Figure("share of a core that our client uses", typical(costs.ours, lambda c: c.busy)),
        Figure("share of a core that the bare client uses", typical(costs.bare, lambda c: c.busy)),
        Figure("CPU of the server per call, without its socket", server_costs(), "µs"),
    ]


def _steady(costs: Pairs) -> list[Figure]:
    pace = f"paced at {PER_SECOND:,} a second"
    return [
        Figure(f"Generator calls {pace}", typical(costs.ours, lambda c: c.rate), "per s"),
        Figure("throughput, times the bare client's", costs.ratio(lambda c: c.rate), at_least=0.95),
    ]


def measure() -> list[Figure]:
    """Return the figures of calls over HTTP."""
    with served() as url:
        return asyncio.run(_measure(url))
