"""Sending in the background: what runs never waits, and nothing is lost where nobody answers."""

from __future__ import annotations

import atexit
import math
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from synalinks.integrations._spool import Spool

_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_GATHER: Final = 0.25
"""Seconds for which traces are collected before they are written to the disk together."""

_GATHER_MORE: Final = 0.75
"""The same where others wait on the disk already: with what it takes to see them, about a second."""

_MOST_TRACES: Final = 20_000
"""Traces in memory beyond which further ones are dropped: the disk is slower than they come."""

_REFUSALS: Final = 5
_STALLED: Final = 5.0
"""Seconds in which nothing arrives after which the end of a training or of the process waits no longer."""

_LONGEST: Final = 30.0
"""Seconds for which both wait together, at most."""

TRACES_AT_ONCE: Final = 100


class RejectedError(Exception):
    """The receiver will never take it, however often it is sent."""


class RefusedError(Exception):
    """The receiver is there and did not take it; it may take it when it is sent again."""


class Sender(Protocol):
    """Takes things to where they belong."""

    def reach(self) -> None:
        """Make sure that somebody is there, and raise if not."""

    def send(self, kind: str, data: bytes) -> None:
        """Send one thing.

        Raises:
            RejectedError: It will never be taken.
            RefusedError: It was refused this time.
            Exception: It was not taken this time; perhaps it was, and the answer was lost.
        """


Connect = Callable[[Any], Sender]
"""Makes the sender for the target of a spool."""


