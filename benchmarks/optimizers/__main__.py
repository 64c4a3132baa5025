"""Run optimizers on the simulated tasks: `python -m benchmarks.optimizers`.

Each run becomes a line of `runs.jsonl` in the folder given; runs that stand there already are not made again,
so a command that was broken off can be repeated. `python -m benchmarks.optimizers.report` makes tables and
plots of them. Peers run in an environment of their own that has `dspy`, `gepa` and `optuna`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock
from time import perf_counter

from benchmarks.optimizers.ours import SETUPS
from benchmarks.optimizers.runs import PEERS, Job, Run, read
from benchmarks.optimizers.server import served
from benchmarks.optimizers.tasks import TASKS

ROOT = Path(__file__).parent.parent.parent


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.optimizers", description=__doc__)
    parser.add_argument(
        "--systems",
        type=_names,
        default="ours",
        help="names, or ours, peers or all, with commas",
    )
    parser.add_argument("--tasks", type=_names, default=",".join(TASKS), help="tasks, with commas")
    parser.add_argument("--seeds", type=_seeds, default="30", help="how many, or first-last")
    parser.add_argument("--calls", type=_numbers, default="300,1500,3000", help="budgets, in calls")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument(
        "--latency",
        type=float,
        default=0.0,
        help="seconds of each call, over HTTP; 0: in the process",
    )
    parser.add_argument("--peer-python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "optimizers", help="folder for results")
    return parser.parse_args(given)


def _names(text: str) -> list[str]:
    groups = {"ours": [*SETUPS], "peers": [*PEERS], "all": [*SETUPS, *PEERS]}
    names = [name for each in text.split(",") for name in groups.get(each, [each])]
    for name in names:
        if name not in {*SETUPS, *PEERS, *TASKS}:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join([*SETUPS, *PEERS, *TASKS])}")
    return names


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last) + 1) if last else range(int(first))


def _numbers(text: str) -> list[int]:
    return sorted(int(each) for each in text.split(","))


def jobs(asked: argparse.Namespace, done: set[Job]) -> Iterator[Job]:
    """Yield the runs that are to be made, seed by seed.

    One with the most calls tells what became of fewer, unless the calls to be spent shape what a system does.
    """
    for seed in asked.seeds:
        for task in asked.tasks:
            for system in asked.systems:
                shaped = PEERS[system] if system in PEERS else SETUPS[system].shaped
                for calls in asked.calls if shaped else asked.calls[-1:]:
                    job = Job(system, task, seed, calls, asked.latency)
                    if job not in done:
                        yield job


class Worker:
    """A process that makes runs, one after the other.

    Args:
        command: What it runs.
        log: The file for what it says.
    """

    def __init__(self, command: list[str], log: Path) -> None:
        self._command, self._log = command, log
        self._process: subprocess.Popen[str] | None = None

    def run(self, job: Job) -> str:
        """Have a run made and return it as a line.

        Raises:
            RuntimeError: The process has ended; the next run has a new one.
        """
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # one that has ended says nothing either
            print(json.dumps(asdict(job)), file=process.stdin, flush=True)
        line = process.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError(f"{job} failed; {self._log} says why")
        return line

    def _start(self) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
        with self._log.open("a") as log:
            return subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path},
            )  # fmt: skip

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate(timeout=60)  # the end of its input ends it
            self._process = None


class Lane:
    """Makes runs one after the other: those of ours in one process, those of peers in another.

    Args:
        number: Its number.
        asked: What the command line asks for.
        base_url: Address of a server of the simulated model, or None.
    """

    def __init__(self, number: int, asked: argparse.Namespace, base_url: str | None) -> None:
        def worker(python: str, module: str) -> Worker:
            command = [python, "-m", f"benchmarks.optimizers.{module}"]
            return Worker(command, asked.out / f"{module}-{number}.log")

        self._ours, self._peers = worker(sys.executable, "ours"), worker(asked.peer_python, "peers")
        self._base_url = base_url

    def run(self, job: Job) -> str:
        """Have a run made and return it as a line."""
        worker = self._peers if job.system in PEERS else self._ours
        return worker.run(replace(job, base_url=self._base_url))

    def close(self) -> None:
        """End the processes."""
        self._ours.close()
        self._peers.close()


def make(todo: list[Job], asked: argparse.Namespace, base_url: str | None) -> int:
    """Make runs, several at a time, and return how many of them failed."""
    queue, lock, started = deque(todo), Lock(), perf_counter()
    failed = list[Job]()

    def taken() -> Job | None:
        with lock:
            return queue.popleft() if queue else None

    def drain(number: int) -> None:
        lane = Lane(number, asked, base_url)
        while job := taken():
            try:
                line = lane.run(job)
            except RuntimeError as error:
                failed.append(job)
                print(error, file=sys.stderr)
                continue
            with lock, file.open("a") as runs:
                runs.write(line)
                print(f"{perf_counter() - started:6.0f} s, {len(queue)} left: {told(line)}", flush=True)
        lane.close()

    file = asked.out / "runs.jsonl"
    with ThreadPoolExecutor(asked.jobs) as lanes:
        list(lanes.map(drain, range(asked.jobs)))
    return len(failed)


def told(line: str) -> str:
    """Return a run's line in short."""
    run = Run.of(line)
    what = f"{run.system} on {run.task}, seed {run.seed}"
    return f"{what}: {run.reward:.3f} after {run.calls} calls, {run.cpu:.1f} s CPU"


def main() -> int:
    """Make the runs that are asked for and return the exit status."""
    asked = arguments()
    asked.out.mkdir(parents=True, exist_ok=True)
    done = {run.job for run in read(asked.out.glob("runs*.jsonl"))}
    todo = list(jobs(asked, done))
    with served(asked.latency) if asked.latency else nullcontext() as base_url:
        return 1 if make(todo, asked, base_url) else 0


if __name__ == "__main__":
    sys.exit(main())
