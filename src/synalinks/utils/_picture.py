"""The path of a picture that notebooks show."""

from __future__ import annotations

import contextlib
import sys

if sys.platform == "win32":
    from pathlib import WindowsPath as _Path
else:
    from pathlib import PosixPath as _Path


class Picture(_Path):
    """A path like any other, which a notebook shows as the picture that lies there."""

    __slots__ = ()

    def _repr_png_(self) -> bytes | None:
        return self._content(".png")

    def _repr_svg_(self) -> str | None:
        content = self._content(".svg")
        return None if content is None else content.decode()

    def _content(self, suffix: str) -> bytes | None:
        if self.suffix.lower() == suffix:
            with contextlib.suppress(OSError):  # moved or deleted since
                return self.read_bytes()
        return None
