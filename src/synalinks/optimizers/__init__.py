from synalinks.optimizers._archive import Archive, Candidate
from synalinks.optimizers._context import (
    Evaluated,
    Failure,
    OptimizerContext,
    Outcome,
    TraceStep,
    VariableInfo,
)
from synalinks.optimizers._get import get
from synalinks.optimizers._optimizer import Optimizer
from synalinks.optimizers._random_few_shot import RandomFewShot

__all__ = [
    "Archive",
    "Candidate",
    "Evaluated",
    "Failure",
    "Optimizer",
    "OptimizerContext",
    "Outcome",
    "RandomFewShot",
    "TraceStep",
    "VariableInfo",
    "get",
]
