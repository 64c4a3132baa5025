from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from typing import Any

import numpy
import pytest
from tests.callbacks.fakes import Training
from tests.support import ROOT

from synalinks._internal.activity import counted
from synalinks._internal.text import short_time
from synalinks.callbacks import Callback, EarlyStopping, LambdaCallback, ProgressDisplay
from synalinks.callbacks._progress_bar import ProgressBar
from synalinks.callbacks._status import Status
from synalinks.errors import UnknownNameError

LOGS = {
    "reward": 0.61234,
    "failed": 2.0,
    "val_reward": 0.5,
    "val_failed": 0.0,
    "cost": 0.00002,
    "tokens": 12345.0,
}
FIGURES = "reward=0.6123  failed=2  val_reward=0.5000  cost=2.000e-05  tokens=12345"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def use_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard output a terminal; not a fixture, as pytest replaces the stream before each call."""
    stream = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", stream)
    return stream


async def shown(*callbacks: Callback, epochs: int = 2) -> None:
    training = await Training(callbacks).begin()
    for epoch in range(epochs):
        await training.list.on_epoch_begin(epoch, {})
        await training.list.on_train_batch_end(0, {"reward": 0.5})
        await training.list.on_test_begin()
        await training.list.on_test_batch_end(0, {"reward": 0.5})
        await training.list.on_test_end({"reward": 0.5})
        await training.list.on_epoch_end(epoch, dict(LOGS))
    await training.end()


def without_times(text: str) -> list[str]:
    return re.sub(r"\d+\.\ds", "TIME", text).splitlines()


@pytest.mark.parametrize("verbose", [1, 2, "auto"])
async def test_without_a_terminal_there_is_a_line_per_epoch(
    verbose: int | str, capsys: pytest.CaptureFixture[str]
) -> None:
    await shown(ProgressDisplay(verbose))
    assert without_times(capsys.readouterr().out) == [
        f"Epoch 1/9  TIME  {FIGURES}",
        f"Epoch 2/9  TIME  {FIGURES}",
    ]


async def test_silent_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    training = Training([ProgressDisplay(0)])
    training.program.run.resumed = True
    await shown(ProgressDisplay(0))
    await training.begin()
    assert terminal.getvalue() == ""


async def test_lines_alone_have_no_control_characters_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    await shown(ProgressDisplay(2))
    assert "Epoch 2/9" in terminal.getvalue()
    assert "\x1b" not in terminal.getvalue()


@pytest.mark.parametrize("term", ["dumb", "unknown"])
async def test_a_dumb_terminal_gets_lines(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    monkeypatch.setenv("TERM", term)
    await shown(ProgressDisplay())
    assert "\x1b" not in terminal.getvalue()


@pytest.mark.parametrize("ending", ["normal", "exception"])
async def test_the_terminal_is_clean_however_training_ends(
    monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    terminal = use_terminal(monkeypatch)
    training = await Training([ProgressDisplay()]).begin()
    await training.list.on_epoch_begin(0, {})
    assert "\x1b[?25l" in terminal.getvalue()
    if ending == "normal":
        await training.end()
    else:
        await training.list.on_exception(KeyboardInterrupt())
    assert terminal.getvalue().endswith("\r\x1b[J\x1b[?25h")  # all of it is erased, the cursor is back
    assert sys.stdout is terminal


async def test_prints_of_other_callbacks_stand_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    await shown(
        LambdaCallback(on_epoch_end=lambda epoch, logs: print(f"[red]mine {epoch}[/red]")), ProgressDisplay()
    )
    text = terminal.getvalue()
    assert text.index("[red]mine 0[/red]") < text.index("Epoch 1/9\x1b[0m  0.0s  ")


async def test_an_evaluation_within_a_training_has_a_display_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = use_terminal(monkeypatch)
    inner = Training([ProgressDisplay()])

    async def evaluate(epoch: int, logs: Any) -> None:
        await inner.list.on_test_begin()
        await inner.list.on_test_batch_end(0, {"reward": 0.25})
        await inner.list.on_test_end({"reward": 0.25})

    await shown(LambdaCallback(on_epoch_end=evaluate), ProgressDisplay())
    text = terminal.getvalue()
    assert text.count("reward=0.2500") >= 2
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


@pytest.mark.parametrize(("phase", "title"), [("test", "Evaluation"), ("predict", "Prediction")])
async def test_evaluation_and_prediction_leave_one_line(
    phase: str, title: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks = Training([ProgressDisplay()]).list
    await getattr(hooks, f"on_{phase}_begin")()
    await getattr(hooks, f"on_{phase}_batch_end")(0, {"reward": 0.5})
    await getattr(hooks, f"on_{phase}_end")({"reward": 0.5})
    expected = f"{title}  TIME" + "  reward=0.5000" * (phase == "test")
    assert without_times(capsys.readouterr().out) == [expected]


async def test_a_resumed_run_says_where_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    for step, finished, text in (
        (0, False, "Epoch 3/9"),
        (4, False, "Epoch 3/9, batch 5"),
        (0, True, "a training that has ended"),
    ):
        training = Training([ProgressDisplay()])
        run = training.program.run
        run.resumed, run.epoch, run.step, run.finished = True, 2, step, finished
        await training.begin()
        assert capsys.readouterr().out == f"Resumed  {text}\n"


async def test_a_run_resumed_within_an_epoch_ends_it_with_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    training = Training([ProgressDisplay()])
    run = training.program.run
    run.resumed, run.epoch, run.step = True, 2, 4
    await training.begin()
    await training.list.on_epoch_end(2, {"reward": 0.5})
    assert without_times(capsys.readouterr().out)[1] == "Epoch 3/9  TIME  reward=0.5000"


@pytest.mark.parametrize("verbose", [1, 2, "auto"])
async def test_what_ended_a_training_early_is_said(
    verbose: int | str, capsys: pytest.CaptureFixture[str]
) -> None:
    stopping = EarlyStopping(stop_at=0.5)
    await (await (await Training([stopping, ProgressDisplay(verbose)]).begin()).rewards(0.1, 0.6, 0.7)).end()
    assert [line.partition("  ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "Epoch 1/9",
        "Epoch 2/9",
        "Stopped after epoch 2: early_stopping.",
    ]


async def test_nothing_is_said_of_an_end_that_was_not_here(capsys: pytest.CaptureFixture[str]) -> None:
    display = ProgressDisplay()
    await (await (await Training([display]).begin()).rewards(0.1)).end()
    assert "Stopped" not in capsys.readouterr().out
    training = Training([display])  # the same object, in a run that was over before
    training.program.run.stopped_by = "early_stopping"
    await (await training.begin()).end()
    silent = await (await Training([EarlyStopping(stop_at=0.0), ProgressDisplay(0)]).begin()).rewards(0.1)
    await silent.end()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("resumed", [False, True])
async def test_the_bar_knows_what_is_to_come(resumed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Status] = []
    use_terminal(monkeypatch)
    monkeypatch.setattr(ProgressBar, "show", lambda _, status: shown.append(status))
    display = ProgressDisplay()
    training = Training([display])
    display.params = {"epochs": 4, "steps": 2, "validation_steps": 3, "initial_epoch": 1}
    run = training.program.run
    run.resumed, run.epoch, run.step = resumed, 1, int(resumed)
    with counted() as counting:
        counting.expected = 60
        await training.begin()
        if not resumed:  # else it goes on within the epoch
            await training.list.on_epoch_begin(1)
        await training.list.on_test_begin()
        await training.list.on_epoch_end(1, {})
        await training.list.on_epoch_begin(2)
        await training.end()
    epoch, validation, later = shown
    assert [(s.title, s.total, s.later) for s in shown] == [
        ("Epoch 2/4", 2, 2),
        ("Epoch 2/4 validation", 3, 2),
        ("Epoch 3/4", 2, 1),
    ]
    assert (epoch.start, epoch.answers, epoch.usual, epoch.together) == (int(resumed), 10, None, False)
    assert validation.counters is epoch.counters
    assert validation.together
    assert validation.before > 0
    assert later.start == 0
    assert (later.usual is None) == resumed  # a part of an epoch does not tell how long one takes


@pytest.mark.parametrize("bar", [True, False])
async def test_control_characters_and_markup_are_shown_as_they_are(
    bar: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = use_terminal(monkeypatch)
    training = await Training([ProgressDisplay("auto" if bar else 2)]).begin()
    await training.epochs({"[red]a": 1.0, "\x1b[2Jb": 1.0, "\u202ec": 1.0}, steps=1)
    await training.end()
    text = terminal.getvalue()
    assert "\x1b[2J" not in text
    assert "\u202e" not in text
    assert "[red]a=1.0000" in text
    assert "\\u001b[2Jb=1.0000" in text


async def test_a_stream_that_is_broken_or_narrow_minded_ends_no_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = io.StringIO()
    closed.close()
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    for stream in (None, closed, ascii_only):
        monkeypatch.setattr(sys, "stdout", stream)
        training = await Training([ProgressDisplay(2)]).begin()
        await training.epochs({"é": 0.5})
    ascii_only.seek(0)
    assert "\\xe9=0.5000" in ascii_only.read()


def test_a_wrong_verbose_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Unknown verbose '3'"):
        ProgressDisplay(3)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0s"), (59.9, "59.9s"), (61, "1m01s"), (3599.7, "1h00m"), (11270, "3h07m")]
)
def test_durations(seconds: float, text: str) -> None:
    assert short_time(seconds) == text


SCRIPT = """
import asyncio
from synalinks.callbacks import ProgressDisplay
from tests.callbacks.test_progress_display import shown
asyncio.run(shown(ProgressDisplay({verbose!r}), epochs=12))
"""


def on_pseudo_terminal(script: str, *, columns: int) -> str:
    """Run a script on a terminal of that width and return all it wrote."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")},
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "TERM": "xterm-256color",
    }
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # how a terminal says that nobody writes to it any more
            break
        if not chunk:
            break
        written += chunk
    os.close(ours)
    assert child.wait() == 0, written.decode()
    return written.decode()


@pytest.mark.parametrize("verbose", ["auto", 2])
@pytest.mark.parametrize("columns", [80, 40])
def test_lines_fit_the_terminal(columns: int, verbose: int | str) -> None:
    text = on_pseudo_terminal(SCRIPT.format(verbose=verbose), columns=columns)
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).split("\r")[-1] for line in text.split("\r\n")]
    assert max(map(len, lines)) <= columns
    assert sum(line.startswith("Epoch 12/9  ") for line in lines) == 1
    assert "  cost=2.000e-05" in text
    assert ("\x1b[?25l" in text) == (verbose == "auto")
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")


async def test_figures_that_are_no_numbers_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    training = await Training([ProgressDisplay(2)]).begin()
    await training.epochs({"reward": 0.5, "matrix": numpy.arange(2), "huge": 10**400, "note": "x", "n": None})
    assert without_times(capsys.readouterr().out) == ["Epoch 1/9  TIME  reward=0.5000"]
