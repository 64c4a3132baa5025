"""Traces of calls for MLflow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from synalinks._internal.canonical import content_hash
from synalinks.errors import ConfigurationError
from synalinks.hooks import (
    EmbeddingModelCallEnded,
    EmbeddingModelCallStarted,
    EndedEvent,
    Event,
    Hook,
    LanguageModelCallEnded,
    LanguageModelCallStarted,
    MetricEnded,
    MetricStarted,
    ModuleCallEnded,
    ModuleCallStarted,
    OptimizerStepEnded,
    OptimizerStepStarted,
    RewardEnded,
    RewardStarted,
    SampleEnded,
    SampleStarted,
)
from synalinks.integrations._mlflow_server import MlflowServer, require_mlflow, tracking_address
from synalinks.integrations._spans import Trace, encoded_traces
from synalinks.integrations._spool import Spool, state_directory
from synalinks.integrations._uploader import Uploader

_STARTS: Final = frozenset(
    {
        SampleStarted,
        ModuleCallStarted,
        EmbeddingModelCallStarted,
        LanguageModelCallStarted,
        RewardStarted,
        OptimizerStepStarted,
        MetricStarted,
    }
)
_ENDS: Final = frozenset(
    {
        SampleEnded,
        ModuleCallEnded,
        LanguageModelCallEnded,
        EmbeddingModelCallEnded,
        RewardEnded,
        OptimizerStepEnded,
        MetricEnded,
    }
)
_REPEATABLE: Final = ("train", "val", "candidate:")
"""Phases in which a sample has one place: a resumed run that runs it again replaces its trace."""


class Opened(NamedTuple):
    """A span that has not ended: its number in its trace, that of what it is part of, and its event."""

    trace: Trace
    number: int
    parent: int | None
    event: Event


class Monitor(Hook):
    """Sends a trace of each call to MLflow: who called whom with what, what came of it, tokens and cost.

    A sample of a training or an evaluation is one trace, with the program, its modules, the calls of language
    models and the reward nested as they ran; outside of them each call of a program or a module is one. Names
    are those of OpenTelemetry for generative AI (`gen_ai.request.model`, `gen_ai.usage.input_tokens`, …).
    Traces are sent in the background: a server that is slow or down holds nothing up, and what could not be
    sent is kept on disk and sent by a later process.

    Args:
        experiment_name: The experiment; MLflow's default when None.
        tracking_uri: Address of the tracking server; MLflow's own setting when None.

    Raises:
        MissingExtraError: The extra "mlflow" is not installed.
        ConfigurationError: The address or the name cannot be used.

    Example:
        ```python
        synalinks.hooks.add_hook(synalinks.hooks.Monitor(tracking_uri="http://localhost:5000"))
        ```
    """

    def __init__(
        self, experiment_name: str | None = None, *, tracking_uri: str | os.PathLike[str] | None = None
    ) -> None:
        require_mlflow("synalinks.hooks.Monitor")
        self.experiment_name = checked_experiment(experiment_name)
        self.tracking_uri = tracking_address(tracking_uri)
        self._runs: dict[str, Uploader] = {}
        self._runs_only = False
        self._elsewhere: Uploader | None = None
        self._open: dict[str, Opened] = {}
        self._again: dict[str, int] = {}

    def flush(self, *, timeout: float = 30.0) -> bool:
        """Wait until all traces have arrived; return whether they have.

        Args:
            timeout: Seconds without progress after which to give up; the traces stay on disk.
        """
        uploaders = [*self._runs.values(), *([self._elsewhere] if self._elsewhere else [])]
        arrived = [uploader.flush(stalled=timeout, patient=True) for uploader in uploaders]
        return all(arrived)

    def _close(self) -> None:
        """End the thread that sends the traces, once all have arrived."""
        if self._elsewhere is not None:
            self._elsewhere.close()
            self._elsewhere = None

    def _follow(self, run_id: str, uploader: Uploader) -> None:
        """Send the traces of a run where the rest of it goes."""
        self._runs[run_id] = uploader

    def _unfollow(self, run_id: str) -> None:
        self._runs.pop(run_id, None)
        self._again.clear()

    # --- Events ----------------------------------------------------------------------------

    def on_event(self, event: Event) -> None:
        """Take an event into its trace."""
        kind = type(event)
        if kind in _STARTS:
            self._start(event)
        elif kind in _ENDS and isinstance(event, EndedEvent):
            opened = self._open.pop(event.span_id, None)
            if opened is not None and kind is not MetricEnded:
                self._end(opened, event)

    def _start(self, event: Event) -> None:
        if self._runs_only and event.run_id not in self._runs:
            return
        outer = None if type(event) is SampleStarted else self._open.get(event.parent_id or "")
        if type(event) is MetricStarted:  # not worth a span; what it asks belongs to the sample
            if outer is not None:
                self._open[event.span_id] = outer
        elif outer is None:
            self._open[event.span_id] = Opened(Trace(self._trace_id(event)), 0, None, event)
        else:
            outer.trace.count += 1
            self._open[event.span_id] = Opened(outer.trace, outer.trace.count, outer.number, event)

    def _trace_id(self, event: Event) -> bytes:
        repeatable = event.run_id is not None and event.epoch is not None and event.sample is not None
        if not (repeatable and type(event) is SampleStarted and event.phase.startswith(_REPEATABLE)):
            return os.urandom(16)
        assert isinstance(event, SampleStarted)
        place = [event.run_id, event.phase, event.epoch, event.step, event.sample]
        key = content_hash(place)
        if event.again:
            self._again[key] = self._again.get(key, 0) + 1
        number = self._again.get(key, 0)
        return bytes.fromhex(content_hash([key, number]) if number else key)

    def _end(self, opened: Opened, ended: EndedEvent) -> None:
        trace, number, parent, started = opened
        if trace.sent:  # it outlived what it was part of
            trace = Trace(trace.id)
        trace.spans.append((number, parent, started, ended))
        if number and not opened.trace.sent:
            return
        opened.trace.sent = True
        if type(ended) is OptimizerStepEnded and not trace.count:
            return  # an optimizer that asked nobody
        self._uploader_for(started.run_id).add_trace(trace)

    def _uploader_for(self, run_id: str | None) -> Uploader:
        uploader = self._runs.get(run_id or "")
        if uploader is not None:
            return uploader
        if self._elsewhere is None:
            self._elsewhere = uploader_for(self.tracking_uri, self.experiment_name, None)
        return self._elsewhere


def checked_experiment(name: Any) -> str | None:
    """Return the name of an experiment if MLflow can take it.

    Raises:
        ConfigurationError: It cannot.
    """
    if name is None or (
        isinstance(name, str) and 0 < len(name) <= 500 and name.strip() and name.isprintable()
    ):
        return name
    raise ConfigurationError(
        f"experiment_name must be one line of 1 to 500 characters, got {name!r:.200}.",
        argument="experiment_name",
    )


def uploader_for(uri: str, experiment: str | None, run: Mapping[str, Any] | None) -> Uploader:
    """Return what sends to a run, or to an experiment where `run` is None; see `MlflowServer`."""
    name = f"calls-{os.getpid()}-{os.urandom(4).hex()}" if run is None else str(run["id"])
    target = {"tracking_uri": uri, "experiment": experiment, "run": run}
    spool = Spool(state_directory() / "mlflow" / content_hash(uri)[:16] / name, target)
    return Uploader(spool, MlflowServer, encoded_traces)
