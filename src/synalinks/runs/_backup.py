"""The backup of a run: a manifest that says whose it is, and the newest two states of it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from synalinks._internal.files import obstacle, read_json, sync_directory, write_atomic
from synalinks._internal.points import reached
from synalinks._internal.warn import warn
from synalinks.errors import (
    BackupError,
    DamagedFileError,
    FileError,
    FormatVersionError,
)
from synalinks.runs._fingerprint import refuse_changes
from synalinks.runs._journal import JOURNAL
from synalinks.runs._lock import DirectoryLock

MANIFEST_FORMAT: Final = "synalinks.backup"
GENERATION_FORMAT: Final = "synalinks.backup.generation"
VERSION: Final = 1

MANIFEST_NAME: Final = "manifest.json"
GENERATION_NAME: Final = re.compile(r"generation-(\d{6,})\.json")
_OWN: Final = re.compile(
    r"(manifest|generation-\d{6,})\.json|\.(manifest|generation-\d{6,})\.json\.\w+\.tmp"
    r"|journal\.(sqlite(-wal|-shm|-journal)?|last)|lock"
)
_STALE: Final = re.compile(r"generation-\d{6,}\.json|journal\.(sqlite(-wal|-shm|-journal)?|last)")
_HARMLESS: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_KEPT: Final = 2


def _write_sealed(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document together with the hash of it; the order of keys, which a prompt may show, is kept."""
    body = orjson.dumps(document)
    seal = f'{{"sha256":"{hashlib.sha256(body).hexdigest()}",'.encode()
    write_atomic(path, seal + body[1:] + b"\n")


def read_sealed(path: Path, *, kind: str) -> dict[str, Any]:
    """Read what `_write_sealed` wrote.

    Raises:
        FileError: It cannot be read, is damaged, or comes from a newer version.
    """
    document = read_json(path, kind=kind, version=VERSION)
    seal = document.pop("sha256", None)
    if seal != hashlib.sha256(orjson.dumps(document)).hexdigest():
        raise DamagedFileError(f"{str(path)!r} was altered: its content does not match its hash.", path=path)
    return document


