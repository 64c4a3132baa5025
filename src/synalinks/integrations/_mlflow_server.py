"""Talking to MLflow: the one file that calls its client."""

from __future__ import annotations

import base64
import importlib.util
import os
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from synalinks._internal.lazy import optional
from synalinks.errors import ConfigurationError, MissingExtraError
from synalinks.integrations._spans import TRACE_PROTOCOL
from synalinks.integrations._uploader import RefusedError, RejectedError

RUN_TAG: Final = "synalinks.run_id"
"""The tag by which a run is found again."""

_PERMANENT: Final = frozenset(
    {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "MALFORMED_REQUEST", "ENDPOINT_NOT_FOUND", "NOT_IMPLEMENTED"}
)
_PASSING: Final = frozenset(
    {
        "TEMPORARILY_UNAVAILABLE",
        "RESOURCE_EXHAUSTED",
        "REQUEST_LIMIT_EXCEEDED",
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
    }
)
_REJECTED_STATUS: Final = frozenset({400, 404, 405, 413, 415, 501})
_REFUSED_STATUS: Final = frozenset({422, 500})
_TIMEOUT: Final = 20.0
_PARAMS_AT_ONCE: Final = 100
_METRICS_AT_ONCE: Final = 500
_LINKS_AT_ONCE: Final = 100


def require_mlflow(feature: str) -> None:
    """Make sure that MLflow's client is installed, without importing it.

    Raises:
        MissingExtraError: It is not.
    """
    if importlib.util.find_spec("mlflow") is None:
        raise MissingExtraError(feature, "mlflow")


def tracking_address(given: str | os.PathLike[str] | None) -> str:
    """Return the address that a run is to be sent to.

    Raises:
        ConfigurationError: It is no address, or one that needs more than the extra brings.
    """
    if given is not None and (not isinstance(given, str | os.PathLike) or not os.fspath(given)):
        raise ConfigurationError(
            f"tracking_uri must be an address such as 'http://localhost:5000', got {given!r}.",
            argument="tracking_uri",
        )
    if given is not None and urlsplit(os.fspath(given)).password:
        raise ConfigurationError(
            "tracking_uri must not hold a password, which would be written to the disk with what waits to be "
            "sent: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
            argument="tracking_uri",
        )
    if given is None and (configured := os.environ.get("MLFLOW_TRACKING_URI")):
        return configured
    if given is None:
        return str(_part("mlflow").get_tracking_uri())
    uri = os.fspath(given)
    if urlsplit(uri).scheme in ("sqlite", "postgresql", "mysql", "mssql") and not _has_database():
        raise ConfigurationError(
            f"tracking_uri {uri!r} is a database, which mlflow-skinny alone cannot open: install mlflow, or "
            "start a server with it and give the server's address.",
            argument="tracking_uri",
        )
    return uri


def _has_database() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("sqlalchemy", "alembic"))


