"""What an embedding model is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import orjson

from synalinks._internal.canonical import content_hash
from synalinks._internal.text import printable
from synalinks.hooks import EmbeddingModelCallRetried, Event, Usage
from synalinks.language_models import Request, Response


@dataclass(frozen=True, slots=True)
class EmbeddingRequest(Request):
    """Texts of which vectors are asked; it has no messages, and its answer no text.

    Attributes:
        texts: The texts, none of them empty; read-only.
    """

    texts: Sequence[str] = ()

    retried: ClassVar[type[Event]] = EmbeddingModelCallRetried

    @classmethod
    def of(cls, provider: str, model: str, texts: Sequence[str], params: Mapping[str, Any]) -> Self:
        """Return the question for the vectors of texts."""
        return cls(provider, model, [], params=params, texts=texts)

    @property
    def sampled(self) -> bool:
        """A text has one vector."""
        return False

    @property
    def size(self) -> int:
        """Bytes of the texts."""
        return sum(map(size_of, self.texts))

    @property
    def answer_bound(self) -> int | None:
        """Vectors have no tokens."""
        return 0

    @property
    def key(self) -> str:
        """Hash of everything that the vectors depend on; worked out when first asked for."""
        key = self._key
        if key is None:
            key = content_hash(["embeddings", self.provider, self.model, list(self.texts), dict(self.params)])
            object.__setattr__(self, "_key", key)
        return key

    def part(self, texts: Sequence[str]) -> Self:
        """Return the question for some of the texts."""
        return self.of(self.provider, self.model, texts, self.params)

    def shown(self) -> Iterator[str]:
        """Yield the lines of the question, for people to read."""
        for text in self.texts:
            yield "--- text"
            yield from (f"  {line}" for line in printable(text, lines=True).split("\n"))
        if self.params:
            yield f"--- {printable(', '.join(f'{name}={value!r}' for name, value in self.params.items()))}"


@dataclass(frozen=True, slots=True)
class Embeddings(Response):
    """The vectors of texts, in their order.

    Attributes:
        vectors: A list of numbers for each text, all of one length.
    """

    vectors: Sequence[list[float]] = ()

    TAG: ClassVar[str] = "embeddings"
    """What the parts begin with, where those of other answers have a message."""

    @classmethod
    def of(
        cls,
        vectors: Sequence[list[float]],
        usage: Usage | None = None,
        model: Any = "",
        *,
        cached: bool = False,
    ) -> Self:
        """Return an answer of vectors."""
        name = model if isinstance(model, str) else ""
        return cls({}, None, None, usage or Usage(), None, name, cached=cached, vectors=vectors)

    @property
    def size(self) -> int:
        """Vectors have no tokens."""
        return 0

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has; 0 where there is no vector."""
        return len(self.vectors[0]) if self.vectors else 0

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain JSON."""
        values = {"vectors": self.vectors, "usage": asdict(self.usage), "model": self.model}
        return {**values, "cached": self.cached}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the answer that `to_json` gave as `value`."""
        usage = Usage(**value["usage"])
        return cls.of(value["vectors"], usage, value["model"], cached=value["cached"])

    def to_bytes(self) -> bytes:
        """Return the answer as JSON for a file."""
        return orjson.dumps([self.TAG, self.vectors, self.usage, self.model, self.cached])

    @classmethod
    def from_parts(cls, parts: list[Any], *, cached: bool = False) -> Self:
        """Return the answer that `to_bytes` gave, read as JSON."""
        _, vectors, usage, model, was_cached = parts
        return cls.of(vectors, Usage(**usage), model, cached=cached or was_cached)

    def shown(self) -> Iterator[str]:
        """Yield the lines of the answer, for people to read."""
        yield f"--- {len(self.vectors):,} vectors of {self.dimensions:,} numbers"


def size_of(text: str) -> int:
    """Return the bytes of a text."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
