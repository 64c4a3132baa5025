"""Turning a generator's variables and its input into messages."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import orjson

from synalinks.errors import ConfigurationError, ProgramError

Message = dict[str, Any]
_LONGEST_REPEAT = 100_000
_WIDEST_INDENT = 100
_METHODS = frozenset(
    {"items", "keys", "values", "get", "strip", "lower", "upper", "title", "startswith", "endswith"}
)


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

    Args:
        source: The template.

    Raises:
        ConfigurationError: It is not a valid template, or names something else.
    """

    NAMES = frozenset({"instruction", "examples", "inputs_schema", "outputs_schema"})

    def __init__(self, source: str) -> None:
        self.source = source
        self.render_source, names = _compiled(source)
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
            return self.render_source(**values)
        except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as error:
            raise ProgramError(
                f"The prompt template cannot be rendered: {type(error).__name__}: {error}"
            ) from error


@functools.lru_cache(maxsize=256)
def _compiled(source: str) -> tuple[Callable[..., str], frozenset[str]]:
    import jinja2
    from jinja2 import meta

    environment = _sandbox()
    try:
        tree = environment.parse(source)
        template = environment.from_string(source)
    except jinja2.TemplateSyntaxError as error:
        raise ConfigurationError(
            f"The prompt template is not valid Jinja (line {error.lineno}): {error.message}",
            argument="prompt_template",
        ) from None
    return template.render, frozenset(meta.find_undeclared_variables(tree))


@functools.cache
def _sandbox() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.exceptions import SecurityError
    from jinja2.filters import do_indent
    from jinja2.runtime import Macro
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def indent(text: str, width: int = 4, first: bool = False, blank: bool = False) -> str:
        return do_indent(text, min(int(width), _WIDEST_INDENT), first, blank)

    class Sandbox(ImmutableSandboxedEnvironment):
        """No access to what is not data, and no texts or numbers that fill the memory."""

        def is_safe_callable(self, obj: Any) -> bool:
            """Only macros and a few methods of texts, lists and dicts can be called."""
            return isinstance(obj, Macro) or getattr(obj, "__name__", None) in _METHODS

        intercepted_binops = frozenset({"*", "**", "%"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            sequence = next((v for v in (left, right) if isinstance(v, str | bytes | list | tuple)), None)
            if operator == "**" or (operator == "%" and isinstance(left, str)):
                raise SecurityError(f"the operator {operator} is not allowed here")
            if operator == "*" and sequence is not None:
                number = right if sequence is left else left
                if isinstance(number, int) and len(sequence) * number > _LONGEST_REPEAT:
                    raise SecurityError("the text would be too long")
            return super().call_binop(context, operator, left, right)

    environment = Sandbox(undefined=StrictUndefined, autoescape=False)
    environment.globals = {}
    for dangerous in ("attr", "center", "format", "map", "xmlattr"):
        del environment.filters[dangerous]
    environment.filters["indent"] = indent
    return environment
