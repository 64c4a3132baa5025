"""The base of everything that listens to events."""

from __future__ import annotations

from functools import cache

from synalinks._internal.names import snake_case
from synalinks.hooks._events import Event


class Hook:
    """Listens to the events of a run.

    Override `on_event` to hear all events, or a method `on_<event in snake_case>` to hear one kind, for
    example `on_language_model_call_ended(event)`. Events are told at once, where they happen, so a method is
    plain, never `async`, and quick: hand slow work to a thread or a queue. A hook that raises is
    warned of once and then off: it never hurts the run.

    `synalinks.hooks.add_hook(hook)` lets it hear the whole process; `program.add_hook(hook)` and
    `module.add_hook(hook)` a program or module with all that runs inside of it. One that is added in several
    places hears each event once.
    """

    _turned_on = True

    def on_event(self, event: Event) -> None:
        """Hear an event; the default passes it to the method named after its class."""
        method = getattr(self, _method_name(type(event).__name__), None)
        if method is not None:
            method(event)


@cache
def _method_name(event: str) -> str:
    return f"on_{snake_case(event)}"
