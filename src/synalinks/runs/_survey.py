"""Finding the runs that are kept below a directory, without touching them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synalinks.errors import FileError
from synalinks.runs._backup import (
    GENERATION_FORMAT,
    GENERATION_NAME,
    MANIFEST_FORMAT,
    MANIFEST_NAME,
    read_sealed,
)
from synalinks.runs._lock import holder_of


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run in a backup folder.

    Attributes:
        directory: The folder.
        run_id: Name of the run, empty where nothing that can be read tells it.
        epoch: The epoch under way, 0-based; between two, the next one.
        step: The batch under way within it, 0-based; between two, the next one.
        epochs: Epochs that the run is to have, None where unknown.
        finished: Whether nothing of it is left to do.
        stopped_by: What ended it before its last epoch, or None.
        saved_at: When its newest state was written, in seconds since 1970; None without one.
        size: Bytes of all files in the folder.
        locked_by: Number of the live process that uses it, 0 where the number is unknown, None when free.
        problem: Why it cannot be resumed, None when it can.
    """

    directory: Path
    run_id: str = ""
    epoch: int = 0
    step: int = 0
    epochs: int | None = None
    finished: bool = False
    stopped_by: str | None = None
    saved_at: float | None = None
    size: int = 0
    locked_by: int | None = None
    problem: str | None = None

    @property
    def resumable(self) -> bool:
        """Whether running the same script again would go on with it."""
        return self.problem is None and not self.finished and self.locked_by is None


def find_runs(directory: str | os.PathLike[str]) -> list[KeptRun]:
    """Return the runs in the backup folders at and below `directory`, by path; links are not followed.

    Raises:
        FileError: It is no directory, or cannot be read.
    """
    top = Path(directory)
    try:
        os.listdir(top)
    except OSError as error:
        raise FileError(f"Cannot read {str(top)!r}: {error.strerror or error}.", path=top) from error
    return [_survey(folder) for folder in sorted(_backup_folders(top))]


def _backup_folders(top: Path) -> Iterator[Path]:
    for folder, _, files in os.walk(top):
        if any(map(GENERATION_NAME.fullmatch, files)) or (MANIFEST_NAME in files and _is_ours(Path(folder))):
            yield Path(folder)


def _is_ours(folder: Path) -> bool:
    """Return whether a manifest that stands alone is that of a backup: others call their files so too."""
    with suppress(OSError), open(folder / MANIFEST_NAME, "rb") as file:
        return MANIFEST_FORMAT.encode() in file.read(1000)
    return False


def _survey(folder: Path) -> KeptRun:
    facts: dict[str, Any] = {"size": _size(folder), "locked_by": holder_of(folder)}
    try:
        facts.update(_read(folder))
    except FileError as error:
        facts["problem"] = str(error)
    return KeptRun(folder, **facts)


def _read(folder: Path) -> dict[str, Any]:
    """Return what the files tell of the run.

    Raises:
        FileError: Too little of them can be read for the run to go on.
    """
    if not (folder / MANIFEST_NAME).exists():
        raise FileError(f"{MANIFEST_NAME} is missing, as after an interrupted deletion")
    manifest = read_sealed(folder / MANIFEST_NAME, kind=MANIFEST_FORMAT)
    epochs = manifest["fingerprint"].get("epochs")
    facts = {"run_id": manifest["run_id"], "epochs": epochs if isinstance(epochs, int) else None}
    problems = []
    for path in _generations(folder):
        try:
            document = read_sealed(path, kind=GENERATION_FORMAT)
            run, saved_at = document["payload"]["run"], path.stat().st_mtime
        except (FileError, OSError, KeyError, TypeError) as error:  # gone meanwhile: a live run goes on
            problems.append(str(error))
            continue
        named = ("epoch", "step", "finished", "stopped_by")
        return {**facts, **{name: run[name] for name in named}, "saved_at": saved_at}
    return {**facts, "problem": " ".join(["no state in it can be read.", *problems])}


def _generations(folder: Path) -> list[Path]:
    """Return the files of the states, the newest first."""
    matches = [match for name in os.listdir(folder) if (match := GENERATION_NAME.fullmatch(name))]
    return [folder / match[0] for match in sorted(matches, key=lambda match: -int(match[1]))]


def _size(folder: Path) -> int:
    total = 0
    for entry in os.scandir(folder):
        try:
            total += entry.stat(follow_symlinks=False).st_size
        except OSError:  # removed meanwhile
            continue
    return total
