from synalinks.rewards._batch import BatchRewardWrapper
from synalinks.rewards._cosine_similarity import CosineSimilarity
from synalinks.rewards._exact_match import ExactMatch
from synalinks.rewards._function import RewardFunctionWrapper
from synalinks.rewards._get import get
from synalinks.rewards._judges import LMAsJudge, ProgramAsJudge
from synalinks.rewards._per_output import PerOutput
from synalinks.rewards._reward import Reward, RewardResult
from synalinks.rewards._weighted_sum import WeightedSum

__all__ = [
    "BatchRewardWrapper",
    "CosineSimilarity",
    "ExactMatch",
    "LMAsJudge",
    "PerOutput",
    "ProgramAsJudge",
    "Reward",
    "RewardFunctionWrapper",
    "RewardResult",
    "WeightedSum",
    "get",
]
