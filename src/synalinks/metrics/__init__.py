from synalinks.metrics._compare import PairedTest, compare
from synalinks.metrics._exact_sum import ExactSum
from synalinks.metrics._f1 import BinaryF1Score
from synalinks.metrics._get import get
from synalinks.metrics._metric import Metric
from synalinks.metrics._quantile_sketch import QuantileSketch
from synalinks.metrics._scalar import Mean, MeanMetricWrapper, Sum
from synalinks.metrics._usage import (
    CachedTokens,
    CacheHits,
    CacheWriteTokens,
    Calls,
    Cost,
    Failures,
    InputTokens,
    LatencyP50,
    LatencyP99,
    OutputTokens,
    ReasoningTokens,
    UsageMetric,
)

__all__ = [
    "BinaryF1Score",
    "CacheHits",
    "CacheWriteTokens",
    "CachedTokens",
    "Calls",
    "Cost",
    "ExactSum",
    "Failures",
    "InputTokens",
    "LatencyP50",
    "LatencyP99",
    "Mean",
    "MeanMetricWrapper",
    "Metric",
    "OutputTokens",
    "PairedTest",
    "QuantileSketch",
    "ReasoningTokens",
    "Sum",
    "UsageMetric",
    "compare",
    "get",
]
