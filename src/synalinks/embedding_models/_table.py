"""What providers of embeddings differ in: a table of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from synalinks.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class EmbeddingSpec:
    """How a provider is asked for embeddings; where it is, and its key, are in the table of providers.

    Attributes:
        dialect: Name of the protocol that it speaks.
        most: Texts in one request at most.
        usual: Texts in one request where nothing else is asked for: an answer of some megabytes.
        tokens: Tokens of all texts of a request at most, None where no limit is known.
        packed: Whether numbers are asked for in binary form, a third of the bytes.
    """

    dialect: str = "openai"
    most: int = 2048
    usual: int = 128
    tokens: int | None = None
    packed: bool = False


_OPENAI = EmbeddingSpec(tokens=300_000, packed=True)
"""platform.openai.com/docs/api-reference/embeddings/create"""

_COMPATIBLE = EmbeddingSpec()

EMBEDDING_PROVIDERS: Mapping[str, EmbeddingSpec] = MappingProxyType(
    {
        "openai": _OPENAI,
        "azure": EmbeddingSpec("azure", tokens=300_000, packed=True),
        "ollama": EmbeddingSpec("ollama"),
        "vllm": _COMPATIBLE,
        "llama.cpp": _COMPATIBLE,
        "llama_cpp": _COMPATIBLE,
        "mistral": EmbeddingSpec(most=256, tokens=16_000),
        "openrouter": _COMPATIBLE,
        "together": _COMPATIBLE,
        "gemini": EmbeddingSpec("gemini", most=100, usual=100),
    }
)
"""Provider name to what is particular about its embeddings."""


def embedding_spec(provider: str, model: str) -> EmbeddingSpec:
    """Return how a provider is asked for embeddings.

    Raises:
        UnknownNameError: It has none.
    """
    found = EMBEDDING_PROVIDERS.get(provider)
    if found is None:
        raise UnknownNameError(
            "provider of embeddings", provider, EMBEDDING_PROVIDERS, hint=f'In the model name "{model}".'
        )
    return found
