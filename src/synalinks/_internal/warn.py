"""Warnings that point at the user's own line."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from synalinks.errors import SynalinksWarning

_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_NOT_THE_USERS: Final = (_PACKAGE, contextlib.__file__)
"""Where lines are that a warning never points at: here, and between the lines of a context manager."""


def warn(message: str) -> None:
    """Issue a `SynalinksWarning` at the nearest line that is not the library's own."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_NOT_THE_USERS):
        level, frame = level + 1, _back(frame)
    warnings.warn(message, SynalinksWarning, stacklevel=level)


def warn_of(function: Callable[..., Any], message: str) -> None:
    """Issue a `SynalinksWarning` at the line where a function, or a callable object's class, is."""
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    method = function if hasattr(function, "__code__") else type(function).__call__
    code = getattr(method, "__code__", None)  # what is written in C has none
    place = (code.co_filename, code.co_firstlineno) if code else (f"<{type(function).__name__}>", 1)
    warnings.warn_explicit(message, SynalinksWarning, *place)


def _back(frame: FrameType) -> FrameType:
    assert frame.f_back is not None
    return frame.f_back
