"""A training in a process of its own: `python -m tests.faults.child URL DIRECTORY [plain|blocks|limited]`."""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from synalinks.training import _interrupts
from tests.faults.scenario import language_model, train


def blocks(y_true: Any, y_pred: Any) -> float:
    """A reward that does not give way to the event loop; it says when the first signal has come."""
    print("blocks", flush=True)
    ending: Any = signal.getsignal(signal.SIGINT)
    while ending.__self__.received is None:
        time.sleep(0.01)
    print("noticed", flush=True)
    while True:
        time.sleep(1)


def main() -> None:
    """Train; what calls in flight are given is as long as a test can take."""
    url, directory, kind = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
    _interrupts.GRACE = 600.0  # type: ignore[misc]  # a signal that is waited for this long fails its test
    if kind == "limited":
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
    model = language_model(url, timeout=600.0, max_concurrency=4)
    reward = blocks if kind == "blocks" else "exact_match"
    asyncio.run(train(directory, model, backup=kind != "plain", reward=reward, max_concurrency=16))


if __name__ == "__main__":
    main()
