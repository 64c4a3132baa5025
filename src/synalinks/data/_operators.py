"""The operators that every data model has: classes, instances, values and symbols alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

import orjson

from synalinks.data._misfits import misfit
from synalinks.data._operation import Operation, mask_operation, naming_operation, plain_operation
from synalinks.data._schema import shape_of

if TYPE_CHECKING:
    from synalinks.data._schema import Schema

P = ParamSpec("P")
R = TypeVar("R")
_SYMBOLS = {"concat": ("+", "add"), "and": ("&", "and"), "or": ("|", "or"), "xor": ("^", "xor")}


class hybrid(Generic[P, R]):  # noqa: N801 - a decorator
    """A method of a class and of its instances: the first argument is whichever it was called on."""

    def __init__(self, function: Callable[Concatenate[Any, P], R]) -> None:
        self.function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    def __get__(self, instance: object, owner: type | None = None) -> Callable[P, R]:
        bound: Callable[P, R] = self.function.__get__(owner if instance is None else instance)
        return bound


class Operators:
    """The algebra of data models.

    `+` concatenates, `&` gives both or None, `|` both or the one that is there, `^` exactly one or
    None, `~` None for what is there, `in` asks for a key or for all keys of another data model. With a
    class or a symbolic data model on a side the result is symbolic, else it is a `JsonDataModel` or None.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def get_schema(self) -> Schema:
            """Return the JSON schema; it must not be changed."""

        def to_symbolic_data_model(self, name: str | None = None) -> Any:
            """Return the schema alone, as a node of a graph."""

    def as_operand(self) -> Any:
        """Return what stands for this in an operation: a `JsonDataModel` or a `SymbolicDataModel`."""
        return self

    def __add__(self, other: Any) -> Any:
        return _binary("concat", self, other)

    def __radd__(self, other: Any) -> Any:
        return _binary("concat", other, self)

    def __and__(self, other: Any) -> Any:
        return _binary("and", self, other)

    def __rand__(self, other: Any) -> Any:
        return _binary("and", other, self)

    def __or__(self, other: Any) -> Any:
        return _binary("or", self, other)

    def __ror__(self, other: Any) -> Any:
        return _binary("or", other, self)

    def __xor__(self, other: Any) -> Any:
        return _binary("xor", self, other)

    def __rxor__(self, other: Any) -> Any:
        return _binary("xor", other, self)

    def __invert__(self) -> Any:
        return apply(plain_operation("not"), self)

    def __contains__(self, key: object) -> bool:
        keys = self.keys()
        if isinstance(key, Operators):
            return all(name in keys for name in key.keys())  # noqa: SIM118 - not a dict: `in` asks for values
        return key in keys

    @hybrid
    def keys(self) -> list[str]:
        """Return the names of the properties, in order."""
        return list(shape_of(self.get_schema()).properties)

    @hybrid
    def prettify_schema(self) -> str:
        """Return the schema as indented JSON text."""
        return orjson.dumps(self.get_schema(), option=orjson.OPT_INDENT_2).decode()

    @hybrid
    def in_mask(
        self, mask: Sequence[str] | None = None, pattern: str | None = None, recursive: bool = True
    ) -> Any:
        """Keep only the selected keys.

        Names are compared by base name: number stripped, singular. So `["query"]` selects `query`,
        `query_1` and `queries`. A selected key is kept whole; of another one only what is selected
        inside of it, and nothing of it when there is nothing.

        Args:
            mask: Names to select.
            pattern: A regular expression; selects the keys in which, or in whose base name, it is found.
            recursive: Also inside of nested objects, lists, unions and references.

        Returns:
            A `JsonDataModel` for a value, a `SymbolicDataModel` for a class or a symbol.

        Raises:
            ConfigurationError: Neither `mask` nor `pattern`, or one of the wrong type.
        """
        return apply(mask_operation("in_mask", mask, pattern, recursive), self)

    @hybrid
    def out_mask(
        self, mask: Sequence[str] | None = None, pattern: str | None = None, recursive: bool = True
    ) -> Any:
        """Leave out the selected keys.

        Args:
            mask: Names to select; compared as in `in_mask`.
            pattern: A regular expression; selects the keys in which, or in whose base name, it is found.
            recursive: Also inside of nested objects, lists, unions and references.

        Returns:
            A `JsonDataModel` for a value, a `SymbolicDataModel` for a class or a symbol.

        Raises:
            ConfigurationError: Neither `mask` nor `pattern`, or one of the wrong type.
        """
        return apply(mask_operation("out_mask", mask, pattern, recursive), self)

    @hybrid
    def factorize(self) -> Any:
        """Gather the keys of one base name into one list: `query` and `query_1` become `queries`.

        A member that is already a list under a plural name contributes its items. The list stands
        where the first member stood; keys with no fellow stay as they are.
        """
        return apply(plain_operation("factorize"), self)

    @hybrid
    def prefix(self, prefix: str) -> Any:
        """Put `prefix` and an underscore before every key."""
        return apply(naming_operation("prefix", prefix), self)

    @hybrid
    def suffix(self, suffix: str) -> Any:
        """Put an underscore and `suffix` behind every key."""
        return apply(naming_operation("suffix", suffix), self)


def _binary(kind: str, left: Any, right: Any) -> Any:
    for side in (left, right):
        if side is not None and not isinstance(side, Operators):
            return _left_to(side, kind)
    return apply(plain_operation(kind), left, right)


def _left_to(other: Any, kind: str) -> Any:
    """Leave the operation to a class that may know what to do with a data model; others are refused."""
    symbol, method = _SYMBOLS[kind]
    cls = type(other)
    if cls.__module__ != "builtins" and (hasattr(cls, f"__{method}__") or hasattr(cls, f"__r{method}__")):
        return NotImplemented
    raise TypeError(f"`{symbol}` takes data models on both sides; got {misfit(other)}")


def apply(operation: Operation, *operands: Operators | None) -> Any:
    """Apply an operation: symbolically when an operand is symbolic, to the values otherwise."""
    nodes = [None if operand is None else operand.as_operand() for operand in operands]
    for node in nodes:
        derive = getattr(type(node), "derive", None)
        if derive is not None:
            return derive(operation, nodes)
    return operation.on_values(*nodes)


def is_data_model(value: object) -> bool:
    """Return whether `value` is a data model of any kind: class, instance, value or symbol."""
    return isinstance(value, Operators)
