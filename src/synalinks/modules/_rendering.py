"""Turning a generator's variables and its input into messages."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from synalinks.errors import ConfigurationError, ProgramError
from synalinks.modules._sandbox import rendered, sandbox

Message = dict[str, Any]
_FAILURES = (ArithmeticError, TypeError, ValueError, LookupError, MemoryError, RecursionError)


def to_text(value: Any) -> str:
    """Return JSON as the compact text that models see."""
    return orjson.dumps(value).decode()


def default_system_text(
    *, instruction: str, inputs_schema: dict[str, Any] | None, outputs_schema: dict[str, Any] | None
) -> str:
    """Return the text of the system message: what never changes within a run comes first."""
    parts = [instruction]
    if inputs_schema is not None:
        parts.append(f"The user's message is JSON of this schema:\n{to_text(inputs_schema)}")
    if outputs_schema is not None:
        parts.append(f"Answer with JSON of this schema:\n{to_text(outputs_schema)}")
    return "\n\n".join(parts)


def example_messages(examples: list[dict[str, Any]], *, as_chat: bool) -> list[Message]:
    """Return each example as a user's message and the assistant's answer.

    Args:
        examples: {"inputs", "outputs"} objects.
        as_chat: Whether the outputs are chat messages, not objects of the generator's schema.
    """
    messages: list[Message] = []
    for example in examples:
        outputs = example["outputs"]
        answer = outputs.get("content") if as_chat else to_text(outputs)
        messages.append({"role": "user", "content": to_text(example["inputs"])})
        messages.append({"role": "assistant", "content": answer})
    return messages


class PromptTemplate:
    """A user's Jinja template of the system message, run in a sandbox.

    It sees `instruction`, `examples`, `inputs_schema` and `outputs_schema`. A template that names
    `examples` places them itself; otherwise they follow as messages of their own.

    The sandbox keeps a template from anything but its values. Filters and operators that make much of
    little are not there or bounded, and so is the length of the text; but a template that was written to
    run long or to fill the memory, by loops within loops say, can still do so: load programs of people
    whom you trust that far.

    Args:
        source: The template.

    Raises:
        ConfigurationError: It is not a valid template, or names something else.
    """

    NAMES = frozenset({"instruction", "examples", "inputs_schema", "outputs_schema"})

    def __init__(self, source: str) -> None:
        self.source = source
        self._parts, names = _compiled(source)
        self.places_examples = "examples" in names
        if unknown := names - self.NAMES:
            raise ConfigurationError(
                f"The prompt template names {sorted(unknown)}; it can use {sorted(self.NAMES)}. "
                "The input is not among them: it is always the last message.",
                argument="prompt_template",
            )

    def render(self, **values: Any) -> str:
        """Return the text for the values of its names.

        Raises:
            ProgramError: The template does what the sandbox forbids, or fails.
        """
        import jinja2

        try:
            return rendered(self._parts(**values))
        except (*_FAILURES, jinja2.TemplateError) as error:
            raise ProgramError(
                f"The prompt template cannot be rendered: {type(error).__name__}: {error}"
            ) from error


@functools.lru_cache(maxsize=256)
def _compiled(source: str) -> tuple[Callable[..., Iterable[str]], frozenset[str]]:
    import jinja2
    from jinja2 import meta

    environment = sandbox()
    try:
        tree = environment.parse(source)
        template = environment.from_string(source)
    except (MemoryError, RecursionError):
        raise ConfigurationError(
            "The prompt template is nested too deeply to be compiled.", argument="prompt_template"
        ) from None
    except jinja2.TemplateSyntaxError as error:
        raise ConfigurationError(
            f"The prompt template is not valid Jinja (line {error.lineno}): {error.message}",
            argument="prompt_template",
        ) from None
    return template.generate, frozenset(meta.find_undeclared_variables(tree))
