"""Sending in the background: what runs never waits, and nothing is lost where nobody answers."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from synalinks.integrations._spool import Spool

_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_GATHER: Final = 0.25
"""Seconds for which traces are collected before they are sent together."""

_HELD_TRACES: Final = 2_000
"""Traces in memory beyond which they are written to the disk unsent."""

_MOST_TRACES: Final = 20_000
"""Traces in memory beyond which further ones are dropped: the disk is slower than they come."""

_REFUSALS: Final = 5
_AT_EXIT: Final = 5.0
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

    What is added is on disk when `add` returns. Traces, of which there are many, are held in memory until
    they are sent, and written to the disk where that fails. A failure is tried again after a wait that
    doubles from half a second to half a minute.

    Args:
        spool: Where things wait.
        connect: Makes a sender for a target.
        encode: Turns traces into what is sent.
    """

    def __init__(self, spool: Spool, connect: Connect, encode: Callable[[Sequence[Any]], bytes]) -> None:
        self.spool = spool
        self._connect, self._encode = connect, encode
        self._changed = threading.Condition()
        self._traces: list[Any] = []
        self._tasks: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None
        self._busy = self._closed = self._hurried = self._swept = False
        self._sending = b""
        self._failures = 0
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
        if self._thread is None or len(self._traces) >= TRACES_AT_ONCE:
            self._wake()

    def add_task(self, task: Callable[[], None]) -> None:
        """Have something done in the thread before the next thing is sent; what it raises is dropped."""
        with self._changed:
            self._tasks.append(task)
        self._wake()

    def _wake(self) -> None:
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._work, name="synalinks-uploader", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    # --- Waiting ---------------------------------------------------------------------------

    @property
    def pending(self) -> int:
        """Number of things that have not arrived."""
        with self._changed:
            return len(self.spool) + len(self._traces) + len(self._tasks) + self._busy

    def flush(self, *, stalled: float, patient: bool = False) -> bool:
        """Wait until all has arrived; return whether it has.

        Args:
            stalled: Seconds without any progress after which to give up.
            patient: Whether to go on where an attempt fails.
        """
        began, failures = time.monotonic(), self._failures
        with self._changed:
            self._hurried = True
        self._wake()
        while self.pending or (patient and (self._left or not self._swept)):
            failed = self._failures > failures and not patient
            if failed or time.monotonic() - max(began, self._progress) > stalled:
                return False
            with self._changed:
                self._hurried, self._swept = True, self._swept and not (patient and self._left)
                self._changed.notify_all()
                self._changed.wait(0.05)
        return True

    def close(self) -> None:
        """Have the thread end once all has arrived; until then it goes on while the process lives."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _leave(self) -> None:
        """Send what can be sent before the process ends, and write the rest to the disk."""
        if self._thread is not None and self._thread.is_alive() and self.pending:
            self.flush(stalled=_AT_EXIT)
            self._keep_traces()
            if sending := self._sending:  # to send it twice changes nothing
                self.spool.add("spans", sending)

    # --- The thread ------------------------------------------------------------------------

    def _work(self) -> None:
        sender: Sender | None = None
        while self._wait_for_work():
            try:
                self._run_tasks()
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
            while not (self.spool or self._traces or self._tasks or (self._hurried and not self._swept)):
                if self._closed:
                    return False
                self._changed.wait(_GATHER)  # traces do not wake it
            if not (self.spool or self._tasks or self._hurried or self._closed):
                self._changed.wait_for(lambda: self._hurried or self._many or self._closed, _GATHER)
            self._busy = True
        return True

    @property
    def _many(self) -> bool:
        return len(self._traces) >= TRACES_AT_ONCE

    def _run_tasks(self) -> None:
        while self._tasks:
            with self._changed:
                task = self._tasks.pop(0)
            try:
                task()
            except Exception as error:  # noqa: BLE001 - it was optional
                self.rejected.append(f"{type(error).__name__}: {error}")

    def _attempt(self, sender: Sender) -> None:
        if not self.spool.acquire():
            raise RuntimeError(f"another process is sending what is in {str(self.spool.directory)!r}")
        if self._waits or not self._swept:
            sender.reach()
        self._progress = time.monotonic()
        self._drain(self.spool, sender)
        while self._traces and len(self._traces) < _HELD_TRACES:
            self._send_traces(sender)
        self._keep_traces()
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

    def _send_traces(self, sender: Sender) -> None:
        self._sending = self._encode(self._taken())
        try:
            self._deliver(sender, "spans", self._sending)
        except Exception:
            self.spool.add("spans", self._sending)
            raise
        finally:
            self._sending = b""
        self._arrived()

    def _taken(self) -> list[Any]:
        with self._changed:
            batch = self._traces[:TRACES_AT_ONCE]
            del self._traces[: len(batch)]
        return batch

    def _arrived(self) -> None:
        self._progress, self._waits, self._refusals, self.problem = time.monotonic(), 0, 0, None

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
        if len(self._traces) >= _HELD_TRACES:
            self._keep_traces()
        with self._changed:
            self.problem = f"{type(error).__name__}: {error}"
            self._failures += 1
            self._busy = False
            self._changed.notify_all()

    def _keep_traces(self) -> None:
        while batch := self._taken():
            self.spool.add("spans", self._encode(batch))

    def _pause(self) -> None:
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2**self._waits)
        self._waits += 1
        with self._changed:
            self._hurried = False
            self._changed.wait_for(lambda: self._hurried, wait)
            if self._hurried:
                self._changed.wait(_FIRST_WAIT / 10)  # whoever is in a hurry may ask all the time
