"""Fields that are named like a method."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field


def rename_hiding_fields(bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
    """Give the fields of a new class that are named like a method of its bases another name in Python.

    Their own name becomes their alias, so JSON and constructor use it. Else pydantic would take the
    method for the field's default, and the field would hide the method.

    Args:
        bases: The bases of the class.
        namespace: Its namespace, which is changed.
    """
    hints: dict[str, Any] = namespace.get("__annotations__", {})
    hiding = {name for name, hint in hints.items() if _hides(name, bases) and not _is_class_variable(hint)}
    if not hiding:
        return
    for name in hiding & namespace.keys():
        namespace[f"{name}_"] = namespace.pop(name)
    namespace["__annotations__"] = dict(
        (f"{name}_", Annotated[hint, Field(alias=name)]) if name in hiding else (name, hint)
        for name, hint in hints.items()
    )


def _hides(name: str, bases: tuple[type, ...]) -> bool:
    return not name.startswith("_") and any(callable(getattr(base, name, None)) for base in bases)


def _is_class_variable(hint: Any) -> bool:
    return (hint if isinstance(hint, str) else repr(hint)).startswith(("ClassVar", "typing.ClassVar"))
