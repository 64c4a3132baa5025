"""Ten thousand calls in flight: their memory and their sockets, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks._clients import http_model, make_program, questions
from benchmarks._figures import Figure
from benchmarks._load import in_flight
from benchmarks._resident import peak_mb
from benchmarks._server import allow_connections, served

CALLS, BOUNDS, LATENCY = 10_000, (10_000, 256), 1.0
_FILES = Path("/proc/self/fd")


def _open_files() -> int:
    return len(os.listdir(_FILES)) if _FILES.exists() else 0


async def _run(url: str, bound: int) -> tuple[float, int]:
    """Return the memory of this process at its peak, in MB, and the most sockets that it had."""
    program = await make_program(http_model(url, max_concurrency=bound))
    call = partial(program.get_module("generator"), questions(1)[0].to_json_data_model())
    before, most = _open_files(), 0  # without a session: it is made with the first call
    work = asyncio.create_task(in_flight(call, CALLS, limit=CALLS))
    while not work.done():
        await asyncio.wait({work}, timeout=0.05)
        most = max(most, _open_files() - before)
    await work
    return peak_mb(), most


def measure() -> list[Figure]:
    """Return the figures of many calls."""
    figures = []
    with served(LATENCY) as url:
        for bound in BOUNDS:
            command = [sys.executable, "-m", "benchmarks.many", url, str(bound)]
            root = Path(__file__).parent.parent
            memory, sockets = json.loads(subprocess.check_output(command, cwd=root, text=True))
            of = f"max_concurrency={bound:,}"
            figures += [
                Figure(f"memory of the process, {of}", memory, "MB", at_most=500),
                Figure(f"sockets at once, {of}", sockets, at_most=bound),
            ]
    return figures


if __name__ == "__main__":
    allow_connections()
    print(json.dumps(asyncio.run(_run(sys.argv[1], int(sys.argv[2])))))
