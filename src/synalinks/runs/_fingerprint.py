"""What must be the same for a run to be continued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from synalinks._internal.canonical import canonical
from synalinks._internal.warn import warn
from synalinks.errors import BackupMismatchError

SOURCE = "source:"
"""Entries whose name starts with this hold the source of user code: a change is warned of, not refused."""


def _differences(stored: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    if now.get("seed") is None:  # no seed asked for: the one of the backup is adopted
        stored = {name: value for name, value in stored.items() if name != "seed"}
        now = {name: value for name, value in now.items() if name != "seed"}
    return dict(_compare(stored, now, ""))


def _compare(old: Any, new: Any, path: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield the dotted path of each smallest part that differs, with both values."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys([*old, *new]):
            yield from _compare(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _compare(one, other, f"{path}[{index}]")
    elif canonical(old) != canonical(new):
        yield path, (old, new)


def refuse_changes(path: Path, stored: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Compare the fingerprint in a backup with that of the run that wants to continue it.

    Args:
        path: The backup directory, for the message.
        stored: Name to JSON value, as the backup has it. A missing name counts as None.
        now: The same of this run. A seed of None agrees with every stored seed.

    Raises:
        BackupMismatchError: Something differs that decides the course of the training. Differences in
            source code alone are a `SynalinksWarning`: people fix a bug and resume.
    """
    differences = _differences(stored, now)
    refused = {name: pair for name, pair in differences.items() if not name.startswith(SOURCE)}
    if refused:
        raise BackupMismatchError(path, refused)
    if differences:
        changed = ", ".join(name.removeprefix(SOURCE) for name in differences)
        warn(
            f"The source of {changed} has changed since the backup in {str(path)!r} was begun. The run "
            "goes on with the new code; what was computed before is kept."
        )
