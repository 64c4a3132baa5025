"""Files that hold a whole program: its structure and its variables."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from synalinks._internal.files import read_json, write_json
from synalinks.errors import ConfigurationError, DamagedFileError, SynalinksError
from synalinks.language_models import get as get_language_model
from synalinks.modules._graph_config import map_objects
from synalinks.modules._index import modules_by_path
from synalinks.modules._module import Module
from synalinks.modules._serialization import Reader, Writer
from synalinks.saving._variables_file import VARIABLES_ENDING, checked_values, variable_values

PROGRAM_FORMAT, PROGRAM_VERSION = "synalinks.program", 1
_LANGUAGE_MODELS = ("synalinks.language_models.", "synalinks.testing.")
_EMBEDDING_MODELS = "synalinks.embedding_models."


def program_path(path: str | Path) -> Path:
    """Return `path` if a program can be written there.

    Raises:
        ConfigurationError: It has another ending than `.json`, or that of variables.
    """
    if not str(path).endswith(".json") or str(path).endswith(VARIABLES_ENDING):
        stem = str(path).removesuffix(VARIABLES_ENDING).removesuffix(".json")
        raise ConfigurationError(
            f"A program is saved to a file that ends in '.json' and not in '{VARIABLES_ENDING}', got "
            f"{str(path)!r}. Write for example {stem + '.program.json'!r}, or save only the variables.",
            argument="path",
        )
    return Path(path)


def program_document(program: Any) -> dict[str, Any]:
    """Return structure and variables of a program as the JSON document of its file.

    Raises:
        ConfigurationError: A part of the program has no JSON form.
    """
    return _document(program, Writer(built=True))


def _document(program: Any, writer: Writer) -> dict[str, Any]:
    return {
        "format": PROGRAM_FORMAT,
        "version": PROGRAM_VERSION,
        "synalinks_version": version("synalinks"),
        "program": writer.object(program),
        "built": _built_inside(program, writer),
        "variables": variable_values(program),
    }


def _built_inside(program: Module, writer: Writer) -> dict[str, Any]:
    """Return the inputs that modules were built for of which no configuration tells: a subclass made them."""
    modules = modules_by_path(program).items()
    made = {path: module for path, module in modules if module.built and not writer.knows(module)}
    return {path: writer.value(m._input_spec, where=f"The inputs of {path!r}") for path, m in made.items()}


def save_program(program: Any, path: str | Path) -> None:
    """Write a program to a `.json` file, atomically.

    Args:
        program: The program.
        path: Where to.

    Raises:
        ConfigurationError: The path has another ending, or a part of the program has no JSON form.
        FileError: The file cannot be written; an older one stays as it was.
    """
    write_json(program_path(path), program_document(program))


def load_program(
    path: str | Path,
    *,
    custom_objects: Mapping[str, Any] | None = None,
    language_model: Any = None,
) -> Any:
    """Read a program from a file. No code is run but that of classes that are registered here.

    Data models come back as their schemas, so their classes need not be importable.

    Args:
        path: The file, as `program.save` and `ProgramCheckpoint` write it.
        custom_objects: Classes and functions of yours by name, besides those decorated with
            `register_serializable`.
        language_model: The model of all modules, in place of those named in the file.

    Returns:
        The program, with its variables; it is not compiled. Keys are taken from the environment.

    Raises:
        FileError: There is no such file.
        DamagedFileError: It is truncated, was edited by hand, or is no program.
        FormatVersionError: A newer version of the library wrote it.
        UnknownNameError: It names a class that is not registered; the text says what to type.
    """
    document = read_json(Path(path), kind=PROGRAM_FORMAT, version=PROGRAM_VERSION)
    if language_model is not None:
        model = get_language_model(language_model)
        document = map_objects(is_language_model, lambda _: model, document)
    program = _program_from(document, custom_objects, path)
    if language_model is not None:
        for module in modules_by_path(program).values():
            if hasattr(module, "language_model"):
                module.language_model = model  # also where the file says nothing, or a subclass makes it
    return program


def clone_program(program: Any) -> Any:
    """Return an independent program with the same structure, variables and language models."""
    document = _document(program, Writer(built=True, by_reference=True))
    return _program_from(document, None, program.name)


def _program_from(document: Mapping[str, Any], custom_objects: Mapping[str, Any] | None, path: object) -> Any:
    try:
        reader = Reader(custom_objects)
        program = reader.object(document.get("program"))
        if not isinstance(program, Module):
            raise DamagedFileError("its 'program' is something else")
        for module_path, inputs in document.get("built", {}).items():
            # Looked up anew each time, as building a module may make others.
            reader.build(modules_by_path(program).get(module_path), inputs)
        values = checked_values(program, document.get("variables"), path)
    except SynalinksError as error:
        error.add_note(f"While loading {str(path)!r}.")
        raise
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise DamagedFileError(
            f"{str(path)!r} does not describe a program that can be made ({type(error).__name__}: {error}). "
            "It was edited by hand, or written for other classes than those registered now.",
            path=path,
        ) from error
    program.set_variables(values)  # type: ignore[attr-defined] # programs have it, modules do not
    return program


def is_model(document: dict[str, Any]) -> bool:
    """Return whether a part of a document describes a language model or an embedding model."""
    name = document.get("$class")
    return is_language_model(document) or (isinstance(name, str) and name.startswith(_EMBEDDING_MODELS))


def is_language_model(document: dict[str, Any]) -> bool:
    """Return whether a part of a document describes a language model."""
    name = document.get("$class")
    return isinstance(name, str) and name.startswith(_LANGUAGE_MODELS)
