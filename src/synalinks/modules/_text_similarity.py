"""How near two texts are to each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from typing import Any, Final

from synalinks.data import JsonDataModel
from synalinks.embedding_models import get
from synalinks.modules._module import Module


def _schema(kind: str, *names: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name in names},
        "required": list(names),
        "additionalProperties": False,
    }


_TEXTS: Final = _schema("string", "first", "second")
_SIMILARITY: Final = _schema("number", "similarity")


class TextSimilarity(Module):
    """Gives the cosine of the vectors that an embedding model has for two texts.

    Args:
        embedding_model: The model, its name, or None for the default one.
        name: Name of the module.
    """

    def __init__(self, embedding_model: Any = None, *, name: str | None = None) -> None:
        super().__init__(name=name, trainable=False)
        self.embedding_model = embedding_model

    async def call(self, inputs: JsonDataModel, training: bool = False) -> JsonDataModel:
        """Return how near `first` and `second` are."""
        texts = inputs.get_json()
        similarity = await self._similarity(texts["first"], texts["second"])
        return JsonDataModel.trusted(_SIMILARITY, {"similarity": similarity})

    async def between(self, first: str, second: str) -> float:
        """Return the cosine, from -1.0 to 1.0.

        Of equal texts it is 1.0, and of an empty one and another 0.0, without a call; of a vector that is all
        zeros it is 0.0.
        """
        outputs = await self(JsonDataModel.trusted(_TEXTS, {"first": first, "second": second}))
        similarity: float = outputs.get_json()["similarity"]
        return similarity

    async def _similarity(self, first: str, second: str) -> float:
        if first == second:
            return 1.0
        if not first or not second:
            return 0.0
        return cosine(*await get(self.embedding_model)([first, second]))


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the cosine of the angle between two vectors, 0.0 where one is all zeros.

    The formula is scikit-learn's `cosine_similarity`: the dot product over the product of the lengths.
    """
    # By the largest number first: squares of very small or large ones would be lost.
    largest = [max(map(abs, vector), default=0.0) for vector in (first, second)]
    if 0.0 in largest:
        return 0.0
    first, second = ([n / most for n in v] for v, most in zip((first, second), largest, strict=True))
    lengths = math.hypot(*first) * math.hypot(*second)
    return max(-1.0, min(1.0, math.fsum(map(mul, first, second)) / lengths))
