"""A function that scores many samples at once as a reward."""

from __future__ import annotations

import asyncio
import contextvars
import copy
from collections.abc import Callable
from typing import Any, Self

from synalinks._internal.coroutines import resolved
from synalinks._internal.identifiers import callable_name, reference, require_two_arguments
from synalinks._internal.registry import lookup
from synalinks._internal.scope import sample_scope
from synalinks._internal.settings import of_loop
from synalinks.errors import ConfigurationError
from synalinks.rewards._reward import Reward

_Waiting = tuple[Any, Any, "asyncio.Future[Any]"]


class BatchRewardWrapper(Reward):
    """A reward made of a function that scores many samples in one call, as vectorised code does.

    Samples are scored as their answers come: those that wait at the same time go into one call. Which ones
    these are depends on when they came, so the function must score each pair by itself, whatever stands
    beside it. It must not ask language models: their calls belong to one sample.

    Args:
        fn: `fn(y_trues, y_preds)`, plain or async, of two lists of the same length; it returns a list with a
            finite number or a `RewardResult` for each pair.
        max_batch_size: Most samples in a call.
        max_wait: Seconds that a sample waits for others to join it.
        name: Name of the reward; defaults to the function's.
        **options: The masks and `reduction` of `Reward`.

    Raises:
        ConfigurationError: `fn` does not take two arguments, or an option is not valid.
    """

    def __init__(
        self,
        fn: Callable[[list[Any], list[Any]], Any],
        *,
        max_batch_size: int = 32,
        max_wait: float = 0.01,
        name: str | None = None,
        **options: Any,
    ) -> None:
        require_two_arguments(fn, "reward")
        super().__init__(name=callable_name(fn) if name is None else name, **options)
        if isinstance(max_batch_size, bool) or not isinstance(max_batch_size, int) or max_batch_size < 1:
            raise ConfigurationError(
                f"max_batch_size is a number of samples of at least 1, not {max_batch_size!r}.",
                argument="max_batch_size",
            )
        if isinstance(max_wait, bool) or not isinstance(max_wait, int | float) or not 0 <= max_wait < 60:
            raise ConfigurationError(
                f"max_wait is a number of seconds from 0 to 60, not {max_wait!r}.", argument="max_wait"
            )
        self.fn, self.max_batch_size, self.max_wait = fn, max_batch_size, max_wait

    async def call(self, y_true: Any, y_pred: Any) -> Any:
        """Wait for the score of the batch that this pair becomes part of."""
        loop = asyncio.get_running_loop()
        queue: _Queue = of_loop(loop).setdefault(f"batch#{id(self)}", _Queue(self))
        return await queue.add(y_true, y_pred)

    @property
    def _function(self) -> Callable[..., Any]:
        return self.fn

    def get_config(self) -> dict[str, Any]:
        """Return the configuration; it names the function, and loading it needs the function registered."""
        own = {"max_batch_size": self.max_batch_size, "max_wait": self.max_wait}
        return {"fn": reference(self.fn), **own, **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a reward of what `get_config` returned.

        Raises:
            UnknownNameError: No function is registered under the name in the configuration.
        """
        return cls(**{**config, "fn": lookup(config["fn"])})


class _Queue:
    """The pairs that wait on one event loop."""

    def __init__(self, reward: BatchRewardWrapper) -> None:
        self._reward = reward
        self._waiting: list[_Waiting] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, y_true: Any, y_pred: Any) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((y_true, y_pred, future))
        if len(self._waiting) >= self._reward.max_batch_size:
            self._start()
        elif self._timer is None:
            self._timer = loop.call_later(self._reward.max_wait, self._start)
        return await future

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting = [entry for entry in self._waiting if not entry[2].done()], []
        if not batch:  # whoever waited was cancelled
            return
        context = contextvars.copy_context()
        context.run(sample_scope.set, None)  # what many samples share is no one's call
        task = asyncio.get_running_loop().create_task(self._score(batch), context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _score(self, batch: list[_Waiting]) -> None:
        try:
            scores = await resolved(self._reward.fn([y for y, _, _ in batch], [y for _, y, _ in batch]))
            if not hasattr(scores, "__len__") or len(scores) != len(batch):
                found = f"{len(scores)} scores" if hasattr(scores, "__len__") else repr(scores)[:100]
                raise ConfigurationError(
                    f"Reward {self._reward.name!r} got {len(batch)} samples and returned {found}; expected a "
                    "list with a score for each."
                )
        except BaseException as error:
            for _, _, future in batch:
                if not future.done():
                    future.set_exception(_own(error, len(batch)))
            if not isinstance(error, Exception):
                raise
            return
        for (_, _, future), score in zip(batch, scores, strict=True):
            if not future.done():
                future.set_result(score)


def _own(error: BaseException, size: int) -> Exception:
    """Return an error of a batch for one of its samples: what is noted of that one is not of the others."""
    if not isinstance(error, Exception):
        return RuntimeError(repr(error))
    try:
        own = copy.copy(error)
    except Exception:  # noqa: BLE001 - made in a way of its own, whatever that raises
        return error
    own.__cause__, own.__notes__ = error.__cause__, list(getattr(error, "__notes__", ()))
    if size > 1:
        own.add_note(f"{size} samples were scored in one call: it may be about another one of them.")
    return own.with_traceback(error.__traceback__)
