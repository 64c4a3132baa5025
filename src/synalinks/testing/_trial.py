"""One training that is killed a number of times, and run again until it ends."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from synalinks._internal.coroutines import resolved
from synalinks._internal.points import observer
from synalinks.callbacks import BackupAndRestore, Callback
from synalinks.errors import ConfigurationError
from synalinks.metrics import Metric
from synalinks.testing._children import Ending, Task, Tell
from synalinks.testing._snapshot import files_in, snapshot
from synalinks.testing._witness import Kill, Witness
from synalinks.training._arguments import check_callbacks

MakeRun = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is tried, the same in all trials.

    Attributes:
        make_run: Makes program and arguments, see `check_resume`.
        seed: Of the training, where its arguments have none.
        counting: Whether to count the turns of the event loop.
    """

    make_run: MakeRun
    seed: int
    counting: bool = False


@dataclass(slots=True)
class Trial:
    """What came of a training that was killed and run again.

    Attributes:
        killed: Where it was killed, in words, in order.
        snapshot: What came of it; None where the last kill came when there was nothing left to do.
        problem: Why it did not end.
        files: The files in its working directory.
        rows: [place, request, occurrence, answer] of each call that was completed, in order.
        races: Places of equal sampled calls at the same time.
        changed: Places at which something else was asked than before a kill.
        run_id: Name of the run, which is another one in each trial; None where it did not end.
        points: Write points reached by the last process, in words.
        turns: Turns of its event loop.
    """

    killed: list[str] = field(default_factory=list)
    snapshot: dict[str, Any] | None = None
    problem: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    rows: list[list[Any]] = field(default_factory=list)
    races: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    run_id: str | None = None
    points: list[str] = field(default_factory=list)
    turns: int = 0

    def add(self, ending: Ending) -> bool:
        """Take in how a process ended; return whether another one has to go on."""
        self.rows += [row for rows in ending.of("rows") for row in rows]
        self.races += ending.of("race")
        self.changed += ending.of("changed")
        self.problem, self.run_id = ending.problem, ending.last("run_id")
        if ended := ending.last("ended"):
            self.snapshot, self.points, self.turns = ended["snapshot"], ended["points"], ended["turns"]
        if killed := ending.last("killed"):
            self.killed.append(killed)
        return self.problem is None and killed is not None and not ending.last("deleted")

    @property
    def paid_twice(self) -> list[list[Any]]:
        """The completed calls that were made again."""
        seen: set[tuple[Any, ...]] = set()
        again = []
        for row in self.rows:
            key = tuple(row[:3])
            if key in seen:
                again.append(row)
            seen.add(key)
        return again


def trial(setting: Setting, directory: Path, kills: Sequence[Kill] = ()) -> Generator[Task, Ending, Trial]:
    """Run a training in `directory` with a kill in each process but the last."""
    (directory / "files").mkdir(parents=True)
    result = Trial()
    for number, kill in enumerate([*kills, None]):
        # The turns are counted where they are wanted: to count them keeps a processor busy.
        given = replace(
            setting, counting=number == len(kills) == 0 or getattr(kill, "turn", None) is not None
        )
        if not result.add((yield Task(partial(_work, given, directory, kill), directory))):
            break
    result.files = files_in(directory / "files")
    shutil.rmtree(directory)
    return result


def _work(setting: Setting, directory: Path, kill: Kill | None, tell: Tell) -> None:
    witness = Witness(tell, kill)
    observer.set(witness)
    result = asyncio.run(_train(setting, directory, witness))
    tell({"ended": {"snapshot": result, "points": witness.points, "turns": witness.turns}})
    tell({"run_id": witness.program.run.run_id})


async def _train(setting: Setting, directory: Path, witness: Witness) -> dict[str, Any]:
    program, arguments = _checked(await resolved(setting.make_run()))
    timed = _stop_clocks(program)
    witness.program = program
    os.chdir(directory / "files")
    callbacks = _with_backup(check_callbacks(arguments.get("callbacks")), directory / "backup")
    given = {"seed": setting.seed, **arguments, "callbacks": callbacks}
    if setting.counting:
        witness.start()
    return {**snapshot(program, await program.fit(**given), callbacks), "timed": timed}


def _stop_clocks(program: Any) -> list[str]:
    """Let figures of time count nothing, so that whatever follows from them can be compared; name them."""
    compiled = program.compiled
    timed = {metric.name: _stopped(metric) for metric in compiled.metrics if metric.wall_clock}
    if timed:
        metrics = [timed.get(metric.name, metric) for metric in compiled.metrics]
        program.compile(optimizer=compiled.optimizer, reward=compiled.reward, metrics=metrics)
    return [f"metric {name!r}" for name in timed]


def _stopped(metric: Metric) -> Metric:
    cls = type(metric)
    attributes = {"add": lambda self, measure: None, "__module__": cls.__module__}
    stopped: type[Metric] = type(cls.__name__, (cls,), attributes)
    return stopped.from_config(metric.get_config())


def _checked(made: Any) -> tuple[Any, Mapping[str, Any]]:
    if (
        isinstance(made, tuple)
        and len(made) == 2
        and hasattr(made[0], "fit")
        and isinstance(made[1], Mapping)
    ):
        return made
    raise ConfigurationError(
        f"make_run returns (program, arguments), the second a dict for program.fit; got {made!r:.200}."
    )


def _with_backup(callbacks: list[Callback], directory: Path) -> list[Callback]:
    """Return the callbacks with a backup in `directory`, that of the user moved there."""
    backups = [callback for callback in callbacks if isinstance(callback, BackupAndRestore)]
    for backup in backups:
        backup.backup_dir = directory
    return callbacks if backups else [*callbacks, BackupAndRestore(directory)]
