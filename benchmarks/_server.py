"""A server of chat completions in a process of its own, so that the CPU time of clients is theirs alone."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synalinks.testing import ChatServer

ANSWER = '{"reasoning": "One and one make two.", "answer": 2.0}'


@contextmanager
def served(latency: float = 0.0) -> Iterator[str]:
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
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()  # ends it
        server.wait(timeout=30)
        server.stdout.close()


def server_costs(calls: int = 20_000) -> float:
    """Return the microseconds of CPU that the server spends on a request, without its socket."""
    request = {"model": "m", "messages": [{"role": "user", "content": "x" * 400}]}
    started = time.process_time()
    for _ in range(calls):
        ChatServer.Reply(body=ChatServer.completion(request, ANSWER)).encoded()
    return (time.process_time() - started) / calls * 1e6


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
