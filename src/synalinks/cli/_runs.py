"""`synalinks runs`: the runs in backup folders, and which of them can be resumed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from synalinks.cli._screen import HEADING, QUIET, Screen, Span
from synalinks.runs import KeptRun, find_runs

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def runs(screen: Screen, directory: Path) -> None:
    """Write the runs that are kept at and below a directory.

    Args:
        screen: Where to.
        directory: The directory.

    Raises:
        FileError: It cannot be read.
    """
    found = find_runs(directory)
    if not found:
        screen.write(f"No backup folder at or below {str(directory)!r}.", hang=2)
        return
    for run in found:
        _show(screen, run, directory)
    ready = sum(run.resumable for run in found)
    count = f"{len(found)} run{'' if len(found) == 1 else 's'}"
    screen.write(Span(f"{count}, {ready} to resume.", QUIET))


def _show(screen: Screen, run: KeptRun, top: Path) -> None:
    screen.write(Span(os.path.relpath(run.directory, top) if run.directory != top else str(top), HEADING))
    if run.run_id:
        screen.write(f"run {run.run_id}", indent=2, hang=2)
    if run.saved_at is not None:
        screen.write(_progress(run), indent=2, hang=2)
        saved = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.saved_at))
        screen.write(f"saved {saved}, {_bytes(run.size)}", indent=2, hang=2)
    verdict, style = _verdict(run)
    screen.write(Span(verdict, style), indent=2, hang=2)
    screen.write("")


def _progress(run: KeptRun) -> str:
    of = f" of {run.epochs}" if run.epochs is not None else ""
    if run.finished:
        stopped = f", stopped by {run.stopped_by}" if run.stopped_by else ""
        return f"finished after {run.epoch} epoch{'' if run.epoch == 1 else 's'}{of}{stopped}"
    batch = f", batch {run.step + 1}" if run.step else ""
    stopping = f", stopped by {run.stopped_by}" if run.stopped_by else ""
    return f"at epoch {run.epoch + 1}{of}{batch}{stopping}"


def _verdict(run: KeptRun) -> tuple[str, str]:
    if run.problem is not None:
        return f"cannot be resumed: {run.problem}", "red"
    if run.locked_by is not None:
        by = f", process {run.locked_by}" if run.locked_by else ""
        return f"in use by a live process{by}", "yellow"
    if run.finished:
        return "nothing to resume: running the script again returns its history", ""
    return "can be resumed: run the same script again", "green"


def _bytes(size: float) -> str:
    """Return a number of bytes in the largest unit of which there is one."""
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 or size >= 100 else f"{size:.1f} {_UNITS[unit]}"
