"""The base of all optimizers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Self

from synalinks._internal.names import snake_case
from synalinks.errors import ConfigurationError
from synalinks.optimizers._context import OptimizerContext, VariableInfo


class Optimizer(ABC):
    """Proposes better values for the variables of a program.

    A class overrides `step`, and `state_dict` / `load_state_dict` for whatever it remembers between
    steps: a run that is resumed has to end like one that was never interrupted. It gets random numbers
    from `context.rng` alone.

    Args:
        max_calls: The most calls of language models that it may spend in a training: for candidates and
            their rewards, and for proposals. The runs of the batches are not among them. What might not fit
            is not begun, by the most calls that any run of the program has taken; a spent allowance ends
            the optimizing, not the training. None for no bound.
        name: Name in logs and candidates; defaults to the class name in snake_case.
        description: What it does.

    Raises:
        ConfigurationError: An argument is not valid.
    """

    def __init__(
        self, *, max_calls: int | None = None, name: str | None = None, description: str | None = None
    ) -> None:
        if max_calls is not None and (
            isinstance(max_calls, bool) or not isinstance(max_calls, int) or max_calls < 1
        ):
            raise ConfigurationError(
                f"max_calls must be a whole number of at least 1, or None for no bound, not {max_calls!r}.",
                argument="max_calls",
            )
        self.max_calls = max_calls
        self.name = snake_case(type(self).__name__) if name is None else name
        self.description = description

    @abstractmethod
    async def step(self, context: OptimizerContext) -> None:
        """Look at a batch's outcomes, propose candidates, have them scored, and decide.

        Args:
            context: What there is to see, and what can be done.
        """

    def check(self, variables: Mapping[str, VariableInfo]) -> None:  # noqa: B027 - most have nothing to check
        """Refuse a program that this optimizer cannot train; called before the first call is paid for.

        Raises:
            ConfigurationError: There is nothing for it to change.
        """

    def expected_calls(self, batch: int, selection: int) -> int:
        """Return about how much a step asks for, for estimates before a training.

        Args:
            batch: Samples of the batch.
            selection: Samples held out for scoring candidates, 0 for none.

        Returns:
            Runs of the program on a sample, plus calls of its own; 0 where it does not say.
        """
        return 0

    def state_dict(self) -> dict[str, Any]:
        """Return what it remembers between steps, as JSON."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:  # noqa: B027 - the counterpart of {}
        """Take over a state that `state_dict` returned."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as JSON; extend it in a class with arguments of its own."""
        bound = {} if self.max_calls is None else {"max_calls": self.max_calls}
        return {**bound, "name": self.name, "description": self.description}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make an optimizer of what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"


def parts(judge: Any) -> Iterator[Any]:
    """Yield an object and its attributes, and of an optimizer among them its attributes likewise."""
    yield judge
    for part in getattr(judge, "__dict__", {}).values():
        if isinstance(part, Optimizer):
            yield from parts(part)
        else:
            yield part
