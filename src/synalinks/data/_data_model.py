"""`DataModel`: how a user declares data."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import SchemaSerializer

from synalinks.data._field_names import rename_hiding_fields
from synalinks.data._json_data_model import JsonDataModel
from synalinks.data._modes import mode_problem, must_be_checked
from synalinks.data._operators import Operators, hybrid
from synalinks.data._schema import resolve
from synalinks.data._sets import may_hold_sets, with_ordered_sets
from synalinks.data._symbolic_data_model import SymbolicDataModel
from synalinks.data._union import alternatives
from synalinks.data._validation import json_problem, validate
from synalinks.errors import DataError

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass

    from synalinks.data._schema import Schema
else:
    ModelMetaclass = type(BaseModel)

# computed fields are no part of the schema; older versions of pydantic cannot leave them out
_WITHOUT_COMPUTED: dict[str, Any] = (
    {"exclude_computed_fields": True}
    if "exclude_computed_fields" in signature(BaseModel.model_dump).parameters
    else {}
)
_dumped: Callable[..., Any] = partial(
    SchemaSerializer.to_python, mode="json", by_alias=True, warnings=False, **_WITHOUT_COMPUTED
)
"""Turns an instance into JSON, given the serializer of its class."""


class DataModelMeta(Operators, ModelMetaclass):
    """Gives the operators to data model classes."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> type:
        rename_hiding_fields(bases, namespace)
        try:
            return super().__new__(mcs, name, bases, namespace, **options)
        except PydanticSchemaGenerationError as error:
            field = _first_failing(namespace.get("__annotations__", {}), lambda hint: TypeAdapter(hint))
            raise _no_schema(name, field, error) from None

    def __or__(cls, other: Any) -> Any:
        return alternatives(cls, other)

    def __ror__(cls, other: Any) -> Any:
        return alternatives(other, cls)


class DataModel(Operators, BaseModel, metaclass=DataModelMeta):
    """Declares a kind of data by its fields; values of it are checked, and other fields refused.

    A pydantic model with the operators and masks of `Operators`. A field whose name is that of a method,
    such as `keys`, does not hide the method and is read by `[...]`.

    Example:
        class Answer(synalinks.DataModel):
            answer: float = synalinks.Field(description="The numeric answer")
    """

    model_config = ConfigDict(
        extra="forbid",
        validate_assignment=True,
        ser_json_inf_nan="constants",  # else NaN would silently become null
        protected_namespaces=(),
        ignored_types=(hybrid,),
    )

    __json_schema__: ClassVar[dict[str, Any]]
    __needs__: ClassVar[frozenset[str]]  # of what is not in every class: "order", "check"; see get_json

    @classmethod
    def get_schema(cls) -> Schema:
        """Return the JSON schema, the same object at each call; it must not be changed.

        Raises:
            DataError: A field has no JSON schema, or is written under another key than it is read, or not
                at all.
        """
        schema: Schema | None = cls.__dict__.get("__json_schema__")
        if schema is None:
            schema, needs = _description_of(cls)
            type.__setattr__(cls, "__needs__", needs)
            type.__setattr__(cls, "__json_schema__", schema)
        return schema

    def get_json(self) -> dict[str, Any]:
        """Return the value as plain JSON: dicts, lists, texts, numbers, booleans and None.

        Raises:
            DataError: The value of a field is not JSON, or a serializer of its class wrote what the schema
                refuses.
        """
        try:
            value = _dumped(self.__pydantic_serializer__, self)
        except (ValueError, RecursionError) as error:
            raise _not_json(self, error) from None
        needs = type(self).__dict__.get("__needs__")
        if needs is None:
            self.get_schema()
            needs = self.__needs__
        if "order" in needs:
            value = with_ordered_sets(self, value)
        if (problem := json_problem(value)) is not None:
            raise DataError(f"A value of the data model {type(self).__name__!r} is not JSON: {problem}.")
        if "check" in needs and (problem := validate(self.get_schema(), value)) is not None:
            raise DataError(
                f"A value of the data model {type(self).__name__!r} is written as what its schema refuses: "
                f"{problem}. Let its serializers return what the type of the field says."
            )
        return value  # type: ignore[no-any-return] # a model gives a dict

    def prettify_json(self) -> str:
        """Return the value as indented JSON text."""
        return orjson.dumps(self.get_json(), option=orjson.OPT_INDENT_2).decode()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the field `key` as JSON, or `default` when there is none."""
        return self.get_json().get(key, default)

    def __getitem__(self, key: str) -> Any:
        return self.to_json_data_model()[key]

    def to_json_data_model(self, name: str | None = None) -> JsonDataModel:
        """Return value and schema together, as they flow at run time.

        Raises:
            DataError: The value of a field is not JSON.
        """
        return JsonDataModel.trusted(self.get_schema(), self.get_json(), name)

    @classmethod
    def to_symbolic_data_model(cls, name: str | None = None) -> SymbolicDataModel:
        """Return the schema alone, as a node of a graph."""
        return SymbolicDataModel(schema=cls.get_schema(), name=name)

    @hybrid
    def as_operand(self) -> JsonDataModel | SymbolicDataModel:
        """Return what stands for this in an operation: the value of an instance, the symbol of a class."""
        return self.to_symbolic_data_model() if isinstance(self, type) else self.to_json_data_model()


def _description_of(cls: type[DataModel]) -> tuple[Schema, frozenset[str]]:
    """Return the schema, and whether values need an "order" for sets, or a "check" after serializers."""
    try:
        schema, written = cls.model_json_schema(), cls.model_json_schema(mode="serialization")
    except PydanticUserError as error:
        hints = {name: field.annotation for name, field in cls.model_fields.items()}
        field = _first_failing(hints, lambda hint: TypeAdapter(hint).json_schema())
        raise _no_schema(cls.__name__, field, error) from None
    if (problem := mode_problem(schema, written)) is not None:
        raise DataError(problem)
    check = must_be_checked(schema, written, cls.__pydantic_core_schema__)
    if "$ref" in schema:  # the schema of a model that contains itself
        root = resolve(schema, schema["$defs"])
        schema = {"$defs": schema["$defs"], **root}
    if (problem := json_problem(schema)) is not None:
        raise DataError(f"The schema of the data model {cls.__name__!r} is not JSON: {problem}.")
    found = {"order": may_hold_sets(schema), "check": check}
    return schema, frozenset(need for need, is_needed in found.items() if is_needed)


def _first_failing(hints: dict[str, Any], attempt: Callable[[Any], object]) -> str | None:
    """Return the name of the first field whose type `attempt` refuses."""
    for name, hint in hints.items():
        try:
            attempt(hint)
        except PydanticUserError:
            return name
    return None


def _no_schema(model: str, field: str | None, error: Exception) -> DataError:
    where = f"The field {field!r} of the data model" if field else "The data model"
    return DataError(
        f"{where} {model!r} has no JSON schema: {str(error).splitlines()[0]} Use types that JSON has: str, "
        "int, float, bool, None, lists, dicts with str keys, enums and other data models."
    )


def _not_json(value: DataModel, error: Exception) -> DataError:
    """Return the error of a value that pydantic cannot turn into JSON, naming the field."""
    field = None
    for name, info in type(value).model_fields.items():
        try:
            _dumped(value.__pydantic_serializer__, value, include={name})
        except (ValueError, RecursionError):
            field = info.alias or name
            break
    where = f"The field {field!r} of the data model" if field else "The data model"
    return DataError(
        f"{where} {type(value).__name__!r} holds a value that is not JSON: {str(error).splitlines()[0]}."
    )
