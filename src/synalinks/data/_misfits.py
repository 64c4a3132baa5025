"""Saying what a value is that stands where a data model is expected."""

from __future__ import annotations

from synalinks._internal.coroutines import forgotten_await
from synalinks._internal.text import shorten


def misfit(value: object) -> str:
    """Return what `value` is and what to do about it, to follow "got" or "returned" in a message."""
    if forgotten_await(value):
        return f"a {type(value).__name__}. Did you forget an `await`?"
    if hasattr(value, "__aiter__") and hasattr(value, "result"):
        return f"a {type(value).__name__}, an answer that still comes. Its value is `await stream.result()`."
    if isinstance(value, type):
        return f"the class {value.__name__}. Make a value of it: {value.__name__}(...)."
    what = f"{shorten(value)} ({type(value).__name__})."
    if isinstance(value, dict):
        return (
            f"{what} A dict becomes a data model with synalinks.JsonDataModel(data_model=<your DataModel "
            "class>, json=<the dict>)."
        )
    return f"{what} Put it into a synalinks.DataModel, or into synalinks.JsonDataModel(schema=..., json=...)."
