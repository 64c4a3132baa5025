import itertools
import math

import pytest

from synalinks.errors import ConfigurationError
from synalinks.utils import plot_metrics
from synalinks.utils._plot_metrics import metrics_figure

BEFORE = {"f1": 0.5, "reward": 0.25, "failed": 0}
AFTER = {"f1": 0.8, "reward": 0.9, "failed": 0}


def keys(axes):
    return [text.get_text() for text in axes.get_yticklabels()]


def widths(axes):
    return [bar.get_width() for bar in axes.patches]


def written(axes):
    return [text.get_text() for text in axes.texts]


def test_one_evaluation_has_a_bar_for_each_figure():
    figure = metrics_figure(BEFORE)
    [axes] = figure.axes
    assert keys(axes) == ["reward", "f1"]
    assert widths(axes) == [0.25, 0.5]
    assert written(axes) == ["0.25", "0.5"]
    assert not figure.legends


def test_several_evaluations_stand_beside_each_other():
    figure = metrics_figure({"before": BEFORE, "after": AFTER})
    [axes] = figure.axes
    assert widths(axes) == [0.25, 0.5, 0.9, 0.8]
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["before", "after"]
    colours = [bar.get_facecolor() for bar in axes.patches]
    assert [patch.get_facecolor() for patch in legend.get_patches()] == [colours[0], colours[2]]
    middles = sorted(bar.get_y() + bar.get_height() / 2 for bar in axes.patches)
    assert all(b - a > axes.patches[0].get_height() for a, b in itertools.pairwise(middles))


def test_figures_that_are_no_shares_have_scales_of_their_own():
    shares, costs, failed = metrics_figure({"reward": 0.5, "cost": 1234.5, "failed": 1}).axes
    assert (keys(shares), keys(costs), keys(failed)) == (["reward"], ["cost"], ["failed"])
    assert shares.get_xlim() == (0, 1.12)
    assert written(costs) == ["1,234"]
    assert costs.get_xlim()[1] > 1234.5


def test_what_is_missing_or_nan_says_so():
    [axes] = metrics_figure({"a": {"reward": math.nan}, "b": {"f1": 0.5, "reward": math.inf}}).axes
    assert written(axes) == ["nan", "none", "nan", "0.5"]


def test_negative_values_keep_their_numbers_within_the_picture():
    figure = metrics_figure({"a": {"loss": -1_234_567}, "b": {"loss": 3}})
    figure.draw_without_rendering()
    [axes] = figure.axes
    assert written(axes) == ["-1,234,567", "3"]
    assert axes.texts[0].get_window_extent().x0 >= axes.get_window_extent().x0


def test_nothing_lies_on_anything():
    results = {f"evaluation {i}": {f"figure_{k}": 0.1 * k for k in range(8)} for i in range(5)}
    figure = metrics_figure(results, title="All")
    figure.draw_without_rendering()
    [axes] = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not [1 for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    assert not axes.get_tightbbox().overlaps(figure.legends[0].get_window_extent())


def test_names_are_plain_text(tmp_path):
    name = r"$\frac{a$" + "\n\x1b[31m" + "y" * 10_000
    path = plot_metrics({name: {name: 0.5}, "日本": {name: 3}}, to_file=tmp_path / "m.png", title=name)
    assert path._repr_png_()
    assert keys(metrics_figure({name: 0.5}).axes[0])[0].startswith("$\\frac{a$\\n\\u001b[31m")


@pytest.mark.parametrize("empty", [{}, None, {"a": {}}, [0.5]])
def test_nothing_to_draw_is_an_error(empty, tmp_path):
    with pytest.raises(ConfigurationError, match=r"evaluate|no figure"):
        plot_metrics(empty, to_file=tmp_path / "m.png")


@pytest.mark.parametrize("results", [{"a": "high"}, {"a": 0.5, "b": {"c": 1}}])
def test_what_is_no_number_is_named(results, tmp_path):
    with pytest.raises(ConfigurationError, match=r"The figure '.' is no number"):
        plot_metrics(results, to_file=tmp_path / "m.png")
