"""The masks that rewards and metrics put on what they compare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from synalinks._internal.structure import leaves, map_leaves
from synalinks.errors import ConfigurationError, UnknownNameError, nearest_name


def _names(mask: Sequence[str] | None, argument: str) -> tuple[str, ...] | None:
    if mask is None:
        return None
    if isinstance(mask, str) or not isinstance(mask, Iterable):
        raise ConfigurationError(
            f'{argument} is {mask!r}; expected a list of field names, such as ["answer"].', argument=argument
        )
    names = tuple(mask)
    if not names or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(
            f"{argument} is {list(names)!r}; expected a list of at least one field name.", argument=argument
        )
    return names


def _pattern(pattern: str | None, argument: str) -> str | None:
    try:
        if pattern is not None:
            re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ConfigurationError(
            f"{argument} is {pattern!r}, which is not a regular expression: {error}.", argument=argument
        ) from None
    return pattern


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every dict in a JSON schema, itself first."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _parts(part)


def _property_names(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the names of all properties in a schema, nested ones too."""
    for part in _parts(schema):
        properties = part.get("properties")
        yield from properties if isinstance(properties, dict) else ()


def _is_open(schema: dict[str, Any]) -> bool:
    """Return whether an object in it may have properties that the schema does not name."""
    return any(
        (part.get("type") == "object" or "properties" in part)
        and part.get("additionalProperties", True) in (True, {})
        for part in _parts(schema)
    )


@dataclass(frozen=True, slots=True)
class Masks:
    """Which fields count: `in_*` keeps only what it names, then `out_*` leaves out what it names.

    Args:
        in_mask: Names of the fields to keep, or None.
        in_mask_pattern: Regular expression of the names to keep, or None.
        out_mask: Names of the fields to leave out, or None.
        out_mask_pattern: Regular expression of the names to leave out, or None.

    Raises:
        ConfigurationError: A mask is not a list of names, or a pattern no regular expression.
    """

    in_mask: Sequence[str] | None = None
    in_mask_pattern: str | None = None
    out_mask: Sequence[str] | None = None
    out_mask_pattern: str | None = None

    def __post_init__(self) -> None:
        for argument in ("in_mask", "out_mask"):
            object.__setattr__(self, argument, _names(getattr(self, argument), argument))
            _pattern(getattr(self, f"{argument}_pattern"), f"{argument}_pattern")

    @property
    def active(self) -> bool:
        """Whether anything is masked at all."""
        return self._keeps or self._drops

    @property
    def _keeps(self) -> bool:
        return self.in_mask is not None or self.in_mask_pattern is not None

    @property
    def _drops(self) -> bool:
        return self.out_mask is not None or self.out_mask_pattern is not None

    def get_config(self) -> dict[str, Any]:
        """Return the four arguments as JSON."""
        return {
            "in_mask": None if self.in_mask is None else list(self.in_mask),
            "in_mask_pattern": self.in_mask_pattern,
            "out_mask": None if self.out_mask is None else list(self.out_mask),
            "out_mask_pattern": self.out_mask_pattern,
        }

    def apply(self, structure: Any) -> Any:
        """Return the data models of `structure` with only the fields that count.

        Raises:
            ConfigurationError: Nothing is left of a data model, which would make everything equal.
        """
        return map_leaves(self._apply, structure) if self.active else structure

    def _apply(self, model: Any) -> Any:
        if model is None:
            return None
        masked = model
        if self._keeps:
            masked = masked.in_mask(mask=self.in_mask, pattern=self.in_mask_pattern)
        if self._drops:
            masked = masked.out_mask(mask=self.out_mask, pattern=self.out_mask_pattern)
        if not masked.get_schema().get("properties") and model.keys():
            raise ConfigurationError(self._nothing_left(list(model.keys())))
        return masked

    def check(self, target: Any, prediction: Any) -> None:
        """Refuse masks that cannot be meant for what is compared.

        Args:
            target: The target's data models (their schema counts, not their values), or None without one.
            prediction: The prediction's, or None where they are not known.

        Raises:
            UnknownNameError: A name is in none of them; it lists the nearest.
            ConfigurationError: Nothing is left of one of them.
        """
        if prediction is None or not self.active:
            return
        models = [m.to_symbolic_data_model() for m in leaves([target, prediction]) if m is not None]
        if not any(_is_open(model.get_schema()) for model in models):
            self._check_names(models)
        self.apply(models)

    def _check_names(self, models: list[Any]) -> None:
        for argument in ("in_mask", "out_mask"):
            for name in getattr(self, argument) or ():
                if not any(model.in_mask(mask=[name]).keys() for model in models):
                    known = {key for model in models for key in _property_names(model.get_schema())}
                    raise UnknownNameError(f"name in {argument}", name, known)

    def _nothing_left(self, keys: list[str]) -> str:
        given = ", ".join(
            f"{name}={value!r}" for name, value in self.get_config().items() if value is not None
        )
        text = f"{given} leaves nothing of a data model with the fields {', '.join(map(repr, keys))}."
        nearest = [nearest_name(name, keys) for name in self.in_mask or ()]
        hint = next((name for name in nearest if name), None)
        return f"{text} Did you mean {hint!r}?" if hint else text
