"""Trainings in MLflow."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import orjson

from synalinks._internal.canonical import content_hash
from synalinks._internal.figures import encoded, numbers
from synalinks._internal.settings import settings
from synalinks._internal.warn import warn
from synalinks.callbacks import Callback, TrainingSetup
from synalinks.callbacks._callback import Logs
from synalinks.errors import ConfigurationError
from synalinks.hooks import add_hook, remove_hook
from synalinks.integrations._mlflow_hook import Monitor as Tracer
from synalinks.integrations._mlflow_hook import checked_experiment, uploader_for
from synalinks.integrations._mlflow_server import file_document, require_mlflow, tracking_address
from synalinks.integrations._run_texts import (
    candidate_json,
    history_table,
    lines,
    parameters,
    safe_names,
    short_text,
    variables_text,
)
from synalinks.integrations._uploader import Uploader
from synalinks.runs import HistoryData
from synalinks.saving._program_file import program_document
from synalinks.saving._variables_file import variables_document

_TAG_LENGTH: Final = 5000

Hook = TypeVar("Hook", bound=Callable[..., None])


def _harmless(hook: Hook) -> Hook:
    """Make a hook that warns, and logs no more, instead of ending a training by what it raises."""

    @functools.wraps(hook)
    def call(self: Monitor, *args: Any, **kwargs: Any) -> None:
        if self._broken:
            return
        try:
            hook(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the training is worth more than its log
            self._broken = True
            warn(f"Monitor logs no more of this training: {type(error).__name__}: {error}")

    return cast("Hook", call)


class Monitor(Callback):
    """Logs a training to MLflow: parameters, figures, candidates, the program and what it has learned.

    Each `fit` is a run of MLflow's; one that is resumed from a `BackupAndRestore` goes on in the run that it
    began, which is found by the tag `synalinks.run_id`. The figures of each epoch are the points of curves,
    with the time at which the epoch ended. Files of the run: `program.json`, which
    `synalinks.programs.load_program` reads, `variables.txt`, `history.csv`, `summary.txt`, `program.svg`
    where the extra "plot" is installed, and `candidates/`, what the optimizer tried in each epoch. They are
    renewed at the end of each epoch.

    Everything is sent in the background. A server that is slow, down or killed holds no training up: what
    waits is on disk, below `$XDG_STATE_HOME/synalinks/mlflow` (or `~/.local/state`), and is sent when the
    server answers again, by this process or by the next one that logs to it. One warning says so.

    Args:
        experiment_name: The experiment; MLflow's default when None.
        run_name: Name of the run; drawn by MLflow when None.
        tracking_uri: Address of the tracking server; MLflow's own setting when None.
        tags: Tags of the run.
        log_batches: Whether to log the running figures after each batch too, as `batch/reward` and so on,
            with the number of the batch within the run.
        log_traces: Whether to send a trace of each call of the training. `synalinks.enable_observability`
            has all calls traced.

    Raises:
        MissingExtraError: The extra "mlflow" is not installed.
        ConfigurationError: An argument cannot be used.
    """

    def __init__(
        self,
        experiment_name: str | None = None,
        *,
        run_name: str | None = None,
        tracking_uri: str | os.PathLike[str] | None = None,
        tags: Mapping[str, Any] | None = None,
        log_batches: bool = False,
        log_traces: bool = False,
    ) -> None:
        require_mlflow("synalinks.callbacks.Monitor")
        self.experiment_name = checked_experiment(experiment_name)
        self.run_name = None if run_name is None else short_text(run_name, 250)
        self.tracking_uri = tracking_address(tracking_uri)
        self.tags = _checked_tags(tags)
        self.log_batches, self.log_traces = log_batches, log_traces
        self._tracers: list[Tracer] = []
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._described: Mapping[str, Any] = {}
        self._times: dict[str, float] = {}
        self._batches = 0
        self._candidates: list[dict[str, Any]] = []
        self._names: dict[str, str] = {}
        self._saved: str | None = None
        self._warned = self._broken = False
        self._uploader: Uploader | None = None

    def flush(self, *, timeout: float = 30.0) -> bool:
        """Send what waits, also what earlier processes left for this server; return whether all has arrived.

        Args:
            timeout: Seconds without progress after which to give up; what waits stays on disk.
        """
        uploader = self._uploader or uploader_for(self.tracking_uri, self.experiment_name, None)
        arrived = uploader.flush(stalled=timeout, patient=True)
        if self._uploader is None:
            uploader.close()
        return arrived

    # --- State -----------------------------------------------------------------------------

    def check(self, setup: TrainingSetup) -> None:
        """Begin anew, and see what is to be logged of the training."""
        self._begin_anew()
        self._described = setup.describe()

    def state_dict(self) -> dict[str, Any]:
        """Return when the epochs ended, the number of batches, and the candidates of the epoch under way."""
        return {"times": dict(self._times), "batches": self._batches, "candidates": list(self._candidates)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self._times = dict(state["times"])
        self._batches, self._candidates = state["batches"], list(state["candidates"])

    # --- Hooks -----------------------------------------------------------------------------

    @_harmless
    def on_train_begin(self, logs: Logs = None) -> None:
        """Begin the run, or go on with it; what a resumed one has logged is offered again."""
        run = self.program.run
        about = {
            "id": run.run_id,
            "name": self.run_name,
            "tags": self._all_tags(),
            "start": _milliseconds(time.time()),
        }
        self._uploader = uploader_for(self.tracking_uri, self.experiment_name, about)
        params = parameters(self.params, self._described, self.program.name)
        self._send("begin", {"params": params, "tags": self._all_tags()})
        self._send_file("summary.txt", str(self.program.summary(width=100)).encode("utf-8", "replace"))
        self._uploader.add_task(self._draw)
        self._send_program()
        for epoch, row in zip(run.history.epoch, run.history.rows, strict=True):
            self._send_points(row, self._times.get(str(epoch), time.time()), epoch)
        self._trace(run.run_id)

    @_harmless
    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Log the running figures on request, and note what the optimizer tried."""
        run = self.program.run
        self._candidates += [candidate_json(record, run.epoch, batch) for record in run.candidates]
        if self.log_batches:
            figures = {f"batch/{key}": value for key, value in numbers(logs).items()}
            self._send_points(figures, time.time(), self._batches)
        self._batches += 1

    @_harmless
    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Log the figures of the epoch and renew the files."""
        self._times[str(epoch)] = now = time.time()
        self._send_points(numbers(logs), now, epoch)
        self._send_program()
        history = HistoryData(list(self.program.run.history.epoch), list(self.program.run.history.rows))
        history.record(epoch, numbers(logs))  # `History` may come later in the list
        self._send_file("history.csv", history_table(history))
        self._send_candidates()
        self._candidates = []
        self._report()

    async def on_train_end(self, logs: Logs = None) -> None:
        """End the run, and wait a little for what is still to be sent."""
        if self._uploader is not None:
            await self._end("FINISHED")

    async def on_exception(self, exception: BaseException) -> None:
        """End the run as failed, or as killed where it was interrupted."""
        if self._uploader is not None:
            interrupted = isinstance(exception, KeyboardInterrupt | SystemExit | asyncio.CancelledError)
            await self._end("KILLED" if interrupted else "FAILED")

    # --- Sending ---------------------------------------------------------------------------

    def _all_tags(self) -> dict[str, str]:
        own = {
            "synalinks.run_id": self.program.run.run_id,
            "synalinks.program": self.program.name,
            "synalinks.version": version("synalinks"),
        }
        given = {**own, **self.tags}
        named = safe_names(given)
        return {named[key]: short_text(value, _TAG_LENGTH) for key, value in given.items()} | own

    def _send(self, kind: str, document: Mapping[str, Any]) -> None:
        assert self._uploader is not None
        self._uploader.add(kind, orjson.dumps(document))

    def _send_file(self, path: str, content: bytes) -> None:
        self._send("file", file_document(path, content))

    def _send_points(self, figures: Mapping[str, float], when: float, step: int) -> None:
        if new := [key for key in figures if key not in self._names]:
            self._names = safe_names([*self._names, *new])
        moment = _milliseconds(when)
        points = [[self._names[key], encoded(value), moment, step] for key, value in figures.items()]
        if points:
            self._send("points", {"points": points})

    def _send_program(self) -> None:
        """Send the program and its variables, if they have changed."""
        values = self.program.get_variables()
        if (digest := content_hash(values)) == self._saved:
            return
        self._saved = digest
        try:
            document, name = program_document(self.program), "program.json"
        except ConfigurationError:  # it has no JSON form: then what it has learned
            document, name = variables_document(self.program), "program.variables.json"
        self._send_file(name, orjson.dumps(document, option=orjson.OPT_INDENT_2))
        self._send_file("variables.txt", variables_text(values))

    def _send_candidates(self) -> None:
        """Send what the optimizer tried in an epoch; a part of it is replaced by more when there is more."""
        if self._candidates:
            epoch = self._candidates[0]["epoch"]
            self._send_file(f"candidates/epoch_{epoch:03d}.jsonl", lines(self._candidates))

    def _draw(self) -> None:
        """Send a picture of the program; without the extra "plot" there is none."""
        if importlib.util.find_spec("matplotlib") is None:
            return
        from synalinks.utils import plot_program

        with tempfile.TemporaryDirectory() as folder:
            path = plot_program(self.program, to_file=Path(folder) / "program.svg")
            self._send_file("program.svg", Path(path).read_bytes())

    async def _end(self, status: str) -> None:
        uploader, run = self._uploader, self.program.run
        assert uploader is not None
        self._send_last(status)
        await asyncio.to_thread(uploader.finish)
        for tracer in self._tracers:
            tracer._unfollow(run.run_id)
            if tracer._runs_only:
                remove_hook(tracer)
        self._tracers = []
        self._report()
        uploader.close()

    @_harmless
    def _send_last(self, status: str) -> None:
        run = self.program.run
        self._send_program()
        self._send_candidates()
        self._send_file("history.csv", history_table(run.history))
        tags = {} if run.stopped_by is None else {"synalinks.stopped_by": run.stopped_by}
        self._send("end", {"status": status, "time": _milliseconds(time.time()), "tags": tags})

    def _trace(self, run_id: str) -> None:
        """Have the calls of the run traced into it."""
        assert self._uploader is not None
        self._tracers = [
            hook for hook in settings().hooks if isinstance(hook, Tracer) and not hook._runs_only
        ]
        if not self._tracers and self.log_traces:
            tracer = Tracer(self.experiment_name, tracking_uri=self.tracking_uri)
            tracer._runs_only = True
            self._tracers = [add_hook(tracer)]
        for tracer in self._tracers:
            tracer._follow(run_id, self._uploader)

    def _report(self) -> None:
        """Warn, once, of what could not be sent."""
        uploader = self._uploader
        if uploader is None or self._warned:
            return
        problem = uploader.problem
        if problem is None and not (uploader.rejected or uploader.spool.refused or uploader.lost):
            return
        self._warned = True
        warn(f"Monitor: {_what_happened(uploader, self.tracking_uri)}")


def _what_happened(uploader: Uploader, uri: str) -> str:
    if uploader.problem is not None:
        why, where = short_text(uploader.problem, 200), str(uploader.spool.directory)
        return (
            f"MLflow at {uri} does not take what is logged ({why}). The training goes on; what waits is kept "
            f"in {where!r} and is sent once it does, by this process, the next one that logs there, or "
            "Monitor(...).flush()."
        )
    if uploader.rejected:
        count, first = len(uploader.rejected), short_text(uploader.rejected[0], 300)
        return f"MLflow at {uri} refused {count} of the things logged for good; the first: {first}."
    return (
        f"{uploader.spool.refused + uploader.lost} things were not kept for MLflow at {uri}: more than "
        f"{uploader.spool.limit >> 20} MiB wait in {str(uploader.spool.directory)!r}."
    )


def _milliseconds(moment: float) -> int:
    return round(moment * 1000)


def _checked_tags(tags: Any) -> dict[str, Any]:
    if tags is None:
        return {}
    if not isinstance(tags, Mapping) or not all(isinstance(key, str) and key for key in tags):
        raise ConfigurationError(
            f"tags must be a mapping of names to values, got {tags!r:.200}.", argument="tags"
        )
    return dict(tags)


def enable_observability(
    *, tracking_uri: str | os.PathLike[str] | None = None, experiment_name: str | None = None
) -> None:
    """Send the figures of every training and a trace of every call to MLflow, from here on.

    Each later `fit` has a `synalinks.callbacks.Monitor`, unless its `callbacks` have one, and each call of a
    program, a module or a language model is traced by a `synalinks.hooks.Monitor`. Calling it again changes
    address and experiment.

    Args:
        tracking_uri: Address of the tracking server, for example "http://localhost:5000"; MLflow's own
            setting when None.
        experiment_name: The experiment; MLflow's default when None.

    Raises:
        MissingExtraError: The extra "mlflow" is not installed.
        ConfigurationError: An argument cannot be used.
    """
    require_mlflow("synalinks.enable_observability")
    tracer = _Enabled(experiment_name, tracking_uri=tracking_uri)
    disable_observability()
    for hook in settings().hooks:  # a call needs no second trace
        if isinstance(hook, Tracer) and not hook._runs_only:
            remove_hook(hook)
    add_hook(tracer)
    settings().monitor = functools.partial(_automatic, tracer.tracking_uri, tracer.experiment_name)


def disable_observability() -> None:
    """Undo `enable_observability`; without it, nothing changes. What waits to be sent is still sent.

    Later trainings are not logged, and calls not traced; a call that is under way leaves no trace. A training
    that is under way is a run to its end. Monitors that you put into `callbacks`, or add as a hook, stay.
    """
    settings().monitor = None
    for hook in settings().hooks:
        if isinstance(hook, _Enabled):
            remove_hook(hook)
            hook._close()


class _Enabled(Tracer):
    """The one that `enable_observability` added."""


def _automatic(uri: str, experiment: str | None, callbacks: Sequence[Callback]) -> Monitor | None:
    """Return the monitor of a training whose callbacks have none."""
    if any(isinstance(callback, Monitor) for callback in callbacks):
        return None
    return Monitor(experiment, tracking_uri=uri)
