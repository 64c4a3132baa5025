"""Embeddings, as servers of OpenAI's protocol, of Ollama's and of Gemini's give them."""

from __future__ import annotations

from array import array
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from synalinks.embedding_models._in_process import hashed_words
from synalinks.testing._answer import ChatAnswer
from synalinks.testing._chat_completions import ChatCompletions
from synalinks.testing._gemini import GeminiContent
from synalinks.testing._ollama_chat import OllamaChat

_DIMENSIONS: Final = 64


class _Whole:
    """What never comes in pieces."""

    media_type = "application/json"

    def streams(self, path: str, asked: Mapping[str, Any]) -> bool:
        """Return that it does not."""
        return False

    def streamed(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> bytes:
        """Return nothing."""
        return b""


class OpenAIEmbeddings(_Whole):
    """See `ChatProtocol` (platform.openai.com/docs/api-reference/embeddings)."""

    refusal = ChatCompletions.refusal

    def speaks(self, path: str) -> bool:
        """Return whether it is spoken at a path."""
        return path.endswith("/embeddings")

    def whole(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of an answer."""
        texts = _listed(asked["input"])
        packed = asked.get("encoding_format") == "base64"
        vectors = _vectors(answer, texts, asked.get("dimensions"))
        data = [
            {"object": "embedding", "index": n, "embedding": _packed(vector) if packed else vector}
            for n, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": _tokens(texts), "total_tokens": _tokens(texts)}
        return {"object": "list", "data": data, "model": asked.get("model", ""), "usage": usage}


class OllamaEmbeddings(_Whole):
    """See `ChatProtocol` (docs.ollama.com/api/embed)."""

    refusal = OllamaChat.refusal

    def speaks(self, path: str) -> bool:
        """Return whether it is spoken at a path."""
        return path.endswith("/api/embed")

    def whole(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of an answer."""
        texts = _listed(asked["input"])
        vectors = _vectors(answer, texts, asked.get("dimensions"))
        return {
            "model": asked.get("model", ""),
            "embeddings": vectors,
            "total_duration": 1,
            "load_duration": 1,
            "prompt_eval_count": _tokens(texts),
        }


class GeminiEmbeddings(_Whole):
    """See `ChatProtocol` (ai.google.dev/api/embeddings)."""

    refusal = GeminiContent.refusal

    def speaks(self, path: str) -> bool:
        """Return whether it is spoken at a path."""
        return path.endswith(":batchEmbedContents")

    def whole(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of an answer."""
        texts = ["".join(part["text"] for part in r["content"]["parts"]) for r in asked["requests"]]
        dimensions = asked["requests"][0].get("outputDimensionality") if texts else None
        return {"embeddings": [{"values": vector} for vector in _vectors(answer, texts, dimensions)]}


def _vectors(answer: ChatAnswer, texts: Sequence[str], dimensions: int | None) -> list[Any]:
    """Return the vectors that the function gave, or such in which texts with the same words are near."""
    try:
        given = orjson.loads(answer.text or "")
    except orjson.JSONDecodeError:
        given = None
    if isinstance(given, list):
        return given
    return [hashed_words(text, dimensions or _DIMENSIONS) for text in texts]


def _listed(texts: Any) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def _tokens(texts: Sequence[str]) -> int:
    return sum(len(text) // 4 + 1 for text in texts)


def _packed(vector: Sequence[float]) -> str:
    return b64encode(array("f", vector).tobytes()).decode()
