from synalinks.optimizers._archive import Archive, Candidate
from synalinks.optimizers._auto import Auto
from synalinks.optimizers._context import (
    Evaluated,
    Failure,
    OptimizerContext,
    Outcome,
    TraceStep,
    VariableInfo,
)
from synalinks.optimizers._gepa import GEPA
from synalinks.optimizers._get import get
from synalinks.optimizers._optimizer import Optimizer
from synalinks.optimizers._paired_test import PairedTest, Verdict
from synalinks.optimizers._random_few_shot import RandomFewShot

__all__ = [
    "GEPA",
    "Archive",
    "Auto",
    "Candidate",
    "Evaluated",
    "Failure",
    "Optimizer",
    "OptimizerContext",
    "Outcome",
    "PairedTest",
    "RandomFewShot",
    "TraceStep",
    "VariableInfo",
    "Verdict",
    "get",
]
