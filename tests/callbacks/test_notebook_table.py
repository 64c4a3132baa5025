from __future__ import annotations

import asyncio
import sys
from html.parser import HTMLParser
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from tests.callbacks.fakes import Training
from tests.callbacks.test_progress_display import FIGURES, LOGS, shown, without_times

from synalinks._internal.activity import Activity, Work
from synalinks.callbacks import EarlyStopping, LambdaCallback, ProgressDisplay, _notebook_table
from synalinks.callbacks._notebook_table import NotebookTable
from synalinks.callbacks._status import Counters, Status


class Page(HTMLParser):
    """What a browser makes of a piece of HTML: the cells of its rows, its other lines, and its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.lines: list[str] = []
        self.elements: set[str] = set()
        self.styles = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.styles += dict(attributes).get("style") or ""
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "div":
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self._open or "th" in self._open:
            self.rows[-1][-1] += data
        elif data != "\n":  # between two lines of the source
            self.lines[-1] += data


class Cell:
    """The output of a notebook's cell, as a kernel that has IPython shows it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outputs: list[str] = []
        self.pages: list[str] = []
        self.history: list[list[str]] = []
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
        self.pages.append("")
        position = len(self.outputs) - 1
        update = lambda bundle, raw: self.show(position, bundle)  # noqa: E731 - two names, one function
        update(bundle, raw)
        return SimpleNamespace(update=update)

    def show(self, position: int, bundle: dict[str, str]) -> None:
        assert sorted(bundle) == ["text/html", "text/plain"]
        assert "\n\n" not in bundle["text/html"]  # where HTML in Markdown would end
        self.outputs[position], self.pages[position] = bundle["text/plain"], bundle["text/html"]
        self.history.append(without_times(bundle["text/plain"]))
        self.changed.set()

    def page(self) -> Page:
        """Return what the last output shows."""
        return Page(self.pages[-1])


