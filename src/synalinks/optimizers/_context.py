"""What an optimizer sees of a training step, and what it may do in it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Protocol

from synalinks._internal.plain import plain
from synalinks.datasets import Sample
from synalinks.errors import LanguageModelError
from synalinks.hooks import CallRecord, CandidateRecord
from synalinks.modules import Assignment


class TraceStep(NamedTuple):
    """One call of a module that has variables.

    Attributes:
        module: Path of the module.
        inputs: What it was called with, as JSON.
        outputs: What it gave, as JSON.
    """

    module: str
    inputs: Any
    outputs: Any


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sample has no prediction or no score.

    Attributes:
        kind: "infrastructure" (on the way: no score), "reward" (the reward's or a metric's own call gave
            nothing usable: no score) or "program" (the program's doing: scores 0).
        error: Class name of the error.
        message: Its text.
        exception: The error itself; not part of the JSON.
    """

    kind: str
    error: str
    message: str
    exception: LanguageModelError | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of running one sample under one assignment.

    Attributes:
        sample: Index of the sample in the data given.
        prediction: The program's output, None where it failed.
        score: The reward; None where there is no evidence, or no reward was asked for.
        feedback: What the reward says about it, or None.
        measures: What each metric that looks at predictions measured, in the order of the metrics.
        failure: Why it failed, or None.
        trace: The calls of modules that have variables, in the order in which they ended.
        records: The figures of each language-model call.
    """

    sample: int
    prediction: Any = None
    score: float | None = None
    feedback: str | None = None
    measures: tuple[Any, ...] = ()
    failure: Failure | None = None
    trace: tuple[TraceStep, ...] = ()
    records: tuple[CallRecord, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as JSON."""
        failure = self.failure and {
            "kind": self.failure.kind,
            "error": self.failure.error,
            "message": self.failure.message,
        }
        return {
            "sample": self.sample,
            "prediction": plain(self.prediction),
            "score": self.score,
            "feedback": self.feedback,
            "measures": list(self.measures),
            "failure": failure,
            "trace": [step._asdict() for step in self.trace],
            "records": [asdict(record) for record in self.records],
        }


@dataclass(frozen=True, slots=True)
class VariableInfo:
    """A trainable variable as an optimizer sees it.

    Attributes:
        path: Path of the variable.
        module: Path of the module that has it.
        value: Its current value; do not change it.
        schema: JSON schema of its values.
        description: What it is for, or None.
        module_description: What its module does, or None.
    """

    path: str
    module: str
    value: Any
    schema: dict[str, Any]
    description: str | None = None
    module_description: str | None = None


@dataclass(slots=True)
class Candidate:
    """An assignment that an optimizer proposed.

    Attributes:
        id: Number within the run, from 1; the initial assignment is 0.
        assignment: The values of all trainable variables.
        changes: The values that differ from the assignment that was current, by path.
        parents: Ids of the candidates it was made from.
        operator: How it was made, for example "few_shot".
        step: (epoch, batch), both 0-based.
        score: Mean reward over the samples it was scored on, None before or without evidence.
        scored: Number of samples with a score.
        accepted: Whether it became current; None while undecided.
        reason: Why, in a few words.
    """

    id: int
    assignment: Assignment
    changes: dict[str, Any]
    parents: tuple[int, ...] = ()
    operator: str = ""
    step: tuple[int, int] = (0, 0)
    score: float | None = None
    scored: int = 0
    accepted: bool | None = None
    reason: str = ""

    @property
    def digest(self) -> str:
        """Hash of the assignment."""
        return self.assignment.digest

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


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A sample of the batch and what came of it under the current assignment."""

    sample: Sample
    outcome: Outcome


Scores = Mapping[str, float | None]
"""Key of a sample to its reward; None where the sample failed for no fault of the program."""


class TrainingSet(Protocol):
    """The training set as an optimizer sees it."""

    @property
    def size(self) -> int | None:
        """Number of samples, None for a stream."""

    @property
    def seen(self) -> int:
        """Number of samples that training has run so far, repetitions counted."""

    def __getitem__(self, position: int) -> Sample:
        """Return a sample by position; streams have none."""


class OptimizerContext(Protocol):
    """What `Optimizer.step` gets: it never sees the program or the loop."""

    @property
    def variables(self) -> Mapping[str, VariableInfo]:
        """The trainable variables by path."""

    @property
    def batch(self) -> Sequence[Evaluated]:
        """The samples of the batch with their outcomes under the current assignment."""

    @property
    def selection(self) -> Sequence[Sample]:
        """Training samples held out to score candidates on; empty unless `selection_split` was set."""

    @property
    def train(self) -> TrainingSet:
        """The training set, and how much of it was seen so far."""

    @property
    def current(self) -> Candidate:
        """The assignment that is current, as a candidate."""

    @property
    def language_models(self) -> Mapping[str, Any]:
        """Path of a module to its language model."""

    @property
    def rng(self) -> random.Random:
        """Random numbers of this step: the same for the same seed, epoch and batch."""

    def propose(
        self, changes: Mapping[str, Any], *, parents: Sequence[Candidate] = (), operator: str = ""
    ) -> Candidate:
        """Enter a candidate into the archive: the current values with `changes` by path.

        Raises:
            UnknownNameError: There is no such trainable variable.
            ConfigurationError: A value is not valid for its variable.
        """

    async def score(
        self, candidates: Sequence[Candidate], samples: Sequence[Sample] | None = None
    ) -> list[Scores]:
        """Run the candidates on samples, all at the same time, and return each one's scores.

        Args:
            candidates: Which.
            samples: On what; None for the selection set, or the batch where there is none.
        """

    async def score_each(self, jobs: Sequence[tuple[Candidate, Sequence[Sample]]]) -> list[Scores]:
        """Run each candidate on samples of its own, all at the same time.

        Args:
            jobs: Candidates and the samples to run each on.
        """

    def decide(self, candidate: Candidate, *, accepted: bool, reason: str) -> None:
        """Say whether a candidate becomes current, and why; the last one accepted in a step does."""
