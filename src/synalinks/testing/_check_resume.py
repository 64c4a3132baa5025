"""Checking that a training resumes exactly, by killing it."""

from __future__ import annotations

import importlib
import os
import random
import re
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from synalinks.errors import ResumeError
from synalinks.testing._children import require_fork, run_all
from synalinks.testing._differences import Difference, differences, file_differences
from synalinks.testing._trial import MakeRun, Setting, Trial, trial
from synalinks.testing._witness import Kill, readable_place

_SHARED_MEMORY: Final = "/dev/shm"
_LENIENT: Final = frozenset({"attribute", "state", "file"})
"""What may differ between two trainings that nobody interrupts: times of day, for example."""


@dataclass(frozen=True, slots=True)
class ResumeReport:
    """What `check_resume` tried; everything went well.

    Attributes:
        points: Write points in the training.
        tried: Kills at write points, one per training.
        random: Kills at random turns of the event loop, one per training.
        chains: Trainings that were killed several times.
        kills: Kills altogether.
        calls: Completed calls of the training.
        ignored: What was not compared: what differs between two trainings that nobody interrupts, and
            metrics of time (`Metric.wall_clock`).
    """

    points: int
    tried: int
    random: int
    chains: int
    kills: int
    calls: int
    ignored: tuple[str, ...] = ()

    def __repr__(self) -> str:
        text = (
            f"ResumeReport: killed {self.kills} times in {self.tried + self.random + self.chains} trainings: "
            f"{self.tried} at one of {self.points} write points, {self.random} at a random time, "
            f"{self.chains} several times. All ended alike, and each of the {self.calls} completed calls was "
            "made once."
        )
        return f"{text} Not compared: {', '.join(self.ignored)}." if self.ignored else text


def check_resume(
    make_run: MakeRun,
    *,
    kills: int = 40,
    seed: int = 0,
    timeout: float = 300.0,
    processes: int | None = None,
) -> ResumeReport:
    """Check that a training that is killed and run again ends exactly like one that was never killed.

    The training is run in forked processes: twice without interruption, then again and again with a kill
    (SIGKILL) around and within the writing of a file or the journal, at random times, and several times in
    a row, each time followed by running it again until it ends. Variables, history, the states of optimizer
    and callbacks, the attributes of your own classes and the files in the working directory must come out
    the same, and no completed call may be made twice. Attributes, callbacks' states and files that differ
    between the two trainings without interruption as well (a time of day, for example) are not compared, and
    metrics that are figures of time, such as a latency, count nothing.

    The answers of the language models must depend on the request alone: use
    `synalinks.testing.FunctionModel`, or a `ChatServer` that runs in a thread. Load data outside of
    `make_run`: then all processes share it.

    Args:
        make_run: Makes the training: plain or async, it returns (program, arguments), the program compiled
            and the arguments those of `program.fit`, as a dict. It is called in each process. A
            `BackupAndRestore` is added where there is none; one that is there is given another directory.
            Without a `seed` among the arguments, `seed` is used. When `make_run` has returned, each process
            goes to an empty working directory, so paths that callbacks write to must be relative.
        kills: How many write points to kill at, spread over all kinds of them; a quarter as many random
            times and an eighth as many trainings that are killed several times come on top.
        seed: Seed of the random times.
        timeout: Seconds that one process may take.
        processes: Trainings at the same time; as many as there are processors by default.

    Returns:
        What was tried.

    Raises:
        ResumeError: The first thing that went wrong, in words: what was not saved, what changed without
            being in `state_dict`, which calls need `synalinks.branch`, which were paid for twice.
        ConfigurationError: Processes cannot be forked here, or `make_run` returned something else.

    Example:
        ```python
        from synalinks.testing import FunctionModel, check_resume

        async def make_run():
            model = FunctionModel(lambda request: {"answer": 2.0})
            inputs = synalinks.Input(data_model=Question)
            outputs = await synalinks.Generator(data_model=Answer, language_model=model)(inputs)
            program = synalinks.Program(inputs=inputs, outputs=outputs)
            program.compile(optimizer="random_few_shot", reward="exact_match")
            return program, {"x": x, "y": y, "epochs": 3, "callbacks": [MyCallback()]}

        print(check_resume(make_run))
        ```
    """
    require_fork()
    limit = processes or min(8, os.cpu_count() or 1)
    setting = Setting(make_run, seed)
    _warm_up()
    with tempfile.TemporaryDirectory(prefix="synalinks-resume-", dir=_memory()) as scratch:
        directory = Path(scratch)
        whole, other = run_all(
            (trial(setting, directory / name) for name in ("first", "second")), limit=limit, timeout=timeout
        )
        ignored = _check_whole(whole, other)
        plans = _plans(whole, kills, random.Random(seed))
        trials = (trial(setting, directory / str(n), plan) for n, plan in enumerate(plans))
        killed = 0
        with closing(run_all(trials, limit=limit, timeout=timeout)) as results:
            for result in results:  # the first difference ends it, and the children that are left
                _check_killed(result, whole, ignored)
                killed += len(result.killed)
    tried, chains = min(kills, len(whole.points)), sum(len(plan) > 1 for plan in plans)
    return ResumeReport(
        points=len(whole.points),
        tried=tried,
        random=len(plans) - tried - chains,
        chains=chains,
        kills=killed,
        calls=len(whole.rows),
        ignored=tuple(sorted(ignored)),
    )


