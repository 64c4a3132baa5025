"""What a run of an optimizer on a simulated task came to, and the files of such runs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


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
class Run:
    """A run.

    Attributes:
        system: The optimizer, of which library.
        task: The task.
        seed: The landscape's seed, which is also the optimizer's.
        max_calls: The calls it was to spend.
        calls: Those it did spend.
        seconds: How long it took.
        latency: Seconds that each call took, 0 in the process.
        points: The trajectory; the first one is the start.
    """

    system: str
    task: str
    seed: int
    max_calls: int
    calls: int
    seconds: float
    latency: float
    points: list[Point] = field(default_factory=list)

    @property
    def reward(self) -> float:
        """Share of the test samples that are answered right in the end."""
        return self.points[-1].reward

    def to_line(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps({**asdict(self), "reward": self.reward})


def read(paths: Iterable[Path]) -> list[Run]:
    """Read the runs of files."""
    runs = []
    for path in paths:
        for line in path.read_text().splitlines():
            value = json.loads(line)
            value.pop("reward")
            runs.append(Run(**{**value, "points": [Point(**point) for point in value["points"]]}))
    return runs
