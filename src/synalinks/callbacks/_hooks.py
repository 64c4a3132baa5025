"""Which hooks a callback has, and whether they can be called."""

from __future__ import annotations

import contextlib
import inspect
from typing import Final

from synalinks._internal.warn import warn
from synalinks.callbacks._callback import HOOKS, Callback
from synalinks.errors import ConfigurationError, nearest_name

_ARGUMENTS: Final = {hook: tuple(inspect.signature(getattr(Callback, hook)).parameters)[1:] for hook in HOOKS}


def hooks_of(callback: Callback) -> dict[str, int]:
    """Return the hooks that a callback overrides, and with how many arguments each is to be called.

    Raises:
        ConfigurationError: A hook cannot take its arguments.
    """
    _warn_of_misspelt(callback)
    return {hook: _number_of_arguments(callback, hook) for hook in HOOKS if _is_overridden(callback, hook)}


def _is_overridden(callback: Callback, hook: str) -> bool:
    return hook in vars(callback) or getattr(type(callback), hook) is not getattr(Callback, hook)


def _warn_of_misspelt(callback: Callback) -> None:
    known = set(dir(Callback))
    for name in dir(callback):
        if name.startswith("on_") and name not in known and callable(getattr(callback, name)):
            nearest = nearest_name(name, HOOKS)
            warn(
                f"{type(callback).__name__}.{name} is no hook and is never called."
                + (f" Did you mean {nearest!r}?" if nearest else "")
                + f" For a method of your own choose a name without 'on_'. Hooks: {', '.join(HOOKS)}."
            )


def _number_of_arguments(callback: Callback, hook: str) -> int:
    method, name = getattr(callback, hook), f"{type(callback).__name__}.{hook}"
    names = _ARGUMENTS[hook]
    if not callable(method):
        raise ConfigurationError(f"{name} must be a method, got {method!r}.", argument="callbacks")
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):  # some built-in functions do not tell
        return len(names)
    # Where an epoch, a batch or a run begins there are no logs, so that a hook may do without.
    fewest = len(names) - hook.endswith("_begin")
    for number in range(len(names), fewest - 1, -1):
        with contextlib.suppress(TypeError):
            signature.bind(*names[:number])
            return number
    wanted = ", ".join(["self", *("logs=None" if n == "logs" else n for n in names)])
    raise ConfigurationError(
        f"{name}{signature} cannot be called as {hook}({', '.join(names)}). Expected: def {hook}({wanted}).",
        argument="callbacks",
    )
