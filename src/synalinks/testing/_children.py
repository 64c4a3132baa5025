"""Work done in forked children: what they tell, how they end, several at a time."""

from __future__ import annotations

import gc
import os
import selectors
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import orjson

from synalinks.errors import ConfigurationError

Result = TypeVar("Result")
Tell = Callable[[dict[str, Any]], None]

OUTPUT: Final = "output.txt"
_SHOWN: Final = 3000


@dataclass(slots=True)
class Ending:
    """What became of a child.

    Attributes:
        told: What it told, in order; what it told before a kill is among it.
        problem: Why it did not end as it should, None where it did, or was killed by itself.
    """

    told: list[dict[str, Any]] = field(default_factory=list)
    problem: str | None = None

    def of(self, kind: str) -> list[Any]:
        """Return what it told of one kind."""
        return [message[kind] for message in self.told if kind in message]

    def last(self, kind: str) -> Any:
        """Return what it told last of one kind, or None."""
        told = self.of(kind)
        return told[-1] if told else None


@dataclass(frozen=True, slots=True)
class Task:
    """What a child is to do.

    Attributes:
        work: Called in the child with a function that tells the parent something, as JSON.
        directory: Where its output goes.
    """

    work: Callable[[Tell], None]
    directory: Path


def require_fork() -> None:
    """Refuse a system on which processes cannot be forked.

    Raises:
        ConfigurationError: It is such a system.
    """
    if not hasattr(os, "fork"):
        raise ConfigurationError(
            f"check_resume forks processes, which {sys.platform!r} cannot. Run it on Linux or macOS; on "
            "Windows, in WSL."
        )


def run_all(
    chains: Iterable[Generator[Task, Ending, Result]], *, limit: int, timeout: float
) -> Generator[Result, None, None]:
    """Run chains of tasks, several chains at a time, and yield what each returned when it has ended.

    Args:
        chains: Each yields tasks one after another and is sent how each one's child ended.
        limit: Chains at a time.
        timeout: Seconds that one child may take.
    """
    waiting, busy = iter(chains), selectors.DefaultSelector()
    with busy:
        try:
            yield from _run(waiting, busy, limit, timeout)
        finally:
            for key in list(busy.get_map().values()):
                key.data.kill()


def _run(
    waiting: Iterator[Generator[Task, Ending, Result]],
    busy: selectors.BaseSelector,
    limit: int,
    timeout: float,
) -> Iterator[Result]:
    while True:
        while len(busy.get_map()) < limit and (chain := next(waiting, None)) is not None:
            child = _Child(chain, next(chain), timeout)
            busy.register(child.pipe, selectors.EVENT_READ, child)
        if not busy.get_map():
            return
        for key, _ in busy.select(0.1):
            child = key.data
            if child.read():
                continue
            busy.unregister(child.pipe)
            try:
                following = _Child(child.chain, child.chain.send(child.ended()), timeout)
            except StopIteration as stop:
                yield stop.value
            else:
                busy.register(following.pipe, selectors.EVENT_READ, following)
        for key in list(busy.get_map().values()):
            key.data.end_if_late()


class _Child:
    """A forked process and the pipe from it."""

    def __init__(self, chain: Generator[Task, Ending, Any], task: Task, timeout: float) -> None:
        self.chain, self._task, self._timeout = chain, task, timeout
        self._told: list[bytes] = []
        self._late = False
        self._until = time.monotonic() + timeout
        self.pipe, end = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            # A thread of the parent may be a server; the child has none and needs none of its locks.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if self._pid == 0:
            os.close(self.pipe)
            _be_child(task, end)
        os.close(end)

    def read(self) -> bool:
        """Take in what was told; return False when the process has ended."""
        data = os.read(self.pipe, 1 << 20)
        self._told.append(data)
        return bool(data)

    def end_if_late(self) -> None:
        """End the process when its time is over."""
        if time.monotonic() > self._until:
            self._late = True
            os.kill(self._pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the process; nobody needs what it does."""
        os.kill(self._pid, signal.SIGKILL)
        os.close(self.pipe)
        os.waitpid(self._pid, 0)

    def ended(self) -> Ending:
        """Return how the process ended."""
        os.close(self.pipe)
        _, status = os.waitpid(self._pid, 0)
        lines = b"".join(self._told).split(b"\n")[:-1]  # the last one is empty, or was cut off
        ending = Ending([orjson.loads(line) for line in lines])
        if self._late:
            ending.problem = f"it had not ended after {self._timeout:.0f} s"
        elif raised := ending.last("raised"):
            ending.problem = raised
        elif os.WIFSIGNALED(status) and not ending.last("killed"):
            ending.problem = f"it was ended by {signal.Signals(os.WTERMSIG(status)).name}"
        elif os.WIFEXITED(status) and os.WEXITSTATUS(status):
            ending.problem = f"it ended with status {os.WEXITSTATUS(status)}"
        if ending.problem is not None:
            ending.problem += self._output()
        return ending

    def _output(self) -> str:
        text = (self._task.directory / OUTPUT).read_text("utf-8", "replace").strip()
        return f"\nIts output:\n{text[-_SHOWN:]}" if text else ""


def _be_child(task: Task, pipe: int) -> NoReturn:
    """Do the work and end the process, without a word to anything that the parent has open."""
    status = 1
    try:
        gc.freeze()  # what the parent has is none of the child's garbage
        _divert_output(task.directory / OUTPUT)

        def tell(message: dict[str, Any]) -> None:
            data = orjson.dumps(message, option=orjson.OPT_NON_STR_KEYS) + b"\n"
            while data:
                data = data[os.write(pipe, data) :]

        try:
            task.work(tell)
            status = 0
        except BaseException as error:  # noqa: BLE001 - the parent is told, and nobody else is there
            tell({"raised": "".join(traceback.format_exception(error))})
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _divert_output(path: Path) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    os.close(file)
    sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115 - for good
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115 - likewise
