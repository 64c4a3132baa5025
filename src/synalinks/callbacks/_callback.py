"""The base class of callbacks."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from synalinks.callbacks._setup import TrainingSetup

Logs: TypeAlias = dict[str, Any] | None
HookResult: TypeAlias = Awaitable[None] | None


class Callback:
    """An object whose methods are called at fixed points of training, evaluation and prediction.

    Override the hooks you need, as plain methods or as `async def`. They are called in the order of the list
    that was given to `fit`. Epochs and batches are counted from 0; `logs` holds the current figures, key to
    float, and is one dict for all callbacks of the list: what one adds, the later ones see.

    A hook may read `self.program` and may change it: `self.program.stop_training = True` ends the training
    after the batch (validation and `on_epoch_end` still run); `self.program.set_variables(...)` takes effect
    at once, also for the callbacks after it. Keep the batch hooks cheap.

    In a run with a backup, hooks that ran after the last backup run again after a resume. Whatever a
    callback must remember across an interruption belongs into `state_dict` and `load_state_dict`; to begin
    anew only in a fresh run, look at `self.program.run.resumed` in `on_train_begin`.

    Attributes:
        program: The live program.
        params: What is being run: "epochs", "steps" (per epoch, None when not known), "batch_size",
            "verbose", "optimizer", "metrics" (the keys of the logs), "seed", "initial_epoch".
    """

    program: Any = None
    params: Mapping[str, Any] = MappingProxyType({})

    def set_program(self, program: Any) -> None:
        """Make `program` the one that hooks see as `self.program`."""
        self.program = program

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Make `params` what hooks see as `self.params`."""
        self.params = params

    def check(self, setup: TrainingSetup) -> None:
        """Look for mistakes before anything is paid for; called once by `fit` before everything else.

        Args:
            setup: What this training will do.

        Raises:
            ConfigurationError: The callback cannot work in it.
        """

    def state_dict(self) -> dict[str, Any]:
        """Return what the callback must remember across an interruption, as JSON (no NaN, no infinity)."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state that `state_dict` returned; called before `on_train_begin` of a resumed run."""

    def on_train_begin(self, logs: Logs = None) -> HookResult:
        """Training begins."""

    def on_train_end(self, logs: Logs = None) -> HookResult:
        """Training has ended, after its last epoch or because it was told to stop."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> HookResult:
        """Epoch `epoch` begins."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> HookResult:
        """Epoch `epoch` has ended, validation included: `logs` holds its final figures."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> HookResult:
        """Training batch `batch` of the epoch begins."""

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> HookResult:
        """Training batch `batch` has ended; `logs` holds the figures of the epoch so far."""

    def on_test_begin(self, logs: Logs = None) -> HookResult:
        """An evaluation begins, within `fit` the validation."""

    def on_test_end(self, logs: Logs = None) -> HookResult:
        """An evaluation has ended; `logs` holds its figures."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> HookResult:
        """The first sample of batch `batch` of an evaluation starts."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> HookResult:
        """Batch `batch` of an evaluation has ended."""

    def on_predict_begin(self, logs: Logs = None) -> HookResult:
        """A prediction begins."""

    def on_predict_end(self, logs: Logs = None) -> HookResult:
        """A prediction has ended."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> HookResult:
        """The first sample of batch `batch` of a prediction starts."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> HookResult:
        """Batch `batch` of a prediction has ended."""

    def on_exception(self, exception: BaseException) -> HookResult:
        """What runs was ended by `exception`, an interrupt included; it is raised again afterwards."""


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))
"""Names of all hooks."""
