"""The figures of several trainings beside each other."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from synalinks._internal.lazy import optional
from synalinks.callbacks import History
from synalinks.errors import ConfigurationError
from synalinks.runs import HistoryData
from synalinks.utils._drawing import add_legend, label, new_figure, save, tidy
from synalinks.utils._plot_history import MARKED_UP_TO, Curve, any_failed, curves_of, ordered, set_ranges

_FEATURE = "plot_history_comparison"
_COLOURS = ("#1f6fb4", "#d1661b", "#2e8b57", "#8e44ad", "#b8860b", "#c0392b", "#17808f", "#7f7f7f")
_DASHES = ("-", "--", ":", "-.")
_SIDES = (("", "training"), ("val_", "validation"))


def plot_history_comparison(
    histories: Mapping[str, History | HistoryData | Mapping[str, Sequence[float]]],
    *,
    to_file: str | os.PathLike[str] = "comparison.png",
    title: str | None = None,
) -> Path:
    """Draw the figures of several trainings into a file, one line for each training.

    There is one row for each figure, the reward first: training on the left and, where any of the trainings
    has it, validation on the right, on the same scale. A training that lacks a figure has no line there.

    Args:
        histories: What `fit` returned, or a dict of key to one value per epoch, by the name of the training.
        to_file: The picture; its ending says the format: ".png", ".svg" or ".pdf".
        title: Heading; None for none.

    Returns:
        The path of the picture, which a notebook shows as the picture itself.

    Raises:
        MissingExtraError: The extra "plot" is not installed.
        ConfigurationError: There is no training, or one has no epoch to draw; or the ending is another one.
        FileError: The file cannot be written.
    """
    return save(lambda: comparison_figure(histories, title=title), to_file, feature=_FEATURE)


def comparison_figure(histories: Mapping[str, Any], *, title: str | None = None) -> Any:
    """Return the matplotlib `Figure` of several histories."""
    if not isinstance(histories, Mapping) or not histories:
        raise ConfigurationError(
            f'{_FEATURE} takes a dict of histories by name, for example {{"first": history}}, got '
            f"{histories!r:.100}.",
            argument="histories",
        )
    runs = {name: curves_of(history) for name, history in histories.items()}
    known = dict.fromkeys(key for curves in runs.values() for key in curves)
    keys = ordered(
        dict.fromkeys(key.removeprefix("val_") for key in known), failed=any(map(any_failed, runs.values()))
    )
    sides = [side for side in _SIDES if any(side[0] + key in known for key in keys)]
    size = 5.6 * max(len(sides), 1.15), 2.7 * len(keys) + 0.7 + (0.4 if title else 0)
    figure = new_figure(*size, feature=_FEATURE)
    panels = figure.subplots(len(keys), len(sides), squeeze=False)
    for (row, key), (column, side) in product(enumerate(keys), enumerate(sides)):
        if side[0] + key in known:
            _draw_panel(panels[row][column], key, side, runs, alone=len(sides) == 1)
        else:
            panels[row][column].remove()
    lines = optional("matplotlib.lines", feature=_FEATURE, extra="plot")
    add_legend(figure, {name: lines.Line2D([], [], **_look(i, 0)) for i, name in enumerate(runs)})
    if title:
        figure.suptitle(label(title, 100), fontsize=12, parse_math=False)
    return figure


def _draw_panel(
    axes: Any, key: str, side: tuple[str, str], runs: Mapping[str, Mapping[str, Curve]], *, alone: bool
) -> None:
    prefix, word = side
    for number, curves in enumerate(runs.values()):
        if prefix + key in curves:
            epochs, values = curves[prefix + key]
            axes.plot(epochs, values, clip_on=False, zorder=3, **_look(number, len(epochs)))
    tidy(axes, title=label(key, 40) if alone and not prefix else f"{label(key, 30)}, {word}")
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    everything = [curve for curves in runs.values() for curve in curves.values()]
    both = [curves[p + key] for curves in runs.values() for p, _ in _SIDES if p + key in curves]
    set_ranges(axes, everything, [value for _, values in both for value in values])


def _look(number: int, epochs: int) -> dict[str, Any]:
    """Return how the line of a training looks: with more of them than colours the dashes change."""
    return {
        "color": _COLOURS[number % len(_COLOURS)],
        "linestyle": _DASHES[number // len(_COLOURS) % len(_DASHES)],
        "linewidth": 1.7,
        "marker": "o" if epochs <= MARKED_UP_TO else None,
        "markersize": 3.8,
    }
