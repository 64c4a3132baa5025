"""The operations of the data algebra, as values: what each gives for schemas and for values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from synalinks.data._masks import masking
from synalinks.data._plans import Plan, alternatives, concatenation, factorization, renaming
from synalinks.errors import ConfigurationError, DataError, UnknownNameError

if TYPE_CHECKING:
    from synalinks.data._json_data_model import JsonDataModel
    from synalinks.data._schema import Schema

_MASK_OPTIONS: dict[str, Any] = {"mask": (), "pattern": None, "recursive": True}
_OPTIONS: dict[str, dict[str, Any]] = {
    "concat": {},
    "and": {},
    "or": {},
    "xor": {},
    "not": {},
    "in_mask": _MASK_OPTIONS,
    "out_mask": _MASK_OPTIONS,
    "factorize": {},
    "prefix": {"name": None},
    "suffix": {"name": None},
}
_BINARY = frozenset({"concat", "and", "or", "xor"})
_MEMO_SIZE = 512


class Operation:
    """One operation of the algebra on data models, with its options: immutable and hashable.

    What it does to values is worked out once per combination of schemas (compared by identity) and
    remembered, so that applying it to many values of the same schemas builds no schema, and all
    results share one schema object.

    Args:
        kind: "concat", "and", "or", "xor" (two operands), "not", "in_mask", "out_mask", "factorize",
            "prefix" or "suffix" (one operand).
        options: For masks `mask` (a sequence of names), `pattern` (a regular expression) and
            `recursive`; for prefix and suffix `name`.

    Raises:
        ConfigurationError: Unknown kind or option, or an option of the wrong type.
    """

    __slots__ = ("_memo", "_on_values", "kind", "options")

    kind: str
    options: Mapping[str, Any]

    def __init__(self, kind: str, options: Mapping[str, Any] | None = None) -> None:
        if kind not in _OPTIONS:
            raise UnknownNameError("operation", kind, _OPTIONS)
        self.kind = kind
        self.options = _checked_options(kind, options or {})
        self._memo: dict[tuple[int, int], tuple[tuple[Schema, ...], Plan]] = {}
        self._on_values: Callable[..., JsonDataModel | None] = getattr(self, f"_{_RULES.get(kind, 'unary')}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Operation):
            return NotImplemented
        return self.kind == other.kind and self.options == other.options

    def __hash__(self) -> int:
        return hash((self.kind, tuple(self.options.items())))

    def __repr__(self) -> str:
        options = ", ".join(f"{key}={value!r}" for key, value in self.options.items())
        return f"Operation({self.kind!r}{f', {options}' if options else ''})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Operation, (self.kind, self.options)

    def get_config(self) -> dict[str, Any]:
        """Return the operation as JSON, for `from_config`."""
        options = {key: list(v) if isinstance(v, tuple) else v for key, v in self.options.items()}
        return {"kind": self.kind, "options": options}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Operation:
        """Return the operation of a `get_config`."""
        return cls(config["kind"], config.get("options", {}))

    # --- Schemas ---

    def on_schemas(self, *schemas: Schema | None) -> Schema:
        """Return the schema of the result.

        Whether a value will be there is not known from the schemas: `and`, `or` and `concat` give the
        schema of both together, `xor` that of one of the two, `not` that of its operand.

        Args:
            schemas: The schema of each operand; None for an operand that is never there.

        Raises:
            DataError: Wrong number of operands, a None that cannot be, or a schema of no object.
        """
        self._check_arity(len(schemas))
        present = [schema for schema in schemas if schema is not None]
        if not present or (self.kind == "concat" and len(present) < 2):
            raise DataError(self._none_message())
        if len(present) < len(schemas) or self.kind == "not":
            return present[0]
        if self.kind == "xor":
            return alternatives(present[0], present[1])
        return self.plan(*present).schema

    def plan(self, *schemas: Schema) -> Plan:
        """Return what the operation does to values of these schemas, all of them present."""
        key = (id(schemas[0]), id(schemas[-1]))  # one operand or two
        known = self._memo.get(key)
        if known is None:
            if len(self._memo) >= _MEMO_SIZE:
                self._memo.clear()
            known = self._memo[key] = (schemas, self._make_plan(schemas))
        return known[1]

    def _make_plan(self, schemas: tuple[Schema, ...]) -> Plan:
        options = self.options
        if self.kind in _BINARY:
            return concatenation(*schemas)
        if self.kind == "factorize":
            return factorization(*schemas)
        if self.kind == "prefix":
            return renaming(schemas[0], lambda key: f"{options['name']}_{key}")
        if self.kind == "suffix":
            return renaming(schemas[0], lambda key: f"{key}_{options['name']}")
        return masking(
            *schemas,
            keep=self.kind == "in_mask",
            names=options["mask"],
            pattern=options["pattern"],
            recursive=options["recursive"],
        )

    # --- Values ---

    def on_values(self, *values: JsonDataModel | None) -> JsonDataModel | None:
        """Return the result for values.

        `concat`: both together; None is an error. `and`: both together, or None when one is missing.
        `or`: both together, or the one that is there. `xor`: the one that is there if the other is not.
        `not`: always None. The others: None for None.

        Args:
            values: The operands.

        Raises:
            DataError: Wrong number of operands, or None for `concat`.
        """
        try:
            return self._on_values(*values)
        except TypeError:
            self._check_arity(len(values))
            raise

    def _joined(self, left: JsonDataModel, right: JsonDataModel) -> JsonDataModel:
        # fields, not methods, here and below: this runs for every sample
        plan = self.plan(left._schema, right._schema)
        return left.trusted(plan.schema, plan.apply(left._json, right._json))

    def _concat(self, left: JsonDataModel | None, right: JsonDataModel | None) -> JsonDataModel | None:
        if left is None or right is None:
            raise DataError(self._none_message())
        return self._joined(left, right)

    def _and(self, left: JsonDataModel | None, right: JsonDataModel | None) -> JsonDataModel | None:
        return None if left is None or right is None else self._joined(left, right)

    def _or(self, left: JsonDataModel | None, right: JsonDataModel | None) -> JsonDataModel | None:
        if left is None:
            return right
        return left if right is None else self._joined(left, right)

    def _xor(self, left: JsonDataModel | None, right: JsonDataModel | None) -> JsonDataModel | None:
        if left is None:
            return right
        return left if right is None else None

    def _not(self, value: JsonDataModel | None) -> JsonDataModel | None:
        return None

    def _unary(self, value: JsonDataModel | None) -> JsonDataModel | None:
        if value is None:
            return None
        plan = self.plan(value._schema)
        return value.trusted(plan.schema, plan.apply(value._json))

    # --- Errors ---

    def _check_arity(self, given: int) -> None:
        expected = 2 if self.kind in _BINARY else 1
        if given != expected:
            raise DataError(f"The operation {self.kind!r} takes {expected} operand(s); got {given}.")

    def _none_message(self) -> str:
        if self.kind == "concat":
            return (
                "`+` needs a data model on both sides; got None. Where a side may be missing, use `&` (None "
                "unless both are there) or `|` (whatever is there)."
            )
        return f"The operation {self.kind!r} needs a data model; got None."


_RULES = {"concat": "concat", "and": "and", "or": "or", "xor": "xor", "not": "not"}


@lru_cache(maxsize=4096)
def _mask_operation(kind: str, mask: tuple[str, ...], pattern: str | None, recursive: bool) -> Operation:
    return Operation(kind, {"mask": mask, "pattern": pattern, "recursive": recursive})


@cache
def plain_operation(kind: str) -> Operation:
    """Return the one operation of a kind without options, with what it remembers."""
    return Operation(kind)


@lru_cache(maxsize=1024)
def naming_operation(kind: str, name: str) -> Operation:
    """Return the one operation of this prefix or suffix."""
    return Operation(kind, {"name": name})


def mask_operation(kind: str, mask: Any, pattern: str | None, recursive: bool) -> Operation:
    """Return the one operation of this mask."""
    if mask is None and pattern is None:
        raise ConfigurationError(
            f"{kind}() needs `mask`, a list of names, or `pattern`, a regular expression."
        )
    return _mask_operation(kind, _mask_names(mask), pattern, recursive)


def _mask_names(mask: Any) -> tuple[str, ...]:
    if mask is None:
        return ()
    names = () if isinstance(mask, str) else tuple(mask)
    if isinstance(mask, str) or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(
            f"A mask is a list of names, such as ['answer']; got {mask!r}.", argument="mask"
        )
    return names


def _checked_options(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    known = _OPTIONS[kind]
    for name in given:
        if name not in known:
            raise UnknownNameError(f"option of the operation {kind!r}", name, known)
    options = {**known, **given}
    if "mask" in options:
        options["mask"] = _mask_names(options["mask"])
        _check_pattern(options["pattern"])
        options["recursive"] = bool(options["recursive"])
    if "name" in options and not (isinstance(options["name"], str) and options["name"]):
        raise ConfigurationError(f"A {kind} is a text of one letter or more; got {options['name']!r}.")
    return options


def _check_pattern(pattern: Any) -> None:
    if pattern is None:
        return
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ConfigurationError(
            f"The pattern {pattern!r} is not a regular expression: {error}.", argument="pattern"
        ) from None
