"""A server of chat completions in a process of its own, so that the CPU time of clients is theirs alone."""

from __future__ import annotations

import asyncio
import math
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synalinks.testing import ChatServer

ANSWER = '{"reasoning": "One and one make two.", "answer": 2.0}'


class Address(str):
    """Where a server is, and what it has computed."""

    pid: int

    def cpu(self) -> float:
        """Return the seconds of CPU that the server has used, NaN where the system does not tell."""
        stat = Path(f"/proc/{self.pid}/stat")
        if not stat.exists():
            return math.nan
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(latency: float = 0.0) -> Iterator[Address]:
    """Run a server for the block and give its address.

    Args:
        latency: Seconds before each answer.
    """
    allow_connections()
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._server", str(latency)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        address = Address(server.stdout.readline().strip())
        address.pid = server.pid
        yield address
    finally:
        server.stdin.close()  # ends it
        server.wait(timeout=30)
        server.stdout.close()


def allow_connections() -> None:
    """Let this process have as many open connections as the system allows it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(latency: float) -> None:
    def answer(body: dict[str, Any]) -> str:
        return ANSWER

    async with ChatServer(answer, latency=latency, record=False) as server:
        print(server.url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    allow_connections()
    asyncio.run(_serve(float(sys.argv[1])))
