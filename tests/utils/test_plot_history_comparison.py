import math

import pytest

from synalinks.errors import ConfigurationError
from synalinks.runs import HistoryData
from synalinks.utils import plot_history_comparison
from synalinks.utils._plot_history_comparison import comparison_figure

LONG = {"reward": [0.2, 0.5, 0.8], "val_reward": [0.3, 0.4, 0.7], "failed": [0.0] * 3}
SHORT = {"reward": [0.1, 0.3], "f1": [0.4, 0.5]}


def panels(figure):
    return {axes.get_title(loc="left"): axes for axes in figure.axes}


def names(figure):
    [legend] = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_each_figure_has_a_panel_and_each_training_a_line():
    figure = comparison_figure({"long": LONG, "short": SHORT})
    assert list(panels(figure)) == ["reward, training", "reward, validation", "f1, training"]
    shown = panels(figure)
    data = [[list(values) for values in line.get_data()] for line in shown["reward, training"].get_lines()]
    assert data == [[[1, 2, 3], [0.2, 0.5, 0.8]], [[1, 2], [0.1, 0.3]]]
    assert len(shown["reward, validation"].get_lines()) == len(shown["f1, training"].get_lines()) == 1
    assert names(figure) == ["long", "short"]


def test_a_training_has_one_colour_everywhere_that_of_the_legend():
    figure = comparison_figure({"long": LONG, "short": SHORT})
    shown = panels(figure)
    short = shown["reward, training"].get_lines()[1].get_color()
    assert shown["f1, training"].get_lines()[0].get_color() == short
    assert [line.get_color() for line in figure.legends[0].get_lines()][1] == short


def test_training_and_validation_have_one_scale():
    shown = panels(comparison_figure({"a": {"cost": [1, 2], "val_cost": [5, 50]}}))
    assert shown["cost, training"].get_ylim()[1] == shown["cost, validation"].get_ylim()[1] > 2
    assert shown["cost, training"].get_xlim() == shown["cost, validation"].get_xlim()


def test_without_validation_there_is_one_column():
    assert list(panels(comparison_figure({"a": SHORT, "b": SHORT}))) == ["reward", "f1"]


def test_more_trainings_than_colours_differ_in_their_dashes():
    figure = comparison_figure({str(i): SHORT for i in range(20)})
    looks = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].get_lines()}
    assert len(looks) == 20


def test_nothing_lies_on_anything():
    figure = comparison_figure({f"training number {i}": {**LONG, **SHORT} for i in range(12)}, title="All")
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in figure.axes] + [figure.legends[0].get_window_extent()]
    assert not [1 for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    width, height = figure.bbox.size
    assert all(b.x0 >= 0 and b.y0 >= 0 and b.x1 <= width and b.y1 <= height for b in boxes)
    assert all(axes.get_window_extent().width > 0.3 * width for axes in figure.axes)


def test_histories_of_runs_and_gaps():
    data = HistoryData()
    data.record(4, {"reward": math.nan})
    data.record(5, {"reward": 0.5})
    [line] = comparison_figure({"a": data}).axes[0].get_lines()
    epochs, values = line.get_data()
    assert list(epochs) == [5, 6]
    assert math.isnan(values[0])


def test_names_are_plain_text(tmp_path):
    name = r"$\frac{a$" + "\n\x1b[31m"
    path = plot_history_comparison(
        {name: {name: [0.1]}, "x" * 10_000: SHORT}, to_file=tmp_path / "c.svg", title=name
    )
    assert "<svg" in path._repr_svg_()
    assert names(comparison_figure({name: SHORT})) == ["$\\frac{a$\\n\\u001b[31m"]


@pytest.mark.parametrize("empty", [{}, [LONG], None])
def test_what_is_no_dict_of_histories_is_refused(empty, tmp_path):
    with pytest.raises(ConfigurationError, match="dict of histories by name"):
        plot_history_comparison(empty, to_file=tmp_path / "c.png")


def test_a_history_without_epochs_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="no epoch"):
        plot_history_comparison({"a": {}}, to_file=tmp_path / "c.png")
