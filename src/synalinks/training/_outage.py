"""Waiting out an outage: a step that failed on its way is no evidence, so it is run again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from synalinks._internal.activity import working
from synalinks._internal.text import printable
from synalinks.callbacks._terminal import say
from synalinks.errors import OutageError
from synalinks.hooks import Usage
from synalinks.language_models._journal import journal, longest_wait
from synalinks.optimizers import Failure, Outcome

TOLERATED: Final = 0.2
"""Share of a step's samples that may fail on their way without the step being run again."""

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""Seconds before what failed is run again: doubled each time, from the first to the second."""


@dataclass(slots=True)
class Patience:
    """How long outages are waited for.

    Args:
        timeout: Seconds that one outage may last.
        resume: What to say of how the run can be resumed.
        quiet: Whether to say nothing while waiting.
    """

    timeout: float
    resume: str
    quiet: bool = False

    @contextmanager
    def bounding(self) -> Iterator[None]:
        """Let no single call of the block wait longer than an outage may last."""
        token = longest_wait.set(self.timeout)
        try:
            yield
        finally:
            longest_wait.reset(token)

    async def settle(
        self, outcomes: list[Outcome], run_again: Callable[[Sequence[int]], Awaitable[list[Outcome]]]
    ) -> list[Outcome]:
        """Return the outcomes of a step in which few enough failed; run again what did until it is so.

        Args:
            outcomes: What came of the step's samples.
            run_again: Takes positions in `outcomes`, runs these samples again, returns what came of them.

        Raises:
            OutageError: Too many still failed when the time was over, or a server asked to wait longer.
        """
        began, pause = time.monotonic(), FIRST_PAUSE
        while len(failed := _failed(outcomes)) > TOLERATED * len(outcomes):
            wait = max([pause, *(_asked(outcomes[i]) for i in failed)])
            waited = time.monotonic() - began
            if waited + wait > self.timeout:
                raise self._error(outcomes, failed, waited)
            self._tell(outcomes, failed, wait, first=pause == FIRST_PAUSE)
            with working("waiting out an outage"):
                await asyncio.sleep(wait)
            for position, outcome in zip(failed, await run_again(failed), strict=True):
                outcomes[position] = _with_paid(outcome, outcomes[position])
            pause = min(2 * pause, LONGEST_PAUSE)
        return outcomes

    def _tell(self, outcomes: list[Outcome], failed: list[int], wait: float, *, first: bool) -> None:
        if first and not self.quiet:
            say(
                f"{len(failed)} of {len(outcomes)} samples failed on their way "
                f"({_reason(outcomes, failed)}). "
                f"Trying again in {wait:.0f} s, for up to {self.timeout:.0f} s."
            )

    def _error(self, outcomes: list[Outcome], failed: list[int], waited: float) -> OutageError:
        asked = max(_asked(outcomes[i]) for i in failed)
        longer = f" A server asked to wait {asked:.0f} s." if asked else ""
        return OutageError(
            f"{len(failed)} of {len(outcomes)} samples failed on their way, the last time with "
            f"{_reason(outcomes, failed).rstrip('.')}. Waited {waited:.0f} s of an outage_timeout of "
            f"{self.timeout:.0f} s.{longer} "
            f"{self.resume}",
            failed=len(failed),
            total=len(outcomes),
            waited=waited,
        )


def _with_paid(outcome: Outcome, before: Outcome) -> Outcome:
    """Return the outcome of a further try with the calls of the one before that were paid for.

    With a journal there are none: their answers were taken from it, and the further try's records have them.
    """
    if journal.get() is not None:
        return outcome
    paid = (record for record in before.records if record.error is None or record.usage != Usage())
    return replace(outcome, records=(*paid, *outcome.records))


def _failed(outcomes: Sequence[Outcome]) -> list[int]:
    return [i for i, o in enumerate(outcomes) if o.failure is not None and o.failure.kind == "infrastructure"]


def _failure(outcome: Outcome) -> Failure:
    assert outcome.failure is not None
    return outcome.failure


def _asked(outcome: Outcome) -> float:
    error = _failure(outcome).exception
    return (error.retry_after or 0.0) if error is not None else 0.0


def _reason(outcomes: Sequence[Outcome], failed: Sequence[int]) -> str:
    failure = _failure(outcomes[failed[0]])
    return f"{failure.error}: {printable(failure.message)[:200]}"
