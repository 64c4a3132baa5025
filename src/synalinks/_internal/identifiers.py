"""What `compile` takes for a reward, a metric or an optimizer: an object, a class, a name or a function."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from synalinks._internal.names import snake_case
from synalinks._internal.registry import registered_name
from synalinks._internal.settings import settings
from synalinks.errors import ConfigurationError, UnknownNameError


def resolve(
    identifier: Any,
    *,
    kind: str,
    base: type[Any],
    package: str,
    wrap: Callable[[Callable[..., Any]], Any] | None = None,
) -> Any:
    """Return the object that `identifier` stands for.

    Args:
        identifier: An object of `base`, a class of it, the name of such a class in snake_case (a public one
            of `package`, or a registered one), or a function where `wrap` is given.
        kind: What is asked for, as the error names it: "reward".
        base: The class of the object.
        package: Where the built-in classes are that a name may mean.
        wrap: Makes an object of a function.

    Raises:
        UnknownNameError: The name is not known; it lists the nearest.
        ConfigurationError: It is something else, or a class that cannot be made without arguments.
    """
    if isinstance(identifier, base):
        return identifier
    if isinstance(identifier, str):
        return _from_name(identifier, kind, base, package)
    if isinstance(identifier, type):
        if issubclass(identifier, base):
            return _instance(identifier, kind)
    elif wrap is not None and callable(identifier):
        return wrap(identifier)
    accepted = f"a {base.__name__}, its class, its name in snake_case"
    accepted += " or a function fn(y_true, y_pred)" if wrap else ""
    raise ConfigurationError(
        f"{identifier!r} ({type(identifier).__name__}) cannot be a {kind}; expected {accepted}.",
        argument=kind,
    )


def _from_name(name: str, kind: str, base: type[Any], package: str) -> Any:
    registered = [c for c in settings().registry.values() if isinstance(c, type) and issubclass(c, base)]
    known = {snake_case(cls.__name__): cls for cls in (*registered, *public_classes(package, base))}
    if name not in known:
        raise UnknownNameError(kind, name, [n for n, cls in known.items() if _is_ready(cls)])
    return _instance(known[name], kind)


def public_classes(package: str, base: type[Any]) -> Iterator[type[Any]]:
    """Yield the classes of `base` among the public names of a package, abstract ones left out."""
    module = importlib.import_module(package)
    for name in module.__all__:
        value = getattr(module, name)
        if isinstance(value, type) and issubclass(value, base) and not inspect.isabstract(value):
            yield value


def _is_ready(cls: type[Any]) -> bool:
    """Return whether a class can be made without arguments."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return all(p.default is not p.empty or p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in parameters)


def _instance(cls: type[Any], kind: str) -> Any:
    try:
        return cls()
    except TypeError as error:
        raise ConfigurationError(
            f"The {kind} {cls.__name__} cannot be made without arguments ({error}); give an object, "
            f"{cls.__name__}(...).",
            argument=kind,
        ) from error


def callable_name(function: Callable[..., Any]) -> str:
    """Return a name in snake_case for a function or a callable object."""
    name = getattr(function, "__name__", None) or type(function).__name__
    return snake_case(name).strip("_") or "function"


def require_two_arguments(function: Callable[..., Any], kind: str) -> None:
    """Check that `function` can be called as `fn(y_true, y_pred)`.

    Raises:
        ConfigurationError: It cannot.
    """
    if not callable(function):
        raise ConfigurationError(
            f"{function!r} ({type(function).__name__}) cannot be a {kind}; expected a function "
            "fn(y_true, y_pred).",
            argument=kind,
        )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions do not tell
        return
    try:
        signature.bind(None, None)
    except TypeError as error:
        raise ConfigurationError(
            f"{callable_name(function)}{signature} cannot be a {kind}: {error}. Expected fn(y_true, y_pred).",
            argument=kind,
        ) from None


def reference(function: Callable[..., Any]) -> str:
    """Return the name by which a configuration refers to a function or a callable object."""
    return registered_name(function if hasattr(function, "__qualname__") else type(function))
