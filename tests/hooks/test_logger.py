"""Events as lines of the standard `logging` module."""

import io
import json
import logging
import math
import subprocess
import sys

import pytest
from tests.support.arithmetic import Problem, compiled_program, data, perfect, problem_of

import synalinks
from synalinks import hooks
from synalinks.errors import ConfigurationError, FileError, RateLimitedError, RefusedError, UnknownNameError
from synalinks.hooks import Logger, add_hook, emit, observed
from synalinks.language_models import LanguageModel
from synalinks.optimizers import Optimizer
from synalinks.testing import ChatServer, FunctionModel

FIT = {"batch_size": 4, "verbose": 0, "seed": 1, "validation_split": 0.5}


def written_to():
    """The handlers that `enable_logging` made; pytest adds some of its own."""
    handlers = logging.getLogger("synalinks").handlers
    return [h for h in handlers if type(h.formatter).__module__.startswith("synalinks")]


@pytest.fixture(autouse=True)
def no_logging_left():
    yield
    synalinks.disable_logging()
    assert not written_to()


def lines(path):
    return path.read_text("utf-8").splitlines()


def objects(path):
    def refuse(constant):
        raise AssertionError(constant)

    return [json.loads(line, parse_constant=refuse) for line in path.read_text("utf-8").split("\n")[:-1]]


async def trained(fn=perfect, **options):
    program, _ = await compiled_program(fn, **options)
    await program.fit(*data(8), **FIT)


async def test_info_tells_of_epochs_steps_and_runs(tmp_path):
    synalinks.enable_logging(to_file=tmp_path / "log")
    await trained()
    told = [line.split(" ", 2)[2] for line in lines(tmp_path / "log")]
    beginnings = (
        "INFO synalinks.training: Training of arithmetic starts: 1 epochs, random_few_shot with exact_match",
        "INFO synalinks.optimizers: random_few_shot [propose, epoch 1, batch 1] ended: ",
        "INFO synalinks.training: arithmetic on data [val, epoch 1] ended: reward 1, failed 0",
        "INFO synalinks.training: Epoch 1 ended: reward 1, failed 0, val_reward 1, val_failed 0",
        "INFO synalinks.training: Training of arithmetic ended: reward 1",
    )
    assert len(told) == len(beginnings)
    for line, beginning in zip(told, beginnings, strict=True):
        assert line.startswith(beginning)


async def test_debug_tells_of_every_call(tmp_path):
    synalinks.enable_logging("debug", to_file=tmp_path / "log")
    await trained(metrics=[lambda y_true, y_pred: 1.0])
    told = "\n".join(lines(tmp_path / "log"))
    assert told.count("testing/function for generator [train, epoch 1, batch 1, sample") == 2 * 4
    for name in ("training", "optimizers", "modules", "language_models", "rewards", "metrics"):
        assert f"DEBUG synalinks.{name}: " in told


async def test_failures_and_retries_are_warnings(tmp_path):
    outages = [RateLimitedError("later \x1b[31m", retry_after=0.001)]

    def fails(request):
        if outages:
            raise outages.pop()
        if problem_of(request) == data(2)[0][1].problem:
            raise RefusedError("no")
        return perfect(request)

    program, _ = await compiled_program(fails)
    synalinks.enable_logging("WARNING", to_file=tmp_path / "log")
    await program.evaluate(*data(2), verbose=0)
    told = [line.split(" ", 2)[2] for line in lines(tmp_path / "log")]
    assert len(told) == 3
    assert any("is asked again in 0.001 s: RateLimitedError: later \\u001b[31m" in line for line in told)
    assert sum("failed: RefusedError: no" in line for line in told) == 2
    assert {line.split(": ")[0] for line in told} == {
        "WARNING synalinks.language_models",
        "WARNING synalinks.training",
    }


