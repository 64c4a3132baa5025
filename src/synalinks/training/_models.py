"""The language models of a program."""

from __future__ import annotations

from typing import Any

from synalinks.language_models import LanguageModel, get
from synalinks.modules._index import modules_by_path


def language_models(program: Any) -> list[LanguageModel]:
    """Return the language models of a program, each once.

    Raises:
        ConfigurationError: A module waits for the default model, and there is none.
    """
    modules = modules_by_path(program).values()
    return list(dict.fromkeys(get(m.language_model) for m in modules if hasattr(m, "language_model")))


async def probe(program: Any) -> None:
    """Make sure that the servers that should be on this machine are there.

    Raises:
        ConfigurationError: One is not; the text says which.
    """
    for model in language_models(program):
        await model.probe()
