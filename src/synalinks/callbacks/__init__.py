from typing import TYPE_CHECKING, Any

from synalinks.callbacks._backup_and_restore import BackupAndRestore
from synalinks.callbacks._budget import Budget
from synalinks.callbacks._callback import Callback
from synalinks.callbacks._callback_list import CallbackList
from synalinks.callbacks._csv_logger import CSVLogger
from synalinks.callbacks._early_stopping import EarlyStopping
from synalinks.callbacks._history import History
from synalinks.callbacks._lambda_callback import LambdaCallback
from synalinks.callbacks._program_checkpoint import ProgramCheckpoint
from synalinks.callbacks._progress_display import ProgressDisplay
from synalinks.callbacks._setup import TrainingSetup
from synalinks.callbacks._terminate_on_nan import TerminateOnNaN

if TYPE_CHECKING:
    from synalinks.integrations._mlflow import Monitor

__all__ = [
    "BackupAndRestore",
    "Budget",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "Monitor",
    "ProgramCheckpoint",
    "ProgressDisplay",
    "TerminateOnNaN",
    "TrainingSetup",
]


def __getattr__(name: str) -> Any:
    if name == "Monitor":
        from synalinks.integrations._mlflow import Monitor

        return Monitor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
