"""One way for events to reach hooks."""

from __future__ import annotations

from synalinks._internal.settings import settings
from synalinks._internal.warn import warn
from synalinks.hooks._events import Event
from synalinks.hooks._hook import Hook


def listening() -> bool:
    """Return whether anyone listens; ask before making an event, so that silence costs nothing."""
    return bool(settings().hooks)


def emit(event: Event) -> None:
    """Hand `event` to every hook, in the order in which they were added."""
    for hook in settings().hooks:
        try:
            hook.on_event(event)
        except Exception as error:  # noqa: BLE001 - a hook never hurts the run
            remove_hook(hook)
            warn(
                f"Hook {type(hook).__name__} raised {type(error).__name__}: {error}. It is off from here on."
            )


def add_hook(hook: Hook) -> Hook:
    """Let `hook` hear every event of this process, and return it."""
    current = settings()
    current.hooks = (*current.hooks, hook)
    return hook


def remove_hook(hook: Hook) -> None:
    """Let `hook` hear nothing more; one that was not added is ignored."""
    current = settings()
    current.hooks = tuple(h for h in current.hooks if h is not hook)
