from synalinks.hooks._dispatcher import add_hook, emit, listening, remove_hook
from synalinks.hooks._events import (
    EpochEnded,
    Event,
    LanguageModelCallEnded,
    LanguageModelCallStarted,
    ModuleCallEnded,
    ModuleCallStarted,
    OptimizerStepEnded,
    RewardEnded,
)
from synalinks.hooks._hook import Hook
from synalinks.hooks._records import CallRecord, Usage

__all__ = [
    "CallRecord",
    "EpochEnded",
    "Event",
    "Hook",
    "LanguageModelCallEnded",
    "LanguageModelCallStarted",
    "ModuleCallEnded",
    "ModuleCallStarted",
    "OptimizerStepEnded",
    "RewardEnded",
    "Usage",
    "add_hook",
    "emit",
    "listening",
    "remove_hook",
]
