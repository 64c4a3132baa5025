"""What all pictures have in common: plain text, fonts, and the file they go to."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synalinks._internal.files import write_atomic
from synalinks._internal.lazy import optional
from synalinks._internal.text import printable
from synalinks.errors import ConfigurationError
from synalinks.utils._picture import Picture

_DOTS_PER_INCH = 150
_MOST_DOTS = 16_000
"""Longest side of a picture: beyond, viewers give up and memory runs short."""

_FALLBACK_FONTS = (
    "Noto Sans CJK JP", "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "WenQuanYi Micro Hei",
    "Noto Emoji", "Noto Sans Symbols2", "Noto Sans Arabic", "Noto Sans Hebrew",
    "Noto Sans Devanagari", "Arial Unicode MS",
)  # fmt: skip
"""Fonts for characters that matplotlib's own font lacks, where one is installed."""

INK, GREY, RULE = "#222222", "#6b6b6b", "#dddddd"


def label(text: str, length: int = 60) -> str:
    """Return text of anyone as one line that a picture can show, at most `length` characters long."""
    shown = printable(text[: length + 1]).encode("utf-8", "backslashreplace").decode()
    return shown if len(shown) <= length else shown[: length - 1] + "…"


@contextmanager
def style(feature: str) -> Iterator[None]:
    """Draw within the block as if the user had set nothing up: names are plain text, and bytes repeat.

    Raises:
        MissingExtraError: The extra "plot" is not installed.
    """
    matplotlib = optional("matplotlib", feature=feature, extra="plot")
    manager = optional("matplotlib.font_manager", feature=feature, extra="plot")
    installed = {font.name for font in manager.fontManager.ttflist}
    families = ["DejaVu Sans", *(name for name in _FALLBACK_FONTS if name in installed)]
    plain = {
        "text.usetex": False,
        "font.family": families,
        "axes.unicode_minus": True,
        "svg.hashsalt": "synalinks",
        "text.color": INK,
    }
    with matplotlib.rc_context(plain), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def checked_path(to_file: str | os.PathLike[str], *, feature: str) -> Path:
    """Return the path of a picture.

    Raises:
        ConfigurationError: Its ending is of no format that can be drawn.
    """
    path = Path(to_file)
    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise ConfigurationError(
            f"{feature} draws to a file that ends in '.png', '.svg' or '.pdf', got {str(path)!r}.",
            argument="to_file",
        )
    return path


def save(draw: Callable[[], Any], to_file: str | os.PathLike[str], *, feature: str) -> Picture:
    """Write the matplotlib `Figure` that `draw` returns; the ending of the file says the format.

    Raises:
        ConfigurationError: The ending is another one than ".png", ".svg" or ".pdf".
        MissingExtraError: The extra "plot" is not installed.
        FileError: The file cannot be written.
    """
    path = checked_path(to_file, feature=feature)
    kind = path.suffix[1:].lower()
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    picture = io.BytesIO()
    with style(feature):
        figure = draw()
        dots = min(_DOTS_PER_INCH, _MOST_DOTS / max(figure.get_size_inches()))
        figure.savefig(picture, format=kind, dpi=dots, metadata=undated.get(kind))
    write_atomic(path, picture.getvalue())
    return Picture(path)


def new_figure(width: float, height: float, *, feature: str, layout: str | None = "constrained") -> Any:
    """Return a white matplotlib `Figure` of a size in inches, which belongs to no window."""
    figures = optional("matplotlib.figure", feature=feature, extra="plot")
    figure = figures.Figure(figsize=(width, height), layout=layout, facecolor="white")
    if layout is not None:
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)  # inches
    return figure


def tidy(axes: Any, *, title: str = "", grid: str = "y") -> None:
    """Take from a panel what does not tell anything, and name it."""
    axes.set_title(label(title), loc="left", fontsize=11, parse_math=False)
    axes.grid(visible=True, axis=grid, color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def add_legend(figure: Any, handles: Mapping[str, Any]) -> None:
    """Say below all panels what stands for what; names are of anyone."""
    names = [label(name, 30) for name in handles]
    columns = int(figure.get_size_inches()[0] * 9 / (max(map(len, names)) + 8))
    legend = figure.legend(
        list(handles.values()), [""] * len(names), loc="outside lower left", frameon=False,
        ncols=max(1, min(len(names), columns)), handlelength=2.2,
    )  # fmt: skip
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)  # before the name is there
        text.set_text(name)
