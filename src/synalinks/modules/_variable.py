"""Variables: the JSON values that training changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

from synalinks._internal.canonical import content_hash, copy_json
from synalinks.data import DataModel, JsonDataModel, json_problem, validate
from synalinks.errors import ConfigurationError, UnknownNameError

_active: ContextVar[Mapping[Variable, Any] | None] = ContextVar("synalinks_assignment", default=None)
_MISSING = object()


class Variable:
    """A named JSON value that obeys a schema; optimizers rewrite the trainable ones.

    Args:
        value: The initial value: JSON, or a data model's instance.
        schema: JSON schema of the value.
        name: Name within its module, without "/".
        description: What it is for; optimizers may show it to a language model.
        trainable: Whether optimizers may change it.

    Raises:
        ConfigurationError: The value is not JSON or not valid for the schema, or the name holds a "/",
            which parts the names in a path.
    """

    __slots__ = ("_value", "description", "name", "schema", "trainable")

    def __init__(
        self,
        value: Any,
        *,
        schema: dict[str, Any],
        name: str,
        description: str | None = None,
        trainable: bool = True,
    ) -> None:
        if not isinstance(name, str) or not name or "/" in name:
            raise ConfigurationError(
                f"A variable's name is a non-empty string without '/', got {name!r}.", argument="name"
            )
        self.schema, self.name = schema, name
        self.description, self.trainable = description, trainable
        self._value = self.checked(value)

    def checked(self, value: Any) -> Any:
        """Return a copy of `value` as JSON, valid for the schema.

        Raises:
            ConfigurationError: It is not JSON, or not valid; the text says where.
        """
        value = value.get_json() if isinstance(value, (DataModel, JsonDataModel)) else value
        # An open schema lets through what no file can hold: NaN, tuples, integers of more than 64 bits.
        problem = json_problem(value) or validate(self.schema, value)
        if problem is not None:
            raise ConfigurationError(f"Variable {self.name!r} cannot take this value: {problem}")
        return copy_json(value)

    @property
    def value(self) -> Any:
        """The value that is in force here, not copied: do not change it."""
        active = _active.get()
        if active is None:
            return self._value
        covered = active.get(self, _MISSING)
        return self._value if covered is _MISSING else covered

    def get(self, field: str | None = None) -> Any:
        """Return a copy of the value, or of one of its fields.

        Args:
            field: Key of an object's field; None for the whole.

        Raises:
            UnknownNameError: The value has no such field.
        """
        value = self.value
        if field is None:
            return copy_json(value)
        if not isinstance(value, dict) or field not in value:
            known = value if isinstance(value, dict) else []
            raise UnknownNameError(f"field of variable {self.name!r}", field, known)
        return copy_json(value[field])

    def assign(self, value: Any) -> None:
        """Replace the value.

        Raises:
            ConfigurationError: The value is not valid for the schema, or an assignment covers the
                variable here: the program is being run, and what it runs on may not change under it.
        """
        self.check_assignable()
        self._value = self.checked(value)

    def check_assignable(self) -> None:
        """Refuse an assignment while the program runs on a fixed set of values.

        Raises:
            ConfigurationError: An assignment covers the variable here.
        """
        active = _active.get()
        if active is not None and self in active:
            raise ConfigurationError(
                f"Variable {self.name!r} cannot be assigned while the program runs on a fixed set of values. "
                "Do it in a callback, or make the variable not trainable."
            )

    def __repr__(self) -> str:
        text = repr(self.value)
        shown = text if len(text) <= 60 else text[:57] + "..."
        return f"Variable(name={self.name!r}, value={shown}, trainable={self.trainable})"


class Assignment(Mapping[str, Any]):
    """An immutable mapping from variable path to value; while it is active, variables read from it.

    Many assignments can be active at the same time in different tasks on one program, so candidates
    are scored side by side without touching it.

    Args:
        values: Path of a variable to its value, JSON.
    """

    __slots__ = ("__dict__", "_values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {path: copy_json(value) for path, value in values.items()}

    def __getitem__(self, path: str) -> Any:
        return self._values[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @cached_property
    def digest(self) -> str:
        """Hash of the content: equal assignments have equal digests, in any process."""
        return content_hash(self._values)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Assignment) and self.digest == other.digest

    def with_values(self, changes: Mapping[str, Any]) -> Assignment:
        """Return an assignment in which the values of `changes` replace those of the same paths."""
        changed = Assignment(changes)
        changed._values = {**self._values, **changed._values}  # what stays is shared: nobody changes it
        return changed

    def bind(self, variables: Mapping[str, Variable]) -> BoundAssignment:
        """Check the values against `variables`, by path, and return what can be made active.

        Raises:
            UnknownNameError: There is no variable of that path.
            ConfigurationError: A value is not valid for its variable.
        """
        bound: dict[Variable, Any] = {}
        for path, value in self._values.items():
            if path not in variables:
                raise UnknownNameError("variable", path, variables)
            bound[variables[path]] = variables[path].checked(value)
        return BoundAssignment(bound)

    def __repr__(self) -> str:
        return f"Assignment({list(self._values)}, digest={self.digest!r})"


class BoundAssignment:
    """An assignment resolved to the variables of one program."""

    __slots__ = ("values",)

    def __init__(self, values: Mapping[Variable, Any]) -> None:
        self.values = values

    @classmethod
    def present(cls, variables: Iterable[Variable]) -> BoundAssignment:
        """Return the present values of `variables`, which stay what they are while it is active."""
        return cls({variable: variable.value for variable in variables})

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let the variables read from this assignment within the block, in this context only."""
        outer = _active.get()
        token = _active.set(self.values if outer is None else {**outer, **self.values})
        try:
            yield
        finally:
            _active.reset(token)
