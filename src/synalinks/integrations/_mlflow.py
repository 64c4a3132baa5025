"""The bridge to MLflow."""

from __future__ import annotations

from collections.abc import Mapping

from synalinks.callbacks import Callback
from synalinks.errors import MissingExtraError

_EXTRA = "mlflow"


class Monitor(Callback):
    """Logs the figures of each epoch, the program's plot and the saved program to MLflow.

    Args:
        experiment_name: The experiment; MLflow's default when None.
        run_name: Name of the run; drawn by MLflow when None.
        tracking_uri: Address of the tracking server; MLflow's own setting when None.
        tags: Tags of the run.

    Raises:
        MissingExtraError: Always: the integration, which will need the extra "mlflow", is still to come.
    """

    def __init__(
        self,
        experiment_name: str | None = None,
        *,
        run_name: str | None = None,
        tracking_uri: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        raise MissingExtraError("synalinks.callbacks.Monitor", _EXTRA, planned=True)


def enable_observability(*, tracking_uri: str | None = None, experiment_name: str | None = None) -> None:
    """Send the metrics of trainings and a trace of each call to MLflow.

    Args:
        tracking_uri: Address of the tracking server, for example "http://localhost:5000".
        experiment_name: The experiment; MLflow's default when None.

    Raises:
        MissingExtraError: Always: the integration, which will need the extra "mlflow", is still to come.
    """
    raise MissingExtraError("synalinks.enable_observability", _EXTRA, planned=True)
