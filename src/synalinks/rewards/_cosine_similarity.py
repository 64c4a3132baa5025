"""Nearness of meaning as a reward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synalinks._internal.plain import as_text
from synalinks.modules import Module
from synalinks.modules._text_similarity import TextSimilarity
from synalinks.rewards._feedback import shown
from synalinks.rewards._reward import Reward, RewardResult


class CosineSimilarity(Reward):
    """How near the answer is to the target in meaning: the cosine of their embeddings, from -1.0 to 1.0.

    The text that is embedded is that of the only field left by the masks, or else the fields as JSON with
    sorted keys. Equal texts score 1.0 without a call, and an empty one beside another 0.0; so does a vector
    that is all zeros. Calls are made under the purpose "reward", with target and answer in one. Targets are
    embedded again for each answer unless the model has a cache: `EmbeddingModel(..., cache="memory")`.

    Args:
        embedding_model: An `EmbeddingModel`, its name, or None for the default one.
        **options: Name, masks and `reduction` of `Reward`.
    """

    needs_target: bool = True

    def __init__(self, embedding_model: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.embedding_model = embedding_model
        self._similarity = TextSimilarity(embedding_model, name=self.name)

    def modules(self) -> Sequence[Module]:
        """Return the module that has the model (see `Reward.modules`)."""
        return [self._similarity]

    async def call(self, y_true: Any, y_pred: Any) -> RewardResult:
        """Compare the two."""
        expected, found = as_text(y_true), as_text(y_pred)
        score = await self._similarity.between(expected, found)
        return RewardResult(
            score, f"Its similarity is {score:.3f}: expected {shown(expected)}, got {shown(found)}."
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`; the model as it is."""
        return {"embedding_model": self.embedding_model, **super().get_config()}
