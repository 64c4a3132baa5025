"""What events cost: where nobody listens, and where somebody does."""

from __future__ import annotations

import asyncio
from functools import partial

from benchmarks._clients import make_program, questions
from benchmarks._figures import Figure
from benchmarks._load import one_by_one
from benchmarks._measure import Work, pairs, repeated, typical
from benchmarks._server import ANSWER
from synalinks.hooks import (
    Event,
    Hook,
    LanguageModelCallRetried,
    RewardEnded,
    RewardStarted,
    emit,
    observed,
)
from synalinks.testing import FunctionModel

EVENTS = 200_000
CALLS = 4_000


class Ears(Hook):
    """Hears everything and does nothing about it."""

    def on_event(self, event: Event) -> None:
        """Do nothing."""


async def _paired(count: int) -> None:
    for _ in range(count // 2):
        with observed(RewardStarted, RewardEnded, reward="r") as span:
            span.result(score=1.0)


async def _single(count: int) -> None:
    for _ in range(count):
        emit(LanguageModelCallRetried, model="m", attempts=1, wait=1.0, reason="r")


async def _calls(*, heard: bool) -> Work:
    model = FunctionModel(lambda _: ANSWER)
    program = await make_program(model)
    generator, x = program.get_module("generator"), questions(1)[0].to_json_data_model()
    if heard:
        generator.add_hook(Ears())

    async def calls(count: int) -> None:
        await one_by_one(partial(generator, x), count)
        model.requests.clear()

    return calls


async def _measure() -> list[Figure]:
    silent = [typical(await repeated(work, EVENTS), lambda c: c.cpu_us) for work in (_paired, _single)]
    both = await pairs(await _calls(heard=True), await _calls(heard=False), CALLS)
    more = typical(both.ours, lambda c: c.cpu_us) - typical(both.bare, lambda c: c.cpu_us)
    return [
        Figure("event of a pair that nobody hears, CPU", silent[0], "µs", at_most=1),
        Figure("event of its own that nobody hears, CPU", silent[1], "µs", at_most=1),
        Figure("the 4 events of a Generator call that a hook hears, CPU", more, "µs"),
    ]


def measure() -> list[Figure]:
    """Return the figures of events."""
    return asyncio.run(_measure())
