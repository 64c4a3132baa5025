"""The first difference between two trainings, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ABSENT = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs.

    Attributes:
        kind: "attribute", "state", "optimizer", "variables", "history" or "file".
        name: Whose it is and what, for example "callback Counter, attribute 'epochs'".
        expected: What it is in the training that was never killed.
        found: What it is in the other one.
        text: All of it in words.
    """

    kind: str
    name: str
    expected: Any
    found: Any
    text: str


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield what differs between two snapshots, causes before what follows from them."""
    yield from _attributes(expected, found)
    yield from _states(expected["states"], found["states"])
    for kind in ("variables", "history"):
        for path, was, now in _leaves(expected[kind], found[kind]):
            text = f"The {kind} differ at {path!r}: {_both(was, now)}."
            yield Difference(kind, path, was, now, text)


def _attributes(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    for owner, before in expected["attributes"].items():
        after = found["attributes"].get(owner, {})
        for name in dict.fromkeys([*before, *after]):
            was, now = before.get(name, _ABSENT), after.get(name, _ABSENT)
            if was == now:
                continue
            saved = {name, name.lstrip("_")} & set(expected["states"].get(owner, ()))
            advice = (
                "state_dict() has it, so load_state_dict() does not take it over as it was."
                if saved
                else "It changed and is not in state_dict(): return it there, and take it over in "
                "load_state_dict()."
            )
            if owner.startswith(("metric", "reward")):
                advice = "A resumed run makes it anew: let scores depend on their arguments alone."
            text = f"Attribute {name!r} of {owner}: {_both(was, now)}. {advice}"
            yield Difference("attribute", f"{owner}, attribute {name!r}", was, now, text)


def _states(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    for owner, before in expected.items():
        for path, was, now in _leaves(before, found.get(owner, _ABSENT)):
            kind = owner.partition(" ")[0]
            text = f"The state of {owner} differs at {path!r}: {_both(was, now)}."
            yield Difference(
                "optimizer" if kind == "optimizer" else "state", f"{owner}, {path!r}", was, now, text
            )


def _both(was: Any, now: Any) -> str:
    return f"{was!r:.200} without a kill, {now!r:.200} with one"


def _leaves(was: Any, now: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield where two JSON values differ: path, value here, value there."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*was, *now]):
            inner = f"{path}.{key}" if path else str(key)
            yield from _leaves(was.get(key, _ABSENT), now.get(key, _ABSENT), inner)
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for index, (first, second) in enumerate(zip(was, now, strict=True)):
            yield from _leaves(first, second, f"{path}[{index}]")
    elif type(was) is not type(now) or was != now:
        yield path, was, now


def file_differences(expected: Mapping[str, bytes], found: Mapping[str, bytes]) -> Iterator[Difference]:
    """Yield what differs between the files of two working directories."""
    for name in sorted({*expected, *found}):
        was, now = expected.get(name), found.get(name)
        if was == now:
            continue
        if was is None:
            text = f"The file {name!r} is there with a kill and is not without one."
        elif now is None:
            text = f"The file {name!r} is missing with a kill."
        else:
            text = f"The file {name!r} differs {_first_line(was, now)}."
        yield Difference("file", name, was, now, text)


def _first_line(was: bytes, now: bytes) -> str:
    lines = was.splitlines(), now.splitlines()
    number = next((i for i, (a, b) in enumerate(zip(*lines, strict=False)) if a != b), min(map(len, lines)))
    first, second = (
        side[number].decode("utf-8", "replace") if number < len(side) else _ABSENT for side in lines
    )
    return f"in line {number + 1}: {_both(first, second)}"
