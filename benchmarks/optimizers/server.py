"""The simulated model behind HTTP, in a process of its own: `python -m benchmarks.optimizers.server`."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.optimizers import simulator
from synalinks.testing import ChatServer
from synalinks.testing._replies import ChatReply


@contextmanager
def served(latency: float) -> Iterator[str]:
    """Run a server for the block and give its address.

    Args:
        latency: Seconds before each answer.
    """
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.optimizers.server", "--latency", str(latency)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()  # ends it
        server.wait(timeout=30)
        server.stdout.close()


async def _serve(latency: float) -> None:
    model = simulator.Model()

    def reply(body: dict[str, Any]) -> ChatReply:
        return ChatReply(body=model.answer(body))

    async with ChatServer(reply, latency=latency, record=False) as server:
        print(server.url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    asyncio.run(_serve(parser.parse_args().latency))
