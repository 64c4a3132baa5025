"""`synalinks diff`: what training changed in each variable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synalinks._internal.canonical import canonical
from synalinks.cli._files import Saved, read_saved, reading
from synalinks.cli._screen import ADDED, HEADING, QUIET, REMOVED, Screen, Span, listed
from synalinks.cli._values import as_text, lines_of
from synalinks.cli._words import Kind, Piece, compared

_CONTEXT = 160
"""Characters of unchanged text that are shown on each side of a change."""

_MOST_DIFFERENCES = 12
"""Differences of structure that are listed."""


def diff(screen: Screen, old_path: Path, new_path: Path, *, full: bool) -> None:
    """Write what differs between two saved programs, or their variables.

    Args:
        screen: Where to.
        old_path: The file from before.
        new_path: The file from after.
        full: Whether to show all of long values.

    Raises:
        FileError: A file cannot be read.
    """
    old, new = read_saved(old_path), read_saved(new_path)
    writer = _Writer(screen, full=full)
    common = [path for path in old.variables if path in new.variables]
    changed = [p for p in common if canonical(old.variables[p]) != canonical(new.variables[p])]
    for path in changed:
        writer.variable(path, old.variables[path], new.variables[path])
    for where, one, other in (("before", old, new), ("after", new, old)):
        only = [path for path in one.variables if path not in other.variables]
        if only:
            screen.write(Span(f"Only {where}: ", HEADING), listed(only), hang=4)
    structural = _structure(screen, old, new)
    same = len(common) - len(changed)
    if same or not (changed or structural):
        verb = "is" if same == 1 else "are"
        screen.write(Span(f"{same} variable{'' if same == 1 else 's'} {verb} the same.", QUIET))


def _structure(screen: Screen, old: Saved, new: Saved) -> bool:
    """Write where the two programs differ besides their variables; return whether they do."""
    if old.program is None or new.program is None:
        return False
    with reading(new.path):
        found = list(_differences(old.program, new.program))
    if not found:
        return False
    screen.write(Span("Structure", HEADING))
    writer = _Writer(screen, full=False)
    for path, before, after in found[:_MOST_DIFFERENCES]:
        writer.value(f"{path}: " if path else "", before, after)
    if len(found) > _MOST_DIFFERENCES:
        screen.write(f"... {len(found) - _MOST_DIFFERENCES:,} more differences", indent=4)
    return True


_ABSENT = "(nothing)"
"""Stands for what one of two objects has not; known by its identity."""


def _differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, old, new) of each part that differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            below = path if key == "config" else f"{path}/{key}".lstrip("/")
            yield from _differences(old.get(key, _ABSENT), new.get(key, _ABSENT), below)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True), 1):
            yield from _differences(before, after, f"{path}/{number}".lstrip("/"))
    elif canonical(old) != canonical(new):
        yield path, old, new


class _Writer:
    """Writes changes: in colour, or with the marks [-old-] and {+new+}."""

    def __init__(self, screen: Screen, *, full: bool) -> None:
        self._screen, self._full = screen, full

    def variable(self, path: str, old: Any, new: Any) -> None:
        """Write what has become of a variable."""
        if isinstance(old, list) and isinstance(new, list):
            self._items(path, old, new)
            return
        self._screen.write(Span(path, "cyan"), hang=4)
        self.parts(old, new, indent=4)

    def parts(self, old: Any, new: Any, *, indent: int) -> None:
        """Write what differs in two values, objects key by key."""
        if not (isinstance(old, dict) and isinstance(new, dict)):
            self.value("", old, new, indent=indent)
            return
        for key in dict.fromkeys([*old, *new]):
            before, after = old.get(key, _ABSENT), new.get(key, _ABSENT)
            if canonical(before) == canonical(after):
                continue
            if isinstance(before, dict) and isinstance(after, dict):
                self._screen.write(f"{key}:", indent=indent)
                self.parts(before, after, indent=indent + 2)
            else:
                self.value(f"{key}: ", before, after, indent=indent)

    def value(self, label: str, old: Any, new: Any, *, indent: int = 4) -> None:
        """Write a value that has changed, two texts word by word."""
        if isinstance(old, str) and isinstance(new, str) and _ABSENT not in (old, new):
            pieces = compared(old, new)
        else:
            sides: tuple[tuple[Kind, Any], ...] = ("removed", old), ("added", new)
            pieces = [Piece(kind, as_text(v, full=self._full)) for kind, v in sides if v is not _ABSENT]
        spans = [span for i, p in enumerate(pieces) for span in self._spans(p, i == 0, i == len(pieces) - 1)]
        self._screen.write(label, *spans, indent=indent)

    def _spans(self, piece: Piece, first: bool, last: bool) -> list[Span]:
        if piece.kind == "same":
            return [Span(piece.text if self._full else _elided(piece.text, first, last))]
        text = as_text(piece.text, full=self._full) if piece.text.strip() else piece.text
        if piece.kind == "removed":
            return [Span(text, REMOVED) if self._screen.colour else Span(f"[-{text}-]")]
        return [Span(text, ADDED) if self._screen.colour else Span(f"{{+{text}+}}")]

    def _items(self, path: str, old: list[Any], new: list[Any]) -> None:
        """Write which items of a list have gone, come, or changed; where each stood is of no account."""
        gone, come = _unmatched(old, new)
        pairs = _pairs(gone, come)
        paired_old, paired_new = {a for a, _ in pairs}, {b for _, b in pairs}
        removed = [i for i in gone if i not in paired_old]
        added = [i for i in come if i not in paired_new]
        counts = [(len(removed), "removed"), (len(added), "added"), (len(pairs), "changed"),
                  (len(old) - len(gone), "the same")]  # fmt: skip
        told = listed(f"{count} {word}" for count, word in counts if count)
        order = "" if gone or come else " in another order"
        self._screen.write(Span(path, "cyan"), f": {told}{order}", hang=4)
        for i in removed:
            self._item("-", i, old[i], REMOVED.split()[0])
        for i in added:
            self._item("+", i, new[i], ADDED.split()[0])
        for i, j in pairs:
            self._screen.write(f"~ {j + 1}.", indent=4)
            self.parts(gone[i], come[j], indent=8)

    def _item(self, mark: str, position: int, item: Any, style: str) -> None:
        self._screen.write(Span(f"{mark} {position + 1}.", style), indent=4)
        for depth, text in lines_of(item, full=self._full):
            self._screen.write(Span(text, style), indent=8 + 2 * depth, hang=2)


def _unmatched(old: list[Any], new: list[Any]) -> tuple[dict[int, Any], dict[int, Any]]:
    """Return the items, by position, of each list that the other has not."""
    places: dict[bytes, list[int]] = {}
    for position, item in enumerate(new):
        places.setdefault(canonical(item), []).append(position)
    gone = {}
    for position, item in enumerate(old):
        found = places.get(canonical(item))
        if found:
            found.pop(0)
        else:
            gone[position] = item
    left = sorted(position for found in places.values() for position in found)
    return gone, {position: new[position] for position in left}


def _pairs(gone: dict[int, Any], come: dict[int, Any]) -> list[tuple[int, int]]:
    """Return the positions of items that are the same example with another answer."""
    by_inputs = {canonical(item["inputs"]): i for i, item in come.items() if _has_inputs(item)}
    pairs = []
    for position, item in gone.items():
        other = by_inputs.pop(canonical(item["inputs"]), None) if _has_inputs(item) else None
        if other is not None:
            pairs.append((position, other))
    return pairs


def _has_inputs(item: Any) -> bool:
    return isinstance(item, dict) and "inputs" in item


def _elided(text: str, first: bool, last: bool) -> str:
    """Return unchanged text without its middle; of a beginning the end, and of an end the beginning."""
    head, tail = 0 if first else _CONTEXT, 0 if last else _CONTEXT
    left_out = len(text) - head - tail
    if left_out < _CONTEXT // 2:
        return text
    return f"{text[:head]}[... {left_out:,} characters ...]{text[len(text) - tail :]}"
