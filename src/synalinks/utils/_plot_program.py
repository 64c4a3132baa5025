"""A program as a picture of its graph."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synalinks._internal.lazy import optional
from synalinks.errors import ConfigurationError
from synalinks.modules import Module
from synalinks.utils._chart import Box, Chart, chart_of
from synalinks.utils._drawing import GREY, INK, label, new_figure, save
from synalinks.utils._layers import Arrangement, Point, Size, arranged

_FEATURE = "plot_program"
_MARGIN = 16.0
_PADDING = 10.0
_HEAD = {"size": 10.5, "weight": "bold"}
_BODY = {"size": 8.5, "weight": "normal"}
_LEADING = 1.35
"""Distance of two lines of text, in sizes of the font."""

_COLOURS = {  # kind: (face, edge)
    "input": ("#eef3ea", "#7d9b6a"),
    "output": ("#eef3ea", "#7d9b6a"),
    "value": ("#f6f6f6", "#a8a8a8"),
    "operator": ("#ffffff", "#8a8a8a"),
    "module": ("#e9f1fa", "#1f6fb4"),
    "program": ("#fdf3e7", "#d1661b"),
}
_CLASSED = frozenset({"input", "module", "program"})
"""Kinds of boxes whose second line names a class."""

_ARROW = "#555555"


def plot_program(
    program: Module,
    *,
    to_file: str | os.PathLike[str] = "program.png",
    expand_nested: bool = False,
    title: str | None = None,
) -> Path:
    """Draw the graph of a program into a file: what flows from its inputs through which module.

    Each module is a box with its name, its class, the keys that it gives and its language model; "fixed" says
    that optimizers leave it alone. Operators are small, and whatever has modules inside is of another colour.
    A program without a traced graph (a subclass with a `call` of its own, or a `Sequential` that has not seen
    data) is drawn as the list of its modules, without arrows.

    Args:
        program: The program; any module will do.
        to_file: The picture; its ending says the format: ".png", ".svg" or ".pdf".
        expand_nested: Whether programs and modules that have modules inside are drawn with these.
        title: Heading; None for the program's name.

    Returns:
        The path of the picture, which a notebook shows as the picture itself.

    Raises:
        MissingExtraError: The extra "plot" is not installed.
        ConfigurationError: It is no module, or the ending is another one.
        FileError: The file cannot be written.
    """
    return save(
        lambda: program_figure(program, expand_nested=expand_nested, title=title), to_file, feature=_FEATURE
    )


def program_figure(program: Any, *, expand_nested: bool = False, title: str | None = None) -> Any:
    """Return the matplotlib `Figure` of a program."""
    if not isinstance(program, Module):
        raise ConfigurationError(
            f"{_FEATURE} draws a program, got {program!r:.100} ({type(program).__name__}).",
            argument="program",
        )
    drawing = _placed(chart_of(program, expand=expand_nested))
    heading = title if title is not None else f"{program.name} ({type(program).__name__})"
    texts = [(label(heading, 80), _HEAD), (drawing.chart.remark, _BODY)]
    widths = [drawing.size[0], *(_width(text, font) for text, font in texts)]
    width = max(widths) + 2 * _MARGIN
    below = 18.0 if drawing.chart.remark else 0.0
    height = drawing.size[1] + 2 * _MARGIN + 26.0 + below
    canvas = _Canvas(width, height)
    canvas.text(width / 2, _MARGIN + 4.0, *texts[0])
    canvas.text(width / 2, height - _MARGIN, drawing.chart.remark, _BODY, colour=GREY)
    canvas.draw(drawing, ((width - drawing.size[0]) / 2, _MARGIN + 26.0))
    return canvas.figure


@dataclass(slots=True)
class _Drawing:
    """A chart with the places of its parts; `inside` has that of each box that has a chart in it."""

    chart: Chart
    arrangement: Arrangement
    boxes: list[Size]
    inside: list[_Drawing | None]

    @property
    def size(self) -> Size:
        return self.arrangement.size


def _placed(chart: Chart) -> _Drawing:
    inside = [None if box.inside is None else _placed(box.inside) for box in chart.boxes]
    sizes = [_box_size(box, drawing) for box, drawing in zip(chart.boxes, inside, strict=True)]
    arriving = Counter(end for _, end in chart.arrows)
    sizes = [(max(width, 18.0 * arriving[i]), height) for i, (width, height) in enumerate(sizes)]
    if chart.arrows:
        arrangement = arranged(sizes, chart.arrows)
    else:  # a list, with nothing between its parts
        steps = [(i, i + 1) for i in range(len(sizes) - 1)]
        arrangement = arranged(sizes, steps, fall=12.0)
    return _Drawing(chart, arrangement, sizes, inside)


def _box_size(box: Box, inside: _Drawing | None) -> Size:
    texts = [_width(text, font) for text, font in _texts(box)]
    height = sum(font["size"] * _LEADING for _, font in _texts(box)) + _PADDING
    if box.kind == "operator":
        return max(texts) + 1.6 * _PADDING, height + 2.0
    width = max(texts) + 2.4 * _PADDING
    if inside is None:
        return max(width, 84.0), height + 2.0
    remark = 14.0 if inside.chart.remark else 0.0
    within = max(inside.size[0], _width(inside.chart.remark, _BODY))
    return max(width, within + 2 * _MARGIN), height + inside.size[1] + 1.6 * _MARGIN + remark


def _texts(box: Box) -> list[tuple[str, Any]]:
    head = {**_BODY, "weight": "bold"} if box.kind == "operator" else _HEAD
    return [(box.title, head), *((line, _BODY) for line in box.lines)]


def _width(text: str, font: Any) -> float:
    """Return the width of a line in points."""
    paths = optional("matplotlib.textpath", feature=_FEATURE, extra="plot")
    fonts = optional("matplotlib.font_manager", feature=_FEATURE, extra="plot")
    width, _, _ = paths.TextToPath().get_text_width_height_descent(text, fonts.FontProperties(**font), False)
    return float(width)


class _Canvas:
    """A figure on which one unit is a point, x to the right and y down."""

    def __init__(self, width: float, height: float) -> None:
        self.figure = new_figure(width / 72, height / 72, feature=_FEATURE, layout=None)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(height, 0)
        self.axes.axis("off")
        self._patches = optional("matplotlib.patches", feature=_FEATURE, extra="plot")
        self._paths = optional("matplotlib.path", feature=_FEATURE, extra="plot")

    def text(self, x: float, y: float, text: str, font: Any, *, colour: str = INK) -> None:
        self.axes.text(
            x, y, text, ha="center", va="center_baseline", color=colour, parse_math=False, zorder=4,
            fontsize=font["size"], fontweight=font["weight"],
        )  # fmt: skip

    def draw(self, drawing: _Drawing, corner: Point) -> None:
        """Draw what was placed, its upper left corner at `corner`."""
        parts = zip(
            drawing.chart.boxes, drawing.arrangement.centres, drawing.boxes, drawing.inside, strict=True
        )
        for box, (x, y), size, inside in parts:
            self._box(box, (corner[0] + x, corner[1] + y), size)
            if inside is not None:
                self._inside(inside, (corner[0] + x, corner[1] + y), size)
        for line in drawing.arrangement.lines if drawing.chart.arrows else ():
            self._arrow([(corner[0] + x, corner[1] + top, corner[1] + bottom) for x, top, bottom in line])

    def _inside(self, inside: _Drawing, centre: Point, size: Size) -> None:
        remark = 14.0 if inside.chart.remark else 0.0
        bottom = centre[1] + size[1] / 2 - 0.8 * _MARGIN
        self.draw(inside, (centre[0] - inside.size[0] / 2, bottom - remark - inside.size[1]))
        self.text(centre[0], bottom, inside.chart.remark, _BODY, colour=GREY)

    def _box(self, box: Box, centre: Point, size: Size) -> None:
        face, edge = _COLOURS[box.kind]
        x, y = centre[0] - size[0] / 2, centre[1] - size[1] / 2
        rounding = {"module": 4.0, "program": 4.0}.get(box.kind, min(size[1] / 2, 12.0))
        self.axes.add_patch(
            self._patches.FancyBboxPatch(
                (x, y), *size, boxstyle=f"round,pad=0,rounding_size={rounding}", facecolor=face,
                edgecolor=edge, linewidth=1.2, zorder=2,
            )
        )  # fmt: skip
        texts = _texts(box)
        y += _PADDING / 2 + 1.0
        for number, (text, font) in enumerate(texts):
            height = font["size"] * _LEADING
            colour = GREY if number == 1 and box.kind in _CLASSED else INK
            self.text(centre[0], y + height / 2, text, font, colour=colour)
            y += height

    def _arrow(self, line: list[tuple[float, float, float]]) -> None:
        """Draw a line that runs straight down through layers and bends between them."""
        path = self._paths.Path
        x, top, bottom = line[0]
        points, codes = [(x, top), (x, bottom)], [path.MOVETO, path.LINETO]
        for next_x, next_top, next_bottom in line[1:]:
            half = (bottom + next_top) / 2
            points += [(x, half), (next_x, half), (next_x, next_top), (next_x, next_bottom)]
            codes += [path.CURVE4, path.CURVE4, path.CURVE4, path.LINETO]
            x, bottom = next_x, next_bottom
        points[-1] = (x, bottom - 4.0)
        shape = path(points, codes)
        self.axes.add_patch(
            self._patches.PathPatch(shape, facecolor="none", edgecolor=_ARROW, linewidth=1.1, zorder=3)
        )
        head = [(x, bottom), (x - 3.2, bottom - 7.0), (x + 3.2, bottom - 7.0)]
        self.axes.add_patch(self._patches.Polygon(head, closed=True, color=_ARROW, linewidth=0, zorder=3))
