"""Keras-style training of language-model programs."""

from typing import Any

from synalinks import (
    callbacks,
    data,
    datasets,
    embedding_models,
    errors,
    hooks,
    language_models,
    metrics,
    modules,
    optimizers,
    programs,
    rewards,
)
from synalinks._internal.registry import register_serializable
from synalinks._internal.scope import branch
from synalinks.data import (
    ChatMessage,
    ChatMessages,
    DataModel,
    Field,
    JsonDataModel,
    Rating,
    Score,
    SymbolicDataModel,
    ToolCall,
)
from synalinks.embedding_models import EmbeddingModel, set_default_embedding_model
from synalinks.hooks import disable_logging, enable_logging
from synalinks.language_models import LanguageModel, set_default_language_model
from synalinks.modules import Assignment, Generator, Input, Module, Variable
from synalinks.programs import Program, Sequential
from synalinks.rewards import RewardResult

__all__ = [
    "Assignment",
    "ChatMessage",
    "ChatMessages",
    "DataModel",
    "EmbeddingModel",
    "Field",
    "Generator",
    "Input",
    "JsonDataModel",
    "LanguageModel",
    "Module",
    "Program",
    "Rating",
    "RewardResult",
    "Score",
    "Sequential",
    "SymbolicDataModel",
    "ToolCall",
    "Variable",
    "branch",
    "callbacks",
    "data",
    "datasets",
    "disable_logging",
    "disable_observability",
    "embedding_models",
    "enable_logging",
    "enable_observability",
    "errors",
    "hooks",
    "language_models",
    "metrics",
    "modules",
    "optimizers",
    "programs",
    "register_serializable",
    "rewards",
    "set_default_embedding_model",
    "set_default_language_model",
    "testing",
    "utils",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module
    from importlib.metadata import version

    if name == "__version__":
        return version("synalinks")
    if name in {"integrations", "testing", "utils"}:
        return import_module(f"synalinks.{name}")
    if name in {"disable_observability", "enable_observability"}:
        return getattr(import_module("synalinks.integrations"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