async def test_a_run_that_fails_is_an_error(tmp_path):
    class Broken(Optimizer):
        async def step(self, context):
            raise ZeroDivisionError("two\nlines")

    synalinks.enable_logging("ERROR", to_file=tmp_path / "log")
    with pytest.raises(ZeroDivisionError):
        await trained(optimizer=Broken())
    (line,) = lines(tmp_path / "log")
    assert "ERROR synalinks.training: Training of arithmetic failed: ZeroDivisionError: two\\nlines" in line


async def test_json_joins_a_call_to_its_module_and_its_sample(tmp_path):
    program, _ = await compiled_program(perfect)
    synalinks.enable_logging("DEBUG", to_file=tmp_path / "log", json=True)
    await program.evaluate(*data(3), verbose=0)
    told = objects(tmp_path / "log")
    by_id = {o["span_id"]: o for o in told if o["event"].endswith("_started")}
    calls = [o for o in told if o["event"] == "language_model_call_ended"]
    assert len(calls) == 3
    for call in calls:
        assert by_id[call["parent_id"]]["kind"] == "Generator"
        sample = by_id[call["sample_id"]]
        assert (sample["event"], sample["sample"]) == ("sample_started", call["sample"])
        assert call["record"]["usage"]["input_tokens"] == 0
        assert call["message"]["role"] == "assistant"
        assert call["logger"] == "synalinks.language_models"
        assert "answered" in call["text"]
    assert told[0]["time"].endswith("+00:00")
    assert "epoch" not in told[0]


async def test_nothing_breaks_a_line(tmp_path, caplog):
    nasty = 'a\nb\r\x00\x1b]0;x\x07\u2028\u202e"<script>\ud800' + "x" * 1_000_000
    for number, options in enumerate(({}, {"json": True})):
        path = tmp_path / f"log{number}"
        synalinks.enable_logging("DEBUG", to_file=path, **options)
        with observed(hooks.RewardStarted, hooks.RewardEnded, reward=nasty) as span:
            span.result(score=math.nan, feedback=nasty)
        with (
            pytest.raises(ZeroDivisionError),
            observed(
                hooks.ModuleCallStarted, hooks.ModuleCallEnded, kind=nasty, inputs={1: {object(), 2**80}}
            ),
        ):
            raise ZeroDivisionError(nasty)
        emit(hooks.LanguageModelCallRetried, model=nasty, attempts=1, wait=math.inf, reason=nasty)
        synalinks.disable_logging()
    told = lines(tmp_path / "log0")
    assert len(told) == 5
    assert all(line.isprintable() for line in told)
    for record in caplog.records:
        record.getMessage().encode()  # halves of surrogate pairs could not be
    assert len(objects(tmp_path / "log1")) == 5
    assert objects(tmp_path / "log1")[1]["feedback"] == nasty
    assert objects(tmp_path / "log1")[1]["score"] is None


async def test_no_key_is_written(tmp_path):
    key = "sk-very-secret-0123456789"
    for options in ({}, {"json": True}):
        synalinks.enable_logging("DEBUG", to_file=tmp_path / "log", **options)
        async with ChatServer(lambda body: ChatServer.Reply(status=401, body=f"bad key {key}")) as server:
            model = LanguageModel("openai/m", api_base=server.url, api_key=key)
            with pytest.raises(synalinks.errors.AuthenticationError):
                await model("hello")
            assert key in str(server.headers)
    told = (tmp_path / "log").read_text("utf-8")
    assert "AuthenticationError" in told
    assert key not in told


async def test_called_twice_it_writes_each_line_once_and_takes_the_newer_options(tmp_path):
    synalinks.enable_logging("DEBUG", to_file=tmp_path / "first")
    synalinks.enable_logging("INFO", to_file=tmp_path / "second")
    synalinks.enable_logging("INFO", to_file=tmp_path / "second")
    await trained()
    assert lines(tmp_path / "first") == []
    assert len(lines(tmp_path / "second")) == 5


