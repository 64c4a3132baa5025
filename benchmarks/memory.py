"""What importing the package and predicting take of memory, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks._clients import http_model, make_program, questions
from benchmarks._figures import Figure
from benchmarks._measure import ROUNDS
from benchmarks._resident import peak_mb
from benchmarks._server import allow_connections, served
from benchmarks.predict import IN_FLIGHT, LATENCY, SAMPLES

IMPORT = """
import json, time
from benchmarks._resident import peak_mb
started = time.process_time()
import synalinks
print(json.dumps([time.process_time() - started, peak_mb()]))
"""


def child(*arguments: str) -> list[float]:
    """Return the numbers that another Python process prints as JSON."""
    root = Path(__file__).parent.parent
    numbers: list[float] = json.loads(
        subprocess.check_output([sys.executable, *arguments], cwd=root, text=True)
    )
    return numbers


async def _peaks(url: str) -> tuple[float, float]:
    """Return the memory of this process at its peak, before and after a prediction, in MB."""
    program = await make_program(http_model(url, max_concurrency=IN_FLIGHT))
    xs = questions(SAMPLES)
    await program.predict(xs[:100], verbose=0)  # loads what is loaded on first use
    before = peak_mb()
    await program.predict(xs, verbose=0, max_concurrency=IN_FLIGHT)
    return before, peak_mb()


def measure() -> list[Figure]:
    """Return the figures of memory and import."""
    imports = [child("-c", IMPORT) for _ in range(ROUNDS)]
    with served(LATENCY) as url:
        before, after = child("-m", "benchmarks.memory", url)
    return [
        Figure("import synalinks, CPU", median(i[0] for i in imports), "s", at_most=0.2, binding=False),
        Figure(
            "import synalinks, memory of the process",
            median(i[1] for i in imports),
            "MB",
            at_most=40,
            binding=False,
        ),
        Figure(f"predict of {SAMPLES:,} samples, memory it adds", after - before, "MB"),
        Figure(f"the same per sample in flight ({IN_FLIGHT:,})", (after - before) * 1024 / IN_FLIGHT, "kB"),
    ]


if __name__ == "__main__":
    allow_connections()
    print(json.dumps(asyncio.run(_peaks(sys.argv[1]))))
