"""What a protocol of language-model servers is to us: pure functions between its JSON and ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import orjson

from synalinks.errors import ConfigurationError
from synalinks.hooks import Usage
from synalinks.language_models._request import Request, Response
from synalinks.language_models.providers._secret import Secret


class Assembly(Protocol):
    """Puts the pieces of one streamed answer together."""

    def feed(self, value: Any) -> str:
        """Take one piece, parsed, and return the text that it adds to the answer, "" for none.

        Raises:
            TypeError, KeyError, IndexError, AttributeError, ValueError: It is no piece of the protocol.
        """
        ...

    def response(self) -> Response | None:
        """Return the answer, or None where its end has not come."""
        ...


class Dialect(Protocol):
    """How one kind of server is spoken to. It holds no state of a call and does no I/O."""

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of a model's answers on the server at `base`."""
        ...

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return headers of every request besides those of every JSON request; the key in `HiddenText`."""
        ...

    def body(self, request: Request, *, stream: bool) -> dict[str, Any]:
        """Return the request as the server takes it.

        Raises:
            ConfigurationError: The protocol cannot say it.
        """
        ...

    def read(self, value: Any) -> Response:
        """Return the answer in a body with status 200.

        Raises:
            TypeError, KeyError, IndexError, AttributeError, ValueError: It holds none.
        """
        ...

    def assembly(self) -> Assembly:
        """Return what puts the pieces of one streamed answer together."""
        ...


def count(values: Any, name: str) -> int:
    """Return a count of a server, 0 where there is none."""
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, int) and value > 0 else 0


def text_of(content: Any) -> str | None:
    """Return the text of a message's content, which is a text or a list of parts."""
    if isinstance(content, str) or content is None:
        return content
    if not isinstance(content, list):
        return None
    texts = (part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))


class Image(NamedTuple):
    """An image in a message.

    Attributes:
        url: Its address, a data URL included.
        media_type: For example "image/png"; "" where only the address is known.
        data: Its content in base64; None where only the address is known.
    """

    url: str
    media_type: str = ""
    data: str | None = None


def image_of(part: dict[str, Any]) -> Image:
    """Return the image in a part of a message, `{"type": "image_url", "image_url": {"url": ...}}`.

    Raises:
        ConfigurationError: There is none in it.
    """
    given = part.get("image_url")
    url = given.get("url") if isinstance(given, dict) else given
    url = url if isinstance(url, str) else "data:"
    if not url.startswith("data:"):
        return Image(url)
    head, comma, data = url.partition(",")
    media_type, *parameters = head.removeprefix("data:").split(";")
    if not comma or "base64" not in parameters:
        raise ConfigurationError(
            'An image is {"type": "image_url", "image_url": {"url": ...}} with the address of one, or with '
            f'"data:image/png;base64,..."; not {part!r:.100}.',
            argument="messages",
        )
    return Image(url, media_type, data)


def arguments_of(call: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments in a call of a tool in the OpenAI format.

    Raises:
        ConfigurationError: They are not JSON, or no object.
    """
    text = call["function"].get("arguments")
    try:
        arguments = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        arguments = None
    if not isinstance(arguments, dict):
        raise ConfigurationError(
            f"The arguments of a tool call in the messages are no JSON object: {text!r:.100}.",
            argument="messages",
        )
    return arguments


def answer_of(
    text: str | None,
    *,
    usage: Usage | None = None,
    finish_reason: str | None = None,
    model: Any = "",
    **parts: Any,
) -> Response:
    """Return an answer.

    Args:
        text: Its text.
        usage: Its tokens.
        finish_reason: Why the model stopped, in OpenAI's words where they have one.
        model: The model that the server says answered.
        **parts: Other parts of the message: `tool_calls`, `refusal`, `reasoning_content` and what the
            server wants to see again; empty ones are left out.
    """
    message: dict[str, Any] = {"role": "assistant", "content": text}
    message.update((name, part) for name, part in parts.items() if part)
    return Response(
        message,
        text,
        None,
        usage or Usage(),
        finish_reason,
        model if isinstance(model, str) else "",
    )
