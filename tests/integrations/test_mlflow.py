from __future__ import annotations

import pytest

import synalinks.callbacks
from synalinks.errors import MissingExtraError
from synalinks.integrations._mlflow import enable_observability


def test_monitor_names_the_extra() -> None:
    with pytest.raises(MissingExtraError, match=r'Monitor needs the extra "mlflow".*synalinks\[mlflow\]'):
        synalinks.callbacks.Monitor(experiment_name="mine", tags={"a": "b"})


def test_enabling_observability_names_the_extra() -> None:
    with pytest.raises(MissingExtraError, match='needs the extra "mlflow"') as caught:
        enable_observability(tracking_uri="http://localhost:5000", experiment_name="mine")
    assert caught.value.extra == "mlflow"
