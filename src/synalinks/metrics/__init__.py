from synalinks.metrics._attempts import PassAtK, PassHatK
from synalinks.metrics._compare import PairedTest, compare
from synalinks.metrics._cosine_similarity import CosineSimilarity
from synalinks.metrics._exact_sum import ExactSum
from synalinks.metrics._f1 import BinaryF1Score
from synalinks.metrics._get import get
from synalinks.metrics._metric import Metric
from synalinks.metrics._quantile_sketch import QuantileSketch
from synalinks.metrics._scalar import Mean, MeanMetricWrapper, Sum
from synalinks.metrics._text import Bleu, Chrf, RougeL
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
    "Bleu",
    "CacheHits",
    "CacheWriteTokens",
    "CachedTokens",
    "Calls",
    "Chrf",
    "CosineSimilarity",
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
    "PassAtK",
    "PassHatK",
    "QuantileSketch",
    "ReasoningTokens",
    "RougeL",
    "Sum",
    "UsageMetric",
    "compare",
    "get",
]
