"""Writing files so that a crash leaves the old content or the new, never a part of either."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

import orjson

from synalinks._internal.points import reached
from synalinks.errors import DamagedFileError, FileError, FormatVersionError


def sync_directory(directory: Path) -> None:
    """Make renames and removals in `directory` durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def obstacle(path: Path) -> str | None:
    """Say what is in the way of making `path`: its nearest folder that exists must be one, and writable."""
    parent = next(folder for folder in path.absolute().parents if os.path.lexists(folder))
    if not parent.is_dir():
        return f"{str(parent)!r} is not a directory"
    if not os.access(parent, os.W_OK | os.X_OK):
        return f"there is no permission to write in {str(parent)!r}"
    return None


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` to `path`: temporary file, fsync, rename, fsync of the folder.

    Raises:
        FileError: The file cannot be written; what was there before is untouched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as file:
            reached("write", (file, data))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        reached("before rename", path)
        os.replace(temporary, path)
        reached("after rename", path)
        sync_directory(path.parent)
        reached("after directory sync", path)
    except OSError as error:
        raise FileError(f"Cannot write {str(path)!r}: {error.strerror or error}.", path=path) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document atomically, indented so that people and diffs can read it."""
    write_atomic(path, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read_json(path: Path, *, kind: str, version: int) -> dict[str, Any]:
    """Read a document of the library and check its format name and version.

    Args:
        path: The file.
        kind: The format's name, the document's "format" field.
        version: The newest version that can be read.

    Raises:
        FileError: There is no such file, or it cannot be read.
        DamagedFileError: It is not JSON, or not a document of that format.
        FormatVersionError: A newer version of the library wrote it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f"Cannot read {str(path)!r}: {error.strerror or error}.", path=path) from error
    try:
        loaded = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise DamagedFileError(
            f"{str(path)!r} is not valid JSON ({error}): it was truncated or edited by hand. "
            "Load an earlier copy of it, or save it anew.",
            path=path,
        ) from None
    document: dict[str, Any] = loaded if isinstance(loaded, dict) else {}
    found = document.get("format")
    if found != kind:
        raise DamagedFileError(
            f'{str(path)!r} is not a {kind} file: its "format" is {found!r}, expected {kind!r}.', path=path
        )
    written = document.get("version")
    if not isinstance(written, int) or isinstance(written, bool) or written < 1:
        raise DamagedFileError(f'{str(path)!r} has no valid "version" (found {written!r}).', path=path)
    if written > version:
        raise FormatVersionError(
            f"{str(path)!r} has format version {written}; this version of synalinks reads up to {version}. "
            "Upgrade synalinks to load it.",
            path=path,
        )
    return document
