"""The tokens of the embedded models: bytes, marks of a conversation, digits with a place, pieces of words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

SPECIALS = ("pad", "begin", "system", "user", "assistant", "end", "spare_1", "spare_2")
PAD, BEGIN, SYSTEM, USER, ASSISTANT, END = range(256, 262)

PLACES = range(5, -3, -1)
"""Powers of ten that a digit's token may stand for, from hundred thousands to hundredths."""

FIRST_DIGIT = 256 + len(SPECIALS)
MARKS = ('{"', '":"', '":', '"}', '","', ',"', "\n\n")
"""Characters of JSON that mostly come together."""

FIRST_MARK = FIRST_DIGIT + 10 * len(PLACES)
FIRST_MERGE = FIRST_MARK + len(MARKS)

_PIECES = re.compile(r'([0-9]+)(?:(\.)([0-9]+))?|\{"|":"|":|"\}|","|,"|\n\n| ?[A-Za-z]+|[\s\S]')
_KEPT = 20_000
"""Pieces of text whose tokens are remembered."""


class Tokenizer:
    """Turns text into tokens and back.

    A run of digits is one token a digit, each with its place: the 1 of "12" is another token than the 1 of
    "31". All else is byte-pair encoded within words (Sennrich et al., 2016).

    Args:
        merges: Pairs of tokens that make a new one, in the order of their making.

    Attributes:
        texts: The bytes of each token; none for the marks of a conversation.
    """

    def __init__(self, merges: Sequence[tuple[int, int]] = ()) -> None:
        self.texts: list[bytes] = [bytes([n]) for n in range(256)] + [b""] * len(SPECIALS)
        self.texts += [str(digit).encode() for _ in PLACES for digit in range(10)]
        self.texts += [mark.encode() for mark in MARKS]
        self.texts += self._merged_texts(merges)
        self._marks = {mark: FIRST_MARK + n for n, mark in enumerate(MARKS)}
        self._ranks = {(one, two): FIRST_MERGE + n for n, (one, two) in enumerate(merges)}
        self._known: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.texts)

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text; the same text always gives the same tokens."""
        tokens: list[int] = []
        for match in _PIECES.finditer(text):
            if match[1]:
                tokens += _number(match)
            else:
                tokens += self._piece(match[0])
        return tokens

    def decode(self, tokens: Iterable[int]) -> bytes:
        """Return the bytes of tokens."""
        return b"".join([self.texts[token] for token in tokens])

    def _piece(self, piece: str) -> tuple[int, ...]:
        known = self._known.get(piece)
        if known is None:
            mark = self._marks.get(piece)
            known = tuple(self._merged(piece.encode("utf-8", "replace"))) if mark is None else (mark,)
            if len(self._known) < _KEPT:
                self._known[piece] = known
        return known

    def _merged(self, piece: bytes) -> list[int]:
        tokens, none = list(piece), len(self.texts)
        while len(tokens) > 1:
            made, at = min((self._ranks.get(pair, none), n) for n, pair in enumerate(pairwise(tokens)))
            if made == none:
                break
            tokens[at : at + 2] = [made]
        return tokens

    def _merged_texts(self, merges: Sequence[tuple[int, int]]) -> list[bytes]:
        texts = list(self.texts)
        for one, two in merges:
            texts.append(texts[one] + texts[two])
        return texts[len(self.texts) :]


def _number(match: re.Match[str]) -> Iterable[int]:
    whole, point, rest = match.groups()
    for place, digit in zip(range(len(whole) - 1, -1, -1), whole, strict=True):
        yield digit_token(int(digit), place)
    if point:
        yield ord(".")
        for place, digit in enumerate(rest, 1):
            yield digit_token(int(digit), -place)


def digit_token(digit: int, place: int) -> int:
    """Return the token of a digit at a place (0 units, 1 tens, -1 tenths), its byte where there is none."""
    return FIRST_DIGIT + 10 * (PLACES[0] - place) + digit if place in PLACES else ord("0") + digit


def place_of(token: int) -> int | None:
    """Return the place of a digit's token, None for another token."""
    return PLACES[(token - FIRST_DIGIT) // 10] if FIRST_DIGIT <= token < FIRST_MARK else None
