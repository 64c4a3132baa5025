from synalinks.metrics._attempts import PassAtK, PassHatK
from synalinks.metrics._binary import (
    BinaryAccuracy,
    BinaryF1Score,
    BinaryFBetaScore,
    BinaryPrecision,
    BinaryRecall,
)
from synalinks.metrics._categorical import (
    CategoricalAccuracy,
    CategoricalF1Score,
    CategoricalFBetaScore,
    CategoricalPrecision,
    CategoricalRecall,
)
from synalinks.metrics._compare import PairedTest, compare
from synalinks.metrics._cosine_similarity import CosineSimilarity
from synalinks.metrics._exact_sum import ExactSum
from synalinks.metrics._get import get
from synalinks.metrics._metric import Metric
from synalinks.metrics._overlap import Accuracy, F1Score, FBetaScore, Precision, Recall
from synalinks.metrics._quantile_sketch import QuantileSketch
from synalinks.metrics._regression import (
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    R2Score,
    RootMeanSquaredError,
)
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
    "Accuracy",
    "BinaryAccuracy",
    "BinaryF1Score",
    "BinaryFBetaScore",
    "BinaryPrecision",
    "BinaryRecall",
    "Bleu",
    "CacheHits",
    "CacheWriteTokens",
    "CachedTokens",
    "Calls",
    "CategoricalAccuracy",
    "CategoricalF1Score",
    "CategoricalFBetaScore",
    "CategoricalPrecision",
    "CategoricalRecall",
    "Chrf",
    "CosineSimilarity",
    "Cost",
    "ExactSum",
    "F1Score",
    "FBetaScore",
    "Failures",
    "InputTokens",
    "LatencyP50",
    "LatencyP99",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "OutputTokens",
    "PairedTest",
    "PassAtK",
    "PassHatK",
    "Precision",
    "QuantileSketch",
    "R2Score",
    "ReasoningTokens",
    "Recall",
    "RootMeanSquaredError",
    "RougeL",
    "Sum",
    "UsageMetric",
    "compare",
    "get",
]
