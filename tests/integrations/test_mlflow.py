from __future__ import annotations

import pytest

import synalinks.callbacks
from synalinks.errors import MissingExtraError
from synalinks.integrations._mlflow import enable_observability


def test_monitor_names_the_extra() -> None:
    with pytest.raises(MissingExtraError, match=r'Monitor is not part.*extra "mlflow" \(pip install'):
        synalinks.callbacks.Monitor(experiment_name="mine", tags={"a": "b"})


def test_enabling_observability_names_the_extra() -> None:
    with pytest.raises(MissingExtraError, match="that now does not help") as caught:
        enable_observability(tracking_uri="http://localhost:5000", experiment_name="mine")
    assert caught.value.extra == "mlflow"
