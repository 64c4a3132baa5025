"""Data as it flows at run time: a JSON value together with its schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from synalinks._internal.canonical import copy_json
from synalinks.data._misfits import misfit
from synalinks.data._nested import nested, unchangeable, unknown_field
from synalinks.data._operators import Operators
from synalinks.data._symbolic_data_model import SymbolicDataModel
from synalinks.data._validation import json_problem, validate
from synalinks.errors import DataError

if TYPE_CHECKING:
    from synalinks.data._schema import Schema

_new = object.__new__


class JsonDataModel(Operators):
    """A JSON value that is valid for its schema.

    Its fields are read as `value["answer"]`, `value.get("answer")` or `value.answer`; a field with the name
    of a method, such as `keys`, only by `[...]`. Fields are plain JSON: an enum is its value, a nested data
    model a dict, whose own fields are attributes when it was read as one (`value.sub.title`). The class comes
    back with `Answer(**value.get_json())`. A value is not to be changed, nor is what `get_json` returns.

    Args:
        schema: The JSON schema, of an object.
        json: The value.
        data_model: In place of `schema`: a data model class or a symbolic data model. In place of both:
            a `DataModel` or a `JsonDataModel`.
        name: A name, for messages.

    Raises:
        DataError: Schema or value is missing, is given twice, is not JSON, or the value is not valid
            for the schema.
    """

    __slots__ = ("_json", "_name", "_schema")

    _json: dict[str, Any]
    _name: str | None
    _schema: Schema

    def __init__(
        self,
        schema: Schema | None = None,
        json: dict[str, Any] | None = None,
        data_model: Any = None,
        name: str | None = None,
    ) -> None:
        if data_model is not None:
            schema, json = _from_data_model(schema, json, data_model)
        if schema is None or json is None:
            missing = "`schema`" if schema is None else "`json`"
            raise DataError(
                f"A JsonDataModel needs `schema` and `json`, or `data_model`; {missing} is missing."
            )
        _check(schema, json, name)
        _set_schema(self, schema)
        _set_json(self, copy_json(json))
        _set_name(self, name)

    @classmethod
    def trusted(cls, schema: Schema, json: dict[str, Any], name: str | None = None) -> JsonDataModel:
        """Return a value that is known to be valid, without checking or copying anything.

        Args:
            schema: The JSON schema, of an object.
            json: The value; it must not be changed afterwards.
            name: A name, for messages.
        """
        self = _new(cls)
        _set_schema(self, schema)
        _set_json(self, json)
        _set_name(self, name)
        return self

    @property
    def name(self) -> Any:
        """The field `name` where there is one, else the name that was given to the value, or None."""
        return self.__getattr__("name") if "name" in self._json else self._name

    def get_schema(self) -> Schema:
        """Return the JSON schema; it must not be changed."""
        return self._schema

    def get_json(self) -> dict[str, Any]:
        """Return the JSON value; it must not be changed."""
        return self._json

    def prettify_json(self) -> str:
        """Return the value as indented JSON text."""
        return orjson.dumps(self._json, option=orjson.OPT_INDENT_2).decode()

    def keys(self) -> list[str]:
        """Return the keys of the value, in order."""
        return list(self._json)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the field `key`, or `default` when there is none."""
        return self._json.get(key, default)

    def to_symbolic_data_model(self, name: str | None = None) -> SymbolicDataModel:
        """Return the schema alone, as a node of a graph."""
        return SymbolicDataModel(schema=self._schema, name=name or self._name)

    def __getitem__(self, key: str) -> Any:
        try:
            return self._json[key]
        except KeyError:
            raise KeyError(unknown_field(key, self._json)) from None

    def __getattr__(self, key: str) -> Any:
        if key[:2] == "__":  # a protocol that Python asks for, not a field
            raise AttributeError(key)
        try:
            value = self._json[key]
        except KeyError:
            raise AttributeError(unknown_field(key, self._json), name=key, obj=None) from None
        kind = type(value)
        return nested(value) if kind is dict or kind is list else value

    def __setattr__(self, key: str, value: Any) -> NoReturn:
        raise unchangeable(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._json)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JsonDataModel):
            return NotImplemented
        return self._json == other._json and (self._schema is other._schema or self._schema == other._schema)

    __hash__ = None  # type: ignore[assignment] # equal by content, and the content is a dict

    def __reduce__(self) -> tuple[Any, ...]:
        return JsonDataModel.trusted, (self._schema, self._json, self._name)

    def __repr__(self) -> str:
        name = f", name={self._name!r}" if self._name else ""
        return f"JsonDataModel({self._json!r}{name})"


# Around `__setattr__`, which refuses everyone: by way of the slots, as that is the fastest.
_set_schema, _set_json, _set_name = (
    vars(JsonDataModel)[slot].__set__ for slot in ("_schema", "_json", "_name")
)


def _from_data_model(schema: Any, json: Any, data_model: Any) -> tuple[Any, Any]:
    if schema is not None:
        raise DataError("Give either `schema` or `data_model`, not both.")
    if not isinstance(data_model, Operators):
        raise DataError(
            f"`data_model` is a DataModel class or instance, a JsonDataModel or a SymbolicDataModel; got "
            f"{type(data_model).__name__}."
        )
    value = data_model.as_operand()
    if not isinstance(value, JsonDataModel):
        return value.get_schema(), json
    if json is not None:
        raise DataError("Give `json` with a data model class, or an instance without `json`.")
    return value.get_schema(), value.get_json()


def _check(schema: Any, json: Any, name: str | None) -> None:
    called = f"The value of {name or schema.get('title')!r}" if isinstance(schema, dict) else "The value"
    if not isinstance(schema, dict):
        raise DataError(f"A schema is a dict; got {type(schema).__name__}.")
    if not isinstance(json, dict):
        raise DataError(f"{called} must be a dict; got {type(json).__name__}.")
    if (problem := json_problem(json)) is not None:
        raise DataError(f"{called} is not JSON: {problem}.")
    if (problem := validate(schema, json)) is not None:
        raise DataError(f"{called} is not valid for its schema: {problem}.")


def as_json_data_model(value: Any) -> JsonDataModel:
    """Return a value as a `JsonDataModel`: a `DataModel` is converted, a `JsonDataModel` returned.

    Raises:
        DataError: It is neither.
    """
    if isinstance(value, JsonDataModel):
        return value
    if isinstance(value, Operators) and isinstance(operand := value.as_operand(), JsonDataModel):
        return operand
    raise DataError(
        f"Expected a data model with a value: a DataModel instance or a JsonDataModel; got {misfit(value)}"
    )


def schema_of(value: Any) -> Schema:
    """Return the JSON schema of a data model of any kind; a dict is taken for a schema itself.

    Raises:
        DataError: It is neither.
    """
    if isinstance(value, dict):
        return value
    if isinstance(value, Operators):
        return value.get_schema()
    raise DataError(f"Expected a data model or a JSON schema (a dict); got {misfit(value)}")