@pytest.fixture
async def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    return Cell(monkeypatch)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(_notebook_table, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.mark.parametrize("verbose", [1, "auto"])
async def test_one_row_per_epoch_stays(
    cell: Cell, verbose: int | str, capsys: pytest.CaptureFixture[str]
) -> None:
    await shown(ProgressDisplay(verbose))
    assert capsys.readouterr().out == ""
    assert len(cell.outputs) == 1
    assert cell.history[0] == [f"Epoch 1/9  {'┈' * 40}  0/2  TIME"]
    assert cell.history[-1] == [f"Epoch 1/9  TIME  {FIGURES}", f"Epoch 2/9  TIME  {FIGURES}"]
    head, first, second = cell.page().rows
    assert head == ["", "time", "reward", "failed", "val_reward", "cost", "tokens"]
    assert first[:1] + first[2:] == ["Epoch 1/9", "0.6123", "2", "0.5000", "2.000e-05", "12345"]
    assert (second[0], second[2:]) == ("Epoch 2/9", first[2:])
    assert cell.page().lines == [""]


async def test_all_that_moves_stands_below_the_rows(cell: Cell) -> None:
    table = NotebookTable()
    table.print("Epoch 1/9", ["3.0s"], {"reward": "0.2500"})
    counting = Activity(work=[Work("scoring <b> candidates", 112, 37)])
    counters = Counters(counting)
    counting.calls, counting.tokens, counting.cost, counting.backing_off = 13, 13000, 0.0125, 3
    status = Status(title="Epoch 2/9", total=4, counters=counters)
    status.advance(1, {"reward": 0.5, "failed": 2.0})
    table._due = 0.0
    table.show(status)
    page = cell.page()
    assert page.rows == [["", "time", "reward"], ["Epoch 1/9", "3.0s", "0.2500"]]
    assert without_times("\n".join(page.lines)) == [
        "",
        "Epoch 2/9    1/4  TIME",
        "  scoring <b> candidates: 37/112",
        "  reward=0.5000  failed=2",
        "  13 calls  13k tokens  $0.0125  0 in flight  3 backing off",
    ]
    assert "width:25.0%" in page.styles
    assert "color:#" not in page.styles.replace("currentColor", "")
    table.close()
    assert cell.page().rows == page.rows
    assert cell.page().lines == [""]
    assert cell.outputs == ["Epoch 1/9  3.0s  reward=0.2500"]


async def test_it_changes_at_most_twice_a_second(cell: Cell, clock: SimpleNamespace) -> None:
    table = NotebookTable()
    for _ in range(500):
        clock.now += 0.01
        table.show(Status(title="Epoch 1/9", total=2, counters=Counters(None)))
        clock.now += 0.01
        table.print("Epoch 1/9", ["3.0s"], {"reward": "0.7500"})
    assert len(cell.history) in (20, 21)  # 10 seconds, and their begin
    table.close()
    assert len(cell.outputs) == 1


async def test_an_update_costs_no_more_after_many_epochs(cell: Cell, clock: SimpleNamespace) -> None:
    table = NotebookTable()
    sizes = {}
    for epoch in range(1, 501):
        table.print(f"Epoch {epoch:03}/500", ["3.0s"], {"reward": "0.7500"})
        if epoch in (20, 30, 500):
            clock.now += 1
            table.show(Status(title=f"Epoch {epoch + 1:03}/500", total=2, counters=Counters(None)))
            sizes[epoch] = len(cell.pages[0])
    assert sizes[500] - sizes[30] == len("480") - len("10")
    assert cell.page().lines[1] == "480 earlier epochs are not shown; the history has them all."
    assert [row[0] for row in cell.page().rows] == ["", *(f"Epoch {e}/500" for e in range(481, 501))]
    table.close()
    assert cell.outputs[0].splitlines()[:2] == [
        "400 earlier epochs are not shown; the history has them all.",
        "Epoch 401/500  3.0s  reward=0.7500",
    ]
    assert len(cell.page().rows) == 101


async def test_all_rows_of_a_training_that_is_not_long_stay(cell: Cell) -> None:
    table = NotebookTable()
    for epoch in range(100):
        table.print(f"Epoch {epoch + 1}/100", ["3.0s"], {"reward": "0.7500"})
    table.close()
    assert [row[0] for row in cell.page().rows] == ["", *(f"Epoch {e}/100" for e in range(1, 101))]
    assert cell.page().lines == [""]


async def test_columns_stand_in_the_order_of_the_logs(cell: Cell) -> None:
    table = NotebookTable()
    rows = ["abd", "acd", "axb", ""]
    for number, names in enumerate(rows):
        table.print(str(number), ["3.0s"], {name: name.upper() for name in names})
    table.close()
    head, *cells = cell.page().rows
    assert head[2:] == ["a", "x", "c", "b", "d"]
    assert ["".join(row[2:]) for row in cells] == ["ABD", "ACD", "AXB", ""]
    assert all(len(row) == len(head) for row in cells)


async def test_there_are_few_columns_of_many_figures(cell: Cell) -> None:
    wide, ever_new = NotebookTable(), NotebookTable()
    wide.print("Evaluation", ["3.0s"], {f"metric_{i}": "0.5" for i in range(1000)})
    wide.close()
    for epoch in range(100):
        ever_new.print(f"Epoch {epoch}", ["3.0s"], {f"metric_{epoch}": "0.5"})
    ever_new.close()
    for page in map(Page, cell.pages):
        assert len(page.rows[0]) == len(page.rows[-1]) == 32
        assert page.lines == ["", "Only 30 figures are shown."]
    assert len(cell.outputs[0]) < 1000


async def test_hostile_names_are_text(cell: Cell) -> None:
    training = await Training([ProgressDisplay()]).begin()
    names = {
        "<script>alert(1)</script>": float("nan"),
        "a\n</table>&\"'": float("inf"),
        "x" * 1_000_000: 1e9,
        "x" * 1_000_001: 2e9,
        "漢字\ud800\x1b[2J\u202e": -1.0,
        "$a$": 0.5,
    }
    await training.list.on_epoch_begin(0, {})
    await training.list.on_train_batch_end(0, dict(names))
    await training.epochs(names)
    await training.end()
    head, row = cell.page().rows
    assert head[2:] == [
        "<script>alert(1)</script>",
        "a\\n</table>&\"'",
        "x" * 39 + "…",
        "x" * 39 + "…",
        "漢字\\ud800\\u001b[2J\\u202e",
        "$a$",
    ]
    assert row[2:] == ["nan", "inf", "1000000000", "2000000000", "-1.0000", "0.5000"]
    assert cell.page().elements <= {"div", "table", "thead", "tbody", "tr", "th", "td", "span", "b"}
    assert "mathjax_ignore" in cell.pages[0]  # else two dollars make a formula
    assert cell.outputs[0].endswith("$a$=0.5000")
    for text in (*cell.outputs, *cell.pages):
        assert len(text) < 3000
        assert text.isprintable() or set(text) - set(filter(str.isprintable, text)) == {"\n"}


async def test_the_lines_move_while_nothing_ends(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_notebook_table, "_INTERVAL", 0.01)
    training = await Training([ProgressDisplay()]).begin()
    await training.list.on_epoch_begin(0, {})
    await training.list.on_train_batch_end(0, {"reward": 0.25})
    for _ in range(2):
        cell.changed.clear()
        await cell.changed.wait()
    assert cell.history[-1] == [f"Epoch 1/9  {'━' * 20}{'┈' * 20}  1/2  TIME", "  reward=0.2500"]
    await training.end()


@pytest.mark.parametrize("ending", ["on_train_end", "on_exception"])
async def test_what_moved_is_gone_at_the_end(
    cell: Cell, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_notebook_table, "_INTERVAL", 0.01)
    training = await (await Training([ProgressDisplay()]).begin()).epochs(LOGS)
    await training.list.on_epoch_begin(1, {})
    await training.list.on_train_batch_end(0, {"reward": 0.25})
    await getattr(training.list, ending)(*[KeyboardInterrupt()] * (ending == "on_exception"))
    assert without_times(cell.outputs[0]) == [f"Epoch 1/9  TIME  {FIGURES}"]
    assert [row[0] for row in cell.page().rows] == ["", "Epoch 1/9"]
    assert cell.page().lines == [""]
    ended, passed = len(cell.history), asyncio.Event()
    asyncio.get_running_loop().call_later(0.02, passed.set)
    await passed.wait()
    assert len(cell.history) == ended


async def test_what_ended_a_training_early_is_said_below(cell: Cell) -> None:
    stopping = EarlyStopping(stop_at=0.5)
    await (await (await Training([stopping, ProgressDisplay()]).begin()).rewards(0.1, 0.6, 0.7)).end()
    assert cell.page().lines == ["", "Stopped after epoch 2: early_stopping."]
    assert cell.outputs[0].splitlines()[-1] == "Stopped after epoch 2: early_stopping."


async def test_the_validation_shows_how_many_batches_it_has(cell: Cell, clock: SimpleNamespace) -> None:
    display = ProgressDisplay()
    training = await Training([display]).begin()
    display.params = {**display.params, "validation_steps": 4}
    await training.list.on_epoch_begin(0, {})
    clock.now += 1
    await training.list.on_test_begin()
    assert cell.history[-1] == [f"Epoch 1/9 validation  {'┈' * 40}  0/4  TIME"]
    display.params = {}
    clock.now += 1
    await training.list.on_test_begin()
    assert cell.history[-1] == ["Epoch 1/9 validation  0/?  TIME"]


@pytest.mark.parametrize(("phase", "title"), [("test", "Evaluation"), ("predict", "Prediction")])
async def test_evaluation_and_prediction_leave_one_row(cell: Cell, phase: str, title: str) -> None:
    hooks = Training([ProgressDisplay()]).list
    await getattr(hooks, f"on_{phase}_begin")()
    await getattr(hooks, f"on_{phase}_batch_end")(0, {"reward": 0.5})
    await getattr(hooks, f"on_{phase}_end")({"reward": 0.5})
    expected = f"{title}  TIME" + "  reward=0.5000" * (phase == "test")
    assert [without_times(text) for text in cell.outputs] == [[expected]]
    assert [row[0] for row in cell.page().rows] == ["", title]
    assert cell.page().lines == [""]


async def test_a_resumed_run_says_where_and_then_shows_its_epoch(
    cell: Cell, clock: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    training = Training([ProgressDisplay()])
    run = training.program.run
    run.resumed, run.epoch, run.step = True, 2, 4
    await training.begin()
    clock.now += 1
    await training.list.on_train_batch_end(4, {"reward": 0.25})
    await training.list.on_epoch_end(2, {"reward": 0.5})
    await training.end()
    assert capsys.readouterr().out == ""
    assert cell.page().lines == ["", "Resumed  Epoch 3/9, batch 5"]
    assert without_times(cell.outputs[0]) == ["Resumed  Epoch 3/9, batch 5", "Epoch 3/9  TIME  reward=0.5000"]


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
