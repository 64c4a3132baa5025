"""Rows as the data models that a program takes and is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from synalinks._internal.structure import leaves, map_leaves
from synalinks.data import JsonDataModel, SymbolicDataModel, as_json_data_model, json_problem, validate
from synalinks.data._schema import shape_of
from synalinks.datasets._rows import is_model
from synalinks.datasets._sample import Sample
from synalinks.errors import DataError, nearest_name

_TYPES = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a program.

    Attributes:
        schema: Its JSON schema.
        keys: Names of its properties.
        required: Those that must be there.
    """

    schema: dict[str, Any]
    keys: tuple[str, ...]
    required: tuple[str, ...]


def _input(model: SymbolicDataModel) -> Input:
    schema = model.get_schema()
    shape = shape_of(schema)
    return Input(schema, tuple(shape.properties), shape.required)


@dataclass(frozen=True, slots=True)
class Converter:
    """Makes samples of rows.

    Attributes:
        inputs: What the program takes: an `Input`, a list, tuple or dict of them, or None where that is not
            known.
        argument: The name of the argument that the data was given as, for errors.
    """

    inputs: Any
    argument: str

    @classmethod
    def of(cls, inputs: Any, argument: str) -> Converter:
        """Return the converter for a structure of symbolic data models."""
        return cls(None if inputs is None else map_leaves(_input, inputs), argument)

    @property
    def target(self) -> str:
        """The name of the targets, for errors."""
        return "y" if self.argument == "x" else f"y of {self.argument}"

    @property
    def several(self) -> bool:
        """Whether the program has several inputs."""
        return isinstance(self.inputs, list | tuple | dict)

    def sample(self, index: int, x: Any, y: Any = None, *, whole: bool = False) -> Sample:
        """Return the sample made of one row of x and one of y.

        Args:
            index: The sample's position in the data.
            x: A data model, a dict, or a structure of them; for a program with one input also a pair of it
                and its target, where `y` is None.
            y: Likewise, or None.
            whole: Whether a dict `x` is the input as it stands, so that a key too many is an error. Else the
                input takes its own keys, and without a `y` the others are the target.

        Raises:
            DataError: A row is not what the program takes; it names the position.
        """
        if y is None and isinstance(x, tuple) and len(x) == 2 and isinstance(self.inputs, Input):
            (x, y), whole = x, True
        try:
            model = self._at(self.argument, index, lambda: _structure(self.inputs, x, whole))
        except DataError as error:
            raise DataError(f"{error}{self._hint(x, y)}", argument=self.argument) from error
        if y is None and not whole and isinstance(x, dict) and not _holds_models(x):
            y = {key: value for key, value in x.items() if key not in _keys(self.inputs)} or None
        return Sample(index, model, self._at(self.target, index, lambda: _target(y)))

    def _hint(self, x: Any, y: Any) -> str:
        """Return a sentence that says what may have been meant by a row that cannot be used."""
        if isinstance(x, list | tuple) and not self.several:
            return f" Give {self._separately}, or a list of pairs (x, y)."
        if y is None or self.inputs is None:
            return ""
        try:
            _structure(self.inputs, y, True)
        except DataError:
            return ""
        return f" The row of {self.target} would be: were {self.argument} and {self.target} swapped?"

    @property
    def _separately(self) -> str:
        """How inputs and targets are given, each as a whole."""
        return "x=[...] and y=[...]" if self.argument == "x" else f"{self.argument}=([x, ...], [y, ...])"

    def _at(self, argument: str, index: int, convert: Callable[[], Any]) -> Any:
        try:
            return convert()
        except DataError as error:
            raise DataError(f"{argument}[{index}]: {error}", argument=argument) from error


