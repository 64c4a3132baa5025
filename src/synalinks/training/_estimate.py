"""What a training will ask for, told before it starts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from synalinks._internal.plain import plain
from synalinks._internal.text import short_time
from synalinks.callbacks._budget import asked_with
from synalinks.datasets import Dataset, Sample
from synalinks.hooks import Usage
from synalinks.language_models import get
from synalinks.language_models._prices import DOLLAR
from synalinks.language_models._request import answer_bound
from synalinks.language_models.providers._table import EMBEDDED, split_name
from synalinks.modules import Module
from synalinks.training._arguments import FitOptions
from synalinks.training._compile import Compiled
from synalinks.training._data import FitData

LATENCY: Final = 2.0
"""Seconds that a call is assumed to take."""

EMBEDDED_LATENCY: Final = 0.01
"""Likewise for a model of the package, whose calls share the processors of this machine."""

ANSWER: Final = 200
"""Tokens that an answer is assumed to have where there is no target to go by."""

BYTES_PER_TOKEN: Final = 4
"""Bytes of JSON per token, about right for English text."""

_LOOKED_AT: Final = 50
"""Samples whose sizes are looked at, evenly spread."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training will ask for, before it starts.

    Attributes:
        calls: Calls of language models.
        input_tokens: Tokens of their prompts.
        output_tokens: Tokens of their answers.
        cost: US dollars; None where the price of a model is not known.
        seconds: Time, in seconds.
        assumptions: What was assumed, a sentence each.
    """

    calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    seconds: float
    assumptions: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The figures in one line."""
        cost = "at an unknown price" if self.cost is None else f"${self.cost:,.2f}"
        return (
            f"About {self.calls:,} calls, {self.input_tokens:,} tokens in and {self.output_tokens:,} out, "
            f"{cost}, {short_time(self.seconds)}."
        )

    def __str__(self) -> str:
        return "\n".join([self.summary, "Assumed:", *(f"- {text}" for text in self.assumptions)])


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Means over samples, in bytes of JSON; a target of None where there is none."""

    x: float
    y: float | None


@dataclass(frozen=True, slots=True)
class _Runs:
    """How often the program is run on a sample, and how often one run waits for another.

    Attributes:
        count: Runs.
        waves: Runs one after another, those at the same time counted once.
    """

    count: int
    waves: int

    def at_most(self, count: int) -> _Runs:
        """Return as many of them as are allowed, waves in proportion."""
        if self.count <= count:
            return self
        return _Runs(count, math.ceil(self.waves * count / self.count))


def estimate_run(
    program: Any, compiled: Compiled | None, data: FitData, options: FitOptions, first: Sample, limit: int
) -> Estimate | None:
    """Return what a training will ask for; None where the length of its data is not known.

    Args:
        program: The program, built.
        compiled: How it was compiled, None where it was not.
        data: The data.
        options: The options of `fit`.
        first: The first sample.
        limit: Samples in flight.
    """
    askers = [*_askers(program), *_judges(compiled)]
    bound = min([limit, *(get(asker.language_model).max_concurrency for asker in askers)])
    runs = _runs(compiled, data, options, bound, per_run=len(askers))
    if runs is None:
        return None
    sizes, known, tokens, cost = _sizes(data.train, first), True, Usage(), 0
    for asker in askers:
        model, usage = get(asker.language_model), _usage(asker, sizes)
        tokens, known = tokens + usage, known and model.price is not None
        cost += 0 if model.price is None else model.price.cost(usage)
    return Estimate(
        calls=runs.count * len(askers),
        input_tokens=runs.count * tokens.input_tokens,
        output_tokens=runs.count * tokens.output_tokens,
        cost=runs.count * cost / DOLLAR if known else None,
        seconds=sum(
            runs.count * EMBEDDED_LATENCY if _is_embedded(asker) else runs.waves * LATENCY for asker in askers
        ),
        assumptions=tuple(_assumptions(compiled, askers, sizes, bound)),
    )


# --- How often -----------------------------------------------------------------------------


def _runs(
    compiled: Compiled | None, data: FitData, options: FitOptions, bound: int, *, per_run: int
) -> _Runs | None:
    size = _length(data.train, options.steps_per_epoch, options.batch_size)
    validation, validations = 0, 0
    if data.validation is not None:
        batch = options.validation_batch_size or options.batch_size
        given = _length(data.validation, options.validation_steps, batch)
        if given is None:
            return None
        validation = given
        validations = sum(map(options.validates, range(options.initial_epoch, options.epochs)))
    if size is None:
        return None
    selection = 0 if data.selection is None else data.selection.size or 0
    optimizer = None if compiled is None else compiled.optimizer
    epochs = max(0, options.epochs - options.initial_epoch)
    batches = list(_batches(size, options.batch_size))
    scored = [] if optimizer is None else [optimizer.expected_calls(b, selection) for b in batches]
    own = _Runs(sum(scored) * epochs, sum(math.ceil(runs / bound) for runs in scored) * epochs)
    if optimizer is not None and optimizer.max_calls is not None:
        own = own.at_most(optimizer.max_calls // max(1, per_run))
    return _Runs(
        sum(batches) * epochs + own.count + validation * validations,
        sum(math.ceil(b / bound) for b in batches) * epochs
        + own.waves
        + math.ceil(validation / bound) * validations,
    )


def _length(dataset: Dataset, steps: int | None, batch_size: int) -> int | None:
    """Return how many samples a pass has, None where only the data itself can tell."""
    lengths = [dataset.size, None if steps is None else steps * batch_size]
    return min((length for length in lengths if length is not None), default=None)


def _batches(size: int, batch_size: int) -> Iterator[int]:
    for start in range(0, size, batch_size):
        yield min(batch_size, size - start)


def _askers(module: Module) -> Iterator[Any]:
    """Yield the modules that ask a model in one run, each as often as it is called."""
    graph = getattr(module, "_graph", None)
    called = module.submodules() if graph is None else [node.producer for node in graph.nodes]
    if hasattr(module, "language_model"):
        yield module
    for inner in called:
        if isinstance(inner, Module):
            yield from _askers(inner)


def _judges(compiled: Compiled | None) -> Iterator[Any]:
    """Yield the modules that ask a model where one run is judged; a metric is not asked for a candidate."""
    if compiled is not None and compiled.reward is not None:
        for module in compiled.reward.modules():
            yield from _askers(module)


def _is_embedded(asker: Any) -> bool:
    return split_name(get(asker.language_model).model)[0] == EMBEDDED


# --- How much ------------------------------------------------------------------------------


def _size(value: Any) -> int:
    return len(orjson.dumps(value))


def _sizes(dataset: Dataset, first: Sample) -> _Sizes:
    samples = [first]
    if dataset.size is not None:
        step = max(1, dataset.size // _LOOKED_AT)
        samples = [dataset[position] for position in range(0, dataset.size, step)]
    x = sum(_size(plain(sample.x)) for sample in samples) / len(samples)
    targets = [_size(plain(sample.y)) for sample in samples if sample.y is not None]
    return _Sizes(x, sum(targets) / len(targets) if targets else None)


def _usage(asker: Any, sizes: _Sizes) -> Usage:
    """Return the tokens of one call: what the module always sends, the sample, and the answer."""
    fixed = sum(_size(variable.value) for variable in asker.own_variables())
    fixed += _size(getattr(asker, "schema", None)) + _size(getattr(asker, "tools", None))
    answer = ANSWER if sizes.y is None else math.ceil(sizes.y / BYTES_PER_TOKEN)
    most = answer_bound(asked_with(asker, get(asker.language_model)))
    return Usage(
        math.ceil((fixed + sizes.x) / BYTES_PER_TOKEN), answer if most is None else min(most, answer)
    )


def _assumptions(
    compiled: Compiled | None, askers: Sequence[Any], sizes: _Sizes, bound: int
) -> Iterator[str]:
    yield (
        f"each run of the program makes {len(askers)} call{'' if len(askers) == 1 else 's'}, judges "
        "included, and none is asked again"
    )
    yield f"a token is {BYTES_PER_TOKEN} bytes, and prompts stay as long as they are now"
    if sizes.y is None:
        yield f"an answer has {ANSWER} tokens"
    else:
        yield "an answer is as long as a target"
    embedded = {_is_embedded(asker) for asker in askers}
    if embedded != {True}:
        yield f"a call takes {LATENCY:.0f} s, and {bound} are in flight at a time"
    if True in embedded:
        yield f"one after another, calls of a model in the package take {EMBEDDED_LATENCY * 1000:.0f} ms each"
    if compiled is None or compiled.optimizer is None:
        yield "the optimizer makes no calls: the program is not compiled with one"
    else:
        most = compiled.optimizer.max_calls
        until = "" if most is None else f", until its max_calls={most:,} are spent"
        yield (
            f"what {compiled.optimizer.name!r} says of a step's runs is right{until}, and a call of its own "
            "takes as much as a run"
        )
    yield "rewards that are functions, metrics and callbacks make no calls"
    for name in dict.fromkeys(m.model for a in askers if (m := get(a.language_model)).price is None):
        yield f"nothing of the price of {name!r}, which is not known: give it as LanguageModel(prices=...)"
