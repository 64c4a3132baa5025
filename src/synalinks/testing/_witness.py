"""What happens in a training that is to be killed, and the killing of it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NoReturn

from synalinks.runs._rows import Row
from synalinks.testing._children import Tell

_CUT: Final = frozenset({"write", "append"})
"""Points right before a write: a kill there leaves half of it."""

_TEMPORARY: Final = re.compile(r"\.(.+)\.[0-9a-f]+\.tmp")


@dataclass(frozen=True, slots=True)
class Kill:
    """Where a process ends itself; numbers are from 0.

    Attributes:
        point: Number of the write point.
        turn: Number of the turn of the event loop, where no write point is given.
    """

    point: int | None = None
    turn: int | None = None


class Witness:
    """Hears of each point that a training reaches, tells of it, and kills its process where told to.

    Args:
        tell: Tells the parent.
        kill: Where to end, None for nowhere.

    Attributes:
        program: The program that is trained.
        points: The write points reached so far, in words.
        turns: Turns of the event loop so far, counted from `start`.
    """

    def __init__(self, tell: Tell, kill: Kill | None) -> None:
        self._tell, self._kill = tell, kill or Kill()
        self.points: list[str] = []
        self.turns = 0
        self.program: Any = None

    def __call__(self, point: str, about: Any) -> None:
        """Hear of a point; see `reached`."""
        if point in ("race", "changed"):
            self._tell({point: readable_place(about)})
            return
        if point == "after COMMIT":
            self._note_rows(about)
        if point == "removed" and about.name == "manifest.json":
            self._tell({"deleted": True, "run_id": self.program.run.run_id})
        name = f"{point}{_named(about)}"
        if len(self.points) == self._kill.point:
            if point in _CUT:
                self._write_half(*about)
            self._die(f"at write point {len(self.points)} ({name})")
        self.points.append(name)

    def _note_rows(self, rows: Sequence[Row]) -> None:
        if rows:
            self._tell({"rows": [[*row.key, row.answer.decode()] for row in rows]})

    def _write_half(self, file: IO[bytes], data: bytes) -> None:
        file.write(data[: len(data) // 2])
        file.flush()

    def _die(self, where: str) -> NoReturn:
        self._tell({"killed": where})
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError  # not reached

    def start(self) -> None:
        """Begin to count the turns of the event loop; it never rests from here on."""
        asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        if self.turns == self._kill.turn:
            self._die(f"in turn {self.turns} of the event loop")
        self.turns += 1
        asyncio.get_running_loop().call_soon(self._turn)


def _named(about: Any) -> str:
    if isinstance(about, Path):
        return f" of {about.name}"
    if not (isinstance(about, tuple) and about):
        return ""
    temporary = _TEMPORARY.fullmatch(name := Path(about[0].name).name)
    return f" of {temporary[1] if temporary else name}"


def readable_place(place: str) -> str:
    """Return the place of a call in words."""
    phase, epoch, step, sample, module, purpose = place.split("\x1f")
    parts = [f"phase {phase}", f"epoch {epoch}", f"batch {step}", f"sample {sample}", f"module {module!r}"]
    return ", ".join([*(p for p in parts if not p.endswith((" None", " ''"))), f"for the {purpose}"])
