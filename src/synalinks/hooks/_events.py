"""The events of a run, one frozen dataclass each.

What takes time comes as a pair, `...Started` and `...Ended`, with the same `span_id`. An event holds what
there is, whole and not copied: read it, do not change it. Two events are never equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synalinks.hooks._records import CallRecord, CandidateRecord


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Event:
    """Base of all events: where in the run something happened, and when.

    Attributes:
        span_id: 16 hexadecimal digits that the two events of a pair share; for an event without a
            counterpart, those of what it happened in.
        parent_id: `span_id` of what it is part of: of the module that calls this one, the module that asks
            the language model, the sample that is scored. None at the top.
        time: When, in seconds since the epoch (1970-01-01 UTC).
        run_id: Id of the training it is part of, the same in each process that continues it, or None.
        phase: "train", "val", "test", "predict", "candidate:<hash>", "propose",
            "hook:<callback>.<hook>", or "" outside a run.
        epoch: Epoch, 0-based, or None outside `fit`.
        step: Batch within the epoch, 0-based, or None.
        sample: Index of the sample in the data given, or None.
        sample_id: `span_id` of the run of that sample which it is part of, or None: one sample is run many
            times.
        purpose: What it serves: "program", "reward", "metric", "optimizer" or "callback".
        module: Path of the module whose call it is or is part of, or its name outside a program; "" outside
            any.
    """

    span_id: str
    parent_id: str | None
    time: float
    run_id: str | None = None
    phase: str = ""
    epoch: int | None = None
    step: int | None = None
    sample: int | None = None
    sample_id: str | None = None
    purpose: str = "program"
    module: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EndedEvent(Event):
    """Base of all events that end something; `phase` and the like are those of its start.

    Attributes:
        duration: Seconds since the start.
        error: Why it failed, or None. A cancellation is an error too.
    """

    duration: float
    error: BaseException | None = None


# --- Trainings, and evaluations of data ----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingStarted(Event):
    """A `fit` starts: everything is checked, and what a backup held is restored.

    Attributes:
        program: The program's name.
        optimizer: The optimizer's name.
        reward: The reward's name.
        params: What callbacks see as `params`: epochs, steps, batch_size, seed, ….
        resumed: Whether it goes on with what another process, or another `fit`, began.
    """

    program: str
    optimizer: str
    reward: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingEnded(EndedEvent):
    """A `fit` is over, in whatever way.

    Attributes:
        program: The program's name.
        logs: The logs of the last epoch that ended, empty where none did.
        stopped_by: What ended it before its last epoch ("early_stopping", "budget", …), or None.
    """

    program: str
    logs: Mapping[str, float] = field(default_factory=dict)
    stopped_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpochStarted(Event):
    """An epoch starts, or what is left of it in a resumed run."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpochEnded(EndedEvent):
    """An epoch ended, its validation included.

    Attributes:
        logs: Its final logs; empty where it failed, or the data ran out before it.
    """

    logs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvaluationStarted(Event):
    """A program starts on data: in `evaluate`, `predict`, or a validation of `fit`; `phase` says which.

    Attributes:
        program: The program's name.
    """

    program: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvaluationEnded(EndedEvent):
    """A program is through with data.

    Attributes:
        program: The program's name.
        logs: Its figures; empty for `predict`, and where it failed.
    """

    program: str
    logs: Mapping[str, float] = field(default_factory=dict)


# --- Samples -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleStarted(Event):
    """The program starts on a sample.

    Attributes:
        x: The input: a data model, or a structure of them.
        y: The target likewise, or None.
        again: Whether it is run again in this process, after an outage.
    """

    x: Any
    y: Any = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleEnded(EndedEvent):
    """A sample was run, scored and measured, or failed; `error` is then why.

    Attributes:
        prediction: The program's output, None where it failed.
        score: The reward; None where there is no evidence, or no reward was asked for.
        feedback: What the reward says about it, or None.
        failure: "infrastructure" (on the way: no score), "reward" (the reward's or a metric's own call gave
            nothing usable: no score), "program" (the program's doing: scores 0), or None.
    """

    prediction: Any = None
    score: float | None = None
    feedback: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RewardStarted(Event):
    """A reward starts to score a prediction.

    Attributes:
        reward: The reward's name.
    """

    reward: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RewardEnded(EndedEvent):
    """A prediction was scored.

    Attributes:
        reward: The reward's name.
        score: The score, None where the reward failed.
        feedback: What it says about it, or None.
    """

    reward: str
    score: float | None = None
    feedback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetricStarted(Event):
    """A metric starts to measure a prediction.

    Attributes:
        metric: The metric's name.
    """

    metric: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetricEnded(EndedEvent):
    """A prediction was measured.

    Attributes:
        metric: The metric's name.
        measure: What it found, as JSON; None where it failed.
    """

    metric: str
    measure: Any = None


