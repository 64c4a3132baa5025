"""Metrics of programs that try more than once."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from synalinks._internal.coroutines import resolved
from synalinks._internal.identifiers import reference, require_two_arguments
from synalinks._internal.plain import innermost, plain, same_json
from synalinks._internal.registry import lookup
from synalinks.errors import ConfigurationError
from synalinks.metrics._scalar import ScalarMetric


class _AttemptsMetric(ScalarMetric):
    """The mean over samples of what their attempts say, some of which pass."""

    _pattern: ClassVar[str]

    def __init__(
        self,
        k: int = 1,
        n: int | None = None,
        *,
        field: str | None = None,
        fn: Callable[[Any, Any], Any] | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        self.k, self.n = _count("k", k), None if n is None else _count("n", n)
        if n is not None and k > n:
            raise ConfigurationError(
                f"k is {k} and n is {n}; of n attempts at most n are drawn.", argument="k"
            )
        if fn is not None:
            require_two_arguments(fn, "check of an attempt")
        super().__init__(name=name or self._pattern.format(k), **options)
        self.field, self.fn = field, fn
        self.needs_target = fn is None

    @abstractmethod
    def estimate(self, n: int, c: int) -> float:
        """Return the estimate for a sample of whose n attempts c passed."""

    async def call(self, y_true: Any, y_pred: Any) -> float:
        """Return the estimate for a sample."""
        value = plain(y_pred)
        if value is None:
            return 0.0
        attempts = self._attempts(value)
        n = len(attempts) if self.n is None else self.n
        if self.k > n or len(attempts) > n:
            expected = f"at least {self.k}" if self.n is None else f"up to {n}"
            raise ConfigurationError(
                f"Metric {self.name!r} takes {expected} attempts, and the prediction has {len(attempts)}."
            )
        passed = [attempt is not None and await self._passes(y_true, attempt) for attempt in attempts]
        return self.estimate(n, sum(passed))

    async def _passes(self, y_true: Any, attempt: Any) -> bool:
        if self.fn is None:
            return same_json(innermost(attempt), innermost(plain(y_true)))
        verdict = await resolved(self.fn(y_true, attempt))
        return self._number(getattr(verdict, "score", verdict), "what the function returned") >= 1.0

    def _attempts(self, value: Any) -> list[Any]:
        if isinstance(value, dict):
            lists = {key: item for key, item in value.items() if isinstance(item, list)}
            if self.field is None and len(lists) != 1:
                raise self._unclear(f"has {len(lists)} lists among its fields {', '.join(map(repr, value))}")
            value = next(iter(lists.values())) if self.field is None else value.get(self.field)
        if not isinstance(value, list):
            raise self._unclear(f"has {value!r:.200} in their place")
        return value

    def _unclear(self, found: str) -> ConfigurationError:
        return ConfigurationError(
            f"Metric {self.name!r} takes the list of attempts in a field of the prediction, which {found}. "
            f'Say which field it is, for example {type(self).__name__}(field="attempts").',
            argument="field",
        )

    def result(self) -> float:
        """Return the mean."""
        return self.mean()

    def get_config(self) -> dict[str, Any]:
        """Return the configuration; it names the function, and loading it needs the function registered."""
        own = {"k": self.k, "n": self.n, "field": self.field}
        return {**own, "fn": None if self.fn is None else reference(self.fn), **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a metric of what `get_config` returned.

        Raises:
            UnknownNameError: No function is registered under the name in the configuration.
        """
        fn = config.get("fn")
        return cls(**{**config, "fn": None if fn is None else lookup(fn)})


class PassAtK(_AttemptsMetric):
    """pass@k: the chance that at least one of k attempts passes.

    The program gives a list of attempts at each sample, in a field of its prediction: n of them, of which c
    pass. The unbiased estimate is 1 - C(n - c, k) / C(n, k) (Chen et al., "Evaluating Large Language Models
    Trained on Code", 2021), and the figure its mean over the samples; more attempts than k make it surer.

    An attempt passes if it equals the target as JSON, or the target's only field; objects with one field
    count as what is in it. An attempt that is None does not pass, and a prediction that is None gives 0.0.

    Args:
        k: Attempts of which one has to pass; in the default name, `pass_at_1`.
        n: Number of attempts at each sample, where missing ones count as failed; None for as many as there
            are, at least k.
        field: Field of the prediction that holds the list; None where there is one list in it.
        fn: `fn(y_true, attempt)`, plain or async, says whether an attempt (JSON) passes: True, or a score of
            at least 1.0. Where attempts are verdicts themselves it is `lambda y_true, passed: passed`.
        name: Name of the metric and key in the logs.
        **options: `direction` ("max" by default) and the masks of `Metric`.

    Raises:
        ConfigurationError: An option is not valid or (from `measure`) the prediction holds no such list.
    """

    _pattern = "pass_at_{}"

    def estimate(self, n: int, c: int) -> float:
        """Return 1 - C(n - c, k) / C(n, k), rounded once."""
        draws = math.comb(n, self.k)
        return (draws - math.comb(n - c, self.k)) / draws


class PassHatK(_AttemptsMetric):
    """pass^k: the chance that all of k attempts pass, which tells how reliable a program is.

    The unbiased estimate of a sample with n attempts, of which c pass, is C(c, k) / C(n, k) (Yao et al.,
    "τ-bench: A Benchmark for Tool-Agent-User Interaction in Real-World Domains", 2024). All else is as in
    `PassAtK`.

    Args:
        k: Attempts that have to pass; in the default name, `pass_hat_1`.
        n: As in `PassAtK`.
        field: As in `PassAtK`.
        fn: As in `PassAtK`.
        name: Name of the metric and key in the logs.
        **options: `direction` ("max" by default) and the masks of `Metric`.
    """

    _pattern = "pass_hat_{}"

    def estimate(self, n: int, c: int) -> float:
        """Return C(c, k) / C(n, k), rounded once."""
        return math.comb(c, self.k) / math.comb(n, self.k)


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(
            f"{name} is a number of attempts of at least 1, not {value!r}.", argument=name
        )
    return value
