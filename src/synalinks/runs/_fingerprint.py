"""What must be the same for a run to be continued."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synalinks._internal.canonical import canonical
from synalinks.errors import BackupMismatchError, SynalinksWarning

SOURCE = "source:"
"""Entries whose name starts with this hold the source of user code: a change is warned of, not refused."""


def _differences(stored: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = [*stored, *(name for name in now if name not in stored)]
    pairs = {name: (stored.get(name), now.get(name)) for name in names}
    if now.get("seed") is None:  # no seed asked for: the one of the backup is adopted
        pairs.pop("seed", None)
    return {name: (old, new) for name, (old, new) in pairs.items() if canonical(old) != canonical(new)}


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
        warnings.warn(
            f"The source of {changed} has changed since the backup in {str(path)!r} was begun. The run "
            "goes on with the new code; what was computed before is kept.",
            SynalinksWarning,
            stacklevel=3,
        )
