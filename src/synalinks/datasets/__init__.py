from typing import TYPE_CHECKING, Any

from synalinks.datasets._dataset import Dataset
from synalinks.datasets._make import as_dataset
from synalinks.datasets._order import batched, epoch_order, split
from synalinks.datasets._sample import Sample

if TYPE_CHECKING:
    from synalinks.datasets._house_rules import MathProblem, NumericAnswer, house_rules

__all__ = [
    "Dataset",
    "MathProblem",
    "NumericAnswer",
    "Sample",
    "as_dataset",
    "batched",
    "epoch_order",
    "house_rules",
    "split",
]


def __getattr__(name: str) -> Any:
    if name in {"MathProblem", "NumericAnswer", "house_rules"}:
        from synalinks.datasets import _house_rules

        return getattr(_house_rules, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
