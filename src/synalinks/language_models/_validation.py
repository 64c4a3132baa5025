"""Whether an answer can be used."""

from __future__ import annotations

from typing import Any

import orjson

from synalinks.data import json_problem
from synalinks.data._validation import DEEPEST
from synalinks.errors import RefusedError, TruncatedOutputError
from synalinks.language_models._extracting import json_values
from synalinks.language_models._request import Request, Response
from synalinks.language_models._schema import OutputSchema


def check_ending(request: Request, response: Response) -> None:
    """Raise where the answer was refused, filtered or cut: to ask again would not help.

    Raises:
        RefusedError: The model refused, or a content filter stopped it.
        TruncatedOutputError: The answer was cut off at its maximum length.
    """
    model = response.answered_by or f"{request.provider}/{request.model}"
    refusal = response.message.get("refusal")
    if refusal:
        raise RefusedError(f"{model} refused to answer: {str(refusal)[:300]}", text=str(refusal), model=model)
    if response.finish_reason == "content_filter":
        raise RefusedError(
            f"A content filter of the provider stopped the answer of {model}.",
            text=response.text,
            model=model,
        )
    if response.finish_reason == "length":
        tokens = response.usage.output_tokens
        after = f", after {tokens} tokens" if tokens else ""
        raise TruncatedOutputError(
            f"The answer of {model} was cut off at its maximum length{after}. "
            "Raise max_tokens, or ask for less.",
            text=response.text,
            model=model,
        )


def is_refusal(response: Response) -> bool:
    """Return whether the model refused, or a content filter stopped it."""
    return bool(response.message.get("refusal")) or response.finish_reason == "content_filter"


def asks_for_tools(request: Request, response: Response) -> bool:
    """Return whether the model wants tools called before it answers; where it has none, that is no answer."""
    return request.tools is not None and bool(response.message.get("tool_calls"))


def read(schema: OutputSchema, text: str) -> tuple[Any, str | None]:
    """Return the JSON value of `text`, and what is wrong with it or None when it is valid.

    A text that is not JSON is searched for it (see `json_values`): of several values the most likely that is
    valid for the schema is taken, and where none is, nothing is guessed. Of a key that comes twice the last
    value counts, and an integer of more than 64 bits becomes a float; NaN, numbers beyond those of 64 bits
    and halves of surrogate pairs are not JSON.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _found(schema, text, f"it is not JSON ({error})" if text else "it is empty")
    # All that can be read and not be written again is what is nested too deep; few brackets tell at once.
    return _judged(schema, value, deep=text.count("[") + text.count("{") > DEEPEST)


def _found(schema: OutputSchema, text: str, problem: str) -> tuple[Any, str | None]:
    """Return the answer that is somewhere in a text, or what is wrong with the most likely one."""
    first = None
    for value in json_values(text):
        found, flaw = _judged(schema, value, deep=True)
        if flaw is None:
            return found, None
        first = first or flaw
    return None, first or problem


def _judged(schema: OutputSchema, value: Any, *, deep: bool) -> tuple[Any, str | None]:
    """Return a value in the schema's own form, and what is wrong with it."""
    if deep and (problem := json_problem(value)) is not None:
        return value, problem
    restored = schema.restore(value)
    problem = schema.problem(restored)
    if problem is not None and restored is not value and schema.problem(value) is None:
        return value, None
    return restored, problem
