"""What an optimizer's step sees and may do, without a program: all of it is functions that a test gives.

def judge(values, sample):  # the reward of the values on a sample
    return float("brief" in values["generator/instruction"])

context = FakeContext([text("generator/instruction", "Answer.")], samples(8), judge=judge)
await optimizer.step(context)
assert context.accepted.variables == {"generator/instruction": "Be brief."}
following = context.following()  # the next step: the same archive, and what was accepted is current
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synalinks import DataModel, Generator, JsonDataModel
from synalinks.data import validate
from synalinks.datasets import Sample, as_dataset
from synalinks.errors import AllowanceSpentError, ConfigurationError, UnknownNameError
from synalinks.hooks import CallRecord, Usage
from synalinks.modules import Assignment, Module
from synalinks.optimizers import Archive, Candidate, Evaluated, Outcome, TraceStep, VariableInfo


class Query(DataModel):
    """What the samples ask."""

    query: str


class Answer(DataModel):
    """What they should be answered with."""

    answer: str


def samples(count: int, *, targets: bool = True) -> list[Sample]:
    """Return samples that ask "0", "1", ... and whose targets are "right 0", "right 1", ...."""
    asked = [Query(query=str(number)) for number in range(count)]
    answers = [Answer(answer=f"right {number}") for number in range(count)] if targets else None
    dataset = as_dataset(asked, answers)
    return [dataset[position] for position in range(count)]


def text(path: str = "generator/instruction", value: str = "Answer.", **about: Any) -> VariableInfo:
    """Return a variable that holds a text."""
    return variable(path, value, {"type": "string"}, **about)


def examples(
    path: str = "generator/examples", value: Sequence[Any] = (), answer: Any = Answer
) -> VariableInfo:
    """Return a variable that holds examples of a generator of answers."""
    return variable(path, list(value), Generator(data_model=answer).examples.schema)


def variable(path: str, value: Any, schema: dict[str, Any], **about: Any) -> VariableInfo:
    """Return a variable of any kind; its module is the path before its name."""
    return VariableInfo(path=path, module=path.rpartition("/")[0], value=value, schema=schema, **about)


Values = Mapping[str, Any]
Judge = Callable[[Values, Sample], Any]
Trace = Callable[[Values, Sample], Sequence[TraceStep]]


def said(values: Values, sample: Sample) -> Sequence[TraceStep]:
    """Return the trace of a program of one generator that says "said 3" where "3" is asked."""
    inputs = sample.x.get_json()
    return [TraceStep("generator", inputs, {"answer": f"said {inputs['query']}"})]


@dataclass(frozen=True)
class FakeTrainingSet:
    """The training set as an optimizer sees it."""

    samples: Sequence[Sample]
    seen: int = 0

    @property
    def size(self) -> int | None:
        return len(self.samples)

    def __getitem__(self, position: int) -> Sample:
        return self.samples[position]


class FakeContext:
    """An `OptimizerContext`; the archive in it is a real one.

    Args:
        variables: The trainable variables, with their values before the first step.
        samples: The training set.
        judge: Called with values by path and a sample; it returns a reward, None for no evidence, a pair
            of either and the feedback, or a whole `Outcome`.
        batch: The samples of the batch; all samples where it is not given.
        scores: Rewards of the batch in place of the judge's.
        selection: Samples held out for candidates.
        pool: What candidates are compared on; None for the selection, or else all samples.
        trace: What runs leave in their outcomes where they are traced; by default that of `said`.
        reply: Called with a module and one of the inputs it is asked with; it returns the answer, a dict
            or a data model, or None for none that can be used. An answer that is not valid becomes None,
            as it does in earnest once the model was asked again. A list is taken from its front.
        language_models: Path of a module to its model.
        seed: Of the random numbers.
        max_calls: The allowance.
        calls_per_run: Calls that each run takes, the reward's included.
        archive: That of a step before.
        current: What is current; by default the variables' values.
        step: (epoch, batch).

    Attributes:
        ran: For each job of each `run` or `score` the candidate and the keys of the samples.
        rounds: How many jobs each of these had.
        asked: For each `ask` the module and its inputs.
        proposed: The candidates proposed, one for each call of `propose`.
        decided: Id of a candidate to (accepted, reason).
        accepted: The last candidate that was accepted, which becomes current; None where there is none.
        spent: Calls made.
    """

    def __init__(
        self,
        variables: Iterable[VariableInfo],
        samples: Sequence[Sample],
        *,
        judge: Judge | None = None,
        batch: Sequence[Sample] | None = None,
        scores: Sequence[float | None] | None = None,
        selection: Sequence[Sample] = (),
        pool: Sequence[Sample] | None = None,
        trace: Trace = said,
        reply: Callable[[Module, Any], Any] | list[Any] | None = None,
        language_models: Mapping[str, Any] | None = None,
        seed: int = 0,
        max_calls: int | None = None,
        calls_per_run: int = 1,
        archive: Archive | None = None,
        current: Candidate | None = None,
        step: tuple[int, int] = (0, 0),
        spent: int = 0,
    ) -> None:
        self._given = {
            "samples": samples, "judge": judge, "selection": selection, "pool": pool, "trace": trace,
            "reply": reply, "language_models": language_models, "calls_per_run": calls_per_run,
            "max_calls": max_calls, "seed": seed,
        }  # fmt: skip
        self._judge, self._trace, self._reply = judge or (lambda values, sample: 0.0), trace, reply
        self.archive = Archive() if archive is None else archive
        infos = {info.path: info for info in variables}
        start = Assignment({path: info.value for path, info in infos.items()})
        self.current = self.archive.current(start, step) if current is None else current
        self.variables = {
            path: replace(info, value=self.current.assignment[path]) for path, info in infos.items()
        }
        self.selection = list(selection)
        self.pool = list(pool) if pool is not None else self.selection or list(samples)
        self.train = FakeTrainingSet(samples)
        self.language_models = language_models or {}
        self.rng = random.Random(f"{seed} {step}")
        self.calls_per_run, self.spent, self._max_calls, self._step = calls_per_run, spent, max_calls, step
        self.ran: list[tuple[Candidate, list[str]]] = []
        self.rounds: list[int] = []
        self.asked: list[tuple[Module, list[Any]]] = []
        self.proposed: list[Candidate] = []
        self.decided: dict[int, tuple[bool, str]] = {}
        self.accepted: Candidate | None = None
        ran = [(sample, self._outcome(self.current, sample)) for sample in (batch or samples)]
        if scores is not None:
            ran = [(s, replace(o, score=score)) for (s, o), score in zip(ran, scores, strict=False)]
        self.batch = [Evaluated(sample, outcome) for sample, outcome in ran]

    def following(self, **changes: Any) -> FakeContext:
        """Return the context of the next step: what was accepted is current, all else as it was.

        Args:
            **changes: Arguments that are others from now on, for example `judge` or `batch`.
        """
        self._given.update({"batch": None, "scores": None})
        epoch, batch = self._step
        place = {"step": (epoch, batch + 1), "spent": self.spent, "archive": self.archive}
        current = self.current if self.accepted is None else self.accepted
        return FakeContext(self.variables.values(), **{**self._given, **place, "current": current, **changes})

    @property
    def undecided(self) -> list[Candidate]:
        """The candidates proposed of which it was not said whether they are accepted, and why."""
        return [c for c in self.proposed if not self.decided.get(c.id, (False, ""))[1]]

    # --- What a step may do ------------------------------------------------------------------

    @property
    def allowance(self) -> int | None:
        return None if self._max_calls is None else max(0, self._max_calls - self.spent)

    def propose(
        self,
        changes: Mapping[str, Any],
        *,
        base: Candidate | None = None,
        parents: Sequence[Candidate] = (),
        operator: str = "",
    ) -> Candidate:
        for path, value in changes.items():
            if path not in self.variables:
                raise UnknownNameError("variable", path, self.variables)
            problem = validate(self.variables[path].schema, value)
            if problem is not None:
                raise ConfigurationError(f"Variable {path!r} cannot take this value: {problem}")
        base = self.current if base is None else base
        candidate = self.archive.enter(base, changes, parents=parents, operator=operator, step=self._step)
        self.proposed.append(candidate)
        return candidate

    async def score(
        self, candidates: Sequence[Candidate], samples: Sequence[Sample] | None = None
    ) -> list[Mapping[str, float | None]]:
        if samples is None:
            samples = self.selection or [evaluated.sample for evaluated in self.batch]
        return await self.score_each([(candidate, samples) for candidate in candidates])

    async def score_each(
        self, jobs: Sequence[tuple[Candidate, Sequence[Sample]]]
    ) -> list[Mapping[str, float | None]]:
        ran = await self.run(jobs)
        return [
            {sample.key: outcome.score for sample, outcome in zip(samples, outcomes, strict=True)}
            for (_, samples), outcomes in zip(jobs, ran, strict=True)
        ]

    async def run(
        self, jobs: Sequence[tuple[Candidate, Sequence[Sample]]], *, traced: bool = False
    ) -> list[list[Outcome]]:
        self._pay(sum(len(samples) for _, samples in jobs) * self.calls_per_run)
        self.rounds.append(len(jobs))
        found = []
        for candidate, samples in jobs:
            self.ran.append((candidate, [sample.key for sample in samples]))
            outcomes = [self._outcome(candidate, sample, traced=traced) for sample in samples]
            for sample, outcome in zip(samples, outcomes, strict=True):
                candidate.note(sample.key, outcome.score)
                candidate.pay(outcome.records)
            found.append(outcomes)
        return found

    def scored_on(self, candidate: Candidate) -> set[str]:
        """Return the keys of the samples that a candidate was run on in this step."""
        return {key for ran, keys in self.ran if ran is candidate for key in keys}

    async def ask(self, module: Module, inputs: Sequence[Any]) -> list[Any]:
        self._pay(len(inputs))
        self.asked.append((module, list(inputs)))
        return [self._answer(module, each) for each in inputs]

    def decide(self, candidate: Candidate, *, accepted: bool, reason: str) -> None:
        candidate.accepted, candidate.reason = accepted, reason
        self.decided[candidate.id] = (accepted, reason)
        if accepted:
            self.accepted = candidate

    # --- How it is faked ---------------------------------------------------------------------

    def _pay(self, calls: int) -> None:
        if self.allowance is not None and calls > self.allowance:
            raise AllowanceSpentError(f"{calls} calls do not fit into {self.allowance}.")
        self.spent += calls

    def _outcome(self, candidate: Candidate, sample: Sample, *, traced: bool = True) -> Outcome:
        judged = self._judge(candidate.assignment, sample)
        steps = tuple(self._trace(candidate.assignment, sample))
        said = JsonDataModel.trusted({"type": "object"}, steps[-1].outputs) if steps else None
        call = CallRecord(
            "testing/fake",
            "program",
            "candidate",
            *self._step,
            sample.index,
            "",
            Usage(1, 1),
            1,
            0.0,
            cost=0.0,
        )
        run = {"sample": sample.index, "records": (call,) * self.calls_per_run}
        if isinstance(judged, Outcome):
            return replace(judged, **run, trace=(judged.trace or steps) if traced else ())
        score, feedback = judged if isinstance(judged, tuple) else (judged, None)
        trace = steps if traced else ()
        return Outcome(**run, prediction=said, score=score, feedback=feedback, trace=trace)

    def _answer(self, module: Module, inputs: Any) -> Any:
        if isinstance(self._reply, list):
            answer = self._reply.pop(0) if self._reply else None
        else:
            answer = None if self._reply is None else self._reply(module, inputs)
        if isinstance(answer, (DataModel, JsonDataModel)):
            answer = answer.get_json()
        schema = getattr(module, "_answer_schema", None)
        if answer is None or schema is None or validate(schema, answer) is not None:
            return None
        return JsonDataModel.trusted(schema, answer)
