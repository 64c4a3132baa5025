"""What may be given as messages, in the one form that providers get."""

from __future__ import annotations

from typing import Any

from synalinks.errors import ConfigurationError


def as_messages(messages: Any) -> list[dict[str, Any]]:
    """Return messages in the OpenAI chat format.

    Args:
        messages: A text (one user message), a `ChatMessage`, a `ChatMessages`, their JSON forms, or a
            list of messages. The list is a new one: a conversation goes on in the caller's.

    Raises:
        ConfigurationError: There is no message, or something in it is not one.
    """
    if isinstance(messages, str):
        return [{"role": "user", "content": messages}]
    if type(messages) is list and all(type(m) is dict and "role" in m for m in messages):
        found: list[dict[str, Any]] = messages.copy()
    else:
        found = [as_message(message) for message in _listed(messages)]
    if not found:
        raise ConfigurationError(
            "messages is empty: a language model needs at least one.", argument="messages"
        )
    return found


def _listed(messages: Any) -> list[Any]:
    """Return the messages in a data model, a dict, a tuple or a single message."""
    value = messages.get_json() if hasattr(messages, "get_json") else messages
    if isinstance(value, dict):
        inner = value.get("messages")
        return inner if isinstance(inner, list) else [value]
    if isinstance(value, list | tuple):
        return list(value)
    raise ConfigurationError(
        "messages must be a text, a ChatMessage, ChatMessages or a list of messages, "
        f"not {type(messages).__name__}.",
        argument="messages",
    )


def as_message(message: Any) -> dict[str, Any]:
    """Return one message in the OpenAI chat format, without keys that hold None.

    Raises:
        ConfigurationError: It is not a message.
    """
    value = message.get_json() if hasattr(message, "get_json") else message
    if not isinstance(value, dict) or "role" not in value:
        raise ConfigurationError(
            f'A message must be a ChatMessage or a dict with "role" and "content", not {message!r}.',
            argument="messages",
        )
    # Keys that hold None are left out, because servers refuse some of them; `content` alone may be null.
    return {name: part for name, part in value.items() if part is not None or name == "content"}
