from synalinks.saving._program_file import (
    PROGRAM_FORMAT,
    PROGRAM_VERSION,
    clone_program,
    is_language_model,
    is_model,
    load_program,
    program_document,
    program_path,
    save_program,
)
from synalinks.saving._variables_file import (
    VARIABLES_FORMAT,
    VARIABLES_VERSION,
    load_variables,
    save_variables,
    variables_document,
    variables_path,
)

__all__ = [
    "PROGRAM_FORMAT",
    "PROGRAM_VERSION",
    "VARIABLES_FORMAT",
    "VARIABLES_VERSION",
    "clone_program",
    "is_language_model",
    "is_model",
    "load_program",
    "load_variables",
    "program_document",
    "program_path",
    "save_program",
    "save_variables",
    "variables_document",
    "variables_path",
]
