"""All candidates of a training, accepted or not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from synalinks._internal.canonical import copy_json
from synalinks.hooks import CallRecord, CandidateRecord
from synalinks.modules import Assignment

OUTSIDE = "set_variables"
"""Operator of what was not proposed: values that came from outside the optimizer."""


@dataclass(slots=True, eq=False)
class Candidate:
    """An assignment of values to all trainable variables, and what is known of it.

    Attributes:
        id: Number within the archive, from 0, the initial assignment.
        assignment: The values of all trainable variables.
        changes: The values that differ from those of the candidate it was made from, by path.
        base: Id of that candidate; None for what was not made from another one.
        parents: Ids of all candidates it was made from.
        operator: How it was made, for example "few_shot".
        step: (epoch, batch), both 0-based, in which it was first proposed.
        scores: Key of a sample to its rewards, one for each time it was run on it, as a candidate or in a
            training batch while it was current.
        failures: How often a sample left no score for no fault of the program.
        calls: Calls of language models that scoring it as a candidate took; shared answers are not counted.
        tokens: Their tokens.
        cost: Their price in US dollars, None where one is not known.
        accepted: Whether it became current; None while undecided.
        reason: Why, in a few words.
    """

    id: int
    assignment: Assignment
    changes: dict[str, Any]
    base: int | None = None
    parents: tuple[int, ...] = ()
    operator: str = ""
    step: tuple[int, int] = (0, 0)
    scores: dict[str, list[float]] = field(default_factory=dict)
    failures: int = 0
    calls: int = 0
    tokens: int = 0
    cost: float | None = 0.0
    accepted: bool | None = None
    reason: str = ""

    @property
    def variables(self) -> dict[str, Any]:
        """The values of all trainable variables by path, to change or to give to `set_variables`."""
        return {path: copy_json(value) for path, value in self.assignment.items()}

    @property
    def digest(self) -> str:
        """Hash of the assignment."""
        return self.assignment.digest

    @property
    def score(self) -> float | None:
        """Mean reward over all times it was run, None without evidence."""
        scores = [score for each in self.scores.values() for score in each]
        return math.fsum(scores) / len(scores) if scores else None

    @property
    def scored(self) -> int:
        """How often it was run and scored."""
        return sum(map(len, self.scores.values()))

    def score_of(self, key: str) -> float | None:
        """Return its mean reward on a sample, None where it has none."""
        scores = self.scores.get(key)
        return math.fsum(scores) / len(scores) if scores else None

    def gains_over(self, other: Candidate, keys: Iterable[str] | None = None) -> dict[str, float]:
        """Return by how much it scores more than another on each sample that both were run on.

        Args:
            other: The other candidate.
            keys: Keys of the samples to look at, in whose order they come; None for all of its own.
        """
        gains: dict[str, float] = {}
        for key in self.scores if keys is None else keys:
            score, known = self.score_of(key), other.score_of(key)
            if score is not None and known is not None:
                gains[key] = score - known
        return gains

    def note(self, key: str, score: float | None) -> None:
        """Add what came of running it on a sample."""
        if score is None:
            self.failures += 1
        else:
            self.scores.setdefault(key, []).append(score)

    def pay(self, records: Iterable[CallRecord]) -> None:
        """Count the calls that running it took."""
        for record in records:
            if record.cached:
                continue
            self.calls += 1
            self.tokens += record.usage.input_tokens + record.usage.output_tokens
            self.cost = None if self.cost is None or record.cost is None else self.cost + record.cost

    def record(self) -> CandidateRecord:
        """Return what is known of it by now, for events."""
        return CandidateRecord(
            id=self.id,
            digest=self.digest,
            changes=self.changes,
            parents=self.parents,
            operator=self.operator,
            score=self.score,
            scored=self.scored,
            accepted=self.accepted,
            reason=self.reason,
        )

    def __repr__(self) -> str:
        score = "" if self.score is None else f", score={self.score:.4g} of {self.scored}"
        return f"Candidate(id={self.id}, operator={self.operator!r}{score}, accepted={self.accepted})"


class Archive(Sequence[Candidate]):
    """The candidates of a program since it was compiled: `archive[37]` is the one with the id 37.

    Two equal assignments are one candidate: proposed again, it is found again, with its scores.
    """

    def __init__(self) -> None:
        self._candidates: list[Candidate] = []
        self._ids: dict[str, int] = {}

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> list[Candidate]: ...
    def __getitem__(self, index: int | slice) -> Candidate | list[Candidate]:
        return self._candidates[index]

    def __len__(self) -> int:
        return len(self._candidates)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._candidates)

    def __repr__(self) -> str:
        accepted = sum(candidate.accepted is True for candidate in self)
        return f"Archive({len(self)} candidates, {accepted} accepted)"

    def find(self, assignment: Assignment) -> Candidate | None:
        """Return the candidate of an assignment, None where there is none."""
        known = self._ids.get(assignment.digest)
        return None if known is None else self._candidates[known]

    def current(self, assignment: Assignment, step: tuple[int, int]) -> Candidate:
        """Return the candidate of the assignment that is current; one that came from outside is entered."""
        known = self.find(assignment)
        if known is None:
            operator = OUTSIDE if self else "initial"
            known = self._entered(assignment, changes=dict(assignment), step=step, operator=operator)
            known.accepted = True
        return known

    def enter(
        self,
        base: Candidate,
        changes: Mapping[str, Any],
        *,
        parents: Iterable[Candidate] = (),
        operator: str = "",
        step: tuple[int, int] = (0, 0),
    ) -> Candidate:
        """Return the candidate of the values of `base` with `changes`; it is entered if it is a new one."""
        assignment = base.assignment.with_values(changes)
        known = self.find(assignment)
        if known is not None:
            return known
        ids = tuple(parent.id for parent in parents) or (base.id,)
        given = {path: assignment[path] for path in changes}
        return self._entered(
            assignment, changes=given, base=base.id, parents=ids, operator=operator, step=step
        )

    def _entered(self, assignment: Assignment, **about: Any) -> Candidate:
        candidate = Candidate(id=len(self), assignment=assignment, **about)
        self._candidates.append(candidate)
        self._ids[assignment.digest] = candidate.id
        return candidate

    # --- State -----------------------------------------------------------------------------

    def state_dict(self) -> list[dict[str, Any]]:
        """Return all candidates as JSON: each with what it changes, so that nothing is written twice."""
        return [
            {name: getattr(c, name) for name in _STORED} | {"parents": list(c.parents), "step": list(c.step)}
            for c in self
        ]

    def load_state_dict(self, state: Sequence[Mapping[str, Any]]) -> None:
        """Take over a state that `state_dict` returned."""
        self._candidates, self._ids = [], {}
        for row in state:
            base, changes = row["base"], row["changes"]
            assignment = Assignment(changes) if base is None else self[base].assignment.with_values(changes)
            about = {**row, "parents": tuple(row["parents"]), "step": tuple(row["step"])}
            about["scores"] = {key: list(scores) for key, scores in row["scores"].items()}
            self._entered(assignment, **about)


_STORED = (
    "changes", "base", "parents", "operator", "step", "scores", "failures", "calls", "tokens", "cost",
    "accepted", "reason",
)  # fmt: skip
