from typing import TYPE_CHECKING, Any

from synalinks.hooks._dispatcher import add_hook, remove_hook
from synalinks.hooks._events import (
    CandidateScoringEnded,
    CandidateScoringStarted,
    EmbeddingModelCallEnded,
    EmbeddingModelCallRetried,
    EmbeddingModelCallStarted,
    EndedEvent,
    EpochEnded,
    EpochStarted,
    EvaluationEnded,
    EvaluationStarted,
    Event,
    LanguageModelCallEnded,
    LanguageModelCallRetried,
    LanguageModelCallStarted,
    MetricEnded,
    MetricStarted,
    ModuleCallEnded,
    ModuleCallStarted,
    OptimizerStepEnded,
    OptimizerStepStarted,
    RewardEnded,
    RewardStarted,
    SampleEnded,
    SampleStarted,
    TrainingEnded,
    TrainingStarted,
)
from synalinks.hooks._hook import Hook
from synalinks.hooks._logger import Logger, disable_logging, enable_logging
from synalinks.hooks._records import CallRecord, CandidateRecord, Usage
from synalinks.hooks._span import emit, listening, observed

if TYPE_CHECKING:
    from synalinks.integrations._mlflow_hook import Monitor

__all__ = [
    "CallRecord",
    "CandidateRecord",
    "CandidateScoringEnded",
    "CandidateScoringStarted",
    "EmbeddingModelCallEnded",
    "EmbeddingModelCallRetried",
    "EmbeddingModelCallStarted",
    "EndedEvent",
    "EpochEnded",
    "EpochStarted",
    "EvaluationEnded",
    "EvaluationStarted",
    "Event",
    "Hook",
    "LanguageModelCallEnded",
    "LanguageModelCallRetried",
    "LanguageModelCallStarted",
    "Logger",
    "MetricEnded",
    "MetricStarted",
    "ModuleCallEnded",
    "ModuleCallStarted",
    "Monitor",
    "OptimizerStepEnded",
    "OptimizerStepStarted",
    "RewardEnded",
    "RewardStarted",
    "SampleEnded",
    "SampleStarted",
    "TrainingEnded",
    "TrainingStarted",
    "Usage",
    "add_hook",
    "disable_logging",
    "emit",
    "enable_logging",
    "listening",
    "observed",
    "remove_hook",
]


def __getattr__(name: str) -> Any:
    if name == "Monitor":
        from synalinks.integrations._mlflow_hook import Monitor

        return Monitor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
