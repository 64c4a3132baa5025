"""Callbacks out of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synalinks.callbacks._callback import HOOKS, Callback
from synalinks.errors import ConfigurationError, UnknownNameError


class LambdaCallback(Callback):
    """A callback made of functions, plain or async.

    Args:
        **hooks: Name of a hook to a function with the arguments of that hook, for example
            `on_epoch_end=lambda epoch, logs: ...`.

    Raises:
        UnknownNameError: There is no such hook.
        ConfigurationError: A value cannot be called.
    """

    def __init__(self, **hooks: Callable[..., Any] | None) -> None:
        for name, function in hooks.items():
            if name not in HOOKS:
                raise UnknownNameError("hook", name, HOOKS)
            if function is None:
                continue
            if not callable(function):
                raise ConfigurationError(f"LambdaCallback: {name} must be a function, got {function!r}.")
            setattr(self, name, function)
