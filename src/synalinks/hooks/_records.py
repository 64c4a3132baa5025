"""What language-model calls and candidates leave behind, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more calls, as the provider counted them; 0 where it did not say.

    Attributes:
        input_tokens: Tokens of the prompt, cached ones included.
        output_tokens: Tokens of the answer, reasoning included.
        cached_tokens: Tokens of the prompt that the provider took from its cache.
        reasoning_tokens: Tokens of the answer spent on reasoning.
        cache_write_tokens: Tokens of the prompt that the provider wrote to its cache, none of which it took
            from there.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One language-model call, as counted, traced and logged; it holds no text and no key.

    Attributes:
        model: Full model name, "provider/name".
        purpose: "program", "reward", "metric", "optimizer" or "callback".
        phase: Phase of the run, see `SampleScope`; "" outside a run.
        epoch: Epoch, 0-based, or None outside `fit`.
        step: Batch within the epoch, 0-based, or None.
        sample: Index of the sample in the data given, or None.
        module: Path of the module that made the call, or "".
        usage: Tokens of all its answers, those that were asked for again included.
        attempts: Number of requests sent, at least 1.
        latency: Seconds from the call to its answer or failure, waiting and retries included.
        error: Class name of the error, or None where the call succeeded.
        finish_reason: Why the model stopped ("stop", "length", "tool_calls", …), or None.
        replayed: Whether the answer came from the journal of the run, so that nothing was paid for it.
        cost: What `usage` costs in US dollars, None where the model's price is not known.
        cached: Whether the answer came from the model's cache, or from an equal call that was in flight, so
            that nothing was paid for it.
        answered_by: Full name of the model that answered where it was a fallback, or None.
    """

    model: str
    purpose: str
    phase: str
    epoch: int | None
    step: int | None
    sample: int | None
    module: str
    usage: Usage
    attempts: int
    latency: float
    error: str | None = None
    finish_reason: str | None = None
    replayed: bool = False
    cost: float | None = None
    cached: bool = False
    answered_by: str | None = None


@dataclass(frozen=True, slots=True)
class CandidateRecord:
    """What is known of a candidate of an optimizer at one moment.

    Attributes:
        id: Number within the run, from 1; the initial assignment is 0.
        digest: Hash of the values of all trainable variables.
        changes: The values that differ from the assignment that was current, by path.
        parents: Ids of the candidates it was made from.
        operator: How it was made, for example "few_shot".
        score: Mean reward over the samples it was scored on, None before or without evidence.
        scored: Number of samples with a score.
        accepted: Whether it became current; None while undecided.
        reason: Why, in a few words.
    """

    id: int
    digest: str
    changes: Mapping[str, Any]
    parents: tuple[int, ...] = ()
    operator: str = ""
    score: float | None = None
    scored: int = 0
    accepted: bool | None = None
    reason: str = ""
