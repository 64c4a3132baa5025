"""Importing what is heavy or optional when it is first used."""

from __future__ import annotations

import importlib
from types import ModuleType

from synalinks.errors import MissingExtraError


def optional(module: str, *, feature: str, extra: str) -> ModuleType:
    """Import an optional module, or say which extra of the package brings it.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(feature, extra) from error
