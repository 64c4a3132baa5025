"""The models of a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synalinks.embedding_models import EmbeddingModel
from synalinks.embedding_models import get as get_embedding_model
from synalinks.language_models import LanguageModel, get
from synalinks.modules import Module
from synalinks.modules._index import modules_by_path
from synalinks.optimizers._optimizer import parts
from synalinks.training._compile import Compiled


def askers(program: Any, compiled: Compiled | None = None) -> Iterator[Any]:
    """Yield the modules that ask a language model: those of a program, and of what judges it."""
    return _having("language_model", program, compiled)


def _having(attribute: str, program: Any, compiled: Compiled | None) -> Iterator[Any]:
    judges = () if compiled is None else (compiled.reward, *compiled.metrics)
    roots = [program, *(module for judge in judges if judge is not None for module in judge.modules())]
    for root in roots:
        for module in (root, *modules_by_path(root).values()):
            if hasattr(module, attribute):
                yield module


def language_models(program: Any, compiled: Compiled | None = None) -> list[LanguageModel]:
    """Return the language models of a program and of what judges it, each once.

    Raises:
        ConfigurationError: A module waits for the default model, and there is none.
    """
    return list(dict.fromkeys(get(module.language_model) for module in askers(program, compiled)))


def models(
    program: Any, compiled: Compiled | None = None, *, training: bool = False
) -> list[LanguageModel | EmbeddingModel]:
    """Return the language models likewise, and the embedding models.

    Args:
        program: The program.
        compiled: What judges it and trains it.
        training: Whether to include the models that the optimizer was given.

    Raises:
        ConfigurationError: A module waits for a default model, and there is none.
    """
    waiting = _having("embedding_model", program, compiled)
    embedding = [get_embedding_model(module.embedding_model) for module in waiting]
    own = _given(compiled) if training else ()
    return list(dict.fromkeys([*language_models(program, compiled), *embedding, *own]))


def _given(compiled: Compiled | None) -> Iterator[LanguageModel | EmbeddingModel]:
    """Yield the models of an optimizer, and those of its modules."""
    for part in parts(None if compiled is None else compiled.optimizer):
        if isinstance(part, LanguageModel | EmbeddingModel):
            yield part
        for module in (part, *modules_by_path(part).values()) if isinstance(part, Module) else ():
            if hasattr(module, "language_model"):
                yield get(module.language_model)
            if hasattr(module, "embedding_model"):
                yield get_embedding_model(module.embedding_model)


async def probe(program: Any, compiled: Compiled | None = None, *, training: bool = False) -> None:
    """Make sure that the servers that should be on this machine are there.

    Raises:
        ConfigurationError: One is not; the text says which.
    """
    for model in models(program, compiled, training=training):
        await model.probe()
