"""The figures of evaluations as bars."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synalinks._internal.figures import as_number
from synalinks._internal.lazy import optional
from synalinks.errors import ConfigurationError
from synalinks.utils._drawing import add_legend, label, new_figure, save, tidy
from synalinks.utils._plot_history import ordered

_FEATURE = "plot_metrics"
_COLOURS = ("#1f6fb4", "#e08a4a", "#5aa77c", "#9b6bb3", "#c9a227", "#c96a5f", "#5fa3ad", "#9a9a9a")
_BAR = 0.26
"""Height of a bar, in inches."""

Results = dict[str, dict[str, float]]
"""Name of an evaluation to its figures by key."""


def plot_metrics(
    results: Mapping[str, float] | Mapping[str, Mapping[str, float]],
    *,
    to_file: str | os.PathLike[str] = "metrics.png",
    title: str | None = None,
) -> Path:
    """Draw the figures of one or several evaluations into a file, as bars with their values.

    Shares, figures that are all between 0 and 1, have one scale in common, the reward first; any other figure
    has a panel and a scale of its own. `failed` is drawn only if samples did fail. A figure that is NaN, or
    that an evaluation lacks, has no bar and says so.

    Args:
        results: What `evaluate` returned; or several of these by name, for example
            `{"before": before, "after": after}`.
        to_file: The picture; its ending says the format: ".png", ".svg" or ".pdf".
        title: Heading; None for none.

    Returns:
        The path of the picture, which a notebook shows as the picture itself.

    Raises:
        MissingExtraError: The extra "plot" is not installed.
        ConfigurationError: There is no figure to draw, or a value is no number; or the ending is another one.
        FileError: The file cannot be written.
    """
    return save(lambda: metrics_figure(results, title=title), to_file, feature=_FEATURE)


def metrics_figure(results: Mapping[str, Any], *, title: str | None = None) -> Any:
    """Return the matplotlib `Figure` of evaluations."""
    named = _checked(results)
    failed = any(figures.get("failed", 0) > 0 for figures in named.values())
    keys = ordered(dict.fromkeys(key for figures in named.values() for key in figures), failed=failed)
    shares = [key for key in keys if _is_share(key, named)]
    panels = [*([shares] if shares else []), *([key] for key in keys if key not in shares)]
    heights = [len(panel) * (len(named) * _BAR + 0.16) + 0.55 for panel in panels]
    legend = 0.35 if len(named) > 1 else 0.0
    figure = new_figure(6.8, sum(heights) + 0.3 + legend + (0.4 if title else 0.0), feature=_FEATURE)
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights).ravel()
    for panel, keys_of_panel in zip(axes, panels, strict=True):
        _draw_panel(panel, keys_of_panel, named, shares=keys_of_panel is shares)
    if len(named) > 1:
        patches = optional("matplotlib.patches", feature=_FEATURE, extra="plot")
        colours = zip(named, itertools.cycle(_COLOURS), strict=False)
        add_legend(figure, {name: patches.Patch(color=colour) for name, colour in colours})
    if title:
        figure.suptitle(label(title, 80), fontsize=12, parse_math=False)
    return figure


def _checked(results: Any) -> Results:
    """Return the evaluations by name; a single one has the name "".

    Raises:
        ConfigurationError: There is none, or a value is no number.
    """
    if not isinstance(results, Mapping) or not results:
        raise ConfigurationError(
            f"{_FEATURE} takes what `evaluate` returned, or a dict of such by name, got {results!r:.100}.",
            argument="results",
        )
    several = all(isinstance(value, Mapping) for value in results.values())
    named = {str(k): dict(v) for k, v in results.items()} if several else {"": dict(results)}
    if not any(named.values()):
        raise ConfigurationError("There is no figure to draw in `results`.", argument="results")
    return {
        name: {str(key): _number(key, value) for key, value in figures.items()}
        for name, figures in named.items()
    }


def _number(key: Any, value: Any) -> float:
    number = as_number(value)
    if number is None:
        raise ConfigurationError(
            f"The figure {str(key)!r:.100} is no number: {value!r:.100}.", argument="results"
        )
    return number if math.isfinite(number) else math.nan


def _is_share(key: str, named: Results) -> bool:
    known = [figures[key] for figures in named.values() if key in figures]
    return key != "failed" and all(math.isnan(value) or 0 <= value <= 1 for value in known)


def _draw_panel(axes: Any, keys: list[str], named: Results, *, shares: bool) -> None:
    """Draw the bars of some figures, the first on top; within a figure one bar per evaluation."""
    tidy(axes, grid="x")
    step = 1 / (len(named) + 0.16 / _BAR)
    for number, figures in enumerate(named.values()):
        for row, key in enumerate(keys):
            value = figures.get(key, math.nan)
            y = row + (number - (len(named) - 1) / 2) * step
            colour = _COLOURS[number % len(_COLOURS)]
            axes.barh(y, 0.0 if math.isnan(value) else value, height=0.86 * step, color=colour)
            _write_value(axes, y, value, missing=key not in figures)
    axes.set_yticks(range(len(keys)), [label(key, 28) for key in keys], parse_math=False)
    axes.set_ylim(len(keys) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    if shares:
        axes.set_xlim(0, 1.12)
        axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    else:
        _set_range(axes, [figures.get(key, math.nan) for figures in named.values() for key in keys])


def _set_range(axes: Any, values: list[float]) -> None:
    """Show 0, and leave room for the values that are written beside the bars."""
    known = [0.0, *(value for value in values if not math.isnan(value))]
    room = 0.3 * ((max(known) - min(known)) or 1.0)
    axes.set_xlim(min(known) - (room if min(known) < 0 else 0.0), max(known) + room)
    axes.axvline(0, color="#888888", linewidth=0.8)
    axes.xaxis.get_major_locator().set_params(nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: _words(value))


def _write_value(axes: Any, y: float, value: float, *, missing: bool) -> None:
    if math.isnan(value):
        text, value = "none" if missing else "nan", 0.0
    else:
        text = _words(value)
    left = value < 0
    axes.annotate(
        text, (value, y), xytext=(-4 if left else 4, 0), textcoords="offset points", va="center_baseline",
        ha="right" if left else "left", fontsize=8.5,
    )  # fmt: skip


def _words(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
