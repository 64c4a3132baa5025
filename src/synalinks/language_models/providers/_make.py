"""The provider of a model: what speaks to the server that the table names."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from synalinks.language_models.providers._dialect import Dialect
from synalinks.language_models.providers._table import ProviderSpec

_DIALECTS = {
    "anthropic": ("_anthropic", "Anthropic"),
    "azure": ("_azure", "Azure"),
    "chat_completions": ("_chat_completions", "ChatCompletions"),
    "gemini": ("_gemini", "Gemini"),
    "ollama": ("_ollama", "Ollama"),
}
"""Name of a dialect in the table to its file and class; each is imported when it is first spoken."""


def dialect_of(spec: ProviderSpec) -> Dialect:
    """Return the dialect that a provider speaks."""
    file, name = _DIALECTS[spec.dialect]
    return cast(Dialect, getattr(import_module(f"{__package__}.{file}"), name)(spec))
