"""Nearness of meaning as a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synalinks._internal.plain import as_text
from synalinks.metrics._scalar import ScalarMetric
from synalinks.modules import Module
from synalinks.modules._text_similarity import TextSimilarity


class CosineSimilarity(ScalarMetric):
    """The mean nearness of answers to their targets in meaning: the cosine of their embeddings.

    It is 1.0 for texts of one direction, 0.0 for unrelated and -1.0 for opposite ones. Which texts are
    embedded and what needs no call is as in the reward of this name. Where the program gave nothing it counts
    0.0. Calls are made under the purpose "metric".

    Args:
        embedding_model: An `EmbeddingModel`, its name, or None for the default one.
        **options: `direction` ("max" by default), name and masks of `Metric`.
    """

    needs_target: bool = True

    def __init__(self, embedding_model: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.embedding_model = embedding_model
        self._similarity = TextSimilarity(embedding_model, name=self.name)

    def modules(self) -> Sequence[Module]:
        """Return the module that has the model (see `Metric.modules`)."""
        return [self._similarity]

    async def call(self, y_true: Any, y_pred: Any) -> float:
        """Return the cosine of one sample."""
        if y_pred is None:
            return 0.0
        return await self._similarity.between(as_text(y_true), as_text(y_pred))

    def result(self) -> float:
        """Return the mean."""
        return self.mean()

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`; the model as it is."""
        return {"embedding_model": self.embedding_model, **super().get_config()}