# --- Calls ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModuleCallStarted(Event):
    """A module, whose path is `module`, starts on its inputs.

    Attributes:
        kind: Name of its class.
        inputs: What it was called with: a data model, or a structure of them.
        training: Whether the call is part of training.
    """

    kind: str
    inputs: Any
    training: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModuleCallEnded(EndedEvent):
    """A module has its outputs, or failed.

    Attributes:
        kind: Name of its class.
        outputs: What it gave, None where it failed.
    """

    kind: str
    outputs: Any = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LanguageModelCallStarted(Event):
    """A language model is asked.

    Attributes:
        model: Full model name, "provider/name".
        messages: The messages, in the OpenAI chat format.
        schema: JSON schema that the answer must be valid for, or None.
        tools: Tools that the model may call, in the OpenAI format, or None.
        params: Sampling parameters by their OpenAI names.
    """

    model: str
    messages: Any
    schema: Mapping[str, Any] | None = None
    tools: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LanguageModelCallRetried(Event):
    """A language model is about to be asked once more, as part of the same call.

    Attributes:
        model: Full model name, "provider/name".
        attempts: Requests sent so far.
        wait: Seconds until the next one; 0.0 where an answer is not valid and is asked for again.
        reason: Why, in words.
        error: The failure of the infrastructure, None where an answer is not valid.
    """

    model: str
    attempts: int
    wait: float
    reason: str
    error: BaseException | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LanguageModelCallEnded(EndedEvent):
    """A language model answered, or the call failed for good.

    Attributes:
        model: Full model name, "provider/name".
        record: The figures of the call: tokens, cost, attempts, whether it came from the journal.
        message: The assistant's message, in the OpenAI chat format; None where the call failed.
        response_model: The model that the provider says answered, "" where it does not say.
    """

    model: str
    record: CallRecord
    message: Any = None
    response_model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmbeddingModelCallStarted(Event):
    """An embedding model is asked for the vectors of texts.

    Attributes:
        model: Full model name, "provider/name".
        texts: The texts.
        params: Parameters of the requests, `dimensions` among them.
    """

    model: str
    texts: Sequence[str]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmbeddingModelCallRetried(Event):
    """An embedding model is about to be asked once more for some of the texts, as part of the same call.

    Attributes:
        model: Full model name, "provider/name".
        attempts: Requests sent so far for these texts.
        wait: Seconds until the next one.
        reason: Why, in words.
        error: The failure of the infrastructure.
    """

    model: str
    attempts: int
    wait: float
    reason: str
    error: BaseException | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmbeddingModelCallEnded(EndedEvent):
    """An embedding model gave vectors, or the call failed for good. The event does not hold the vectors.

    Attributes:
        model: Full model name, "provider/name".
        record: The figures of the call: tokens, cost, attempts, whether it came from the journal.
        dimensions: Numbers in each vector; 0 where the call failed.
        response_model: The model that the provider says answered, "" where it does not say.
    """

    model: str
    record: CallRecord
    dimensions: int = 0
    response_model: str = ""


# --- Optimizers ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OptimizerStepStarted(Event):
    """An optimizer starts on what came of a batch.

    Attributes:
        optimizer: The optimizer's name.
    """

    optimizer: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OptimizerStepEnded(EndedEvent):
    """An optimizer took a step.

    Attributes:
        optimizer: The optimizer's name.
        candidates: The candidates proposed in it, with what came of them.
        accepted: Id of the candidate that became the current assignment, None where none did.
    """

    optimizer: str
    candidates: tuple[CandidateRecord, ...] = ()
    accepted: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidateScoringStarted(Event):
    """A candidate is about to be run on samples; candidates scored together start together.

    Attributes:
        candidate: The candidate, as it is before.
        samples: Number of samples.
    """

    candidate: CandidateRecord
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidateScoringEnded(EndedEvent):
    """A candidate was run on samples; candidates scored together end together.

    Attributes:
        candidate: The candidate, with its score; without a change where the scoring failed.
        samples: Number of samples.
        scores: Key of a sample to its reward, None where it failed for no fault of the program.
    """

    candidate: CandidateRecord
    samples: int
    scores: Mapping[str, float | None] = field(default_factory=dict)
