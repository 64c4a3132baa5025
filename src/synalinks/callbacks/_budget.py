"""Bounding what a training may use."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from types import MappingProxyType
from typing import Any, Final

from synalinks._internal.comparison import Comparison
from synalinks.callbacks._callback import Callback
from synalinks.callbacks._ledger import Ledger
from synalinks.callbacks._setup import TrainingSetup
from synalinks.embedding_models import EmbeddingModel
from synalinks.embedding_models import get as get_embedding_model
from synalinks.errors import BudgetExhaustedError, ConfigurationError
from synalinks.language_models import LanguageModel, get
from synalinks.language_models._meter import Amount, meter
from synalinks.language_models._prices import DOLLAR, Price
from synalinks.language_models._request import answer_bound
from synalinks.modules import Module
from synalinks.modules._index import modules_by_path
from synalinks.optimizers._optimizer import parts


class Budget(Callback):
    """Ends a training before it uses more than it may.

    Before each call the most that it can use is set aside: its prompt, counted as a third of its bytes,
    plus the `max_tokens` of its answer. When the answer is there, what it did use is counted instead. So
    what is used stays within the limits, also with many calls in flight, as long as the servers keep to
    `max_tokens` and count prompts no higher than that. An attempt that ran into a timeout, was cancelled in
    flight or came back unreadable may have been charged: what was set aside for it stays counted. Other
    failed attempts cost nothing. A reply whose tokens the server did not count is counted by its bytes.

    When the next call does not fit, calls in flight are waited for, the step under way is abandoned, and the
    training ends in good order: the variables are those of the last boundary of a batch or an epoch,
    no validation is run, `on_train_end` is called, and `history.stopped_by` is "budget". With
    `BackupAndRestore` the backup stays: run the same script again with higher limits, and it goes on; calls
    that were completed are neither made nor counted again.

    What counts is the run, all its processes together: calls of the program, the reward, the optimizer and
    of callbacks, evaluations that a callback starts included. After a kill the calls in flight, the
    timeouts and the seconds since the last backup are not known and not counted.

    Args:
        max_cost: US dollars. Each model needs a known price (see `LanguageModel(prices=)`), and `max_tokens`
            unless it costs nothing.
        max_calls: Answers, those asked for again included, and attempts that may have been charged.
        max_tokens: Tokens of prompts and answers; each model needs `max_tokens` then.
        max_seconds: Seconds within `fit`. Calls in flight are waited for, so it may take a little longer.

    Raises:
        ConfigurationError: No limit is given, or one is no number of at least 0.
    """

    def __init__(
        self,
        *,
        max_cost: float | None = None,
        max_calls: int | None = None,
        max_tokens: int | None = None,
        max_seconds: float | None = None,
    ) -> None:
        self.max_cost, self.max_calls = max_cost, max_calls
        self.max_tokens, self.max_seconds = max_tokens, max_seconds
        limits = {
            name: getattr(self, name) for name in ("max_cost", "max_calls", "max_tokens", "max_seconds")
        }
        if all(value is None for value in limits.values()):
            raise ConfigurationError(
                "Budget needs a limit, for example Budget(max_cost=5.0) for five US dollars.",
                argument="max_cost",
            )
        for name, value in limits.items():
            _check_limit(name, value, whole=name in ("max_calls", "max_tokens"))
        self._reset()

    def _reset(self) -> None:
        self._ledger = Ledger(self._problem)
        self._seconds = 0.0
        self._since: float | None = None

    # --- Figures ---------------------------------------------------------------------------

    @property
    def calls(self) -> int:
        """Calls that were used."""
        return self._ledger.used.calls

    @property
    def tokens(self) -> int:
        """Tokens that were used."""
        return self._ledger.used.tokens

    @property
    def cost(self) -> float:
        """US dollars that were used; calls of models without a known price are not in it."""
        return self._ledger.used.cost / DOLLAR

    @property
    def seconds(self) -> float:
        """Seconds within `fit`."""
        return self._seconds + (0.0 if self._since is None else monotonic() - self._since)

    @property
    def remaining_calls(self) -> int | None:
        """Calls that are left, None without a limit."""
        return None if self.max_calls is None else max(0, self.max_calls - self.calls)

    @property
    def remaining_tokens(self) -> int | None:
        """Tokens that are left, None without a limit."""
        return None if self.max_tokens is None else max(0, self.max_tokens - self.tokens)

    @property
    def remaining_cost(self) -> float | None:
        """US dollars that are left, None without a limit."""
        return None if self.max_cost is None else max(0.0, self.max_cost - self.cost)

    @property
    def remaining_seconds(self) -> float | None:
        """Seconds that are left, None without a limit."""
        return None if self.max_seconds is None else max(0.0, self.max_seconds - self.seconds)

    @property
    def exhausted(self) -> bool:
        """Whether a call did not fit any more."""
        return self._ledger.exhausted is not None

    def _problem(self, used: Amount) -> BudgetExhaustedError | None:
        """Return the error where `used` would be more than there is."""
        if self.max_calls is not None and used.calls > self.max_calls:
            return self._error("max_calls", f"{self.calls:,} of {self.max_calls:,} calls")
        if self.max_tokens is not None and used.tokens > self.max_tokens:
            return self._error("max_tokens", f"{self.tokens:,} of {self.max_tokens:,} tokens")
        if self.max_cost is not None and used.cost > round(self.max_cost * DOLLAR):
            return self._error("max_cost", f"${self.cost:,.6g} of ${self.max_cost:,.6g}")
        if self.max_seconds is not None and self.seconds >= self.max_seconds:
            return self._error("max_seconds", f"{self.seconds:.0f} of {self.max_seconds:,.6g} seconds")
        return None

    @staticmethod
    def _error(limit: str, used: str) -> BudgetExhaustedError:
        return BudgetExhaustedError(
            f"The budget is at its end: {used} are used, and the next call does not fit into {limit}.",
            limit=limit,
        )

    # --- Before the first call -------------------------------------------------------------

    def check(self, setup: TrainingSetup) -> None:
        """Begin with nothing used, and refuse models that cannot be counted.

        Raises:
            ConfigurationError: There are two budgets, or what a limit needs of a model is not known.
        """
        if sum(isinstance(c, Budget) for c in setup.callbacks) > 1:
            raise ConfigurationError(
                "callbacks has more than one Budget; give one all limits.", argument="callbacks"
            )
        self._reset()
        for where, model, params in _models(self.program):
            self._refuse_uncounted(model.model, model.price, answer_bound(params), where=where)

    def _refuse_uncounted(
        self, model: str, price: Price | None, bound: int | None, *, where: str = ""
    ) -> None:
        """Refuse calls of which it is not known what they may use; see `Meter.check`."""
        who = f"{model!r}{f' of {where}' if where else ''}"
        if self.max_cost is not None and price is None:
            raise ConfigurationError(
                f"Budget(max_cost=) needs the price of {who}, which is not known. Give it to the model in US "
                'dollars per million tokens, prices={"input": ..., "output": ...}; an EmbeddingModel has no '
                '"output".',
                argument="max_cost",
            )
        costly = self.max_cost is not None and price is not None and price.output > 0
        if bound is None and (costly or self.max_tokens is not None):
            limit = "max_cost" if costly else "max_tokens"
            raise ConfigurationError(
                f"Budget({limit}=) needs a bound on the answers of {who}. Give max_tokens=, for example "
                f"Generator(..., max_tokens=1024) or LanguageModel({model!r}, max_tokens=1024).",
                argument=limit,
            )

    # --- While training runs ---------------------------------------------------------------

    @contextmanager
    def counting(self, kept: Mapping[str, Any] | None) -> Iterator[None]:
        """Count the calls and the seconds of the block; `fit` runs the training in it.

        Args:
            kept: What `unsaved` returned at the end of the process before, None where there was none.
        """
        if kept is not None:
            self._seconds, self._ledger.lost = kept["seconds"], Amount(*kept["lost"])
        self._since = monotonic()
        token = meter.set(_Counter(self))
        try:
            yield
        finally:
            meter.reset(token)
            self._seconds, self._since = self.seconds, None

    def unsaved(self) -> dict[str, Any]:
        """Return what neither the last backup nor the journal of the calls after it tells, as JSON."""
        lost = self._ledger.lost
        return {"seconds": self.seconds, "lost": [lost.calls, lost.tokens, lost.cost]}

    def check_room(self) -> None:
        """Raise where a call did not fit, also where code of the user caught the error.

        Raises:
            BudgetExhaustedError: One did not.
        """
        self._ledger.check()

    # --- State -----------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return what was used; the limits are not part of it."""
        spent = self._ledger.spent
        return {"spent": [spent.calls, spent.tokens, spent.cost], **self.unsaved()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self._ledger.spent, self._ledger.lost = Amount(*state["spent"]), Amount(*state["lost"])
        self._seconds = state["seconds"]


class _Counter:
    """The budget as calls see it, see `Meter`."""

    def __init__(self, budget: Budget) -> None:
        self.check = budget._refuse_uncounted
        ledger = budget._ledger
        self.reserve, self.settle = ledger.reserve, ledger.settle
        self.lose, self.replay = ledger.lose, ledger.replay


def exhaustion_in(error: BaseException | None) -> BudgetExhaustedError | None:
    """Return the exhausted budget that an error comes from: itself, one of a group, or what led to it."""
    seen: set[int] = set()
    open_errors = [error]
    while open_errors:
        found = open_errors.pop()
        if isinstance(found, BudgetExhaustedError):
            return found
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        open_errors += [found.__cause__, found.__context__]
        open_errors += found.exceptions if isinstance(found, BaseExceptionGroup) else ()
    return None


def _check_limit(name: str, value: Any, *, whole: bool) -> None:
    if value is None:
        return
    fits = isinstance(value, int) if whole else isinstance(value, int | float) and math.isfinite(value)
    if not fits or isinstance(value, bool) or value < 0:
        kind = "a whole number" if whole else "a finite number"
        raise ConfigurationError(
            f"Budget: {name} must be {kind} of at least 0, got {value!r}.", argument=name
        )


_VECTORS: Final[Mapping[str, Any]] = MappingProxyType({"max_tokens": 0})


def _models(program: Any) -> Iterator[tuple[str, LanguageModel | EmbeddingModel, Mapping[str, Any]]]:
    """Yield where a model is asked, the model, and the parameters of its calls."""
    compiled = program.compiled
    judges = (compiled.reward, compiled.optimizer, *compiled.metrics)
    roots = [program, *(part for judge in judges for part in parts(judge))]
    roots += [module for judge in judges if isinstance(judge, Comparison) for module in judge.modules()]
    for root in roots:
        inside = modules_by_path(root) if isinstance(root, Module) else {}
        for path, part in {"": root, **inside}.items():
            if isinstance(part, LanguageModel):
                yield from (("", model, model.default_params) for model in part.chain())
            elif isinstance(part, EmbeddingModel):
                yield "", part, _VECTORS
            elif isinstance(part, Module) and hasattr(part, "language_model"):
                where = f"module {(path or part.name)!r}"
                yield from ((where, m, asked_with(part, m)) for m in get(part.language_model).chain())
            if isinstance(part, Module) and hasattr(part, "embedding_model"):
                yield f"module {(path or part.name)!r}", get_embedding_model(part.embedding_model), _VECTORS


def asked_with(module: Any, model: LanguageModel) -> Mapping[str, Any]:
    """Return the sampling parameters with which a module asks a model."""
    return {**model.default_params, **getattr(module, "parameters", {})}
