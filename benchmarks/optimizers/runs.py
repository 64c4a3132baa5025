"""What a run of an optimizer on a simulated task came to, the files of such runs, and who makes them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Protocol, TypeVar

STEPS: Final = (
    0,
    50,
    100,
    150,
    200,
    300,
    400,
    500,
    750,
    1000,
    1250,
    1500,
    1750,
    2000,
    2250,
    2500,
    2750,
    3000,
)
"""Calls at which a trajectory is looked at."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a run stood when a new candidate had become the best.

    Attributes:
        calls: Calls of the language model so far, those for proposals included.
        seconds: Time since the start.
        reward: Share of the test samples that the candidate answers right.
    """

    calls: int
    seconds: float
    reward: float


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is to be made.

    Attributes:
        system: The optimizer, of which library.
        task: The task.
        seed: The landscape's seed, which is also the optimizer's.
        max_calls: The calls it is to spend.
        latency: Seconds that each call takes, 0 in the process.
        base_url: Address of a server of the simulated model; in the process without one.
    """

    system: str
    task: str
    seed: int
    max_calls: int
    latency: float = 0.0
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run.

    Attributes:
        system: The optimizer, of which library.
        task: The task.
        seed: The landscape's seed, which is also the optimizer's.
        max_calls: The calls it was to spend.
        calls: Those it did spend.
        seconds: How long it took.
        cpu: Seconds of the processor that it took, those of the simulated model in the process included.
        latency: Seconds that each call took, 0 in the process.
        points: The trajectory; the first one is the start.
    """

    system: str
    task: str
    seed: int
    max_calls: int
    calls: int
    seconds: float
    cpu: float
    latency: float
    points: list[Point] = field(default_factory=list)

    @property
    def reward(self) -> float:
        """Share of the test samples that are answered right in the end."""
        return self.points[-1].reward

    def reward_at(self, calls: int) -> float:
        """Return the reward when that many calls were spent; that of the end where they were to be spent."""
        if calls >= self.max_calls:
            return self.reward
        return [point.reward for point in self.points if point.calls <= calls][-1]

    @property
    def job(self) -> Job:
        """What was to be made."""
        return Job(self.system, self.task, self.seed, self.max_calls, self.latency)

    def to_line(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps({**asdict(self), "reward": self.reward})

    @classmethod
    def of(cls, line: str) -> Run:
        """Read it from a line of JSON."""
        value = json.loads(line)
        del value["reward"]  # that of the last point
        return cls(**{**value, "points": [Point(**point) for point in value["points"]]})


class Noted(Protocol):
    """Something that was noted after a number of calls."""

    @property
    def calls(self) -> int:
        """Calls so far."""


_N = TypeVar("_N", bound=Noted)


def thinned(noted: Iterable[_N]) -> list[_N]:
    """Return the last of what was noted up to each of `STEPS`, and the very last."""
    kept: dict[int, _N] = {}
    for each in noted:
        kept[next((number for number, calls in enumerate(STEPS) if each.calls <= calls), len(STEPS))] = each
    return [kept[number] for number in sorted(kept)]


def read(paths: Iterable[Path]) -> list[Run]:
    """Read the runs of files."""
    return [Run.of(line) for path in paths for line in path.read_text().splitlines()]


PEERS: Final = {
    "dspy.BootstrapFewShotWithRandomSearch": True,
    "dspy.MIPROv2": True,
    "dspy.GEPA": False,
    "gepa.optimize": False,
}
"""The optimizers of others, and whether the calls to be spent shape what they do (see `peers`)."""


def work(make: Callable[[Job], Run]) -> None:
    """Make the runs that lines of standard input ask for, and write each as a line to standard output.

    Imports take longer than many a run: a process that works makes one after the other.
    """
    answers = sys.stdout
    with redirect_stdout(sys.stderr):  # the answers alone are lines of the output
        for line in sys.stdin:
            print(make(Job(**json.loads(line))).to_line(), file=answers, flush=True)
