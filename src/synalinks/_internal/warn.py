"""Warnings that point at the user's own line."""

from __future__ import annotations

import os
import sys
import warnings
from types import FrameType
from typing import Final

from synalinks.errors import SynalinksWarning

_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def warn(message: str) -> None:
    """Issue a `SynalinksWarning` at the nearest line that is not the library's own."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, _back(frame)
    warnings.warn(message, SynalinksWarning, stacklevel=level)


def _back(frame: FrameType) -> FrameType:
    assert frame.f_back is not None
    return frame.f_back
