"""Files that hold the variables of a program, and nothing else."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from synalinks._internal.canonical import copy_json
from synalinks._internal.files import read_json, write_json
from synalinks.errors import ConfigurationError, DamagedFileError, VariablesMismatchError
from synalinks.modules._index import variables_by_path
from synalinks.modules._module import Module

VARIABLES_FORMAT, VARIABLES_VERSION = "synalinks.variables", 1
VARIABLES_ENDING = ".variables.json"


def variables_path(path: str | Path) -> Path:
    """Return `path` if variables can be written there.

    Raises:
        ConfigurationError: It has another ending than `.variables.json`.
    """
    if not str(path).endswith(VARIABLES_ENDING):
        raise ConfigurationError(
            f"Variables are saved to a file that ends in '{VARIABLES_ENDING}', got {str(path)!r}. "
            f"Write {str(path).removesuffix('.json') + VARIABLES_ENDING!r}.",
            argument="path",
        )
    return Path(path)


def variable_values(program: Module) -> dict[str, Any]:
    """Return the values of all variables by path, copied."""
    return {path: copy_json(variable.value) for path, variable in variables_by_path(program).items()}


def variables_document(program: Any) -> dict[str, Any]:
    """Return the variables of a program as the JSON document of their file."""
    return {
        "format": VARIABLES_FORMAT,
        "version": VARIABLES_VERSION,
        "synalinks_version": version("synalinks"),
        "program": program.name,
        "variables": program.get_variables(),
    }


def save_variables(program: Any, path: str | Path) -> None:
    """Write the variables of a program to a `.variables.json` file, atomically.

    Args:
        program: The program.
        path: Where to.

    Raises:
        ConfigurationError: The path has another ending.
        FileError: The file cannot be written; an older one stays as it was.
    """
    write_json(variables_path(path), variables_document(program))


def load_variables(program: Any, path: str | Path) -> None:
    """Set the variables of a program to those of a file; all of them, or none.

    Args:
        program: The program that the file was written for.
        path: The file.

    Raises:
        FileError: There is no such file.
        DamagedFileError: It is truncated, was edited by hand, or holds no variables.
        FormatVersionError: A newer version of the library wrote it.
        VariablesMismatchError: It belongs to another program; the text says how they differ.
    """
    document = read_json(Path(path), kind=VARIABLES_FORMAT, version=VARIABLES_VERSION)
    program.set_variables(checked_values(program, document.get("variables"), path))


def checked_values(program: Module, values: Any, path: object) -> dict[str, Any]:
    """Return `values` if they are exactly those of the program's variables.

    Raises:
        DamagedFileError: They are no mapping.
        VariablesMismatchError: There are other variables, or a value is not valid for its variable.
    """
    if not isinstance(values, dict):
        raise DamagedFileError(f'{str(path)!r} has no "variables" object: it was edited by hand.', path=path)
    known = variables_by_path(program)
    differences = [
        *(f"the program has no variable {p!r}" for p in values if p not in known),
        *(f"the file has no variable {p!r}" for p in known if p not in values),
    ]
    for variable_path, value in values.items():
        if variable_path in known:
            try:
                known[variable_path].checked(value)
            except ConfigurationError as error:
                differences.append(f"{variable_path!r}: {error}")
    if differences:
        raise VariablesMismatchError(
            f"{str(path)!r} holds the variables of another program than {program.name!r}: "
            + "; ".join(differences)
            + ".",
            path=path,
        )
    return values
