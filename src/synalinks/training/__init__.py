from synalinks.optimizers import Failure, Outcome
from synalinks.training._arguments import FitOptions, RunOptions
from synalinks.training._compile import Compiled, compile_arguments
from synalinks.training._estimate import Estimate
from synalinks.training._evaluate import evaluate, predict
from synalinks.training._fit import estimate, fit
from synalinks.training._tally import Tally

__all__ = [
    "Compiled",
    "Estimate",
    "Failure",
    "FitOptions",
    "Outcome",
    "RunOptions",
    "Tally",
    "compile_arguments",
    "estimate",
    "evaluate",
    "fit",
    "predict",
]
