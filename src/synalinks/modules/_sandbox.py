"""The sandbox in which users' prompt templates run."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

_LONGEST = 10_000_000
_LONGEST_REPEAT = 100_000
_WIDEST_INDENT = 100
_MOST_DIGITS = 20
_LARGEST_INTEGER = 2**1024
_METHODS = frozenset(
    {"items", "keys", "values", "get", "strip", "lower", "upper", "title", "startswith", "endswith"}
)
_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "groupby",
    "indent", "int", "items", "join", "last", "length", "list", "lower", "max", "min", "pprint", "reject",
    "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string",
    "striptags", "sum", "title", "tojson", "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
)  # fmt: skip
"""What a template may call: the filters that make little of little, and always the same of the same."""


@functools.cache
def sandbox() -> Any:
    """Return the environment that templates are compiled in: nothing in it leads out of their data."""
    from jinja2 import StrictUndefined
    from jinja2.exceptions import SecurityError
    from jinja2.runtime import Macro
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        """No access to what is not data, and no operators that fill the memory at once."""

        intercepted_binops = frozenset({"+", "*", "**", "%"})

        def is_safe_callable(self, obj: Any) -> bool:
            """Only macros and a few methods of texts, lists and dicts can be called."""
            return isinstance(obj, Macro) or getattr(obj, "__name__", None) in _METHODS

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            """Refuse what makes much of little; else do as Jinja does."""
            if operator == "**" or (operator == "%" and isinstance(left, str)):
                raise SecurityError(f"the operator {operator} is not allowed here")
            if _is_too_much(operator, left, right):
                raise SecurityError("the result would be too large")
            return super().call_binop(context, operator, left, right)

    environment = Sandbox(undefined=StrictUndefined, autoescape=False)
    environment.globals = {}
    known = environment.filters
    environment.filters = {name: known[name] for name in _FILTERS} | _bounded(known)
    return environment


def rendered(parts: Iterable[str]) -> str:
    """Return the text of a template's parts, as far as it is no longer than any prompt.

    Raises:
        jinja2.exceptions.SecurityError: It is longer.
    """
    kept, length = [], 0
    for part in parts:
        length += len(part)
        _check_length(length)
        kept.append(part)
    return "".join(kept)


def _is_too_much(operator: str, left: Any, right: Any) -> bool:
    sequences = [v for v in (left, right) if isinstance(v, str | bytes | list | tuple)]
    if operator == "+":
        return sum(map(len, sequences)) > _LONGEST
    if operator != "*":
        return False
    if not sequences:
        return any(isinstance(v, int) and abs(v) > _LARGEST_INTEGER for v in (left, right))
    number = right if sequences[0] is left else left
    return isinstance(number, int) and len(sequences[0]) * number > _LONGEST_REPEAT


def _check_length(length: int) -> None:
    from jinja2.exceptions import SecurityError

    if length > _LONGEST:
        raise SecurityError("the text would be too long")


def _bounded(known: dict[str, Any]) -> dict[str, Any]:
    """Return filters of which an argument says how much they make, with that argument bounded."""
    from jinja2 import pass_eval_context

    def indent(text: str, width: int = 4, first: bool = False, blank: bool = False) -> Any:
        return known["indent"](text, min(int(width), _WIDEST_INDENT), first, blank)

    @pass_eval_context
    def tojson(context: Any, value: Any, indent: int | None = None) -> Any:
        return known["tojson"](context, value, None if indent is None else min(int(indent), _WIDEST_INDENT))

    def round_(value: float, precision: int = 0, method: Any = "common") -> Any:
        digits = max(-_MOST_DIGITS, min(int(precision), _MOST_DIGITS))
        return known["round"](value, digits, method)

    @pass_eval_context
    def join(context: Any, value: Iterable[Any], d: str = "", attribute: Any = None) -> Any:
        items = list(value)
        _check_length(len(str(d)) * len(items) + sum(len(str(item)) for item in items))
        return known["join"](context, items, d, attribute)

    def replace(text: Any, old: str, new: str, count: int | None = None) -> str:
        whole, times = str(text), -1 if count is None else int(count)
        found = whole.count(old) if times < 0 else min(times, whole.count(old))
        _check_length(len(whole) + found * len(new))
        return whole.replace(old, new, times)

    return {"indent": indent, "tojson": tojson, "round": round_, "join": join, "replace": replace}
