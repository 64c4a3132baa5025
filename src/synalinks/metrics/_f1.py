"""F1 scores."""

from __future__ import annotations

from synalinks.metrics._binary import BinaryMetric
from synalinks.metrics._confusion import Confusion, f_beta


class BinaryF1Score(BinaryMetric):
    """The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn).

    The formula and the averages are scikit-learn's `f1_score` with `zero_division=0`.

    Args:
        average: None for one figure per label, under the keys `binary_f1_score_<label>`; "micro", "macro"
            or "weighted" for one figure, under the key `binary_f1_score`.
        threshold: What a number must exceed to count as true; 0.5 by default.
        **options: Name and masks of `Metric`.
    """

    def figure(self, counts: Confusion) -> float:
        """Return the F1 score of one label's counts."""
        return f_beta(counts)
