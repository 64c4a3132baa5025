"""What an optimizer sees of a training step, and what it may do in it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Protocol

from synalinks._internal.plain import plain
from synalinks.datasets import Sample
from synalinks.errors import LanguageModelError
from synalinks.hooks import CallRecord
from synalinks.modules import Module
from synalinks.optimizers._archive import Archive, Candidate


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
    def pool(self) -> Sequence[Sample]:
        """The samples to compare candidates on, in an order that stays the same for the whole training.

        Those held out by `selection_split`; without it the training set in an order drawn from the seed,
        or of a stream the batch.
        """

    @property
    def train(self) -> TrainingSet:
        """The training set, and how much of it was seen so far."""

    @property
    def current(self) -> Candidate:
        """The assignment that is current, as a candidate."""

    @property
    def archive(self) -> Archive:
        """All candidates since the program was compiled, with their scores."""

    @property
    def language_models(self) -> Mapping[str, Any]:
        """Path of a module to its language model, None for the default one."""

    @property
    def rng(self) -> random.Random:
        """Random numbers of this step: the same for the same seed, epoch and batch."""

    @property
    def allowance(self) -> int | None:
        """Calls of language models that are left of the optimizer's `max_calls`, None without a bound."""

    @property
    def calls_per_run(self) -> int:
        """The most calls that one run of the program on a sample has taken so far, its reward included."""

    def propose(
        self,
        changes: Mapping[str, Any],
        *,
        base: Candidate | None = None,
        parents: Sequence[Candidate] = (),
        operator: str = "",
    ) -> Candidate:
        """Enter a candidate into the archive: the values of `base` with `changes` by path.

        Args:
            changes: New values by path of a variable.
            base: Whose values the others are; None for those of the current one.
            parents: What it was made from; none for `base` alone.
            operator: How it was made.

        Returns:
            The candidate; one that was proposed before, by whatever way, with the scores it has by now.

        Raises:
            UnknownNameError: There is no such trainable variable.
            ConfigurationError: A value is not valid for its variable.
        """

    async def run(
        self, jobs: Sequence[tuple[Candidate, Sequence[Sample]]], *, traced: bool = False
    ) -> list[list[Outcome]]:
        """Run candidates on samples of their own, all at the same time; the archive keeps the scores.

        Calls at temperature 0 that several runs of a step have in common are made once.

        Args:
            jobs: Candidates and the samples to run each on.
            traced: Whether outcomes hold the calls of modules that have variables.

        Returns:
            For each job the outcomes, in the order of its samples.

        Raises:
            AllowanceSpentError: It might take more calls than are left; none was made.
        """

    async def score(
        self, candidates: Sequence[Candidate], samples: Sequence[Sample] | None = None
    ) -> list[Scores]:
        """Run the candidates on samples, all at the same time, and return each one's scores.

        Args:
            candidates: Which.
            samples: On what; None for the selection set, or the batch where there is none.

        Raises:
            AllowanceSpentError: As for `run`.
        """

    async def score_each(self, jobs: Sequence[tuple[Candidate, Sequence[Sample]]]) -> list[Scores]:
        """Run each candidate on samples of its own, all at the same time, and return each one's scores.

        Args:
            jobs: Candidates and the samples to run each on.

        Raises:
            AllowanceSpentError: As for `run`.
        """

    async def ask(self, module: Module, inputs: Sequence[Any]) -> list[Any]:
        """Run a module of the optimizer's own, such as a `Generator` that proposes values.

        Its calls count under the purpose "optimizer" and towards the allowance.

        Args:
            module: The module.
            inputs: What to run it on, at the same time; two equal inputs get answers of their own.

        Returns:
            For each input the output; None where there was none that can be used.

        Raises:
            AllowanceSpentError: There are more inputs than calls left; none was made.
            OutageError: No answer came for as long as outages are waited for.
        """

    def decide(self, candidate: Candidate, *, accepted: bool, reason: str) -> None:
        """Say whether a candidate becomes current, and why; the last one accepted in a step does."""
