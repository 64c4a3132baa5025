"""Data whose schema alone is known: the nodes of a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from synalinks.data._operators import Operators
from synalinks.errors import DataError, ProgramError

if TYPE_CHECKING:
    from synalinks.data._operation import Operation
    from synalinks.data._schema import Schema


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Where a symbolic data model comes from.

    Attributes:
        producer: The `Operation` or the module that gives it.
        arguments: The producer's positional inputs, data models in any nesting of lists, tuples and dicts.
        keyword: Its keyword inputs.
        path: Where in the producer's output it stands: the indices and keys that lead to it.
    """

    producer: Any
    arguments: Any
    keyword: Mapping[str, Any] = field(default_factory=dict)
    path: tuple[Any, ...] = ()


class NoValueError(ProgramError):
    """A value was read while the graph is traced.

    Args:
        what: What was read, as it was written: a key or a method.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"{what} was read from a symbolic data model, which has no value while the graph is traced. "
            "Pass it to a module whose `call` reads the field, or select it with in_mask([...])."
        )


class SymbolicDataModel(Operators):
    """A data model without a value: a node of the graph that is traced when a program is built.

    Args:
        data_model: Whose schema it has: a data model of any kind.
        schema: In place of `data_model`: the JSON schema, of an object.
        name: A name, for messages and plots.
        origin: What gives it; None for an input.

    Raises:
        DataError: Not exactly one of `data_model` and `schema`.
    """

    def __init__(
        self,
        data_model: Any = None,
        schema: Schema | None = None,
        name: str | None = None,
        *,
        origin: Origin | None = None,
    ) -> None:
        if (data_model is None) == (schema is None):
            raise DataError("A SymbolicDataModel needs either `data_model` or `schema`.")
        if schema is None:
            if not isinstance(data_model, Operators):
                raise DataError(f"`data_model` is a data model of any kind; got {type(data_model).__name__}.")
            schema = data_model.get_schema()
        if not isinstance(schema, dict):
            raise DataError(f"A schema is a dict; got {type(schema).__name__}.")
        self._schema: Schema = schema
        self.name = name
        self.origin = origin

    @staticmethod
    def derive(operation: Operation, operands: Sequence[Any]) -> SymbolicDataModel:
        """Return the result of an operation on operands of which one at least is symbolic."""
        schemas = (None if operand is None else operand.get_schema() for operand in operands)
        return SymbolicDataModel(
            schema=operation.on_schemas(*schemas), origin=Origin(operation, tuple(operands))
        )

    def get_schema(self) -> Schema:
        """Return the JSON schema; it must not be changed."""
        return self._schema

    def to_symbolic_data_model(self, name: str | None = None) -> SymbolicDataModel:
        """Return a node with the same schema and no origin."""
        return SymbolicDataModel(schema=self.get_schema(), name=name or self.name)

    def get(self, key: str, default: Any = None) -> Any:
        """Raise: there is no value yet.

        Raises:
            ProgramError: Always.
        """
        raise NoValueError(repr(key))

    def get_json(self) -> NoReturn:
        """Raise: there is no value yet.

        Raises:
            ProgramError: Always.
        """
        raise NoValueError("get_json()")

    def prettify_json(self) -> NoReturn:
        """Raise: there is no value yet.

        Raises:
            ProgramError: Always.
        """
        raise NoValueError("prettify_json()")

    def __getitem__(self, key: str) -> Any:
        raise NoValueError(repr(key))

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_") or key not in self.keys():
            raise AttributeError(f"{type(self).__name__!r} has no attribute {key!r}", name=key, obj=None)
        raise NoValueError(repr(key))

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"{type(self).__name__}({', '.join(self.keys())}{name})"
