"""Chat messages, with the keys of the OpenAI chat format."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from synalinks.data._data_model import DataModel

ChatRole = Literal["system", "developer", "user", "assistant", "tool"]
"""Who speaks."""


class ToolFunction(DataModel):
    """The function that a tool call names."""

    name: str = Field(description="The name of the function")
    arguments: str = Field(default="{}", description="The arguments, as JSON text")


class ToolCall(DataModel):
    """A call of a tool that a model asks for."""

    id: str = Field(description="Identifies the call in the tool's answer")
    type: Literal["function"] = "function"
    function: ToolFunction


class ChatMessage(DataModel):
    """A message of a chat."""

    role: ChatRole = Field(description="Who speaks")
    content: str | list[dict[str, Any]] | None = Field(
        default=None, description="The text, or a list of parts such as texts and images"
    )
    tool_calls: list[ToolCall] | None = Field(default=None, description="The tools that the model asks for")
    tool_call_id: str | None = Field(default=None, description="The call that a tool's message answers")
    reasoning_content: str | None = Field(
        default=None, description="What the model thought before it answered"
    )
    name: str | None = Field(default=None, description="The name of the speaker")


class ChatMessages(DataModel):
    """A chat: messages in order."""

    messages: list[ChatMessage] = Field(default_factory=list, description="The messages, the oldest first")
