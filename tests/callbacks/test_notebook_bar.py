from __future__ import annotations

import asyncio
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from tests.callbacks.fakes import Training
from tests.callbacks.test_progress_display import FIGURES, LOGS, shown, without_times

from synalinks.callbacks import LambdaCallback, ProgressDisplay, _notebook_bar
from synalinks.callbacks._notebook_bar import NotebookBar
from synalinks.callbacks._status import Counters, Status


class Cell:
    """The output of a notebook's cell, as a kernel that has IPython shows it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outputs: list[str] = []
        self.history: list[str] = []
        self.changed = asyncio.Event()
        module, displays = ModuleType("IPython"), ModuleType("IPython.display")
        self.shell: Any = SimpleNamespace(kernel=object())
        module.get_ipython = lambda: self.shell  # type: ignore[attr-defined]  # a module made for the test
        displays.display = self.display  # type: ignore[attr-defined]  # likewise
        monkeypatch.setitem(sys.modules, "IPython", module)
        monkeypatch.setitem(sys.modules, "IPython.display", displays)

    def display(self, bundle: dict[str, str], *, raw: bool, display_id: bool) -> Any:
        assert raw
        assert display_id
        self.outputs.append("")
        position = len(self.outputs) - 1
        update = lambda bundle, raw: self.show(position, bundle)  # noqa: E731 - two names, one function
        update(bundle, raw)
        return SimpleNamespace(update=update)

    def show(self, position: int, bundle: dict[str, str]) -> None:
        assert list(bundle) == ["text/plain"]
        self.outputs[position] = bundle["text/plain"]
        self.history += without_times(bundle["text/plain"])
        self.changed.set()


@pytest.fixture
async def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    return Cell(monkeypatch)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(_notebook_bar, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.mark.parametrize("verbose", [1, "auto"])
async def test_one_line_per_epoch_stays(
    cell: Cell, verbose: int | str, capsys: pytest.CaptureFixture[str]
) -> None:
    await shown(ProgressDisplay(verbose))
    assert capsys.readouterr().out.count("Epoch") + len(cell.outputs) == 2
    assert without_times(cell.outputs[0]) == [f"Epoch 1/9  TIME  {FIGURES}"]
    assert cell.history[0] == f"Epoch 1/9  {'┈' * 40}  0/2  TIME"


async def test_a_line_moves_at_most_twice_a_second(cell: Cell, clock: SimpleNamespace) -> None:
    bar = NotebookBar()
    for _ in range(1000):
        clock.now += 0.01
        bar.show(Status(title="Epoch 1/9", total=2, counters=Counters(None)))
    assert len(cell.history) in (20, 21)  # 10 seconds, and their begin
    assert len(cell.outputs) == 1
    bar.print("Epoch 1/9", ["reward=0.7500"])
    assert cell.outputs == ["Epoch 1/9  reward=0.7500"]


async def test_the_line_moves_while_nothing_ends(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_notebook_bar, "_INTERVAL", 0.01)
    training = await Training([ProgressDisplay()]).begin()
    await training.list.on_epoch_begin(0, {})
    await training.list.on_train_batch_end(0, {"reward": 0.25})
    for _ in range(2):
        cell.changed.clear()
        await cell.changed.wait()
    assert cell.history[-2:] == [f"Epoch 1/9  {'━' * 20}{'┈' * 20}  1/2  TIME", "  reward=0.2500"]
    await training.end()


@pytest.mark.parametrize("ending", ["on_train_end", "on_exception"])
async def test_nothing_is_shown_after_the_end(
    cell: Cell, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_notebook_bar, "_INTERVAL", 0.01)
    training = await Training([ProgressDisplay()]).begin()
    await training.list.on_epoch_begin(0, {})
    await training.list.on_train_batch_end(0, {"reward": 0.25})
    await getattr(training.list, ending)(*[KeyboardInterrupt()] * (ending == "on_exception"))
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(0.02, passed.set)
    await passed.wait()
    assert len(cell.history) == 1


async def test_the_validation_shows_how_many_batches_it_has(cell: Cell, clock: SimpleNamespace) -> None:
    display = ProgressDisplay()
    training = await Training([display]).begin()
    display.params = {**display.params, "validation_steps": 4}
    await training.list.on_epoch_begin(0, {})
    clock.now += 1
    await training.list.on_test_begin()
    assert cell.history[-1] == f"Epoch 1/9 validation  {'┈' * 40}  0/4  TIME"
    display.params = {}
    clock.now += 1
    await training.list.on_test_begin()
    assert cell.history[-1] == "Epoch 1/9 validation  0/?  TIME"


async def test_markup_and_control_characters_are_text(cell: Cell) -> None:
    training = await Training([ProgressDisplay()]).begin()
    await training.epochs({"<b>\x1b[2J": 1.0})
    assert cell.outputs[0].endswith("<b>\\u001b[2J=1.0000")


async def test_a_resumed_run_shows_where_and_then_its_epoch(
    cell: Cell, capsys: pytest.CaptureFixture[str]
) -> None:
    training = Training([ProgressDisplay()])
    run = training.program.run
    run.resumed, run.epoch, run.step = True, 2, 4
    await training.begin()
    assert capsys.readouterr().out == "Resumed  Epoch 3/9, batch 5\n"
    assert [line[:9] for line in cell.outputs] == ["Epoch 3/9"]


async def test_an_evaluation_within_a_training_has_a_line_of_its_own(cell: Cell) -> None:
    inner = Training([ProgressDisplay()])

    async def evaluate(epoch: int, logs: Any) -> None:
        await inner.list.on_test_begin()
        await inner.list.on_test_end({"reward": 0.25})

    await shown(LambdaCallback(on_epoch_end=evaluate), ProgressDisplay(), epochs=1)
    assert without_times("\n".join(cell.outputs)) == [
        f"Epoch 1/9  TIME  {FIGURES}",
        "Evaluation  TIME  reward=0.2500",
    ]
    assert LOGS["reward"] != 0.25


@pytest.mark.parametrize("shell", [None, SimpleNamespace()])
async def test_ipython_without_a_kernel_is_no_notebook(
    cell: Cell, shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    cell.shell = shell
    await shown(ProgressDisplay())
    assert cell.outputs == []
    assert len(capsys.readouterr().out.splitlines()) == 2


async def test_lines_only_and_nothing_in_a_notebook(cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    await shown(ProgressDisplay(2))
    await shown(ProgressDisplay(0))
    assert cell.outputs == []
    assert len(capsys.readouterr().out.splitlines()) == 2