def _structure(inputs: Any, x: Any, whole: bool) -> Any:
    if isinstance(inputs, list | tuple) and isinstance(x, list | tuple):
        if len(x) != len(inputs):
            raise DataError(f"it has {len(x)} parts; the program takes {len(inputs)} inputs.")
        return type(inputs)([_structure(i, part, whole) for i, part in zip(inputs, x, strict=True)])
    if isinstance(inputs, dict) and isinstance(x, dict) and x.keys() == inputs.keys():
        return {key: _structure(inputs[key], x[key], whole) for key in inputs}
    if isinstance(inputs, list | tuple) and isinstance(x, dict):
        return type(inputs)([_structure(part, x, False) for part in inputs])
    if isinstance(inputs, dict) and isinstance(x, dict):
        return {key: _structure(part, x, False) for key, part in inputs.items()}
    if inputs is None and isinstance(x, list | tuple | dict) and _holds_models(x):
        return _target(x)
    return _leaf(inputs, x, whole)


def _leaf(wanted: Input | None, x: Any, whole: bool) -> JsonDataModel:
    if is_model(x):
        model = as_json_data_model(x)
        own = model.get_schema()
        if wanted is not None and own is not wanted.schema and own != wanted.schema:
            _check(wanted, model.get_json())
        return model
    if not isinstance(x, dict):
        raise _unusable(x)
    if wanted is None:
        raise DataError(
            "a plain dict can be read only for a program whose inputs are known; give data models, or build "
            "the program first."
        )
    row = x if whole else _taken(wanted, x)
    _check(wanted, row)
    return JsonDataModel.trusted(wanted.schema, row)


def _taken(wanted: Input, row: dict[str, Any]) -> dict[str, Any]:
    missing = next((key for key in wanted.required if key not in row), None)
    if missing is not None:
        near = nearest_name(missing, row)
        hint = f" Is {near!r} meant for it? Then rename it." if near else ""
        raise DataError(f"the program's input has a field {missing!r}, the row has {_listed(row)}.{hint}")
    return {key: row[key] for key in wanted.keys if key in row}


def _check(wanted: Input, value: dict[str, Any]) -> None:
    reason = json_problem(value) or validate(wanted.schema, value)
    if reason is None:
        return
    if value.keys() - set(wanted.keys) or set(wanted.required) - value.keys():
        reason += f". The input has {_listed(wanted.keys)}; the row has {_listed(value)}."
    raise DataError(f"not valid for the program's input: {reason}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names)) or "no field"


def _target(y: Any) -> Any:
    if y is None:
        return None
    if is_model(y):
        return as_json_data_model(y)
    if isinstance(y, list | tuple):
        return type(y)([_target(part) for part in y])
    if isinstance(y, dict):
        return {key: _target(part) for key, part in y.items()} if _holds_models(y) else _inferred(y)
    raise _unusable(y)


def _holds_models(structure: Any) -> bool:
    values = structure.values() if isinstance(structure, dict) else structure
    return bool(structure) and any(is_model(value) for value in values)


def _keys(inputs: Any) -> set[str]:
    return {key for wanted in leaves(inputs) if wanted is not None for key in wanted.keys}


def _unusable(value: Any) -> DataError:
    text = repr(value)
    text = text if len(text) <= 80 else f"{text[:80]}..."
    if isinstance(value, type):
        text = f"the class {value.__name__}"
    return DataError(
        f"{text} ({type(value).__name__}) is no data model; expected an object of a DataModel class, a "
        "JsonDataModel or a dict of its fields."
    )


def _inferred(row: dict[str, Any]) -> JsonDataModel:
    problem = json_problem(row)
    if problem is not None:
        raise DataError(f"a dict that is not JSON: {problem}.")
    return JsonDataModel.trusted(
        _inferred_schema(tuple((key, type(value)) for key, value in row.items())), row
    )


@lru_cache(maxsize=256)
def _inferred_schema(signature: tuple[tuple[str, type], ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {key: {"type": _TYPES[t]} if t in _TYPES else {} for key, t in signature},
        "required": [key for key, _ in signature],
        "additionalProperties": False,
    }
