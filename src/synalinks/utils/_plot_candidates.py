"""The candidates of an optimizer as a tree by score."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synalinks._internal.figures import as_number
from synalinks._internal.lazy import optional
from synalinks.errors import ConfigurationError
from synalinks.utils._drawing import label, new_figure, save, tidy

_FEATURE = "plot_candidates"
_LABELLED_UP_TO = 60
"""Candidates up to which each is tried to be named; beyond, only those accepted and the best."""

_BRANCH, _BEST = "#b9c6d3", "#d1661b"
_VERDICTS = (  # (accepted, words, face, edge)
    (True, "accepted", "#1f6fb4", "#1f6fb4"),
    (False, "not accepted", "#ffffff", "#7b8794"),
    (None, "not decided", "#d9dee3", "#7b8794"),
)


def plot_candidates(
    candidates: Iterable[Any], *, to_file: str | os.PathLike[str] = "candidates.png", title: str | None = None
) -> Path:
    """Draw the tree of the candidates of a training into a file, by their scores.

    Candidates stand from left to right in the order of their ids, with their score as height and lines to
    the candidates that they were made from. Those accepted are filled; the best one and the way to it are
    marked. A candidate without a score stands below the others. Ids are written where there is room.

    Args:
        candidates: Objects or dicts with `id`, `parents` (ids), `score` (a number or None) and `accepted`
            (whether it became current, None while undecided), such as `synalinks.optimizers.Candidate`.
        to_file: The picture; its ending says the format: ".png", ".svg" or ".pdf".
        title: Heading; None for none.

    Returns:
        The path of the picture, which a notebook shows as the picture itself.

    Raises:
        MissingExtraError: The extra "plot" is not installed.
        ConfigurationError: There is no candidate, or one has not these fields; or the ending is another one.
        FileError: The file cannot be written.
    """
    return save(lambda: candidates_figure(candidates, title=title), to_file, feature=_FEATURE)


@dataclass(frozen=True, slots=True)
class _Point:
    """A candidate in the picture; the score is NaN where there is none."""

    id: int | str
    parents: tuple[Any, ...]
    score: float
    accepted: bool | None
    x: int


def candidates_figure(candidates: Iterable[Any], *, title: str | None = None) -> Any:
    """Return the matplotlib `Figure` of candidates."""
    points = _points(candidates)
    scored = [point for point in points.values() if not math.isnan(point.score)]
    floor = _floor(scored) if len(scored) < len(points) else None
    figure = new_figure(max(6.4, min(14.0, 0.13 * len(points) + 3)), 4.4, feature=_FEATURE)
    axes = figure.subplots()
    tidy(axes)
    best = max(scored, key=lambda point: (point.score, -point.x), default=None)
    line = _ancestry(best, points)
    _draw_branches(axes, points, line, floor)
    _draw_points(axes, points, best, floor)
    _scale(axes, points, scored, floor)
    _draw_labels(figure, axes, points, [p for p in points.values() if p is best or p.id in line], floor)
    axes.set_xlabel("candidate")
    axes.set_ylabel("score")
    if title:
        figure.suptitle(label(title, 80), fontsize=12, parse_math=False)
    return figure


def _points(candidates: Iterable[Any]) -> dict[Any, _Point]:
    """Return the candidates by id, in the order of their ids.

    Raises:
        ConfigurationError: There is none, or one lacks a field.
    """
    records = [_record(candidate) for candidate in candidates]
    if not records:
        raise ConfigurationError("There is no candidate to draw.", argument="candidates")
    if all(isinstance(record["id"], int) for record in records):
        records.sort(key=lambda record: record["id"])
    return {record["id"]: _Point(**record, x=x) for x, record in enumerate(records)}


def _record(candidate: Any) -> dict[str, Any]:
    fields = ("id", "parents", "score", "accepted")
    try:
        if isinstance(candidate, Mapping):
            found = {name: candidate[name] for name in fields}
        else:
            found = {name: getattr(candidate, name) for name in fields}
        number = as_number(found["score"])
        score = math.nan if number is None or not math.isfinite(number) else number
        return {**found, "parents": tuple(found["parents"] or ()), "score": score}
    except (KeyError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"A candidate has {', '.join(fields)}, got {candidate!r:.100} ({error!s:.100}).",
            argument="candidates",
        ) from None


def _floor(scored: list[_Point]) -> float:
    """Return the height at which candidates without a score stand, below all others."""
    lowest, highest = (min(p.score for p in scored), max(p.score for p in scored)) if scored else (0.0, 1.0)
    return lowest - 0.16 * ((highest - lowest) or 1.0)


def _height(point: _Point, floor: float | None) -> float:
    return floor if math.isnan(point.score) and floor is not None else point.score


def _ancestry(best: _Point | None, points: Mapping[Any, _Point]) -> set[Any]:
    """Return the ids of the candidates that the best one comes from, by the best parent each time."""
    line: set[Any] = set()
    while best is not None and best.id not in line:
        line.add(best.id)
        known = [points[parent] for parent in best.parents if parent in points]
        best = max(known, key=lambda p: -math.inf if math.isnan(p.score) else p.score, default=None)
    return line


def _draw_branches(axes: Any, points: Mapping[Any, _Point], line: set[Any], floor: float | None) -> None:
    thin = 0.9 if len(points) <= _LABELLED_UP_TO else 0.4
    for point in points.values():
        for parent in (points[p] for p in point.parents if p in points):
            chosen = point.id in line and parent.id in line
            axes.plot(
                [parent.x, point.x], [_height(parent, floor), _height(point, floor)],
                color=_BEST if chosen else _BRANCH, linewidth=1.8 if chosen else thin, zorder=2 + chosen,
            )  # fmt: skip


def _draw_points(axes: Any, points: Mapping[Any, _Point], best: _Point | None, floor: float | None) -> None:
    size = 46 if len(points) <= _LABELLED_UP_TO else 20
    for accepted, words, face, edge in _VERDICTS:
        chosen = [point for point in points.values() if point.accepted is accepted]
        if chosen:
            xs, ys = [point.x for point in chosen], [_height(point, floor) for point in chosen]
            axes.scatter(xs, ys, s=size, c=face, edgecolors=edge, linewidths=1.1, zorder=4, label=words)
    if best is not None:
        axes.scatter(
            [best.x], [best.score], s=3.2 * size, facecolors="none", edgecolors=_BEST, linewidths=1.8,
            zorder=5, label=f"best: {label(str(best.id), 12)}, {best.score:.3g}".replace("$", r"\$"),
        )  # fmt: skip
    count = len(axes.get_legend_handles_labels()[0])
    axes.legend(
        frameon=False, loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=count, fontsize=9,
        handletextpad=0.3, columnspacing=1.4,
    )  # fmt: skip


def _scale(axes: Any, points: Mapping[Any, _Point], scored: list[_Point], floor: float | None) -> None:
    axes.margins(y=0.12)
    axes.set_xlim(-0.6, len(points) - 0.4)
    if floor is not None:
        lowest = min((point.score for point in scored), default=math.inf)
        bottom, top = axes.get_ylim()
        ticks = [tick for tick in axes.get_yticks() if lowest - (lowest - floor) / 2 < tick < top]
        axes.set_yticks([floor, *ticks], ["no score", *(f"{tick:g}" for tick in ticks)])
        axes.set_ylim(bottom, top)
    step = max(1, -(-len(points) // 20))
    shown = list(points.values())[::step]
    axes.set_xticks(
        [point.x for point in shown], [label(str(point.id), 8) for point in shown], parse_math=False
    )


def _draw_labels(
    figure: Any, axes: Any, points: Mapping[Any, _Point], first: list[_Point], floor: float | None
) -> None:
    """Write the score beside those that matter, as long as no text would lie on a text or a point."""
    effects = optional("matplotlib.patheffects", feature=_FEATURE, extra="plot")
    figure.draw_without_rendering()  # settles where everything is
    place = {p.id: axes.transData.transform((p.x, _height(p, floor))) for p in points.values()}
    scale = figure.dpi / 72
    left, right = axes.get_window_extent().intervalx
    taken = [(x - 4 * scale, y - 4 * scale, x + 4 * scale, y + 4 * scale) for x, y in place.values()]
    accepted = [p for p in points.values() if p.accepted]
    others = list(points.values()) if len(points) <= _LABELLED_UP_TO else []
    for point in dict.fromkeys([*first, *accepted, *others]):
        if math.isnan(point.score):
            continue
        text = f"{point.score:.3g}"
        x, y = place[point.id]
        width = 5.4 * len(text) * scale
        for below in (False, True):
            bottom = y + (-19 if below else 8) * scale
            box = (x - width / 2, bottom, x + width / 2, bottom + 11 * scale)
            inside = left < box[0] and box[2] < right + 10 * scale
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                axes.annotate(
                    text, (point.x, _height(point, floor)), xytext=(0, -9 if below else 9), fontsize=8,
                    textcoords="offset points", ha="center", va="top" if below else "bottom", zorder=6,
                    path_effects=[effects.withStroke(linewidth=2.5, foreground="white")],
                )  # fmt: skip
                break


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
