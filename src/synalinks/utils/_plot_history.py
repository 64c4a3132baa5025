"""The figures of a training as a picture."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from synalinks.callbacks import History
from synalinks.errors import ConfigurationError
from synalinks.runs import HistoryData
from synalinks.utils._drawing import label, new_figure, save, tidy

_FEATURE = "plot_history"
_VALIDATION = "val_"
_TRAINING_STYLE = {"label": "training", "color": "#1f6fb4", "linestyle": "-", "marker": "o"}
_VALIDATION_STYLE = {"label": "validation", "color": "#d1661b", "linestyle": "--", "marker": "s"}
MARKED_UP_TO = 40
"""Epochs up to which every one has a marker; beyond, markers would hide the line."""


def plot_history(
    history: History | HistoryData | Mapping[str, Sequence[float]],
    *,
    to_file: str | os.PathLike[str] = "history.png",
    title: str | None = None,
) -> Path:
    """Draw the figures of a training, epoch by epoch, into a file.

    There is one panel for each figure, the reward first, with training and validation in it. Epochs are
    counted from 1. An epoch that lacks a figure (validation skipped by `validation_freq`) is passed over;
    NaN, where no sample has a score, is a gap in the line. `failed` is drawn only if samples did fail.

    Args:
        history: What `fit` returned, or a dict of key to one value per epoch.
        to_file: The picture; its ending says the format: ".png", ".svg" or ".pdf".
        title: Heading; None for none.

    Returns:
        The path of the picture, which a notebook shows as the picture itself.

    Raises:
        MissingExtraError: The extra "plot" is not installed.
        ConfigurationError: There is no epoch to draw, or the ending is another one.
        FileError: The file cannot be written.
    """
    return save(lambda: history_figure(history, title=title), to_file, feature=_FEATURE)


def history_figure(history: Any, *, title: str | None = None) -> Any:
    """Return the matplotlib `Figure` of a history, which belongs to no window and no global state."""
    curves = curves_of(history)
    panels = _panels(curves)
    columns = 1 if len(panels) <= 3 else 2
    rows = -(-len(panels) // columns)
    height = (3.6 if rows == 1 else 2.5 * rows) + (0.4 if title else 0.0)
    figure = new_figure(6.4 * columns, height, feature=_FEATURE)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for position, key in enumerate(panels):
        _draw_panel(axes[position], key, curves)
        if position >= len(panels) - columns:
            axes[position].set_xlabel("epoch")
    for unused in axes[len(panels) :]:
        unused.remove()
    if title:
        figure.suptitle(label(title, 100), fontsize=12, parse_math=False)
    return figure


Curve = tuple[list[int], list[float]]
"""Epochs, counted from 1, and the value of each."""


def curves_of(history: Any) -> dict[str, Curve]:
    """Return the curve of each key of a history; infinite values, which have no place in a picture, as gaps.

    Raises:
        ConfigurationError: There is none.
    """
    curves: dict[str, Curve] = {}
    if isinstance(history, Mapping):
        curves = {k: (list(range(1, len(v) + 1)), [_finite(f) for f in v]) for k, v in history.items() if v}
    else:
        for epoch, row in zip(history.epoch, history.rows, strict=True):
            for key, value in row.items():
                epochs, values = curves.setdefault(key, ([], []))
                epochs.append(epoch + 1)
                values.append(_finite(value))
    if not curves:
        raise ConfigurationError("The history has no epoch, so there is nothing to draw.", argument="history")
    return curves


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else math.nan


def _panels(curves: Mapping[str, Curve]) -> list[str]:
    """Return the keys that have a panel, without "val_", the reward first."""
    return ordered(dict.fromkeys(key.removeprefix(_VALIDATION) for key in curves), failed=any_failed(curves))


def ordered(keys: Iterable[str], *, failed: bool) -> list[str]:
    """Return keys of figures with the reward first; `failed`, unless it is all there is, only if any did."""
    known = list(keys)
    shown = [key for key in known if key != "failed" or failed] or known
    return sorted(shown, key=lambda key: key != "reward")


def any_failed(curves: Mapping[str, Curve]) -> bool:
    return any(value > 0 for key in ("failed", "val_failed") for value in curves.get(key, ((), ()))[1])


def _draw_panel(axes: Any, key: str, curves: Mapping[str, Curve]) -> None:
    found = [
        (curves[name], style)
        for name, style in ((key, _TRAINING_STYLE), (_VALIDATION + key, _VALIDATION_STYLE))
        if name in curves
    ]
    for (epochs, values), style in found:
        marked = len(epochs) <= MARKED_UP_TO or any(map(math.isnan, values))
        look = {**style, "marker": style["marker"] if marked else None}
        axes.plot(epochs, values, linewidth=1.8, markersize=4.5, clip_on=False, zorder=3, **look)
    tidy(axes, title=key)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    set_ranges(axes, list(curves.values()), [value for (_, values), _ in found for value in values])
    if len(found) > 1:
        axes.legend(frameon=False, loc="best", handlelength=2.8)


def set_ranges(axes: Any, curves: Sequence[Curve], values: Sequence[float]) -> None:
    """Show all epochs in every panel; shares from 0 to 1 and counts from 0, so that wobbles look small."""
    epochs = [epoch for epochs, _ in curves for epoch in epochs]
    margin = max(0.02 * (max(epochs) - min(epochs)), 0.1)
    axes.set_xlim(min(epochs) - margin, max(epochs) + margin)
    known = [value for value in values if not math.isnan(value)]
    if known and min(known) >= 0:
        axes.set_ylim(0, 1.02 if max(known) <= 1 else 1.05 * max(known))
    elif known:
        room = 0.05 * ((max(known) - min(known)) or 1.0)
        axes.set_ylim(min(known) - room, max(known) + room)
