"""A terminal's screen, as far as the progress display makes use of one."""

from __future__ import annotations

import asyncio
import io
import re

_PART = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


class Screen(io.StringIO):
    """A terminal that keeps what it shows; each text is one write to it."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding
        self.rows = [""]
        self.row = self.column = self.drawn = 0
        self.cursor = True
        self.history: list[list[str]] = []
        self.codes: set[str] = set()
        self._changed = asyncio.Event()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a StringIO has none
        return self._encoding

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        text.encode(self._encoding)
        end = 0
        for part in _PART.finditer(text):
            assert part.start() == end, repr(text[end : part.start()])
            end = part.end()
            self._take(*part.groups())
        assert end == len(text)
        if "\x1b[?25l" in text:
            self.drawn += 1
            self.history.append(self.shown)
            self._changed.set()
        return super().write(text)

    async def drawn_again(self, times: int) -> None:
        """Wait until it is drawn that often, by whoever does so."""
        last = self.drawn + times
        while self.drawn < last:
            self._changed.clear()
            await self._changed.wait()

    def _take(self, private: str, number: str, code: str, move: str, text: str) -> None:
        if text:
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[: self.column] + text + row[self.column + len(text) :]
            self.column += len(text)
        elif move == "\r":
            self.column = 0
        elif move:
            self.row, self.column = self.row + 1, 0
            self.rows += [""] * (self.row + 1 - len(self.rows))
        elif private:
            self.cursor = {"25h": True, "25l": False}.get(number + code, self.cursor)
        elif code == "A":
            self.row -= int(number)
            assert self.row >= 0
        elif code in "JK":
            self.rows[self.row] = self.rows[self.row][: self.column]
            if code == "J":
                del self.rows[self.row + 1 :]
        else:
            assert code == "m", code
            self.codes.add(number)

    @property
    def shown(self) -> list[str]:
        return [row.rstrip() for row in self.rows if row.strip()]
