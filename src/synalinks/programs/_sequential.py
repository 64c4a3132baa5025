"""A program that is a list of modules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from synalinks._internal.coroutines import run_sync
from synalinks.data import SymbolicDataModel
from synalinks.errors import ProgramError
from synalinks.modules import Module
from synalinks.programs._program import Program


class Sequential(Program):
    """A program in which each module takes what the one before it returned.

    Args:
        modules: The modules, in order. The first may be an `Input`: then the program is built at once,
            otherwise when it first sees data.
        name: Name of the program; defaults to `sequential`.
        description: What it does.
        trainable: Whether optimizers may change its variables.

    Raises:
        ProgramError: Something in the list is no module.
    """

    def __init__(
        self,
        modules: Iterable[Any] | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name, description=description, trainable=trainable)
        self._modules: list[Module] = []
        for module in modules or ():
            self.add(module)

    def add(self, module: Any) -> None:
        """Append a module; the first may be an `Input`.

        Raises:
            ProgramError: It is no module, or the program was already built without knowing of it.
        """
        if isinstance(module, SymbolicDataModel):
            if self._modules or self._input_spec is not None:
                raise ProgramError("Only the first of a Sequential's modules can be an Input.")
            self._input_spec = module
            return
        if not isinstance(module, Module):
            raise ProgramError(f"A Sequential takes modules, got {module!r:.100} ({type(module).__name__}).")
        if module in self._modules:
            raise ProgramError(f"{module!r} is already in this Sequential; make a second one.")
        self._modules.append(module)
        if self._input_spec is not None:
            run_sync(self._connect(self._input_spec), what="Building the Sequential")

    async def build(self, inputs: Any) -> None:
        """Wire the modules for the first inputs."""
        await self._connect(inputs)

    async def _connect(self, inputs: Any) -> None:
        if not self._modules:
            raise ProgramError("This Sequential is empty: add modules to it.")
        # The modules keep what they were built with, only the wiring is made anew.
        self._graph = None
        outputs = inputs
        for module in self._modules:
            outputs = await module(outputs)
        Program.__init__(self, inputs=inputs, outputs=outputs)

    def get_config(self) -> dict[str, Any]:
        """Return the modules in order, the input first where it is known."""
        if type(self).__init__ is not Sequential.__init__:
            return super().get_config()  # a subclass has arguments of its own
        start = [] if self._input_spec is None else [self._input_spec]
        return {
            "modules": [*start, *self._modules],
            "name": self.explicit_name,
            "description": self.description,
            "trainable": self.trainable,
        }