async def test_a_logger_of_ones_own_writes_no_second_line(tmp_path):
    add_hook(Logger())
    synalinks.enable_logging(to_file=tmp_path / "log")
    await trained()
    assert len(lines(tmp_path / "log")) == 5
    synalinks.disable_logging()
    assert hooks.listening()  # that one stays


async def test_disabling_undoes_it(tmp_path):
    synalinks.disable_logging()  # nothing to do
    synalinks.enable_logging(to_file=tmp_path / "log")
    synalinks.disable_logging()
    await trained()
    assert lines(tmp_path / "log") == []
    root = logging.getLogger("synalinks")
    assert (root.level, root.propagate, hooks.listening()) == (logging.NOTSET, True, False)


async def test_lines_go_to_what_standard_error_is_then(capsys, monkeypatch):
    before = list(logging.getLogger().handlers)
    synalinks.enable_logging()
    assert logging.getLogger().handlers == before
    assert not logging.getLogger("synalinks").propagate
    await trained()
    assert capsys.readouterr().err.count("synalinks.training") == 4
    monkeypatch.setattr(sys, "stderr", later := io.StringIO())
    await trained()
    assert later.getvalue().count("synalinks.training") == 4
    monkeypatch.setattr(sys, "stderr", None)
    await trained()  # nowhere to write to is no failure


async def test_a_set_up_of_ones_own_hears_the_events(caplog):
    add_hook(Logger())
    with caplog.at_level(logging.DEBUG, "synalinks.language_models"):
        await FunctionModel(lambda request: "hi")("hello")
    assert [type(record.event) for record in caplog.records] == [
        hooks.LanguageModelCallStarted,
        hooks.LanguageModelCallEnded,
    ]


async def test_a_logger_hears_a_single_module(caplog):
    program, _ = await compiled_program(perfect)
    program.modules[0].add_hook(Logger())
    with caplog.at_level(logging.DEBUG, "synalinks"):
        await program(Problem(problem="1+1"))
    assert {record.event.module for record in caplog.records} == {"generator"}


async def test_events_of_other_classes_have_no_line(tmp_path):
    class Own(hooks.Event):
        __slots__ = ()

    synalinks.enable_logging("DEBUG", to_file=tmp_path / "log")
    emit(Own)
    assert lines(tmp_path / "log") == []


def test_every_event_has_a_line():
    from synalinks.hooks._lines import LINES

    kinds = {getattr(hooks, name) for name in hooks.__all__}
    events = {kind for kind in kinds if isinstance(kind, type) and issubclass(kind, hooks.Event)}
    assert set(LINES) == events - {hooks.Event, hooks.EndedEvent}


@pytest.mark.parametrize(
    ("level", "error", "text"),
    [
        ("INFOO", UnknownNameError, "Did you mean 'INFO'"),
        (None, ConfigurationError, "got None"),
        (True, ConfigurationError, "got True"),
    ],
)
def test_a_wrong_level_is_refused(level, error, text):
    with pytest.raises(error, match=text):
        synalinks.enable_logging(level)


def test_levels_are_names_or_numbers():
    for level, number in (("warning", logging.WARNING), (15, 15)):
        synalinks.enable_logging(level)
        assert logging.getLogger("synalinks").level == number


def test_a_file_that_cannot_be_written_is_refused_and_what_there_was_stays(tmp_path):
    synalinks.enable_logging(to_file=tmp_path / "log")
    with pytest.raises(FileError, match="missing"):
        synalinks.enable_logging(to_file=tmp_path / "missing" / "log")
    assert len(written_to()) == 1


def test_importing_sets_nothing_up():
    code = (
        "import logging, synalinks\n"
        "names = ['', *(n for n in logging.root.manager.loggerDict if n.startswith('synalinks'))]\n"
        "assert not any(logging.getLogger(n).handlers for n in names), names\n"
        "assert not synalinks.hooks.listening()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
