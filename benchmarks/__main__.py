"""Measure what the library costs, and exit with 1 when a target is missed by more than half."""

from __future__ import annotations

import sys

from benchmarks import (
    backup,
    caching,
    embedded,
    events,
    in_process,
    many,
    memory,
    metrics,
    over_http,
    predict,
    progress,
    tracking,
)
from benchmarks._figures import show


def main() -> int:
    """Print all figures and return the exit status."""
    parts = {
        "In the process: our own share": in_process.measure,
        "Events": events.measure,
        "Over loopback HTTP, beside a bare aiohttp POST and other clients": over_http.measure,
        f"{many.CALLS:,} calls in flight": many.measure,
        "Calls that a cache answers": caching.measure,
        f"predict: {predict.SAMPLES:,} samples, {predict.LATENCY * 1000:.0f} ms latency, "
        f"{predict.IN_FLIGHT:,} in flight": predict.measure,
        "Metrics: one update of one scalar field": metrics.measure,
        "The progress display": progress.measure,
        "The embedded model": embedded.measure,
        "Memory and import": memory.measure,
        "What a backup costs": backup.measure,
        f"Logging to MLflow at {tracking.PER_SECOND} calls per second": tracking.measure,
    }
    failed = []
    for title, measure in parts.items():
        figures = measure()
        show(title, figures)
        failed += [f"{figure.name} ({title})" for figure in figures if figure.failed]
    for name in failed:
        print(f"\nMissed by more than half: {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
