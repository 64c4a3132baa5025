"""`A | B` and `A | None` for data model classes: a type in annotations, a symbolic data model elsewhere."""

from __future__ import annotations

from functools import cached_property, partial, reduce
from typing import TYPE_CHECKING, Any, Union

from synalinks.data._operation import plain_operation
from synalinks.data._operators import Operators, apply
from synalinks.data._symbolic_data_model import Origin, SymbolicDataModel

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from synalinks.data._schema import Schema


class DataModelUnion(SymbolicDataModel):
    """Alternatives between data model classes.

    As an annotation it means what it means for any classes: a value of one of them, or None. As a data
    model it is the result of `|`. Its schema is made when it is first asked for, so that a class can
    refer to itself.

    Args:
        members: Data model classes, and None.
    """

    def __init__(self, members: tuple[Any, ...]) -> None:  # lazy: super().__init__ would need the schema
        self.members = members
        self.name = None

    @cached_property
    def _derived(self) -> Any:
        nodes = [None if member is None else member.to_symbolic_data_model() for member in self.members]
        return reduce(partial(apply, plain_operation("or")), nodes)

    @property
    def origin(self) -> Origin | None:  # type: ignore[override] # made on demand, as the schema is
        """The operation that it stands for."""
        origin: Origin | None = self._derived.origin
        return origin

    def get_schema(self) -> Schema:
        """Return the schema of what is there: the members concatenated."""
        schema: Schema = self._derived.get_schema()
        return schema

    def __or__(self, other: Any) -> Any:
        return alternatives(self, other)

    def __ror__(self, other: Any) -> Any:
        return alternatives(other, self)

    def __instancecheck__(self, value: object) -> bool:
        return any(value is None if member is None else isinstance(value, member) for member in self.members)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(_annotation(self.members))

    def __repr__(self) -> str:
        return " | ".join("None" if member is None else member.__name__ for member in self.members)


def alternatives(left: Any, right: Any) -> Any:
    """Return `left | right` where a side is a data model class or a union of such."""
    first, second = _members(left), _members(right)
    if first is not None and second is not None:
        return DataModelUnion(tuple(dict.fromkeys(first + second)))
    if isinstance(left, Operators) and isinstance(right, Operators):
        return apply(plain_operation("or"), left, right)
    # with another type it can only be an annotation
    return _annotation((*(first or (left,)), *(second or (right,))))


def _annotation(members: tuple[Any, ...]) -> Any:
    return Union[members]  # noqa: UP007 - `|` is for a fixed number of members, and would come back here


def _members(side: Any) -> tuple[Any, ...] | None:
    """Return the members of a side that can be part of a `DataModelUnion`, else None."""
    if isinstance(side, DataModelUnion):
        return side.members
    if side is None or (isinstance(side, type) and isinstance(side, Operators)):
        return (side,)
    return None
