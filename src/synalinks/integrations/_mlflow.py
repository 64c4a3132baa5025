"""The bridge to MLflow."""

from __future__ import annotations

from collections.abc import Mapping

from synalinks.callbacks import Callback
from synalinks.errors import MissingExtraError

_EXTRA = "mlflow"
_HINT = "This version of synalinks does not yet come with the integration itself."


class Monitor(Callback):
    """Logs the figures of each epoch, the program's plot and the saved program to MLflow.

    Args:
        experiment_name: The experiment; MLflow's default when None.
        run_name: Name of the run; drawn by MLflow when None.
        tracking_uri: Address of the tracking server; MLflow's own setting when None.
        tags: Tags of the run.

    Raises:
        MissingExtraError: The extra "mlflow" is not there.
    """

    def __init__(
        self,
        experiment_name: str | None = None,
        *,
        run_name: str | None = None,
        tracking_uri: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        raise MissingExtraError("synalinks.callbacks.Monitor", _EXTRA, hint=_HINT)


def enable_observability(*, tracking_uri: str | None = None, experiment_name: str | None = None) -> None:
    """Send the metrics of trainings and a trace of each call to MLflow.

    Args:
        tracking_uri: Address of the tracking server, for example "http://localhost:5000".
        experiment_name: The experiment; MLflow's default when None.

    Raises:
        MissingExtraError: The extra "mlflow" is not there.
    """
    raise MissingExtraError("synalinks.enable_observability", _EXTRA, hint=_HINT)
