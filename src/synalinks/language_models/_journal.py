"""The place of a journal of completed calls: what it must offer, and which one is in force."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from synalinks._internal.scope import module_path, purpose, sample_scope
from synalinks.language_models._request import Request, Response


@dataclass(frozen=True, slots=True)
class Address:
    """Which call of a run a call is: the same in the run and in its resumption.

    Attributes:
        phase: Phase of the run, see `SampleScope`.
        epoch: Epoch, 0-based, or None.
        step: Batch within the epoch, 0-based, or None.
        sample: Index of the sample in the data given, or None.
        module: Path of the module that calls.
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

    def lookup(self, address: Address, request: Request) -> Response | None:
        """Return the answer kept under `address`, or None."""
        ...

    async def record(self, address: Address, request: Request, response: Response) -> None:
        """Keep an answer; it is kept for good when this returns."""
        ...


journal: ContextVar[Journal | None] = ContextVar("synalinks_journal", default=None)
"""The journal in force here, or None."""


def next_address(request: Request) -> Address | None:
    """Return the address of a call that starts now, and count it; None outside a run."""
    scope = sample_scope.get()
    if scope is None:
        return None
    place = (module_path.get(), purpose.get(), request.key)
    occurrence = scope.occurrences.get(place, 0)
    scope.occurrences[place] = occurrence + 1
    return Address(scope.phase, scope.epoch, scope.step, scope.sample, *place, occurrence)
