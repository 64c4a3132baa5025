"""The events of a run, one frozen dataclass each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from synalinks.hooks._records import CallRecord


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True, slots=True)
class ModuleCallStarted(Event):
    """A module starts on its inputs.

    Attributes:
        module: The module's path in the program that runs, or its name outside one.
        inputs: What it was called with.
    """

    module: str
    inputs: Any


@dataclass(frozen=True, slots=True)
class ModuleCallEnded(Event):
    """A module has its outputs, or failed.

    Attributes:
        module: The module's path.
        outputs: What it gave, None where it failed.
        error: What it raised, or None.
    """

    module: str
    outputs: Any
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class LanguageModelCallStarted(Event):
    """A language model is asked.

    Attributes:
        model: Full model name, "provider/name".
        messages: The messages, in the OpenAI chat format.
    """

    model: str
    messages: Any


@dataclass(frozen=True, slots=True)
class LanguageModelCallEnded(Event):
    """A language model answered, or the call failed for good.

    Attributes:
        record: The figures of the call.
        message: The assistant's message, None where the call failed.
        error: What it raised, or None.
    """

    record: CallRecord
    message: Any = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class RewardEnded(Event):
    """A sample was scored.

    Attributes:
        reward: The reward's name.
        sample: Index of the sample in the data given.
        score: Its score.
    """

    reward: str
    sample: int | None
    score: float


@dataclass(frozen=True, slots=True)
class OptimizerStepEnded(Event):
    """An optimizer took a step.

    Attributes:
        optimizer: The optimizer's name.
        epoch: Epoch, 0-based.
        step: Batch within the epoch, 0-based.
        candidates: Number of candidates proposed in it.
        accepted: Whether one became the current assignment.
    """

    optimizer: str
    epoch: int
    step: int
    candidates: int
    accepted: bool


@dataclass(frozen=True, slots=True)
class EpochEnded(Event):
    """An epoch ended.

    Attributes:
        epoch: Epoch, 0-based.
        logs: Its final logs.
    """

    epoch: int
    logs: dict[str, float]
