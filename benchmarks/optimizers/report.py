"""Tables and plots of runs on the simulated tasks: `python -m benchmarks.optimizers.report`."""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Final, NamedTuple

from benchmarks.optimizers.runs import STEPS, Run, read
from benchmarks.optimizers.tasks import TASKS

RESAMPLES: Final = 2000
"""How often seeds are drawn anew."""
BOUNDS: Final = (0.025, 0.975)

Scores = Mapping[int, float]
"""Reward by seed."""


class Estimate(NamedTuple):
    """A mean over seeds, and its bounds."""

    mean: float
    low: float
    high: float


def scores(runs: Iterable[Run]) -> dict[tuple[str, int], dict[str, dict[int, float]]]:
    """Return the test reward by task and budget, by system, by seed.

    Of the runs of a system on a task and seed the one that was to spend just these calls counts, or else the
    one that was to spend the most, at the time when it had spent these.
    """
    runs = list(runs)
    budgets = sorted({run.max_calls for run in runs})
    by_job = {(run.task, run.system, run.seed, run.max_calls): run for run in runs}
    longest: dict[tuple[str, str, int], Run] = {}
    for run in sorted(runs, key=lambda run: run.max_calls):
        longest[run.task, run.system, run.seed] = run
    found: dict[tuple[str, int], dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for (task, system, seed), last in longest.items():
        for calls in budgets:
            run = by_job.get((task, system, seed, calls), last)
            if calls <= run.max_calls:
                found[task, calls][system][seed] = run.reward_at(calls)
    return found


def estimate(values: Scores, resamples: int = RESAMPLES) -> Estimate:
    """Return the mean over seeds with bootstrap bounds; all systems draw the same seeds."""
    seeds, rng = sorted(values), random.Random(0)
    means = sorted(mean(values[seed] for seed in rng.choices(seeds, k=len(seeds))) for _ in range(resamples))
    low, high = (means[round(share * (resamples - 1))] for share in BOUNDS)
    return Estimate(mean(values.values()), low, high)


def difference(values: Scores, others: Scores) -> Estimate:
    """Return by how much the first system's mean is above the other's, over the seeds that both have."""
    return estimate({seed: values[seed] - others[seed] for seed in values.keys() & others.keys()})


def table(runs: Sequence[Run], against: str | None = None) -> str:
    """Return the mean test rewards as tables of Markdown, one for each task.

    Args:
        runs: The runs.
        against: A system that all others are compared with, seed by seed; None for none.
    """
    found, parts = scores(runs), []
    for task in [task for task in TASKS if any(run.task == task for run in runs)]:
        budgets = sorted(calls for name, calls in found if name == task)
        systems = sorted({system for calls in budgets for system in found[task, calls]})
        rows = [[f"`{task}`", *(f"{calls:,} calls" for calls in budgets)], ["---", *["---:"] * len(budgets)]]
        for system in systems:
            cells = [_cell(found[task, calls], system, against) for calls in budgets]
            rows.append([system, *cells])
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
    return "\n\n".join(parts)


def _cell(by_system: Mapping[str, Scores], system: str, against: str | None) -> str:
    values = by_system.get(system)
    if not values:
        return ""
    its = estimate(values)
    text = f"{its.mean:.3f} [{its.low:.3f}, {its.high:.3f}]"
    if against is None or system == against or not by_system.get(against):
        return text
    apart = difference(values, by_system[against])
    return f"{text} ({apart.mean:+.3f} [{apart.low:+.3f}, {apart.high:+.3f}])"


def costs(runs: Sequence[Run]) -> str:
    """Return what runs took, as a table of Markdown."""
    groups: dict[tuple[str, int, float], list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.system, run.max_calls, run.latency].append(run)
    rows = [["system", "calls to spend", "latency", "runs", "calls", "seconds", "CPU seconds"], ["---"] * 7]
    for (system, calls, latency), each in sorted(groups.items()):
        spent, seconds, cpu = (
            mean(getattr(run, name) for run in each) for name in ("calls", "seconds", "cpu")
        )
        rows.append(
            [
                system,
                f"{calls:,}",
                f"{latency:g} s",
                f"{len(each)}",
                f"{spent:,.0f}",
                f"{seconds:.1f}",
                f"{cpu:.2f}",
            ]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def plot(runs: Sequence[Run], file: Path, over_time: bool = False) -> None:
    """Draw the mean test reward against calls, or against the time that runs over HTTP took."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    tasks = [task for task in TASKS if any(run.task == task for run in runs)]
    figure, axes = pyplot.subplots(1, len(tasks), figsize=(5 * len(tasks), 4), squeeze=False, sharey=True)
    for task, axis in zip(tasks, axes[0], strict=True):
        for system in sorted({run.system for run in runs if run.task == task}):
            x, y = curve([run for run in runs if (run.task, run.system) == (task, system)], over_time)
            axis.plot(x, y, label=system, drawstyle="default" if over_time else "steps-post")
        axis.set_title(task)
        axis.set_xlabel("seconds" if over_time else "calls")
    axes[0][0].set_ylabel("test reward")
    axes[0][-1].legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(file)
    pyplot.close(figure)


def curve(runs: Sequence[Run], over_time: bool = False) -> tuple[list[float], list[float]]:
    """Return the mean curve of a system on a task: calls or seconds, and rewards.

    A system with a run for each budget has a point for each.
    """
    budgets = sorted({run.max_calls for run in runs})
    if len(budgets) > 1:
        groups = [[run for run in runs if run.max_calls == calls] for calls in budgets]
        start = (0.0, mean(run.points[0].reward for run in runs))
        ends = [
            (
                mean(run.seconds if over_time else run.calls for run in group),
                mean(run.reward for run in group),
            )
            for group in groups
        ]
        x, y = zip(start, *ends, strict=True)
        return list(x), list(y)
    longest = max(run.seconds if over_time else run.max_calls for run in runs)
    steps = [longest * n / 100 for n in range(101)] if over_time else [s for s in STEPS if s <= longest]
    return list(steps), [mean(_reward_by(run, step, over_time) for run in runs) for step in steps]


def _reward_by(run: Run, step: float, over_time: bool) -> float:
    return [point.reward for point in run.points if (point.seconds if over_time else point.calls) <= step][-1]


def main() -> None:
    """Write the tables and plots of a folder's runs beside them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.optimizers.report", description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("build/optimizers"), help="folder of the runs"
    )
    parser.add_argument("--against", help="a system that the others are compared with")
    asked = parser.parse_args()
    runs = read(asked.folder.glob("runs*.jsonl"))
    parts = []
    for over_http, name in ((False, "calls"), (True, "seconds")):
        its = [run for run in runs if bool(run.latency) == over_http]
        if its:
            title = "Over HTTP" if over_http else "In the process"
            parts.append(f"## {title}\n\n{table(its, asked.against)}\n\n{costs(its)}\n")
            plot(its, asked.folder / f"{name}.png", over_time=over_http)
    text = "\n".join(parts)
    (asked.folder / "report.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