class Uploader:
    """Sends what is added to a spool, in order, from a thread of its own.

    What is added is on disk when `add` returns. Traces, of which there are many, are held in memory for a
    moment, and written to the disk together by another thread, which waits for no receiver: a process that
    is killed loses those of the last second at most. A failure is tried again after a wait that doubles from
    half a second to half a minute.

    Args:
        spool: Where things wait.
        connect: Makes a sender for a target.
        encode: Turns traces into what is sent.
    """

    def __init__(self, spool: Spool, connect: Connect, encode: Callable[[Sequence[Any]], bytes]) -> None:
        self.spool = spool
        self._connect, self._encode = connect, encode
        self._changed = threading.Condition()
        self._keeping = threading.Lock()
        self._traces: list[Any] = []
        self._tasks: list[threading.Thread] = []
        self._thread: threading.Thread | None = None
        self._keeper: threading.Thread | None = None
        self._busy = self._closed = self._hurried = self._swept = self._given_up = False
        self._failures = 0
        self._patience = _LONGEST
        self._waits = self._refusals = self._left = 0
        self.lost = 0
        self._progress = 0.0
        self.problem: str | None = None
        self.rejected: list[str] = []
        atexit.register(self._leave)

    # --- Adding ----------------------------------------------------------------------------

    def add(self, kind: str, data: bytes) -> None:
        """Have something sent."""
        self.spool.add(kind, data)
        self._wake()

    def add_trace(self, trace: Any) -> None:
        """Have a trace sent, together with others."""
        if len(self._traces) >= _MOST_TRACES:
            self.lost += 1
            return
        self._traces.append(trace)  # atomic, so that the hot path takes no lock
        if self._keeper is None or len(self._traces) >= TRACES_AT_ONCE:
            self._wake(traced=True)

    def add_task(self, task: Callable[[], None]) -> None:
        """Have something done in a thread of its own, such as adding what takes long to make.

        What it raises is noted in `rejected`.
        """
        thread = threading.Thread(target=self._run, args=(task,), name="synalinks-task", daemon=True)
        with self._changed:
            self._tasks.append(thread)
        thread.start()

    def _run(self, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001 - it was optional
            self.rejected.append(f"{type(error).__name__}: {error}")
        with self._changed:
            self._tasks.remove(threading.current_thread())
            self._changed.notify_all()

    def _wake(self, *, traced: bool = False) -> None:
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="synalinks-uploader", daemon=True)
                self._thread.start()
            if traced and self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, name="synalinks-keeper", daemon=True)
                self._keeper.start()
            self._changed.notify_all()

    # --- Waiting ---------------------------------------------------------------------------

    @property
    def pending(self) -> int:
        """Number of things that have not arrived."""
        with self._changed:
            return len(self.spool) + len(self._traces) + len(self._tasks) + self._busy

    def finish(self) -> bool:
        """Wait a little for the rest to arrive; return whether it has."""
        began = time.monotonic()
        arrived = self.flush(stalled=_STALLED, longest=self._patience)
        self._patience -= time.monotonic() - began
        if not arrived and self.problem is None:
            sends = f"process {self.spool.holder} is sending what an earlier one left"
            self.problem = "it is slow to answer" if self.spool.holder is None else sends
        return arrived

    def flush(self, *, stalled: float, longest: float = math.inf, patient: bool = False) -> bool:
        """Wait until all has arrived; return whether it has.

        Args:
            stalled: Seconds in which nothing arrives after which to give up.
            longest: Seconds after which to give up in any case.
            patient: Whether to go on where an attempt fails, and to wait for what earlier processes left.
        """
        began, failures = time.monotonic(), self._failures
        self._wake()
        while self.pending or (patient and (self._left or not self._swept)):
            now = time.monotonic()
            failed = self._failures > failures and not patient
            if failed or now - max(began, self._progress) > stalled or now - began > longest:
                self._hurried, self._given_up = False, True
                return False
            with self._changed:
                self._hurried, self._swept = True, self._swept and not (patient and self._left)
                self._changed.notify_all()
                self._changed.wait(0.05)
        self._hurried = False
        return True

    def close(self) -> None:
        """Have the threads end once all has arrived; until then they go on while the process lives."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _leave(self) -> None:
        """Send what can be sent before the process ends, and write the rest to the disk."""
        if self.pending:
            if not self._given_up:
                self.finish()
            for thread in list(self._tasks):
                thread.join(_STALLED)
            self._keep_traces()

    # --- The thread that writes traces to the disk -----------------------------------------

    def _keep(self) -> None:
        while self._wait_for_traces():
            self._keep_traces()
            self._wake()

    def _wait_for_traces(self) -> bool:
        """Wait until there are traces to be written; return whether there are."""
        with self._changed:
            while not self._traces:
                if self._closed:
                    return False
                self._changed.wait(_GATHER)  # traces do not wake it
            wait = _GATHER_MORE if self.spool else _GATHER
            self._changed.wait_for(lambda: self._hurried or self._many or self._closed, wait)
        return True

    @property
    def _many(self) -> bool:
        return len(self._traces) >= TRACES_AT_ONCE

    def _keep_traces(self) -> None:
        with self._keeping:
            while batch := self._traces[:TRACES_AT_ONCE]:
                try:
                    self.spool.add("spans", self._encode(batch))
                except Exception as error:  # noqa: BLE001 - they are lost, and the next ones must not be
                    self.rejected.append(f"{type(error).__name__}: {error}")
                del self._traces[: len(batch)]

    # --- The thread that sends -------------------------------------------------------------

    def _work(self) -> None:
        sender: Sender | None = None
        while self._wait_for_work():
            try:
                if not self.spool.acquire():  # another process sends what one that was killed has left
                    self._rest(_FIRST_WAIT)
                    continue
                if sender is None:
                    sender = self._connect(self.spool.target)
                self._attempt(sender)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the thread
                self._failed(error)
                self._pause()
        self.spool.release()
        atexit.unregister(self._leave)

    def _wait_for_work(self) -> bool:
        """Wait until there is something to do; return whether there is, or will be."""
        with self._changed:
            self._busy = False
            self._changed.notify_all()
            while not (self.spool or (self._hurried and not self._swept)):
                if self._closed and not (self._traces or self._tasks):
                    return False
                self._changed.wait()
            self._busy = True
        return True

    def _attempt(self, sender: Sender) -> None:
        if self._waits or not self._swept:
            sender.reach()
        self._progress = time.monotonic()
        self._drain(self.spool, sender)
        self._arrived()
        if not self._swept:
            self._sweep()
            self._swept = True
        self._hurried = False

    def _drain(self, spool: Spool, sender: Sender) -> None:
        while (found := spool.first()) is not None:
            item, data = found
            self._deliver(sender, item.kind, data)
            spool.done(item)
            self._arrived()

    def _deliver(self, sender: Sender, kind: str, data: bytes) -> None:
        try:
            sender.send(kind, data)
        except RejectedError as error:
            self.rejected.append(str(error))
        except RefusedError as error:
            if self._refusals < _REFUSALS:  # one thing that is never taken must not hold up all others
                self._refusals += 1
                raise
            self.rejected.append(str(error))

    def _arrived(self) -> None:
        self._progress, self._waits, self._refusals, self.problem = time.monotonic(), 0, 0, None
        self._given_up = False

    def _sweep(self) -> None:
        """Send what earlier processes left for the same server."""
        self._left = 0
        siblings = self.spool.directory.parent
        for directory in sorted(siblings.iterdir()) if siblings.is_dir() else []:
            if directory == self.spool.directory or (spool := Spool.left(directory)) is None:
                continue
            if not spool.acquire():
                self._left += spool.holder == os.getpid()  # a thread of this process has not sent all yet
            else:
                try:
                    self._drain(spool, self._connect(spool.target))
                except Exception:  # noqa: BLE001 - it stays where it is, and holds up nothing else
                    self._left += 1
                finally:
                    spool.release()

    def _failed(self, error: Exception) -> None:
        with self._changed:
            self.problem = f"{type(error).__name__}: {error}"
            self._failures += 1
            self._busy = False
            self._changed.notify_all()

    def _pause(self) -> None:
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2**self._waits)
        self._waits += 1
        self._rest(wait)

    def _rest(self, wait: float) -> None:
        """Wait, shorter where somebody is in a hurry."""
        with self._changed:
            self._hurried = False
            self._changed.wait_for(lambda: self._hurried, wait)
            if self._hurried:
                self._changed.wait(_FIRST_WAIT / 10)  # whoever is in a hurry may ask all the time