class MlflowServer:
    """Sends what belongs to one run, or to an experiment, to where MLflow keeps it.

    Args:
        target: "tracking_uri", "experiment" (None for MLflow's default) and "run": None, or "id", "name",
            "tags" and "start" (milliseconds since 1970).
    """

    def __init__(self, target: Mapping[str, Any]) -> None:
        self.uri: str = target["tracking_uri"]
        self._experiment_name: str | None = target["experiment"]
        self._run: Mapping[str, Any] | None = target["run"]
        self._client: Any = None
        self._experiment_id: str | None = None
        self._run_id: str | None = None
        self._doubtful = False
        self._known: dict[str, set[int]] = {}

    # --- Being there -----------------------------------------------------------------------

    def reach(self) -> None:
        """Raise at once where nobody answers: MLflow's own client would try for minutes."""
        from urllib.request import getproxies, proxy_bypass

        parts = urlsplit(self.uri)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            return
        if parts.scheme in getproxies() and not proxy_bypass(parts.hostname):
            return
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname, port), timeout=5.0).close()

    def send(self, kind: str, data: bytes) -> None:
        """Send one thing; for what it raises see `Sender`."""
        with self._translated():
            if kind == "spans":
                self._spans(data)
            else:
                getattr(self, f"_{kind}")(orjson.loads(data))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            code = getattr(error, "error_code", None)
            answered = type(error).__name__ == "RestException"
            if answered and code in _PERMANENT:
                raise RejectedError(str(error)) from error
            # Nobody knows what the server did: ask it for what it has before anything is sent again.
            self._doubtful, self._known = self._run is not None, {}
            if code == "RESOURCE_DOES_NOT_EXIST":
                self._experiment_id = self._run_id = None
            if answered and code not in _PASSING:
                raise RefusedError(str(error)) from error
            raise

    # --- Where it belongs ------------------------------------------------------------------

    @property
    def client(self) -> Any:
        """MLflow's client."""
        if self._client is None:
            self._client = _part("mlflow").MlflowClient(self.uri)
        return self._client

    @property
    def experiment_id(self) -> str:
        """Id of the experiment, which is made if there is none of that name."""
        if self._experiment_id is None:
            name = self._experiment_name or os.environ.get("MLFLOW_EXPERIMENT_NAME")
            self._experiment_id = (
                self._experiment(name) if name else os.environ.get("MLFLOW_EXPERIMENT_ID", "0")
            )
        return self._experiment_id

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is None:
            try:
                return str(self.client.create_experiment(name))
            except Exception as error:
                # Another process was faster.
                if getattr(error, "error_code", None) != "RESOURCE_ALREADY_EXISTS":
                    raise
                found = self.client.get_experiment_by_name(name)
        return str(found.experiment_id)

    @property
    def run_id(self) -> str:
        """MLflow's id of the run: the one with our tag, or a new one."""
        if self._run_id is None:
            assert self._run is not None
            tagged = f"tags.`{RUN_TAG}` = '{self._run['id']}'"
            found = self.client.search_runs([self.experiment_id], tagged, max_results=1)
            self._doubtful = bool(found)  # an earlier process has sent a part of it, and nobody knows which
            self._run_id = str((found[0] if found else self._create()).info.run_id)
        return self._run_id

    def _create(self) -> Any:
        assert self._run is not None
        tags = {**self._run["tags"], RUN_TAG: self._run["id"]}
        name = self._run["name"]
        return self.client.create_run(
            self.experiment_id, start_time=self._run["start"], tags=tags, run_name=name
        )

    # --- What is sent ----------------------------------------------------------------------

    def _begin(self, document: Mapping[str, Any]) -> None:
        """Have the run under way, with its parameters."""
        entities = _part("mlflow.entities")
        self.client.update_run(self.run_id, status="RUNNING")
        there = self.client.get_run(self.run_id).data.params
        params = [entities.Param(key, value) for key, value in document["params"].items() if key not in there]
        for some in _chunks(params, _PARAMS_AT_ONCE):
            self.client.log_batch(self.run_id, params=some)
        tags = [entities.RunTag(key, value) for key, value in document["tags"].items()]
        for some in _chunks(tags, _PARAMS_AT_ONCE):
            self.client.log_batch(self.run_id, tags=some)

    def _points(self, document: Mapping[str, Any]) -> None:
        """Add points of curves, each once: (key, value, milliseconds since 1970, step)."""
        points = [(key, float("nan") if v is None else float(v), t, s) for key, v, t, s in document["points"]]
        metric, run_id = _part("mlflow.entities").Metric, self.run_id  # before asking what is there
        new = [point for point in points if not self._is_there(point[0], point[3])]
        for some in _chunks(new, _METRICS_AT_ONCE):
            self.client.log_batch(run_id, metrics=[metric(*point) for point in some])
            for key, _, _, step in some:
                self._known[key].add(step)

    def _is_there(self, key: str, step: int) -> bool:
        if key not in self._known:
            there = self.client.get_metric_history(self.run_id, key) if self._doubtful else ()
            self._known[key] = {metric.step for metric in there}
        return step in self._known[key]

    def _file(self, document: Mapping[str, Any]) -> None:
        """Write a file of the run, over an older one of that path."""
        path = Path(document["path"])
        with tempfile.TemporaryDirectory() as folder:
            local = Path(folder) / path.name
            local.write_bytes(base64.b64decode(document["content"]))
            parent = path.parent.as_posix()
            self.client.log_artifact(self.run_id, str(local), None if parent == "." else parent)

    def _end(self, document: Mapping[str, Any]) -> None:
        """Mark the run as ended."""
        for key, value in document["tags"].items():
            self.client.set_tag(self.run_id, key, value)
        # `set_terminated` of the client would print to standard output.
        status = _part("mlflow.entities").RunStatus.from_string(document["status"])
        self._store().update_run_info(self.run_id, status, document["time"], None)

    def _store(self) -> Any:
        return _part("mlflow.tracking._tracking_service.utils")._get_store(self.uri)

    def _spans(self, data: bytes) -> None:
        """Add spans, given as a request of OpenTelemetry's protocol; spans that are there are replaced."""
        run_id = self.run_id if self._run is not None else None
        if urlsplit(self.uri).scheme in ("http", "https"):
            self._post_spans(data, run_id)
        else:
            self._store_spans(data, run_id)

    def _post_spans(self, data: bytes, run_id: str | None) -> None:
        headers = {"Content-Type": "application/x-protobuf", "x-mlflow-experiment-id": self.experiment_id}
        if run_id is not None:
            headers["x-mlflow-run-id"] = run_id
        response = _part("mlflow.utils.rest_utils").http_request(
            _part("mlflow.utils.credentials").get_default_host_creds(self.uri),
            "/v1/traces",
            "POST",
            max_retries=0,
            timeout=_TIMEOUT,
            extra_headers=headers,
            data=data,
        )
        if response.status_code != 200:
            answer = f"the server answered {response.status_code} to traces: {response.text[:200]}"
            if response.status_code in _REJECTED_STATUS:
                raise RejectedError(answer)
            raise (RefusedError if response.status_code in _REFUSED_STATUS else ConnectionError)(answer)

    def _store_spans(self, data: bytes, run_id: str | None) -> None:
        request = _part(TRACE_PROTOCOL).ExportTraceServiceRequest.FromString(data)
        sent = [span for r in request.resource_spans for scope in r.scope_spans for span in scope.spans]
        spans = [_part("mlflow.entities").Span.from_otel_proto(span) for span in sent]
        store = self._store()
        store.log_spans(self.experiment_id, spans)
        if run_id is not None:
            for some in _chunks(sorted({span.trace_id for span in spans}), _LINKS_AT_ONCE):
                store.link_traces_to_run(some, run_id)


def _part(module: str) -> Any:
    """Return a module of MLflow's; it is imported in the thread that sends, not by who trains."""
    return optional(module, feature="Logging to MLflow", extra="mlflow")


def file_document(path: str, content: bytes) -> dict[str, str]:
    """Return a file as the document that `MlflowServer` takes."""
    return {"path": path, "content": base64.b64encode(content).decode()}


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    listed = list(items)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
