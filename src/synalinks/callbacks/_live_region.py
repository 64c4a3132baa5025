"""Lines at the bottom of a terminal that are drawn anew in their place."""

from __future__ import annotations

import atexit
import contextlib
import logging
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final, TextIO, cast

from synalinks._internal.text import printable
from synalinks.callbacks._status import Line
from synalinks.callbacks._terminal import encodable

_SHORTEST: Final = 0.1
"""Seconds between two drawings."""

_STYLES: Final = {"bold": "1", "dim": "2", "bar": "32"}
_PLAIN: Final = str.maketrans("━┈…", "#-~")
_ESCAPE: Final = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)?")
_ERASE: Final = "\r\x1b[J"


class LiveRegion:
    """Draws lines below all that is printed, by anyone who uses `sys.stdout`, `sys.stderr` or `logging`.

    Between two drawings the cursor stands in the first of the lines, so that erasing is the same whatever
    became of them meanwhile: a terminal that was made narrower has wrapped them.

    Args:
        stream: The terminal.
        colour: Whether styles may be used.

    Attributes:
        bars: Those that draw here; the last one has its turn.
    """

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream, self._colour = stream, colour
        self._encoding = getattr(stream, "encoding", None) or "utf-8"
        self._lock = threading.RLock()
        self._lines: Sequence[Line] = ()
        self._drawn_at = -1.0
        self._partial: dict[TextIO, str] = {}
        self.bars: list[Any] = []
        self._redirected: contextlib.ExitStack | None = None

    @property
    def open(self) -> bool:
        """Whether it is shown."""
        return self._redirected is not None

    def show(self) -> None:
        """Begin to draw, and let what others print appear above."""
        self._redirected = contextlib.ExitStack()
        atexit.register(self.close)
        self._redirected.callback(atexit.unregister, self.close)
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if stream is self._stream or _is_terminal(stream):
                self._redirected.enter_context(_redirected(name, cast("TextIO", _Above(self, stream))))

    def close(self) -> None:
        """Erase the lines and give the streams back."""
        with self._lock:
            if self._redirected is None:
                return
            redirected, self._redirected = self._redirected, None
            left = "".join(f"{text}\n" for text in self._partial.values() if text)
            self._write(f"{_ERASE}{left}\x1b[?25h")
        redirected.close()

    def draw(self, lines: Sequence[Line]) -> None:
        """Draw `lines` in place of those that are there, unless that was done just now."""
        with self._lock:
            self._lines = lines
            if self.open and time.monotonic() - self._drawn_at >= _SHORTEST:
                self._drawn_at = time.monotonic()
                self._write("\r" + self._picture())

    def above(self, stream: TextIO, text: str) -> None:
        """Write what somebody prints, which stays above the lines; the end of it once its line is whole."""
        with self._lock:
            if not self.open:
                stream.write(text)
                return
            whole, newline, rest = (self._partial.get(stream, "") + text).rpartition("\n")
            self._partial[stream] = rest
            if not newline:
                return
            self._write(_ERASE)
            stream.write(whole + newline)
            stream.flush()
            self.draw(self._lines)

    def end_lines(self) -> None:
        """End what others have begun to print: the next line is not theirs."""
        with self._lock:
            for stream, partial in list(self._partial.items()):
                if partial:
                    self.above(stream, "\n")

    def styled(self, line: Line) -> str:
        """Return a line as it is written to the terminal."""
        styled = ""
        for text, style in line:
            code, shown = _STYLES.get(style) if self._colour else None, self._encodable(text)
            styled += f"\x1b[{code}m{shown}\x1b[0m" if code else shown
        return styled

    def _encodable(self, text: str) -> str:
        with contextlib.suppress(UnicodeError, LookupError):
            text.encode(self._encoding)
            return text
        return encodable(text.translate(_PLAIN), self._encoding)

    def _picture(self) -> str:
        """Return what draws the lines, from the first column of the first one and back."""
        columns, rows = shutil.get_terminal_size()
        partial = " ".join(map(_shown, self._partial.values())).strip()
        above: list[Line] = [[(partial, "")]] if partial else []
        lines = [self.styled(_cut(line, columns - 1)) for line in (*above, *self._lines)][: max(1, rows - 1)]
        up = f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else ""
        # No wrapping meanwhile: a character that is wider than it should be must not cost a row.
        return "\x1b[?25l\x1b[?7l" + "\x1b[K\n".join(lines) + f"\x1b[J\x1b[?7h{up}\r"

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError, AttributeError):  # a terminal that has gone away
            self._stream.write(text)
            self._stream.flush()


def _shown(partial: str) -> str:
    """Return the end of a line that has not ended yet as it would stand there."""
    return printable(_ESCAPE.sub("", partial[-4096:]).rstrip("\r").rpartition("\r")[2])


class _Above:
    """A stream whose lines appear above a region; all else of it is that of the stream behind it."""

    def __init__(self, region: LiveRegion, stream: TextIO) -> None:
        self.region, self.stream = region, stream

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.region.above(self.stream, text)
        return len(text)

    def writelines(self, lines: Sequence[str]) -> None:
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def region_of(stream: Any) -> LiveRegion | None:
    """Return the region that is open above a stream, or None."""
    return stream.region if isinstance(stream, _Above) and stream.region.open else None


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # no stream, or a closed one
        return False


@contextlib.contextmanager
def _redirected(name: str, above: Any) -> Iterator[None]:
    """Let `above` stand in for a stream, also for handlers of `logging` that hold on to it."""
    setattr(sys, name, above)
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    held = [
        handler
        for logger in loggers
        for handler in getattr(logger, "handlers", ())
        if isinstance(handler, logging.StreamHandler)
        and handler.stream is above.stream
        and not isinstance(getattr(type(handler), "stream", None), property)  # it looks at sys itself
    ]
    for handler in held:
        handler.setStream(above)
    try:
        yield
    finally:
        if getattr(sys, name) is above:  # else somebody's redirection is under way, which will end
            setattr(sys, name, above.stream)
        for handler in held:
            if handler.stream is above:
                handler.setStream(above.stream)


def _cut(line: Line, width: int) -> Line:
    """Return the part of a line that `width` columns hold."""
    from rich.cells import cell_len, set_cell_size

    kept: Line = []
    for text, style in line:
        size = cell_len(text)
        if size > width:
            return [*kept, (set_cell_size(text, max(0, width - 1)) + "…", style)] if width > 0 else kept
        kept.append((text, style))
        width -= size
    return kept