def _plans(whole: Trial, kills: int, rng: random.Random) -> list[tuple[Kill, ...]]:
    """Return where to kill, for each training: write points, random times, and several in a row."""
    points, turns = len(whole.points), max(1, whole.turns)

    def anywhere() -> Kill:
        # The first points of a process that goes on are those within restoring.
        choices = (
            Kill(point=rng.randrange(6)),
            Kill(point=rng.randrange(points)),
            Kill(turn=rng.randrange(turns)),
        )
        return rng.choice(choices)

    plans = [(Kill(point=n),) for n in _spread(whole.points, kills, rng)]
    plans += [(Kill(turn=rng.randrange(turns)),) for _ in range(-(-kills // 4))]
    chains = (tuple(anywhere() for _ in range(rng.randint(2, 4))) for _ in range(-(-kills // 8)))
    return [*plans, *chains]


def _spread(points: Sequence[str], count: int, rng: random.Random) -> list[int]:
    """Return `count` write points: alike many of each kind, as far as there are, and evenly within a kind."""
    kinds: dict[str, list[int]] = {}
    for number, name in enumerate(points):
        kinds.setdefault(re.sub(r"\d+", "#", name), []).append(number)
    shares = dict.fromkeys(kinds, 0)
    for _ in range(min(count, len(points))):
        open_kinds = [kind for kind in kinds if shares[kind] < len(kinds[kind])]
        shares[min(open_kinds, key=lambda kind: shares[kind])] += 1
    chosen = []
    for kind, numbers in kinds.items():
        width = len(numbers) / max(1, shares[kind])
        chosen += [numbers[int((n + rng.random()) * width)] for n in range(shares[kind])]
    return sorted(chosen)


def _warm_up() -> None:
    """Import once what each of the processes would import."""
    for name in ("aiohttp", "jinja2.sandbox", "jsonschema_rs"):
        importlib.import_module(name)


def _memory() -> str | None:
    """Return a directory in memory where there is one: a kill leaves what was written there as well."""
    return _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK | os.X_OK) else None


# --- Judging ---------------------------------------------------------------------------------


def _check_whole(whole: Trial, other: Trial) -> frozenset[str]:
    """Return what differs between two trainings that nobody interrupted, by name.

    Raises:
        ResumeError: They did not end, calls raced, or something differs that must not.
    """
    for result in (whole, other):
        if result.problem is not None:
            _fail("ending", "fit", result, f"The training fails without being killed: {result.problem}")
    if whole.races:
        _fail(
            "race",
            whole.races[0],
            whole,
            "Equal sampled calls were in flight at the same time, so that which answer a resumed run gives "
            f"to which of them depends on chance: {whole.races[0]}. Give each a synalinks.branch(name).",
        )
    found = list(_all_differences(whole, other))
    for difference in found:
        if difference.kind not in _LENIENT:
            text = (
                f"Two trainings that nobody interrupted differ. {difference.text} The model, the data or "
                "your own code depend on something else than the seed: chance, time, the order in which "
                "calls complete."
            )
            _fail("random", difference.name, other, text, difference)
    timed = () if whole.snapshot is None else whole.snapshot["timed"]
    return frozenset([*timed, *(difference.name for difference in found)])


def _check_killed(result: Trial, whole: Trial, ignored: Collection[str]) -> None:
    """Compare a training that was killed with the one that was not.

    Raises:
        ResumeError: They differ.
    """
    if result.problem is not None:
        _fail("ending", "fit", result, f"The training does not go on when it is run again: {result.problem}")
    for difference in _all_differences(whole, result):
        if difference.name not in ignored:
            _fail(difference.kind, difference.name, result, difference.text, difference)
    if result.changed:
        _fail(
            "changed",
            result.changed[0],
            result,
            f"A call asks something else than before: {result.changed[0]}.",
        )
    if result.paid_twice:
        place = readable_place(result.paid_twice[0][0])
        text = f"{len(result.paid_twice)} completed calls were paid for twice, the first of them: {place}."
        _fail("call", place, result, text)


def _all_differences(whole: Trial, result: Trial) -> Iterator[Difference]:
    if result.snapshot is not None and whole.snapshot is not None:
        yield from differences(whole.snapshot, result.snapshot)
    yield from file_differences(_anonymous(whole), _anonymous(result))


def _anonymous(result: Trial) -> dict[str, bytes]:
    """Return the files without the name of the run, which is another one each time."""
    name = (result.run_id or "").encode()
    return {path: data.replace(name, b"") if name else data for path, data in result.files.items()}


def _fail(kind: str, name: str, result: Trial, text: str, difference: Difference | None = None) -> NoReturn:
    expected, found = (difference.expected, difference.found) if difference else (None, None)
    raise ResumeError(text, kind=kind, name=name, expected=expected, found=found, killed=result.killed)
