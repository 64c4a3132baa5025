"""Showing text to people."""

from __future__ import annotations

import contextlib
import sys

from synalinks._internal.text import printable


def encodable(text: str, encoding: str) -> str:
    """Return `text` with escapes for what an encoding lacks."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def say(text: str) -> None:
    """Write one line to standard output; no matter what is wrong with that.

    Control characters become escapes: text may come from a model, and could steer the terminal.
    """
    stream = sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    line = encodable(printable(text), encoding)
    with contextlib.suppress(OSError, ValueError, AttributeError):  # a broken pipe, a closed or no stream
        stream.write(line + "\n")
        stream.flush()
