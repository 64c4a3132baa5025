"""The protocols in which servers are asked for embeddings; see `Dialect`."""

from __future__ import annotations

import math
import sys
from array import array
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, cast
from urllib.parse import quote

from synalinks.embedding_models._request import EmbeddingRequest, Embeddings
from synalinks.embedding_models._table import EmbeddingSpec
from synalinks.hooks import Usage
from synalinks.language_models import Request
from synalinks.language_models.providers._azure import azure_headers, azure_url
from synalinks.language_models.providers._dialect import Dialect, count
from synalinks.language_models.providers._secret import HiddenText, Secret


class _Whole:
    """What is never streamed.

    Args:
        spec: How the provider differs from others.
    """

    def __init__(self, spec: EmbeddingSpec) -> None:
        self._spec = spec

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the header with the key."""
        return {"Authorization": HiddenText(f"Bearer {key.reveal()}")} if key else {}

    def assembly(self) -> NoReturn:
        """Refuse."""
        raise NotImplementedError("Embeddings come whole.")


class OpenAIEmbeddings(_Whole):
    """OpenAI's embeddings (platform.openai.com/docs/api-reference/embeddings), as most servers have them."""

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of the vectors."""
        return f"{base}/embeddings"

    def body(self, request: Request, *, stream: bool) -> dict[str, Any]:
        """Return the request's body."""
        packed = {"encoding_format": "base64"} if self._spec.packed else {}
        return {"model": request.model, "input": _texts(request), **packed, **request.params}

    def read(self, value: Any) -> Embeddings:
        """Return the vectors, in the order of their indices."""
        found = sorted(value["data"], key=_index)
        if [item["index"] for item in found] != list(range(len(found))):
            raise ValueError("indices are missing")
        usage = Usage(count(value.get("usage"), "prompt_tokens"))
        return Embeddings.of([_vector(item["embedding"]) for item in found], usage, value.get("model"))


class AzureEmbeddings(OpenAIEmbeddings):
    """OpenAI's embeddings at Azure, where a model is named by its deployment."""

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of the vectors."""
        return azure_url(base, model, "embeddings")

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the header with the key."""
        return azure_headers(key)


class OllamaEmbeddings(_Whole):
    """Ollama's own embeddings (docs.ollama.com/api/embed).

    A text that is too long is an error, and not cut, unless `truncate=True` asks for that.
    """

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of the vectors."""
        return f"{base}/api/embed"

    def body(self, request: Request, *, stream: bool) -> dict[str, Any]:
        """Return the request's body."""
        return {"model": request.model, "input": _texts(request), "truncate": False, **request.params}

    def read(self, value: Any) -> Embeddings:
        """Return the vectors."""
        usage = Usage(count(value, "prompt_eval_count"))
        return Embeddings.of(list(map(_vector, value["embeddings"])), usage, value.get("model"))


_GEMINI = {"dimensions": "outputDimensionality", "task_type": "taskType"}
"""Parameters to their names at Gemini."""


class GeminiEmbeddings(_Whole):
    """Gemini's batchEmbedContents (ai.google.dev/api/embeddings)."""

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of the vectors."""
        return f"{base}/{quote(_path(model))}:batchEmbedContents"

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the header with the key."""
        return {"x-goog-api-key": HiddenText(key.reveal())} if key else {}

    def body(self, request: Request, *, stream: bool) -> dict[str, Any]:
        """Return the request's body."""
        common = {_GEMINI.get(name, name): value for name, value in request.params.items()}
        common["model"] = _path(request.model)
        return {
            "requests": [
                {"content": {"role": "user", "parts": [{"text": text}]}, **common} for text in _texts(request)
            ]
        }

    def read(self, value: Any) -> Embeddings:
        """Return the vectors."""
        usage = Usage(count(value.get("usageMetadata"), "promptTokenCount"))
        return Embeddings.of([_vector(item["values"]) for item in value["embeddings"]], usage)


_DIALECTS: Final[Mapping[str, Callable[[EmbeddingSpec], Dialect]]] = {
    "openai": OpenAIEmbeddings,
    "azure": AzureEmbeddings,
    "ollama": OllamaEmbeddings,
    "gemini": GeminiEmbeddings,
}


def dialect_of(spec: EmbeddingSpec) -> Dialect:
    """Return the protocol in which a provider is asked for embeddings."""
    return _DIALECTS[spec.dialect](spec)


def _path(model: str) -> str:
    return model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"


def _texts(request: Request) -> list[str]:
    return list(cast(EmbeddingRequest, request).texts)


def _index(item: Any) -> int:
    index: int = item["index"]
    return index


def _vector(value: Any) -> list[float]:
    """Return a vector of a server: a list of numbers, or little-endian 32-bit floats in base64.

    Raises:
        TypeError, ValueError, OverflowError: It is none, or not finite.
    """
    if isinstance(value, str):
        numbers = array("f", b64decode(value, validate=True))
        if sys.byteorder == "big":
            numbers.byteswap()
        vector = numbers.tolist()
    else:
        vector = array("d", value).tolist()
    if not vector or not math.isfinite(sum(vector)):
        raise ValueError("not a finite vector")
    return vector
