"""What a run brings to the calls made in it: a journal of completed calls, and a gate."""

from __future__ import annotations

import math
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from synalinks._internal.scope import SampleScope, branch_name, module_path, purpose, sample_scope
from synalinks.errors import LanguageModelError
from synalinks.language_models._request import Request, Response


@dataclass(frozen=True, slots=True)
class Address:
    """Which call of a run a call is: the same in the run and in its resumption.

    Attributes:
        phase: Phase of the run, see `SampleScope`.
        epoch: Epoch, 0-based, or None.
        step: Batch within the epoch, 0-based, or None.
        sample: Index of the sample in the data given, or None.
        module: Path of the module that calls, and the named branch it runs in.
        purpose: Whose call it is.
        request: Key of the request.
        occurrence: How many equal calls were started before at this place.
    """

    phase: str
    epoch: int | None
    step: int | None
    sample: int | None
    module: str
    purpose: str
    request: str
    occurrence: int


class Journal(Protocol):
    """Keeps completed calls, and gives them back when a run is resumed."""

    def lookup(self, address: Address, request: Request, *, again: bool = False) -> Response | None:
        """Return the answer kept under `address`, or None; raise the failure that is kept there.

        Args:
            address: Of the call.
            request: Its request.
            again: Whether what was recorded in this process counts as well.
        """
        ...

    async def record(self, address: Address, request: Request, response: Response) -> None:
        """Keep an answer; it is kept for good when this returns."""
        ...

    async def fail(self, address: Address, request: Request, error: LanguageModelError) -> None:
        """Take note of a call that failed."""
        ...

    def race(self, address: Address) -> None:
        """Take note of equal requests in flight at one place."""
        ...


class Gate(Protocol):
    """Lets calls of a run start, or no more."""

    async def enter(self) -> None:
        """Wait until a call may start; it is in flight when this returns."""
        ...

    def leave(self) -> None:
        """Say that a call is no longer in flight."""
        ...


journal: ContextVar[Journal | None] = ContextVar("synalinks_journal", default=None)
"""The journal in force here, or None."""

gate: ContextVar[Gate | None] = ContextVar("synalinks_gate", default=None)
"""The gate in force here, or None."""

longest_wait: ContextVar[float] = ContextVar("synalinks_longest_wait", default=math.inf)
"""Seconds that a server may ask to wait before a call counts as failed here."""


class Place:
    """The address of a call that starts now, and the count of equal calls in flight.

    Args:
        scope: The scope it starts in.
        request: Its request.
    """

    __slots__ = ("_key", "_scope", "address")

    def __init__(self, scope: SampleScope, request: Request) -> None:
        branch = branch_name.get()
        module = f"{module_path.get()}@{branch}" if branch else module_path.get()
        key = self._key = (module, purpose.get(), request.key)
        self._scope = scope
        occurrence = scope.occurrences.get(key, 0)
        scope.occurrences[key] = occurrence + 1
        self.address = Address(scope.phase, scope.epoch, scope.step, scope.sample, *key, occurrence)

    def start(self) -> bool:
        """Count the call as in flight; return whether an equal one is."""
        others = self._scope.in_flight.get(self._key, 0)
        self._scope.in_flight[self._key] = others + 1
        return others > 0

    def end(self) -> None:
        """Count the call as no longer in flight."""
        self._scope.in_flight[self._key] -= 1


def place_of(request: Request) -> Place | None:
    """Return the place of a call that starts now; None outside a run."""
    scope = sample_scope.get()
    return None if scope is None else Place(scope, request)
