from __future__ import annotations

import importlib
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.tracking import MISSING, QUIET, Logged, TrackingServer

SERVER = pytest.StashKey[TrackingServer]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Have the server start while other tests run."""
    config = session.config
    wanted = any("tracking" in getattr(item, "fixturenames", ()) for item in session.items)
    alone = not hasattr(config, "workerinput")  # else only one of several processes needs it
    if wanted and alone and not MISSING and not config.option.collectonly:
        directory = tempfile.TemporaryDirectory(prefix="tracking-")
        config.add_cleanup(directory.cleanup)
        config.stash[SERVER] = TrackingServer(Path(directory.name)).start()
        config.add_cleanup(config.stash[SERVER].close)


@pytest.fixture(autouse=True)
def quiet_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait at the end of a training as long as a busy machine may take."""
    monkeypatch.setattr("synalinks.integrations._uploader._STALLED", 60.0)


@pytest.fixture(scope="session")
def tracking(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TrackingServer]:
    """The server that all tests share; one that kills it starts it again."""
    if MISSING:
        pytest.skip(f"a tracking server needs {', '.join(MISSING)}")
    with warnings.catch_warnings():  # else its first import in a thread fails where one of them is raised
        warnings.simplefilter("ignore")
        for name in ("requests", "mlflow", "mlflow.tracking"):
            importlib.import_module(name)
    server = request.config.stash.get(SERVER, None)
    server = server or TrackingServer(tmp_path_factory.mktemp("tracking")).start()
    yield server.wait()
    server.close()


@pytest.fixture
def experiment(request: pytest.FixtureRequest) -> str:
    return request.node.name


@pytest.fixture
def logged(tracking: TrackingServer, experiment: str) -> Callable[[], Logged]:
    """Make a look at the experiment of this test."""
    return lambda: Logged(tracking.url, experiment)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "synalinks" / "mlflow"
