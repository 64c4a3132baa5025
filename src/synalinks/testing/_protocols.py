"""The protocols that a test server speaks: the path of a request says which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from synalinks.testing._answer import ChatAnswer
from synalinks.testing._anthropic_messages import AnthropicMessages
from synalinks.testing._chat_completions import ChatCompletions
from synalinks.testing._embeddings import GeminiEmbeddings, OllamaEmbeddings, OpenAIEmbeddings
from synalinks.testing._gemini import GeminiContent
from synalinks.testing._ollama_chat import OllamaChat


class ChatProtocol(Protocol):
    """How one kind of server answers.

    Attributes:
        media_type: Content type of an answer in pieces.
    """

    media_type: str

    def speaks(self, path: str) -> bool:
        """Return whether it is spoken at a path (without query)."""
        ...

    def streams(self, path: str, asked: Mapping[str, Any]) -> bool:
        """Return whether the answer to a request is to come in pieces."""
        ...

    def whole(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of an answer."""
        ...

    def streamed(self, answer: ChatAnswer, asked: Mapping[str, Any]) -> bytes:
        """Return the body of an answer in pieces."""
        ...

    def refusal(self, status: int, message: str) -> dict[str, Any]:
        """Return the body of an error."""
        ...


PROTOCOLS: tuple[ChatProtocol, ...] = (
    ChatCompletions(),
    AnthropicMessages(),
    OllamaChat(),
    GeminiContent(),
    OpenAIEmbeddings(),
    OllamaEmbeddings(),
    GeminiEmbeddings(),
)


def protocol_at(path: str) -> ChatProtocol | None:
    """Return the protocol that is spoken at a path, None where nothing is."""
    return next((protocol for protocol in PROTOCOLS if protocol.speaks(path)), None)
