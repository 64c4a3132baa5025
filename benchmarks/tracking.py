"""What logging to MLflow costs: trainings bound by their model's latency, with a real server beside them."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from tests.support.tracking import MISSING, TrackingServer

from benchmarks._clients import Answer, make_program, questions
from benchmarks._figures import Figure
from benchmarks._load import in_flight
from benchmarks._server import ANSWER
from benchmarks.in_process import Idle
from synalinks.callbacks import Callback, Monitor
from synalinks.testing import FunctionModel

LATENCY, IN_FLIGHT = 0.1, 50
PER_SECOND = round(IN_FLIGHT / LATENCY)
EPOCHS, SAMPLES = 4, 500
ROUNDS = 3
SPANS = ("sample", "program", "generator", "chat", "reward")
"""What a call is traced as, also with MLflow's own client."""


class Clock(Callback):
    """Takes the time from the start of a training to the end of its last epoch."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Start."""
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note the time."""
        self.took = time.perf_counter() - self.began


async def _rate(*callbacks: Callback) -> float:
    """Return the calls per second of a training."""
    program = await make_program(FunctionModel(lambda _: ANSWER, latency=LATENCY))
    program.compile(optimizer=Idle(), reward="exact_match")
    xs, ys = questions(SAMPLES), [Answer(reasoning="", answer=2.0)] * SAMPLES
    clock = Clock()
    options = {"epochs": EPOCHS, "batch_size": SAMPLES, "max_concurrency": IN_FLIGHT, "verbose": 0}
    await program.fit(xs, ys, callbacks=[clock, *callbacks], **options)
    return EPOCHS * SAMPLES / clock.took


async def _client_rate(*, traced: bool) -> float:
    """Return the rate of calls that do nothing else, traced by MLflow's own client or not."""
    import mlflow

    async def call() -> None:
        with ExitStack() as stack:
            for name in SPANS if traced else ():
                span = stack.enter_context(mlflow.start_span(name))
                span.set_inputs({"question": "What is 1 + 1?"})
                span.set_outputs(ANSWER)
            await asyncio.sleep(LATENCY)

    began = time.perf_counter()
    await in_flight(call, EPOCHS * SAMPLES, limit=IN_FLIGHT)
    return EPOCHS * SAMPLES / (time.perf_counter() - began)


@contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "XDG_STATE_HOME": folder}
        with patch.dict(os.environ, quiet):
            server = TrackingServer(Path(folder)).start()
            try:
                yield server.wait().url
            finally:
                server.close()


def _lost(bare: float, ours: float) -> float:
    return max(0.0, (1 - ours / bare) * 100)


def measure() -> list[Figure]:
    """Return the shares of the throughput that logging takes; nothing where no server can be started."""
    if MISSING:
        return []
    rates: list[tuple[float, float, float, float, float]] = []
    with _server() as url:
        import mlflow

        mlflow.set_tracking_uri(url)
        mlflow.set_experiment("the client's own")
        for _ in range(ROUNDS + 1):
            bare = asyncio.run(_rate())
            metrics = asyncio.run(_rate(Monitor("metrics", tracking_uri=url)))
            traces = asyncio.run(_rate(Monitor("traces", tracking_uri=url, log_traces=True)))
            client = asyncio.run(_client_rate(traced=False)), asyncio.run(_client_rate(traced=True))
            rates.append((bare, metrics, traces, *client))
        mlflow.flush_trace_async_logging(terminate=True)
    warm = rates[1:]  # the first one imports
    return [
        Figure("without MLflow", median(r[0] for r in warm), "calls/s"),
        Figure(
            "metrics of each epoch, throughput lost", median(_lost(r[0], r[1]) for r in warm), "%", at_most=2
        ),
        Figure(
            "a trace of each call, throughput lost", median(_lost(r[0], r[2]) for r in warm), "%", at_most=25
        ),
        Figure("the same spans by MLflow's own client, lost", median(_lost(r[3], r[4]) for r in warm), "%"),
    ]
