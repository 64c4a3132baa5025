"""The base of everything that listens to events."""

from __future__ import annotations

from synalinks._internal.names import snake_case
from synalinks.hooks._events import Event


class Hook:
    """Listens to the events of a run; register it with `synalinks.hooks.add_hook`.

    Override `on_event` to hear all events, or a method `on_<event in snake_case>` to hear one kind,
    for example `on_language_model_call_ended(event)`. A hook that raises is warned of once and then
    left out: it never hurts the run.
    """

    def on_event(self, event: Event) -> None:
        """Hear an event; the default passes it to the method named after its class."""
        method = getattr(self, f"on_{snake_case(type(event).__name__)}", None)
        if method is not None:
            method(event)
