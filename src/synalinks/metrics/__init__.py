from synalinks.metrics._compare import PairedTest, compare
from synalinks.metrics._exact_sum import ExactSum
from synalinks.metrics._f1 import BinaryF1Score
from synalinks.metrics._get import get
from synalinks.metrics._metric import Metric
from synalinks.metrics._scalar import Mean, MeanMetricWrapper, Sum

__all__ = [
    "BinaryF1Score",
    "ExactSum",
    "Mean",
    "MeanMetricWrapper",
    "Metric",
    "PairedTest",
    "Sum",
    "compare",
    "get",
]
