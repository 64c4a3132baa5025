"""Messages as Gemini's contents, and Gemini's parts as a message."""

from __future__ import annotations

import base64
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from synalinks.errors import ConfigurationError
from synalinks.language_models.providers._dialect import Image, arguments_of, image_of

_UNSIGNED: Final = base64.b64encode(b"skip_thought_signature_validator").decode()
"""Stands for the signature that calls of tools by another model lack, without which Gemini 3 and later refuse
them (ai.google.dev/gemini-api/docs/thought-signatures)."""

_Parts = list[dict[str, Any]]


class Contents:
    """Messages as Gemini takes them (ai.google.dev/api/caching#Content).

    There is one system instruction, so system messages go there, wherever they stand; where there are no
    others they are the user's. The answers of tools to one message are one content.

    Args:
        messages: The messages, in the OpenAI chat format.
        sign: Whether the model asks for a signature with calls of tools.

    Attributes:
        contents: The contents.
        system: Parts of the system instruction.

    Raises:
        ConfigurationError: A message cannot be said in Gemini's protocol.
    """

    def __init__(self, messages: list[dict[str, Any]], *, sign: bool) -> None:
        self.contents: list[dict[str, Any]] = []
        self.system: _Parts = []
        self._calls: dict[str, tuple[str, str | None]] = {}
        self._answers: _Parts | None = None
        try:
            for message in messages:
                self._add(message, sign)
        except (KeyError, TypeError, AttributeError) as error:
            problem = f"A message is not as in the OpenAI chat format: {error!r:.200}."
        else:
            problem = ""
        if problem:
            raise ConfigurationError(problem, argument="messages")
        if not self.contents:
            self.contents, self.system = [{"role": "user", "parts": self.system}], []

    def _add(self, message: dict[str, Any], sign: bool) -> None:
        role = message["role"]
        if role == "tool":
            self._add_answer(message)
            return
        self._answers = None
        if role == "user":
            self.contents.append({"role": "user", "parts": _parts_of(message.get("content"))})
        elif role == "assistant":
            self.contents.append({"role": "model", "parts": self._said(message, sign)})
        elif role in ("system", "developer"):
            self.system += _parts_of(message.get("content"))
        else:
            raise ConfigurationError(
                f"Gemini has no role {role!r}: use system, user, assistant or tool.", argument="messages"
            )

    def _said(self, message: dict[str, Any], sign: bool) -> _Parts:
        """Return the parts of a message of the model; those that it sent itself as they came."""
        calls = message.get("tool_calls") or ()
        kept = message.get("gemini")
        if kept is not None:
            parts: _Parts = kept["parts"]
            sent = [part["functionCall"] for part in parts if "functionCall" in part]
            for call, theirs in zip(calls, sent, strict=False):
                self._calls[call["id"]] = theirs.get("name", ""), theirs.get("id")
            return parts
        content = message.get("content")
        parts = _parts_of(content) if content or not calls else []
        for number, call in enumerate(calls):
            function, known = call["function"], call.get("id")
            said = {"args": arguments_of(call), "name": function["name"]}
            if known:
                said["id"] = known
                self._calls[known] = function["name"], known
            part: dict[str, Any] = {"functionCall": said}
            if sign and not number:  # of calls in parallel the first alone has one
                part["thoughtSignature"] = _UNSIGNED
            parts.append(part)
        return parts

    def _add_answer(self, message: dict[str, Any]) -> None:
        call = message.get("tool_call_id", "")
        name, id_there = self._calls.get(call, (message.get("name", ""), call or None))
        if not name:
            raise ConfigurationError(
                f"A tool's message answers the call {call!r}, which no message before it makes.",
                argument="messages",
            )
        parts = _parts_of(message.get("content"))
        media = [part for part in parts if "text" not in part]
        answer: dict[str, Any] = {"name": name, "response": {"output": _joined(parts)}}
        if id_there is not None:
            answer["id"] = id_there
        if media:
            answer["parts"] = media
        if self._answers is None:
            self._answers = []
            self.contents.append({"role": "user", "parts": self._answers})
        self._answers.append({"functionResponse": answer})


def _joined(parts: _Parts) -> str:
    return "".join(part["text"] for part in parts if "text" in part)


def _parts_of(content: Any) -> _Parts:
    if isinstance(content, str) or content is None:
        return [{"text": content or ""}]
    return [_part(part) for part in content]


def _part(part: dict[str, Any]) -> dict[str, Any]:
    kind = part["type"]
    if kind == "text":
        return {"text": part["text"]}
    if kind == "image_url":
        return _media(image_of(part))
    if kind == "input_audio":
        audio = part["input_audio"]
        return {"inlineData": {"data": audio["data"], "mimeType": f"audio/{audio['format']}"}}
    if kind == "file":
        file = part["file"]
        return _media(image_of({"image_url": file.get("file_data") or file["file_id"]}))
    raise ConfigurationError(
        f"Gemini takes no part of the type {kind!r}: use text, image_url, input_audio or file.",
        argument="messages",
    )


def _media(media: Image) -> dict[str, Any]:
    """Return what is at an address, or the address where that is elsewhere."""
    if media.data is not None:
        return {"inlineData": {"data": media.data, "mimeType": media.media_type}}
    import mimetypes

    file = {"fileUri": media.url}
    if kind_of_name := mimetypes.guess_type(urlsplit(media.url).path)[0]:
        file["mimeType"] = kind_of_name
    return {"fileData": file}


def message_of(parts: _Parts, response_id: str) -> tuple[str | None, dict[str, Any]]:
    """Return the text in the parts of an answer, and the other keys of its message.

    Args:
        parts: The parts.
        response_id: The answer's id, from which calls that have none get theirs.
    """
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[dict[str, Any]] = []
    plain = True
    for part in parts:
        plain = plain and "thoughtSignature" not in part
        if (call := part.get("functionCall")) is not None:
            plain = plain and "id" in call
            calls.append(_call(call, f"call_{response_id}_{len(calls)}"))
        elif "text" in part:
            (thoughts if part.get("thought") else texts).append(part["text"])
        else:
            plain = False
    extras: dict[str, Any] = {"tool_calls": calls, "reasoning_content": "".join(thoughts)}
    if not plain:
        # What was thought and not signed is of no use to Gemini.
        kept = [part for part in parts if not part.get("thought") or "thoughtSignature" in part]
        extras["gemini"] = {"parts": kept}
    return "".join(texts) if texts or not calls else None, extras


def _call(call: dict[str, Any], substitute: str) -> dict[str, Any]:
    function = {"name": call["name"], "arguments": orjson.dumps(call.get("args") or {}).decode()}
    return {"id": call.get("id") or substitute, "type": "function", "function": function}
