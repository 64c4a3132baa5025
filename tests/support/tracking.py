"""A real tracking server of MLflow's, and a look at what it has."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from tests.support import ROOT

NEEDED = ("mlflow", "flask", "flask_cors", "sqlalchemy", "alembic", "huey", "pandas")
MISSING = [name for name in NEEDED if find_spec(name) is None]


QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
"""Settings of MLflow's for tests: nothing runs beside them, and nothing is told to anyone."""


class TrackingServer:
    """`mlflow server` on SQLite in a directory, on a port of its own; it can be killed and started again.

    Its process is forked from one that has imported MLflow, which takes seconds, and goes when this one does.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._runs = False

    def start(self) -> TrackingServer:
        """Start it; `wait` for it to answer."""
        self._process = self._process or self._prepared()
        self._tell(b"start")
        self._runs = True
        return self

    def _prepared(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", "tests.support.tracking_process"]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{self.directory / 'mlflow.db'}"]
        command += ["--artifacts-destination", str(self.directory / "artifacts")]
        own = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
        with open(self.directory / "server.log", "ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self.directory,
                env={**own, **QUIET, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
                start_new_session=True,
            )

    def _tell(self, what: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(what + b"\n")
        self._process.stdin.flush()

    def wait(self) -> TrackingServer:
        """Wait until it answers."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/health", timeout=5):
                return self
            assert self._process is not None
            assert self._process.poll() is None, (self.directory / "server.log").read_text()[-3000:]
            time.sleep(0.05)
        raise TimeoutError((self.directory / "server.log").read_text()[-3000:])

    def kill(self) -> None:
        """Kill it."""
        if self._runs:
            self._tell(b"kill")
            assert self._process is not None
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == b"killed\n"
            self._runs = False

    def close(self) -> None:
        """Kill it for good."""
        if self._process is not None:
            self._process.communicate()  # it goes at the end of its input
            self._process, self._runs = None, False


class Logged:
    """What a server has of an experiment, read through MLflow's own client."""

    def __init__(self, url: str, experiment: str) -> None:
        from mlflow import MlflowClient

        self.client = MlflowClient(url)
        found = self.client.get_experiment_by_name(experiment)
        self.id = None if found is None else found.experiment_id

    def runs(self) -> list[Any]:
        return [] if self.id is None else list(self.client.search_runs([self.id]))

    def run(self) -> Any:
        (run,) = self.runs()
        return run

    def curve(self, key: str) -> list[tuple[int, float]]:
        history = self.client.get_metric_history(self.run().info.run_id, key)
        return [(point.step, point.value) for point in history]

    def curves(self) -> dict[str, list[tuple[int, float]]]:
        return {key: self.curve(key) for key in self.run().data.metrics}

    def files(self, folder: str | None = None) -> set[str]:
        found = self.client.list_artifacts(self.run().info.run_id, folder)
        inside = [self.files(file.path) for file in found if file.is_dir]
        return {file.path for file in found if not file.is_dir}.union(*inside)

    def read(self, path: str, to: Path) -> str:
        return Path(self.client.download_artifacts(self.run().info.run_id, path, str(to))).read_text("utf-8")

    def page(self, path: str, *, version: str = "2.0") -> Any:
        """Return what a page of MLflow's gets to show, read as strictly as a browser does."""
        url = f"{self.client.tracking_uri}/ajax-api/{version}/mlflow/{path}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return orjson.loads(answer.read())

    def traces(self, run: Any = None) -> list[Any]:
        import mlflow

        mlflow.set_tracking_uri(self.client.tracking_uri)
        about = {"locations": [self.id], "return_type": "list", "max_results": 5000}
        return list(mlflow.search_traces(**about, run_id=None if run is None else run.info.run_id))
