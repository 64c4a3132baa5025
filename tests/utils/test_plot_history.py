import json
import math
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import synalinks
from synalinks.callbacks import History
from synalinks.errors import ConfigurationError, FileError, MissingExtraError
from synalinks.runs import HistoryData
from synalinks.testing import FunctionModel
from synalinks.utils import plot_history
from synalinks.utils._plot_history import history_figure

EPOCHS = {"reward": [0.2, 0.5, 0.8], "val_reward": [0.3, 0.4, 0.7], "failed": [0.0] * 3}


def history(*rows):
    data = HistoryData()
    for epoch, row in enumerate(rows):
        data.record(epoch, row)
    return data


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def drawn(line):
    """The (epoch, value) pairs of a line, gaps as None."""
    return [(x, None if math.isnan(y) else y) for x, y in zip(*line.get_data(), strict=True)]


def test_the_picture_is_a_png(tmp_path):
    path = plot_history(EPOCHS, to_file=tmp_path / "new" / "history.png", title="A run")
    assert path == tmp_path / "new" / "history.png"
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize(("ending", "start"), [(".svg", b"<?xml"), (".PDF", b"%PDF")])
def test_the_ending_says_the_format(tmp_path, ending, start):
    assert plot_history(EPOCHS, to_file=tmp_path / f"h{ending}").read_bytes().startswith(start)


def test_training_and_validation_share_a_panel():
    [axes] = history_figure(EPOCHS).axes
    shown = lines(axes)
    assert drawn(shown["training"]) == [(1, 0.2), (2, 0.5), (3, 0.8)]
    assert drawn(shown["validation"]) == [(1, 0.3), (2, 0.4), (3, 0.7)]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "validation"]


def test_the_reward_comes_first_and_failures_only_when_there_are_any():
    quiet = {"f1": 0.5, "reward": 0.5, "failed": 0.0, "val_failed": 0.0}
    assert titles(history_figure(history(quiet))) == ["reward", "f1"]
    assert titles(history_figure(history({**quiet, "val_failed": 1.0}))) == ["reward", "f1", "failed"]
    assert titles(history_figure(history({"failed": 0.0}))) == ["failed"]


def test_nan_is_a_gap_and_a_skipped_validation_is_passed_over():
    data = history(
        {"reward": 0.1, "val_reward": 0.2}, {"reward": math.nan}, {"reward": math.inf, "val_reward": 0.4}
    )
    shown = lines(history_figure(data).axes[0])
    assert drawn(shown["training"]) == [(1, 0.1), (2, None), (3, None)]
    assert drawn(shown["validation"]) == [(1, 0.2), (3, 0.4)]


def test_epochs_are_those_of_the_run():
    data = HistoryData()
    data.record(5, {"reward": 0.5})
    [axes] = history_figure(data).axes
    assert drawn(lines(axes)["training"]) == [(6, 0.5)]
    assert axes.get_xlim()[0] > 5


@pytest.mark.parametrize(("epochs", "marked"), [(40, True), (41, False)])
def test_markers_give_way_to_many_epochs(epochs, marked):
    [line] = history_figure({"reward": [0.5] * epochs}).axes[0].get_lines()
    assert (line.get_marker() == "o") is marked


def test_a_point_between_gaps_keeps_its_marker():
    [line] = history_figure({"reward": [math.nan, 0.5, math.nan] * 20}).axes[0].get_lines()
    assert line.get_marker() == "o"


def test_shares_are_shown_from_0_to_1_and_other_figures_as_they_are():
    shares, costs, losses = history_figure({"reward": [0.5, 0.6], "cost": [10, 12], "loss": [-3, -2]}).axes
    assert shares.get_ylim() == (0, 1.02)
    assert costs.get_ylim()[0] == 0
    assert costs.get_ylim()[1] > 12
    assert losses.get_ylim()[0] < -3


def test_names_are_plain_text(tmp_path):
    name = r"f1_$\frac{a$_\{x"
    plot_history({name: [0.1, 0.2]}, to_file=tmp_path / "h.png", title="$a$ costs $\\frac")
    figure = history_figure({name: [0.1]}, title="line\nbreak \x1b[31m")
    assert titles(figure) == [name]
    assert figure.get_suptitle() == "line\\nbreak \\u001b[31m"


def test_settings_of_the_user_neither_matter_nor_change(tmp_path):
    import matplotlib

    with matplotlib.rc_context({"text.usetex": True}):  # would need a LaTeX
        plot_history(EPOCHS, to_file=tmp_path / "h.png")
        assert matplotlib.rcParams["text.usetex"] is True


def test_pyplot_and_its_global_state_stay_out_of_it(tmp_path):
    code = f"""
import json, sys
from synalinks.utils import plot_history
before = "matplotlib" in sys.modules
plot_history({EPOCHS!r}, to_file={str(tmp_path / "h.png")!r})
print(json.dumps([before, "matplotlib.pyplot" in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [False, False]


async def test_what_fit_returns_is_drawn(tmp_path):
    class Text(synalinks.DataModel):
        text: str

    model = FunctionModel(lambda request: {"text": "a"})
    x = synalinks.Input(data_model=Text)
    program = synalinks.Program(
        inputs=x, outputs=await synalinks.Generator(data_model=Text, language_model=model)(x)
    )
    program.compile(optimizer="random_few_shot", reward="exact_match")
    data = [Text(text="a")] * 4
    returned = await program.fit(data, data, epochs=2, verbose=0, validation_split=0.5, validation_freq=2)
    assert isinstance(returned, History)
    shown = lines(history_figure(returned).axes[0])
    assert drawn(shown["training"]) == [(1, 1.0), (2, 1.0)]
    assert drawn(shown["validation"]) == [(2, 1.0)]


@pytest.mark.parametrize("empty", [{}, {"reward": []}, HistoryData()])
def test_nothing_to_draw_is_an_error(empty, tmp_path):
    with pytest.raises(ConfigurationError, match="no epoch"):
        plot_history(empty, to_file=tmp_path / "h.png")


def test_another_ending_is_refused_before_anything_is_drawn():
    with pytest.raises(ConfigurationError, match=r"'\.png', '\.svg' or '\.pdf'.*'h\.gif'"):
        plot_history({}, to_file="h.gif")


def test_a_file_that_cannot_be_written_is_a_file_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError):
        plot_history(EPOCHS, to_file=tmp_path / "file" / "h.png")


def test_without_matplotlib_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"plot_history.*pip install matplotlib"):
        plot_history(EPOCHS, to_file=tmp_path / "h.png")


def test_a_notebook_shows_the_picture(tmp_path):
    path = plot_history(EPOCHS, to_file=tmp_path / "history.PNG")
    assert isinstance(path, Path)
    assert path == Path(str(path)) == pickle.loads(pickle.dumps(path))
    assert hash(path) == hash(Path(str(path)))
    assert path._repr_png_() == path.read_bytes()
    assert path._repr_svg_() is path.parent._repr_png_() is None
    svg = plot_history(EPOCHS, to_file=tmp_path / "history.svg")
    assert svg._repr_svg_() == svg.read_text(encoding="utf-8")
    assert svg._repr_png_() is None
    path.unlink()
    assert path._repr_png_() is None
