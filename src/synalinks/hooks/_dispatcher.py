"""One way for events to reach hooks."""

from __future__ import annotations

from typing import Any, TypeVar

from synalinks._internal.settings import settings
from synalinks._internal.warn import warn
from synalinks.errors import ConfigurationError
from synalinks.hooks._events import Event
from synalinks.hooks._hook import Hook

AnyHook = TypeVar("AnyHook", bound=Hook)
Hooks = tuple[Hook, ...]


def tell(event: Event, inner: Hooks) -> None:
    """Hand `event` to every hook once: those of the process, then those of the modules it happens in."""
    everywhere = settings().hooks
    for hook in everywhere:
        _hand(event, hook)
    for hook in inner:
        if not _among(hook, everywhere):
            _hand(event, hook)


def _hand(event: Event, hook: Hook) -> None:
    if not hook._turned_on:
        return
    try:
        hook.on_event(event)
    except Exception as error:  # noqa: BLE001 - a hook never hurts the run
        _switch(hook, on=False)
        remove_hook(hook)  # so that with no other hook nobody listens any more
        warn(
            f"Hook {type(hook).__name__} raised {type(error).__name__}: {error}. It is off from here on, "
            "wherever it was added; adding it again turns it on."
        )


def _switch(hook: Hook, *, on: bool) -> None:
    object.__setattr__(hook, "_turned_on", on)  # also where the hook is a frozen dataclass


def _among(hook: Hook, hooks: Hooks) -> bool:
    return any(other is hook for other in hooks)


def united(hooks: Hooks, more: Hooks) -> Hooks:
    """Return the hooks of both, each once."""
    return (*hooks, *(hook for hook in more if not _among(hook, hooks))) if more else hooks


def added(hooks: Hooks, hook: Any) -> Hooks:
    """Return `hooks` with one more, which is turned on; one that is there is not added again.

    Raises:
        ConfigurationError: It is no hook.
    """
    if not isinstance(hook, Hook):
        hint = " Put parentheses behind it." if isinstance(hook, type) else ""
        raise ConfigurationError(f"A hook is an instance of synalinks.hooks.Hook, got {hook!r}.{hint}")
    _switch(hook, on=True)
    return united(hooks, (hook,))


def removed(hooks: Hooks, hook: Hook) -> Hooks:
    """Return `hooks` without one of them."""
    return tuple(other for other in hooks if other is not hook)


def add_hook(hook: AnyHook) -> AnyHook:
    """Let `hook` hear every event of this process, and return it.

    `module.add_hook(hook)` lets it hear a module or a program, and what runs inside of it, alone.

    Raises:
        ConfigurationError: It is no `Hook`.
    """
    current = settings()
    current.hooks = added(current.hooks, hook)
    return hook


def remove_hook(hook: Hook) -> None:
    """Undo `add_hook`; a hook that was not added is ignored."""
    current = settings()
    current.hooks = removed(current.hooks, hook)
