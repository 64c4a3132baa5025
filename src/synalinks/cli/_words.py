"""Comparing two texts word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Literal, NamedTuple

Kind = Literal["same", "removed", "added"]

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_PARTS = 4_000
"""Words, or else lines, up to which two texts are compared: beyond, one stands for the other as a whole."""


class Piece(NamedTuple):
    """A part of a text that is the same, removed or added."""

    kind: Kind
    text: str


def compared(old: str, new: str) -> list[Piece]:
    """Return the pieces of two texts: those the same and removed make the old one, same and added the new."""
    for pattern in (_WORD, _LINE):
        before, after = pattern.findall(old), pattern.findall(new)
        start = _common(before, after)
        end = _common(before[start:][::-1], after[start:][::-1])
        middles = before[start : len(before) - end], after[start : len(after) - end]
        if len(middles[0]) + len(middles[1]) <= _MOST_PARTS:
            head, tail = "".join(before[:start]), "".join(before[len(before) - end :])
            pieces = [Piece("same", head), *_matched(*middles), Piece("same", tail)]
            return _joined(piece for piece in pieces if piece.text)
    return [Piece("removed", old), Piece("added", new)]


def _common(one: list[str], other: list[str]) -> int:
    """Return how many parts two lists begin with alike."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in alike)


def _matched(old: list[str], new: list[str]) -> Iterator[Piece]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(old[old_start:old_end]))
            continue
        yield Piece("removed", "".join(old[old_start:old_end]))
        yield Piece("added", "".join(new[new_start:new_end]))


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Take changes with nothing but space between them together: they read as one."""
    joined: list[Piece] = []
    removed = added = ""
    for piece in pieces:
        if piece.kind == "removed":
            removed += piece.text
        elif piece.kind == "added":
            added += piece.text
        elif not piece.text.strip() and (removed or added) and "\n" not in piece.text:
            removed, added = removed + piece.text, added + piece.text
        else:
            for part in (*_change(removed, added), piece):
                same = part.kind == "same" and joined and joined[-1].kind == "same"
                joined.append(Piece("same", joined.pop().text + part.text) if same else part)
            removed = added = ""
    return joined + _change(removed, added)


def _change(removed: str, added: str) -> list[Piece]:
    """Return a change without the space that both sides end with."""
    space = len(added) - len(added.rstrip())
    end = next(n for n in range(space, -1, -1) if removed.endswith(added[len(added) - n :]))
    tail = added[len(added) - end :]
    pieces = [Piece("removed", removed[: len(removed) - end]), Piece("added", added[: len(added) - end])]
    return [piece for piece in (*pieces, Piece("same", tail)) if piece.text]
