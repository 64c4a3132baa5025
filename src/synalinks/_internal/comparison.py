"""What rewards and metrics have in common: a name, masks, and a look at a target and a prediction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Sequence
from inspect import isawaitable
from types import CoroutineType
from typing import Any, ClassVar, Final, Self

from synalinks._internal.masks import Masks
from synalinks._internal.names import snake_case
from synalinks._internal.scope import purpose
from synalinks.errors import ConfigurationError

_AT_ONCE: Final = frozenset({bool, int, float, str, dict, list, tuple, type(None)})
"""Types of what `call` mostly returns: asking whether such a thing can be awaited costs more than these."""


class Comparison(ABC):
    """Looks at a prediction, mostly beside its target.

    Args:
        name: Its name; defaults to the class name in snake_case.
        in_mask: Names of the fields that count, in target and prediction alike; None for all.
        in_mask_pattern: Regular expression of the names of the fields that count.
        out_mask: Names of the fields that do not count.
        out_mask_pattern: Regular expression of the names of the fields that do not count.

    Attributes:
        kind: "reward" or "metric": what errors call it, and the purpose of the calls that it makes.
        needs_target: Whether `call` cannot do without a target, so that data without `y` is an error.

    Raises:
        ConfigurationError: An option is not valid.
    """

    kind: ClassVar[str]
    needs_target: bool = False
    _pure: ClassVar[bool] = (
        False  # whether a plain `call` calls no models, so that its purpose matters to none
    )

    def __init__(
        self,
        *,
        name: str | None = None,
        in_mask: Sequence[str] | None = None,
        in_mask_pattern: str | None = None,
        out_mask: Sequence[str] | None = None,
        out_mask_pattern: str | None = None,
    ) -> None:
        self.name = snake_case(type(self).__name__) if name is None else name
        self._masks = Masks(in_mask, in_mask_pattern, out_mask, out_mask_pattern)
        self._masked = self._masks.active

    @abstractmethod
    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Look at one sample; plain or async.

        Args:
            y_true: The target with only the fields that count, or None where the data has none.
            y_pred: The prediction, likewise, or None where the program gave nothing.
        """

    def check(self, target: Any, prediction: Any) -> None:
        """Look for mistakes before anything is paid for; `fit` and `evaluate` call it.

        Args:
            target: A target (a data model, with or without a value, or a structure of them), or None where
                the data has none. Only its schema counts.
            prediction: Likewise what the program answers, or None where that is not known.

        Raises:
            UnknownNameError: A mask names a field that neither has.
            ConfigurationError: The masks leave nothing, or the two can never be compared.
        """
        self._masks.check(target, prediction)

    def modules(self) -> Sequence[Any]:
        """Return the modules that ask for it: their models are checked before a run, their calls expected."""
        return ()

    async def _compared(self, y_true: Any, y_pred: Any, where: str = "") -> Any:
        """Return what `call` makes of a sample, masks applied; see `_compared_now`."""
        value = self._compared_now(y_true, y_pred, where)
        return await value if type(value) is CoroutineType else value

    def _compared_now(self, y_true: Any, y_pred: Any, where: str = "") -> Any:
        """Return what `call` makes of a sample, masks applied; a coroutine of it only if `call` must wait.

        Args:
            y_true: The target, or None.
            y_pred: The prediction, or None.
            where: Which sample it is, for errors: "" or " for sample 3".

        Raises:
            ConfigurationError: A target is needed and there is none.
            Exception: What `call` raised, with a note that says whose `call` it was.
        """
        if y_true is None and self.needs_target:
            what = f"{self.kind.capitalize()} {self.name!r}"
            raise ConfigurationError(
                f"{what} compares with a target and the data has none: pass y.", argument="y"
            )
        if self._masked:
            y_true, y_pred = self._masks.apply(y_true), self._masks.apply(y_pred)
        token = None if self._pure else purpose.set(self.kind)
        try:
            value = self._look(y_true, y_pred)
        except Exception as error:
            error.add_note(self._origin(where))
            raise
        finally:
            if token is not None:
                purpose.reset(token)
        return value if type(value) in _AT_ONCE or not isawaitable(value) else self._awaited(value, where)

    async def _awaited(self, value: Awaitable[Any], where: str) -> Any:
        token = purpose.set(self.kind)
        try:
            return await value
        except Exception as error:
            error.add_note(self._origin(where))
            raise
        finally:
            purpose.reset(token)

    def _origin(self, where: str) -> str:
        return f"Raised by {self.kind} {self.name!r}{where}."

    def _look(self, y_true: Any, y_pred: Any) -> Any:
        return self.call(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON; extend it in a class with arguments of its own."""
        return {"name": self.name, **self._masks.get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make an object of what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"
