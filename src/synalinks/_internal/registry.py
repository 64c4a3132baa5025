"""The registry of classes and functions that files may name: loading a file imports nothing else."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from synalinks._internal.settings import settings
from synalinks.errors import ConfigurationError, UnknownNameError

Registered = TypeVar("Registered")

_PUBLIC = (
    "embedding_models", "language_models", "metrics", "modules", "optimizers", "programs", "rewards",
    "testing",
)  # fmt: skip


def register_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[Registered], Registered]:
    """Let files name a class or function of yours, so that programs that use it can be loaded.

    Args:
        package: A prefix that keeps names of different projects apart.
        name: The name in files; defaults to the object's own.

    Returns:
        A decorator that registers its object and returns it.

    Raises:
        ConfigurationError: Another object of a different module is registered under that name.

    Example:
        ```python
        @synalinks.register_serializable(package="my_project")
        class Shorten(synalinks.Module): ...
        ```
    """
    if not isinstance(package, str):
        raise ConfigurationError(
            "register_serializable is called with a package name: write @synalinks.register_serializable()."
        )

    def decorate(target: Registered) -> Registered:
        key = f"{package}>{name or target.__name__}"  # type: ignore[attr-defined] # classes and functions have it
        known = settings().registry.get(key)
        if known is not None and _origin(known) != _origin(target):
            raise ConfigurationError(
                f"{key!r} is already registered for {'.'.join(_origin(known))}; "
                "give this one another name= or package=."
            )
        settings().registry[key] = target
        return target

    return decorate


def _origin(target: Any) -> tuple[str, str]:
    # A notebook cell that is run again defines the same name anew: that is no conflict.
    return target.__module__, target.__qualname__


def registered_name(target: Any) -> str:
    """Return the name under which files name a class or function; unregistered ones are `Custom>Name`."""
    for key, value in settings().registry.items():
        if value is target:
            return key
    parts = target.__module__.split(".")
    if parts[0] == "synalinks" and len(parts) > 1 and parts[1] in _PUBLIC:
        return f"synalinks.{parts[1]}.{target.__qualname__}"
    return f"Custom>{target.__name__}"


def is_registered(target: Any) -> bool:
    """Return whether a file that names `target` can be loaded without `custom_objects`."""
    return any(v is target for v in settings().registry.values()) or registered_name(target).startswith(
        "synalinks."
    )


def lookup(name: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the class or function that files call `name`.

    Args:
        name: The name in the file.
        custom_objects: Further objects by name, with or without the package.

    Raises:
        UnknownNameError: Nothing of that name is registered; it is never imported from elsewhere.
    """
    custom = dict(custom_objects or {})
    short = name.rpartition(">")[2]
    for source, key in ((custom, name), (custom, short), (settings().registry, name)):
        if key in source:
            return source[key]
    prefix, _, attribute = name.rpartition(".")
    package = prefix.removeprefix("synalinks.")
    if prefix.startswith("synalinks.") and package in _PUBLIC:
        namespace = importlib.import_module(prefix)
        if attribute in namespace.__all__:
            return getattr(namespace, attribute)
    raise UnknownNameError(
        "class or function",
        name,
        [*settings().registry, *custom],
        hint=f"Decorate it with @synalinks.register_serializable() before loading, "
        f"or pass custom_objects={{{short!r}: {short}}}.",
    )
