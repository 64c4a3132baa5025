"""Reading saved programs and variables as plain documents: no class of the file is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from synalinks._internal.files import read_json
from synalinks._internal.names import snake_case
from synalinks.errors import DamagedFileError
from synalinks.saving import PROGRAM_FORMAT, PROGRAM_VERSION, VARIABLES_FORMAT, VARIABLES_VERSION

_VERSIONS = {PROGRAM_FORMAT: PROGRAM_VERSION, VARIABLES_FORMAT: VARIABLES_VERSION}


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that `save` or `save_variables` wrote.

    Attributes:
        path: Where it is.
        program: What makes the program, `{"$class", "config"}`; None in a file of variables alone.
        name: Name of the program.
        written_by: Version of the library that wrote it.
        variables: Values by path.
        built: Inputs that further modules were built for.
    """

    path: Path
    program: dict[str, Any] | None
    name: str
    written_by: str
    variables: dict[str, Any]
    built: dict[str, Any]


def read_saved(path: Path) -> Saved:
    """Read a program or its variables.

    Raises:
        FileError: There is no such file, it is damaged or something else, or a newer version wrote it.
    """
    kind = _kind(path)
    document = read_json(path, kind=kind, version=_VERSIONS[kind])
    with reading(path):
        variables, program = document["variables"], document["program"]
        if not isinstance(variables, dict):
            raise TypeError("its variables are no object")
        if kind == VARIABLES_FORMAT:
            return Saved(path, None, str(program), _version(document), variables, {})
        name = program["config"].get("name") or snake_case(short(program["$class"]))
        return Saved(
            path, program, str(name), _version(document), variables, dict(document.get("built") or {})
        )


def _kind(path: Path) -> str:
    """Return the format that a file says it has, if it is one that can be shown."""
    try:
        found = orjson.loads(path.read_bytes()).get("format")
    except (OSError, ValueError, AttributeError):  # said better by who reads it next
        return PROGRAM_FORMAT
    return found if isinstance(found, str) and found in _VERSIONS else PROGRAM_FORMAT


def _version(document: dict[str, Any]) -> str:
    return str(document.get("synalinks_version", "unknown"))


def short(name: Any) -> str:
    """Return the name of a class in a file without its package: `Generator`."""
    return str(name).rpartition(">")[2].rpartition(".")[2]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say of a document that is not of its form that it is damaged.

    Raises:
        DamagedFileError: The block did not find in it what should be there.
    """
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        raise DamagedFileError(
            f"{str(path)!r} does not hold together ({type(error).__name__}: {str(error)[:200]}): it was "
            "edited by hand, or is not a program's.",
            path=path,
        ) from None
