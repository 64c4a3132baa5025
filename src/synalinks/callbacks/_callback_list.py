"""Calling the hooks of several callbacks in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from synalinks._internal.coroutines import resolved
from synalinks._internal.scope import SampleScope, entered, for_purpose, sample_scope
from synalinks._internal.warn import warn
from synalinks.callbacks._budget import exhaustion_in
from synalinks.callbacks._callback import HOOKS, Callback
from synalinks.callbacks._hooks import hooks_of
from synalinks.callbacks._setup import TrainingSetup
from synalinks.data._validation import json_flaw
from synalinks.errors import ConfigurationError


def _dispatcher(hook: str) -> Callable[..., Awaitable[None]]:
    async def dispatch(self: CallbackList, *args: Any) -> None:
        for index, number in self._overriding[hook]:
            await self._call(index, hook, *(*args, None)[:number])  # None: where there are no logs

    dispatch.__name__ = hook
    dispatch.__qualname__ = f"CallbackList.{hook}"
    dispatch.__doc__ = f"Call `{hook}` of every callback that has one, in list order."
    return dispatch


class CallbackList:
    """The callbacks of one `fit`, `evaluate` or `predict`.

    Each hook of `Callback` is here an `async` method of the same arguments that calls the callbacks which
    override it, in list order, and awaits those that are asynchronous. Language-model calls made by a hook
    count under the purpose "callback" and the phase "hook:<callback>.<hook>", with the number of the batch
    for hooks of batches of an evaluation, and after the outer phase for an evaluation within a hook. What a
    hook raises has a note that names it. A method `on_...` that is no hook is warned of.

    Args:
        callbacks: The callbacks. The list is fixed from here on.
        program: The live program.
        params: See `Callback.params`.

    Raises:
        ConfigurationError: One of them is not a `Callback`, or has a hook that cannot take its arguments.
    """

    on_train_begin = _dispatcher("on_train_begin")
    on_epoch_begin = _dispatcher("on_epoch_begin")
    on_epoch_end = _dispatcher("on_epoch_end")
    on_train_batch_begin = _dispatcher("on_train_batch_begin")
    on_train_batch_end = _dispatcher("on_train_batch_end")
    on_test_begin = _dispatcher("on_test_begin")
    on_test_end = _dispatcher("on_test_end")
    on_test_batch_begin = _dispatcher("on_test_batch_begin")
    on_test_batch_end = _dispatcher("on_test_batch_end")
    on_predict_begin = _dispatcher("on_predict_begin")
    on_predict_end = _dispatcher("on_predict_end")
    on_predict_batch_begin = _dispatcher("on_predict_batch_begin")
    on_predict_batch_end = _dispatcher("on_predict_batch_end")

    def __init__(self, callbacks: Iterable[Callback], *, program: Any, params: Mapping[str, Any]) -> None:
        self.callbacks = tuple(callbacks)
        self._program = program
        self._before: list[tuple[Callback, Any, Mapping[str, Any]]] = []
        hooks = [self._adopt(callback, params) for callback in self.callbacks]
        self._addresses = [f"{name}_{number}" if number else name for name, number in self._numbered_names()]
        self._overriding = {
            hook: [(index, numbers[hook]) for index, numbers in enumerate(hooks) if hook in numbers]
            for hook in HOOKS
        }

    def _adopt(self, callback: object, params: Mapping[str, Any]) -> dict[str, int]:
        """Make a callback part of this run, and return its hooks with the numbers of their arguments."""
        if not isinstance(callback, Callback):
            hint = " Put parentheses behind it." if isinstance(callback, type) else ""
            raise ConfigurationError(
                f"callbacks must be instances of synalinks.callbacks.Callback, got {callback!r}.{hint}",
                argument="callbacks",
            )
        hooks = hooks_of(callback)
        self._before.append((callback, callback.program, callback.params))
        callback.set_program(self._program)
        callback.set_params(params)
        return hooks

    def release(self) -> None:
        """Give the callbacks that were part of another run before their program and `params` of it back.

        So a hook of `fit` can call `evaluate` with its own callback and go on with what it had.
        """
        for callback, program, params in reversed(self._before):
            if program is not None:
                callback.set_program(program)
                callback.set_params(params)

    def _numbered_names(self) -> list[tuple[str, int]]:
        """Return for each callback its class's name and how many of that name stand before it."""
        seen: Counter[str] = Counter()
        names = []
        for callback in self.callbacks:
            name = type(callback).__name__
            names.append((name, seen[name]))
            seen[name] += 1
        return names

    async def _call(self, index: int, hook: str, *args: Any) -> None:
        run = getattr(self._program, "run", None)
        scope = SampleScope(
            phase=self._phase(index, hook, *args),
            epoch=run.epoch if run else None,
            step=run.step if run else None,
        )
        with for_purpose("callback"), entered(scope):
            try:
                await resolved(getattr(self.callbacks[index], hook)(*args))
            except Exception as error:
                error.add_note(f"Raised by {self._addresses[index]}.{hook}.")
                raise

    def _phase(self, index: int, hook: str, *args: Any) -> str:
        """Return the phase of a hook's calls, which tells it apart from all others of the same step."""
        phase = f"hook:{self._addresses[index]}.{hook}"
        if hook.startswith(("on_test_batch", "on_predict_batch")):
            phase += f"#{args[0]}"
        outer = sample_scope.get()
        return phase if outer is None else f"{outer.phase}/{phase}#{outer.inner}"

    async def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Call `on_train_end` of every callback; one whose calls the budget has no room for is cut short."""
        for index, number in self._overriding["on_train_end"]:
            try:
                await self._call(index, "on_train_end", *(logs,)[:number])
            except Exception as error:
                exhausted = exhaustion_in(error)
                if exhausted is None:
                    raise
                warn(f"{self._addresses[index]}.on_train_end was cut short. {exhausted}")

    async def on_exception(self, exception: BaseException) -> None:
        """Call `on_exception` of every callback; what a hook raises becomes a note of `exception`.

        A cancellation or an interrupt too ends that hook alone: later callbacks have things to put in order.
        """
        for index, _ in self._overriding["on_exception"]:
            try:
                await self._call(index, "on_exception", exception)
            except GeneratorExit:  # the coroutine is being closed: it must not go on
                raise
            except BaseException as error:  # noqa: BLE001 - the first error is the one to be raised
                what = f"{type(error).__name__}: {error}".removesuffix(": ")
                exception.add_note(f"{self._addresses[index]}.on_exception raised as well: {what}")

    def check(self, setup: TrainingSetup) -> None:
        """Let every callback look for mistakes in what is about to be done (see `Callback.check`)."""
        for callback in self.callbacks:
            callback.check(setup)

    def state_dict(self) -> list[dict[str, Any]]:
        """Return the state of every callback, under its class's name and index among those of that name.

        Raises:
            ConfigurationError: A state is not JSON; the callback and the key are named.
        """
        return [
            {"class": name, "index": number, "state": self._state(callback)}
            for callback, (name, number) in zip(self.callbacks, self._numbered_names(), strict=True)
        ]

    def _state(self, callback: Callback) -> dict[str, Any]:
        state = callback.state_dict()
        name = type(callback).__name__
        if not isinstance(state, dict):
            raise ConfigurationError(
                f"{name}.state_dict() must return a dict, got {type(state).__name__}. Is a `return` missing?"
            )
        flaw = json_flaw(state)
        if flaw:
            raise ConfigurationError(f"The state of callback {name!r} is not JSON at {flaw[0]!r}: {flaw[1]}.")
        return state

    def load_state_dict(self, states: Sequence[Mapping[str, Any]]) -> None:
        """Give every callback its saved state back; warn of states that have lost their callback."""
        saved = {(entry["class"], entry["index"]): entry["state"] for entry in states}
        for callback, name in zip(self.callbacks, self._numbered_names(), strict=True):
            if name in saved:
                callback.load_state_dict(saved.pop(name))
        lost = sorted({name for (name, _), state in saved.items() if state})
        if lost:
            warn(
                f"The backup holds a state of {', '.join(lost)}, which is not among the callbacks any more; "
                "it is dropped."
            )