class BackupStore:
    """The files in which a run survives its process.

    A directory belongs to one run. It holds `manifest.json` (run and fingerprint) and the newest two of
    `generation-000000.json`, `generation-000001.json`, … (the run's state at successive boundaries). Every
    file carries a hash of itself and is replaced as a whole, so a crash leaves the old one or the new one.

    Args:
        directory: Where the files are; made when the first generation is committed.
        callback_name: Who keeps the backup. A directory of someone else is refused.

    Attributes:
        run_id: The run that the directory belongs to: from its manifest, else what `open` was given.
        generation: Number of the newest good generation, -1 before the first.
    """

    def __init__(self, directory: str | os.PathLike[str], *, callback_name: str = "BackupAndRestore") -> None:
        self.directory = Path(directory)
        self.callback_name = callback_name
        self.run_id = ""
        self.generation = -1
        self._fingerprint: dict[str, Any] = {}
        self._lock: DirectoryLock | None = None

    @property
    def journal_path(self) -> Path:
        """Where the journal of the run's calls is."""
        return self.directory / JOURNAL

    # --- Reading ---------------------------------------------------------------------------

    def inspect(self) -> None:
        """Refuse a directory that cannot hold the backup.

        Raises:
            BackupError: It is a file, it cannot be read or written, or it holds files of someone else.
        """
        if self.directory.is_dir() and not os.access(self.directory, os.R_OK | os.W_OK | os.X_OK):
            raise self._error("cannot be read and written: check its permissions.")
        reason = obstacle(self.directory)
        if reason:
            raise self._error(f"cannot be made: {reason}.")
        foreign = sorted(name for name in self._names() if not self._is_own(name) and name not in _HARMLESS)
        if foreign:
            more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
            raise self._error(
                f"holds files that are not of a backup: {', '.join(map(repr, foreign[:3]))}{more}. "
                "Give the backup a directory of its own."
            )

    def _is_own(self, name: str) -> bool:
        """Return whether an entry is of a backup; a folder in the place of one of its files is not."""
        return _OWN.fullmatch(name) is not None and not (self.directory / name).is_dir()

    def open(
        self, fingerprint: Mapping[str, Any], *, run_id: str | None = None, continuing: str | None = None
    ) -> dict[str, Any] | None:
        """Find out whether there is a run to continue.

        Args:
            fingerprint: What must be the same for the run to be continued: name to JSON value.
            run_id: Name of the run if it turns out to be a fresh one; drawn when None.
            continuing: Name of the run that the live program was last trained in: if the backup is of that
                run, the program may have other variables than it began with.

        Returns:
            The payload of the newest generation that can be read, or None when the run is a fresh one: the
            directory is absent or empty, or a deletion of it was interrupted.

        Raises:
            BackupMismatchError: The backup is of a run that differs.
            FormatVersionError: A newer version of the library wrote it.
            BackupError: The directory is refused (see `inspect`), or nothing in it can be read.
        """
        self.inspect()
        self._take_lock()
        try:
            return self._opened(fingerprint, run_id, continuing)
        except BaseException:
            self.close()
            raise

    def _opened(
        self, fingerprint: Mapping[str, Any], run_id: str | None, continuing: str | None
    ) -> dict[str, Any] | None:
        self._fingerprint = dict(fingerprint)
        self.run_id, self.generation = run_id or uuid.uuid4().hex, -1
        if not (self.directory / MANIFEST_NAME).exists():
            self._warn_of_leftovers()
            return None
        manifest = self._read_manifest()
        stored = manifest["fingerprint"]
        if manifest["run_id"] == continuing:
            stored = {**stored, "variables": self._fingerprint.get("variables")}
        refuse_changes(self.directory, stored, self._fingerprint)
        self._fingerprint = manifest["fingerprint"]
        self.run_id = manifest["run_id"]
        return self._read_newest()

    def _take_lock(self) -> None:
        lock = DirectoryLock(self.directory)
        try:
            if not self.directory.exists():
                self.directory.mkdir(parents=True)
                sync_directory(self.directory.parent)
            holder = lock.acquire()
        except OSError as error:
            raise self._error(f"cannot be written: {error.strerror or error}.") from error
        if holder is not None:
            who = "this process" if holder == os.getpid() else f"process {holder}" if holder else "a process"
            raise self._error(
                f"is in use by {who}. Wait for that training to end, or give this one another backup_dir."
            )
        self._lock = lock

    def close(self) -> None:
        """Give the directory free for other processes; the files stay."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _names(self) -> list[str]:
        """Return the names in the directory, none when it does not exist."""
        try:
            return os.listdir(self.directory)
        except FileNotFoundError:
            return []
        except NotADirectoryError:
            raise self._error("is a file; expected a directory, or a path where one can be made.") from None
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror or error}.") from error

    def _error(self, text: str) -> BackupError:
        return BackupError(f"{self.callback_name}: {str(self.directory)!r} {text}", path=self.directory)

    def _numbers(self) -> list[int]:
        """Return the numbers of the generations there are, the newest first."""
        matches = (GENERATION_NAME.fullmatch(name) for name in self._names())
        return sorted((int(match[1]) for match in matches if match), reverse=True)

    def _path(self, number: int) -> Path:
        return self.directory / f"generation-{number:06d}.json"

    def _read_manifest(self) -> dict[str, Any]:
        try:
            manifest = read_sealed(self.directory / MANIFEST_NAME, kind=MANIFEST_FORMAT)
        except FormatVersionError:
            raise
        except FileError as error:
            raise self._error(
                f"has no usable manifest, so whose run it is cannot be told. {error} "
                "Give another backup_dir, or delete this one to begin anew."
            ) from error
        if manifest["callback"] != self.callback_name:
            raise self._error(f"belongs to {manifest['callback']!r}. Give each its own directory.")
        return manifest

    def _read_newest(self) -> dict[str, Any]:
        numbers = self._numbers()
        problems: list[str] = []
        if len(numbers) == 1 and numbers[0] > 0:  # from the second commit on there are always two
            other = f"{numbers[0] - 1} or {numbers[0] + 1}"
            problems.append(f"One of its newest two files is missing (generation {other}).")
        for number in numbers:
            try:
                payload = self._read_generation(number)
            except FormatVersionError:
                raise
            except FileError as error:
                problems.append(str(error))
                continue
            self.generation = number
            self._warn_of_loss(problems)
            return payload
        raise self._error(
            "has no generation that can be read. "
            + " ".join(problems or ["None is there."])
            + " Give another backup_dir, or delete this one to begin anew."
        )

    def _read_generation(self, number: int) -> dict[str, Any]:
        path = self._path(number)
        document = read_sealed(path, kind=GENERATION_FORMAT)
        if document["run_id"] != self.run_id:
            raise DamagedFileError(f"{str(path)!r} belongs to another run.", path=path)
        payload: dict[str, Any] = document["payload"]
        return payload

    def _warn_of_loss(self, problems: list[str]) -> None:
        if problems:
            warn(
                f"{self.callback_name}: the newest state in {str(self.directory)!r} cannot be read, so the "
                f"run goes on from the one before it (generation {self.generation}); what was trained after "
                f"that is done again. {' '.join(problems)}"
            )

    def _warn_of_leftovers(self) -> None:
        """Generation 0 alone is a run killed before its first call; with a journal something is lost."""
        if any(self._numbers()) or self.journal_path.exists():
            warn(
                f"{self.callback_name}: {str(self.directory)!r} has no {MANIFEST_NAME}, as after an "
                "interrupted deletion, so training begins anew."
            )

    # --- Writing ---------------------------------------------------------------------------

    def commit(self, payload: Mapping[str, Any]) -> None:
        """Write the next generation durably, then drop what is older than the newest two.

        Args:
            payload: The run's state, as JSON.

        Raises:
            FileError: It cannot be written; the earlier generations are untouched.
        """
        number = self.generation + 1
        if number == 0:
            with self._removing():
                self._remove(_STALE)
        _write_sealed(
            self._path(number),
            {
                "format": GENERATION_FORMAT,
                "version": VERSION,
                "run_id": self.run_id,
                "generation": number,
                "payload": payload,
            },
        )
        if number == 0:  # last, so that a directory with a manifest always has a state
            self._write_manifest()
        self.generation = number
        self._drop_old()

    def _write_manifest(self) -> None:
        document = {
            "format": MANIFEST_FORMAT,
            "version": VERSION,
            "run_id": self.run_id,
            "callback": self.callback_name,
            "fingerprint": self._fingerprint,
        }
        _write_sealed(self.directory / MANIFEST_NAME, document)

    def _drop_old(self) -> None:
        for number in self._numbers():
            if number <= self.generation - _KEPT:
                with contextlib.suppress(OSError):
                    self._path(number).unlink()
                reached("removed", self._path(number))

    def delete(self) -> None:
        """Remove the backup, its manifest first: what is half deleted counts as no backup.

        Raises:
            BackupError: It cannot be removed.
        """
        if not self.directory.is_dir():
            return
        with self._removing():
            (self.directory / MANIFEST_NAME).unlink(missing_ok=True)
            reached("removed", self.directory / MANIFEST_NAME)
            sync_directory(self.directory)
            self._remove(_OWN)
        with contextlib.suppress(OSError):  # not empty: something came to lie in it meanwhile
            self.directory.rmdir()
        self.generation = -1

    @contextlib.contextmanager
    def _removing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._error(f"cannot be removed: {error.strerror or error}.") from error

    def _remove(self, pattern: re.Pattern[str]) -> None:
        for name in self._names():
            if pattern.fullmatch(name):
                (self.directory / name).unlink(missing_ok=True)
                reached("removed", self.directory / name)
