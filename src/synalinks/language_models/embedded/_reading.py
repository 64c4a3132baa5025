"""Where in a JSON text one is."""

from __future__ import annotations

from copy import copy
from typing import Self

_QUOTE, _BACKSLASH, _COMMA, _POINT = b'"\\,.'
_OPENING, _CLOSING, _DIGITS = b"[{", b"]}", b"0123456789"


class Reading:
    """Follows a JSON text while it is written.

    Attributes:
        in_text: Whether one is within a text (a key, too).
        text_length: Bytes of that text so far.
        after_digit: Whether the last byte is a digit of a number.
        after_point: Whether it is a point behind a digit.
        place: The place of the last token, where it is a digit that has one.
    """

    def __init__(self) -> None:
        self.in_text = self.after_digit = self.after_point = False
        self.text_length = 0
        self.place: int | None = None
        self._escaped = False
        self._items = [0]

    @property
    def depth(self) -> int:
        """Brackets that are open."""
        return len(self._items) - 1

    @property
    def items(self) -> int:
        """Items of the innermost bracket that are complete."""
        return self._items[-1] + 1

    def copy(self) -> Self:
        """Return another one that is at the same place."""
        other = copy(self)
        other._items = list(self._items)
        return other

    def read(self, text: bytes, place: int | None) -> None:
        """Go on by the text of a token, and its place where it is a digit."""
        for byte in text:
            was_digit, self.after_digit = self.after_digit, byte in _DIGITS
            self.after_point = was_digit and byte == _POINT and not self.in_text
            if self.in_text:
                self._within_text(byte)
            else:
                self._between(byte)
        self.place = place

    def _within_text(self, byte: int) -> None:
        self.text_length += 1
        if self._escaped:
            self._escaped = False
        elif byte == _BACKSLASH:
            self._escaped = True
        elif byte == _QUOTE:
            self.in_text = False

    def _between(self, byte: int) -> None:
        if byte == _QUOTE:
            self.in_text, self.text_length = True, 0
        elif byte in _OPENING:
            self._items.append(0)
        elif byte in _CLOSING and self.depth:
            self._items.pop()
        elif byte == _COMMA:
            self._items[-1] += 1
