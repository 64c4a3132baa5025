"""Trainings in MLflow: logged to a real server, read back through MLflow's own client."""

from __future__ import annotations

import asyncio
import importlib.util
import math
import socket
import subprocess
import sys
import textwrap
import threading
import time
from urllib.parse import quote

import orjson
import pytest

import synalinks
from synalinks._internal.settings import settings
from synalinks.callbacks import BackupAndRestore, Callback, Monitor
from synalinks.errors import ConfigurationError, MissingExtraError, SynalinksWarning
from synalinks.integrations import _uploader, disable_observability, enable_observability
from synalinks.programs import load_program
from synalinks.testing import FunctionModel
from tests.support import ROOT
from tests.support.arithmetic import Problem, compiled_program, data, perfect, problem_of
from tests.support.resumable import Dies
from tests.support.tracking import MISSING, Logged

needs_client = pytest.mark.skipif("mlflow" in MISSING, reason="MLflow's client is not installed")

pytestmark = pytest.mark.usefixtures("state")


def without_mlflow(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "mlflow" else found(name, *a)
    )


def nobody():
    """An address at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


async def fit(*callbacks, program=None, epochs=2, samples=12, **options):
    if program is None:
        program, _ = await compiled_program()
    x, y = data(samples)
    options = {"validation_split": 0.25, "batch_size": 4, "verbose": 0, "seed": 3, **options}
    await program.fit(x, y, epochs=epochs, callbacks=list(callbacks), **options)
    return program


# --- Without MLflow, and arguments ---------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        lambda: Monitor(experiment_name="mine", tags={"a": "b"}),
        lambda: synalinks.hooks.Monitor(),
        lambda: enable_observability(tracking_uri="http://localhost:5000", experiment_name="mine"),
    ],
    ids=["callback", "hook", "enable_observability"],
)
def test_without_mlflow_the_extra_is_named(use, monkeypatch):
    without_mlflow(monkeypatch)
    with pytest.raises(
        MissingExtraError, match=r'needs the extra "mlflow".*pip install mlflow-skinny'
    ) as caught:
        use()
    assert caught.value.extra == "mlflow"
    assert not settings().hooks
    assert settings().monitor is None


@needs_client
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"experiment_name": ""}, "experiment_name must be one line"),
        ({"experiment_name": "two\nlines"}, "experiment_name must be one line"),
        ({"experiment_name": 5}, "experiment_name must be one line"),
        ({"tracking_uri": ""}, "tracking_uri must be an address"),
        ({"tracking_uri": "http://me:secret@host:5000"}, "MLFLOW_TRACKING_PASSWORD"),
        ({"tags": ["a"]}, "tags must be a mapping"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(options, text):
    with pytest.raises(ConfigurationError, match=text) as caught:
        Monitor(**{"tracking_uri": "http://localhost:1", **options})
    assert "secret" not in str(caught.value)


# --- What is logged ------------------------------------------------------------------------


async def test_a_training_is_a_run(tracking, experiment, logged, tmp_path):
    monitor = Monitor(
        experiment, run_name="first", tracking_uri=tracking.url, tags={"team": "é\n<b>"}, log_batches=True
    )
    program = await fit(monitor, epochs=3)
    found = logged()
    run, history = found.run(), program.history
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "first"
    assert run.info.end_time >= run.info.start_time
    assert run.data.tags["synalinks.run_id"] == program.run.run_id
    assert run.data.tags["team"] == r"é\n<b>"
    expected = {
        "program": "arithmetic",
        "optimizer": "random_few_shot",
        "reward.name": "exact_match",
        "seed": "3",
    }
    expected |= {"training_data.size": "9", "validation_data.size": "3", "batch_size": "4", "epochs": "3"}
    assert expected.items() <= run.data.params.items()
    assert len(run.data.params["training_data.hash"]) == 32
    for key, values in history.history.items():
        assert found.curve(key) == list(enumerate(values))
    assert [step for step, _ in found.curve("batch/reward")] == list(range(9))
    times = [p.timestamp for p in found.client.get_metric_history(run.info.run_id, "reward")]
    assert times == sorted(times)
    assert run.info.start_time <= times[0] <= times[-1] <= run.info.end_time


async def test_the_files_of_a_run_can_be_used(tracking, experiment, logged, tmp_path):
    program = await fit(Monitor(experiment, tracking_uri=tracking.url))
    found = logged()
    files = found.files()
    assert {"program.json", "variables.txt", "history.csv", "summary.txt"} <= files
    assert {"candidates/epoch_000.jsonl", "candidates/epoch_001.jsonl", "program.svg"} <= files
    (tmp_path / "program.json").write_text(found.read("program.json", tmp_path))
    assert load_program(tmp_path / "program.json").get_variables() == program.get_variables()
    rows = found.read("history.csv", tmp_path).splitlines()
    assert rows[0] == "epoch,reward,failed,val_reward,val_failed"
    assert rows[2].split(",")[:2] == ["1", repr(program.history.history["reward"][1])]
    shown = found.read("variables.txt", tmp_path)
    assert program.get_variables()["generator/instruction"] in shown
    candidates = [orjson.loads(r) for r in found.read("candidates/epoch_001.jsonl", tmp_path).splitlines()]
    assert {c["epoch"] for c in candidates} == {1}
    assert all({"id", "parents", "score", "accepted", "reason", "changes"} <= c.keys() for c in candidates)


class Odd(Callback):
    """Adds figures of all kinds to the logs, and learns a strange text."""

    figures = {  # noqa: RUF012 - nobody changes it
        "new\nline": 1.0,
        "<script>alert(1)</script>": 2.0,
        "précision 精度": 3.0,
        "../up": 4.0,
        "//": 5.0,
        "%": 6.0,
        "$": 7.0,
        "x" * 300: 8.0,
        "x" * 1000: 10.0,
        "nan": math.nan,
        "inf": math.inf,
        "-inf": -math.inf,
        "\ud800": 9.0,
    }

    def on_epoch_end(self, epoch, logs=None):
        logs.update(self.figures)
        text = "<script>alert(1)</script>\r\n\x1b[2J\x00 é精" + "y" * 1_000_000
        self.program.set_variables({"generator/instruction": text})


async def test_strange_names_and_texts_break_nothing(tracking, experiment, logged, tmp_path):
    program = await fit(Odd(), Monitor(experiment, run_name="a\nb" * 200, tracking_uri=tracking.url))
    found = logged()
    curves = found.curves()
    values = {values[0][1] for values in curves.values() if not math.isnan(values[0][1])}
    assert {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0} <= values
    assert all(len(points) == 2 for points in curves.values())
    assert len(curves) == 4 + len(Odd.figures)
    assert math.isnan(curves["nan"][1][1])
    assert curves["inf"][1][1] >= sys.float_info.max  # MLflow keeps the largest number in its place
    assert curves["-inf"][1][1] <= -sys.float_info.max
    run_id = found.run().info.run_id
    page = found.page(f"runs/get?run_id={run_id}")
    assert {metric["key"] for metric in page["run"]["data"]["metrics"]} == set(curves)
    for key, points in curves.items():
        page = found.page(f"metrics/get-history?run_id={run_id}&metric_key={quote(key)}")
        assert [point.get("step", 0) for point in page["metrics"]] == [step for step, _ in points]
    shown = found.read("variables.txt", tmp_path)
    assert "\x1b" not in shown
    assert "<script>alert(1)</script>" in shown
    (tmp_path / "program.json").write_text(found.read("program.json", tmp_path))
    assert load_program(tmp_path / "program.json").get_variables() == program.get_variables()


class Article(synalinks.DataModel):
    """A long text."""

    text: str


async def test_a_long_answer_is_traced_and_harms_no_other(tracking, experiment, logged):
    long = "<script>alert(1)</script>\u2028é精\n" + "y" * 1_000_000
    texts = {"0+0": long, "1+7": "short"}
    model = FunctionModel(lambda request: {"text": texts[problem_of(request)]})
    inputs = synalinks.Input(data_model=Problem)
    outputs = await synalinks.Generator(data_model=Article, language_model=model)(inputs)
    program = synalinks.Program(inputs=inputs, outputs=outputs)
    program.compile(optimizer="random_few_shot", reward="exact_match")
    x = [Problem(problem=problem) for problem in texts]
    y = [Article(text=text) for text in texts.values()]
    monitor = Monitor(experiment, tracking_uri=tracking.url, log_traces=True)
    await program.fit(x, y, epochs=1, verbose=0, callbacks=[monitor])
    found = logged()
    assert found.curve("reward") == [(0, 1.0)]
    roots = {trace.info.tags["synalinks.sample"]: trace.data.spans[0] for trace in found.traces(found.run())}
    assert roots["1"].outputs == {"text": "short"}
    assert "<script>alert(1)</script>" in roots["0"].outputs
    assert "y" * 900_000 in roots["0"].outputs
    pages = [found.page(f"traces/{t.info.trace_id}", version="3.0") for t in found.traces(found.run())]
    assert all(page["trace"]["trace_info"]["state"] == "OK" for page in pages)


# --- Interruptions -------------------------------------------------------------------------


async def test_an_interrupted_training_goes_on_in_its_run(tracking, experiment, logged, tmp_path):
    def callbacks(*more):
        monitor = Monitor(experiment, tracking_uri=tracking.url, log_batches=True, log_traces=True)
        return BackupAndRestore(tmp_path / "backup", save_freq=2), monitor, *more

    with pytest.raises(RuntimeError, match="dies"):
        await fit(*callbacks(Dies("on_train_batch_begin 2 in 1", how=RuntimeError("dies"))), epochs=3)
    found = logged()
    assert found.run().info.status == "FAILED"
    with pytest.raises(RuntimeError, match="dies"):  # after the epoch was logged, and before it was kept
        await fit(*callbacks(Dies("on_epoch_end 1", how=RuntimeError("dies"))), epochs=3)
    program = await fit(*callbacks(), epochs=3)
    assert found.run().info.status == "FINISHED"
    for key, values in program.history.history.items():
        assert found.curve(key) == list(enumerate(values))
    assert [step for step, _ in found.curve("batch/reward")] == list(range(9))
    tags = [trace.info.tags for trace in found.traces(found.run())]
    keys = ("synalinks.phase", "synalinks.epoch", "synalinks.sample")
    samples = [tuple(t[k] for k in keys) for t in tags if t["synalinks.phase"] in ("train", "val")]
    assert len(samples) == len(set(samples)) == 3 * 12


class Outage(Callback):
    """Kills the server after an epoch, and has it come back after a later one, when it was missed."""

    def __init__(self, server, monitor, killed, back):
        self.server, self.monitor, self.killed, self.back = server, monitor, killed, back

    def miss(self):
        until = time.monotonic() + 60
        while not self.monitor._uploader.problem and time.monotonic() < until:
            time.sleep(0.01)

    async def on_epoch_end(self, epoch, logs=None):
        await asyncio.sleep(0.1)  # what was logged before is on its way
        if epoch == self.killed:
            self.server.kill()
        if epoch == self.killed + 1:
            await asyncio.to_thread(self.miss)
        if epoch == self.back:
            self.server.start()


async def test_a_server_that_is_killed_costs_nothing(tracking, experiment, logged, state):
    monitor = Monitor(experiment, tracking_uri=tracking.url, log_batches=True, log_traces=True)
    try:
        with pytest.warns(SynalinksWarning, match="does not take what is logged") as caught:
            program = await fit(monitor, Outage(tracking, monitor, 2, 6), epochs=10)
    finally:
        tracking.wait()
    assert len(caught) == 1
    assert monitor.flush(timeout=60)
    found = logged()
    run = found.run()
    assert run.info.status == "FINISHED"
    for key, values in program.history.history.items():
        assert found.curve(key) == list(enumerate(values))
    assert [step for step, _ in found.curve("batch/reward")] == list(range(30))
    assert {f"candidates/epoch_{n:03d}.jsonl" for n in range(10)} <= found.files()
    phases = [trace.info.tags["synalinks.phase"] for trace in found.traces(run)]
    assert (phases.count("train"), phases.count("val")) == (90, 30)
    assert not list(state.rglob("*.json*"))


CHILD = """
import asyncio, sys
sys.path.insert(0, {root!r})
from tests.integrations.test_mlflow import fit
from synalinks.callbacks import Monitor
asyncio.run(fit(Monitor({experiment!r}, tracking_uri={url!r}, log_traces=True)))
"""


def test_what_a_process_could_not_send_the_next_one_sends(tracking, experiment, logged, state):
    tracking.kill()
    code = textwrap.dedent(CHILD.format(root=str(ROOT), experiment=experiment, url=tracking.url))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    tracking.start().wait()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("does not take what is logged") == 1
    assert list(state.rglob("*.points"))
    assert logged().runs() == []
    assert Monitor(tracking_uri=tracking.url).flush(timeout=60)
    found = logged()
    assert found.run().info.status == "FINISHED"
    assert [step for step, _ in found.curve("val_reward")] == [0, 1]
    phases = [trace.info.tags["synalinks.phase"] for trace in found.traces(found.run())]
    assert (phases.count("train"), phases.count("val")) == (18, 6)
    assert not list(state.rglob("*.points"))


@needs_client
@pytest.mark.parametrize("silent", [False, True], ids=["nobody", "silence"])
async def test_a_training_ends_where_nobody_answers(silent, state, monkeypatch):
    monkeypatch.setattr(_uploader, "_STALLED", 0.2)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        url = f"http://127.0.0.1:{server.getsockname()[1]}" if silent else nobody()
        with pytest.warns(SynalinksWarning, match=r"is kept in .* and is sent once it does") as caught:
            program = await fit(Monitor("mine", tracking_uri=url), epochs=3)
    assert len(caught) == 1
    assert len(program.history.epoch) == 3
    assert len(list(state.rglob("*.points"))) == 3
    assert len(list(state.rglob("*.end"))) == 1


# --- Traces --------------------------------------------------------------------------------


async def test_traces_are_nested_as_the_calls_were(tracking, experiment, logged):
    program, _ = await compiled_program(perfect)
    await fit(Monitor(experiment, tracking_uri=tracking.url, log_traces=True), program=program, epochs=1)
    assert not settings().hooks
    found = logged()
    traces = [t for t in found.traces(found.run()) if t.info.tags["synalinks.phase"] == "train"]
    assert len(traces) == 9
    spans = {span.name: span for span in traces[0].data.spans}
    chat = spans["chat testing/function"]
    names = {span.span_id: name for name, span in spans.items()}
    parents = {name: names.get(span.parent_id) for name, span in spans.items()}
    assert parents == {
        "train sample": None,
        "arithmetic": "train sample",
        "generator": "arithmetic",
        "chat testing/function": "generator",
        "reward exact_match": "train sample",
    }
    assert chat.attributes["gen_ai.operation.name"] == "chat"
    assert chat.attributes["gen_ai.request.model"] == "function"
    assert isinstance(chat.attributes["gen_ai.usage.input_tokens"], int)
    assert chat.inputs["messages"][-1]["role"] == "user"
    assert spans["generator"].outputs == spans["train sample"].outputs
    assert spans["reward exact_match"].outputs["score"] == 1.0
    assert all(span.end_time_ns >= span.start_time_ns for span in spans.values())


async def test_calls_outside_of_trainings_are_traced(tracking, experiment, logged):
    enable_observability(tracking_uri=tracking.url, experiment_name=experiment)
    enable_observability(tracking_uri=tracking.url, experiment_name=experiment)
    (hook,) = settings().hooks

    def fails(request):
        raise RuntimeError("<b>\n\ud800" + "z" * 1_000_000)

    program, _ = await compiled_program(perfect)
    failing, _ = await compiled_program(fails)
    x, y = data(2)
    await program(x[0])
    with pytest.raises(RuntimeError):
        await failing(x[0])
    await program.evaluate(x, y, verbose=0)
    await program.train_on_batch(x, y)
    assert await asyncio.to_thread(hook.flush)
    found = logged()
    assert found.runs() == []
    traces = found.traces()
    names = [trace.info.tags["mlflow.traceName"] for trace in traces]
    assert names.count("arithmetic") == 2
    assert names.count("test sample") == 2
    assert names.count("train sample") == 2
    (failed,) = [t for t in traces if t.info.state.value == "ERROR"]
    assert failed.data.spans[0].status.description.startswith("RuntimeError: <b>")


# --- enable_observability ------------------------------------------------------------------


async def test_every_training_is_logged_once_enabled(tracking, experiment, logged):
    enable_observability(tracking_uri=tracking.url, experiment_name=experiment)
    program = await fit()
    found = logged()
    assert found.run().data.tags["synalinks.run_id"] == program.run.run_id
    assert len(found.traces(found.run())) == len(found.traces()) >= 24


async def test_the_automatic_one_gives_way_to_one_in_the_list(tracking, experiment, logged):
    enable_observability(tracking_uri=tracking.url, experiment_name="another")
    await fit(Monitor(experiment, run_name="mine", tracking_uri=tracking.url))
    found = logged()
    assert found.run().info.run_name == "mine"
    assert found.client.get_experiment_by_name("another") is None


async def test_disabled_it_logs_nothing_more_and_sends_what_waits(tracking, experiment, logged):
    enable_observability(tracking_uri=tracking.url, experiment_name=experiment)
    program, _ = await compiled_program(perfect)
    x, y = data(4)
    before = set(threading.enumerate())
    await program(x[0])
    sending = set(threading.enumerate()) - before
    disable_observability()
    disable_observability()
    assert (settings().hooks, settings().monitor) == ((), None)
    await program(x[1])
    await program.fit(x, y, epochs=1, verbose=0)
    assert {thread.name for thread in sending} == {"synalinks-uploader", "synalinks-keeper"}
    for thread in sending:  # ends when all has arrived
        await asyncio.to_thread(thread.join, 60)
        assert not thread.is_alive()
    assert len(logged().traces()) == 1
    assert logged().runs() == []


@needs_client
def test_what_was_added_by_hand_stays_when_it_is_disabled(state):
    enable_observability(tracking_uri=nobody())
    mine = synalinks.hooks.add_hook(synalinks.hooks.Monitor(tracking_uri=nobody()))
    synalinks.disable_observability()
    assert settings().hooks == (mine,)


def test_it_can_be_disabled_where_it_never_was_enabled(monkeypatch):
    without_mlflow(monkeypatch)
    mine = synalinks.hooks.add_hook(synalinks.hooks.Logger())
    disable_observability()
    assert (settings().hooks, settings().monitor) == ((mine,), None)


@needs_client
async def test_the_automatic_one_stands_before_the_progress_display(state, monkeypatch):
    seen = []
    enable_observability(tracking_uri=nobody())

    class Looks(Callback):
        def check(self, setup):
            seen.extend(type(c).__name__ for c in setup.callbacks)

    monkeypatch.setattr(
        synalinks.callbacks.CallbackList,
        "check",
        lambda self, setup, before=synalinks.callbacks.CallbackList.check: (
            seen.extend(type(c).__name__ for c in self.callbacks), before(self, setup)
        )[1],
    )  # fmt: skip
    with pytest.warns(SynalinksWarning, match="Monitor"):
        await fit(Looks())
    assert seen == ["Looks", "History", "Monitor", "ProgressDisplay", "Looks"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # of MLflow's own
async def test_a_database_without_a_server_will_do(experiment, tmp_path, monkeypatch):
    if MISSING:
        pytest.skip(f"a database needs {', '.join(MISSING)}")
    monkeypatch.chdir(tmp_path)  # MLflow puts files into the current directory then
    url = f"sqlite:///{tmp_path / 'mlflow.db'}"
    program = await fit(Monitor(experiment, tracking_uri=url, log_traces=True))
    found = Logged(url, experiment)
    assert found.curve("reward") == list(enumerate(program.history.history["reward"]))
    phases = [trace.info.tags["synalinks.phase"] for trace in found.traces(found.run())]
    assert (phases.count("train"), phases.count("val")) == (18, 6)
