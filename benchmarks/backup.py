"""What it costs that nothing is lost: the journal for each call, and the backup after an epoch."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._clients import EXAMPLES, INSTRUCTIONS, Answer, make_program, questions
from benchmarks._figures import Figure
from benchmarks._measure import pairs
from benchmarks._server import ANSWER
from synalinks import optimizers
from synalinks._internal.plain import plain
from synalinks._internal.scope import SampleScope, entered
from synalinks.callbacks import BackupAndRestore
from synalinks.language_models._journal import journal
from synalinks.runs import SqliteJournal
from synalinks.testing import FunctionModel
from synalinks.training._loop import Training

CALLS = 4_000
IN_FLIGHT = 64
SPREAD = 8
"""Turns of the event loop over which answers that were asked for together arrive."""

SAMPLES, POPULATION, EPOCHS = 1_000, 50, 5


async def _journal_cost(directory: Path) -> list[Figure]:
    """Return the difference between calls with and without a journal, in alternating pairs."""
    numbers = itertools.count()

    async def answer(request: Any) -> str:
        for _ in range(next(numbers) % SPREAD):
            await asyncio.sleep(0)
        return ANSWER

    model = FunctionModel(answer)
    program = await make_program(model)
    generator, x = program.get_module("generator"), questions(1)[0].to_json_data_model()

    async def calls(count: int) -> None:
        left = iter(range(count))

        async def work() -> None:
            for sample in left:
                with entered(SampleScope(phase="train", epoch=0, step=0, sample=sample)):
                    await generator(x)

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
        model.requests.clear()

    async def journaled(count: int) -> None:
        (folder := directory / f"journal {next(numbers)}").mkdir()
        kept = SqliteJournal(folder / "journal.sqlite", generation=0)
        token = journal.set(kept)
        try:
            await calls(count)
        finally:
            journal.reset(token)
            kept.close()

    costs = await pairs(journaled, calls, CALLS)
    differences = [ours.cpu_us - bare.cpu_us for ours, bare in zip(costs.ours, costs.bare, strict=True)]
    return [
        Figure(f"journal, {IN_FLIGHT} calls in flight: CPU per call", median(differences), "µs", at_most=60)
    ]


class _Population(optimizers.Optimizer):
    """Has the state of a search over a population that was scored on every sample."""

    async def step(self, context: Any) -> None:
        """Do nothing."""

    def state_dict(self) -> dict[str, Any]:
        examples = [{"inputs": plain(x), "outputs": plain(y)} for x, y in EXAMPLES]
        assignment = {"generator/instruction": INSTRUCTIONS, "generator/examples": examples}
        candidates = [
            {
                "id": number,
                "assignment": assignment,
                "parents": [number - 1],
                "scores": [n % 10 / 10 for n in range(SAMPLES)],
            }
            for number in range(POPULATION)
        ]
        return {"candidates": candidates}


@contextmanager
def _timed(seconds: list[float]) -> Iterator[None]:
    """Note how long each backup takes."""
    commit = Training._commit

    def timed(training: Training) -> None:
        began = time.perf_counter()
        commit(training)
        seconds.append(time.perf_counter() - began)

    Training._commit = timed  # type: ignore[method-assign] - for the time of the measurement
    try:
        yield
    finally:
        Training._commit = commit  # type: ignore[method-assign] - likewise


async def _backup_cost(directory: Path) -> list[Figure]:
    """Return how long a backup takes after an epoch."""
    program = await make_program(FunctionModel(lambda _: ANSWER))
    program.compile(optimizer=_Population(), reward="exact_match")
    xs, ys = questions(SAMPLES), [Answer(reasoning="", answer=2.0)] * SAMPLES
    seconds: list[float] = []
    with _timed(seconds):
        await program.fit(
            xs, ys, epochs=EPOCHS, verbose=0, callbacks=[BackupAndRestore(directory / "backup")]
        )
    name = f"backup after an epoch of {SAMPLES:,} samples, {POPULATION} candidates"
    return [Figure(name, median(seconds[1:]) * 1000, "ms", at_most=20)]


def measure() -> list[Figure]:
    """Return the figures of journal and backup."""
    with TemporaryDirectory() as scratch:
        return [
            *asyncio.run(_journal_cost(Path(scratch))),
            *asyncio.run(_backup_cost(Path(scratch))),
        ]
