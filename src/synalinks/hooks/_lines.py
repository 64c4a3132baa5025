"""Events in words: which logger tells of each, how urgent it is, and in what line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from synalinks._internal.figures import numbers
from synalinks._internal.plain import plain
from synalinks.hooks._events import (
    CandidateScoringEnded,
    CandidateScoringStarted,
    EmbeddingModelCallEnded,
    EmbeddingModelCallRetried,
    EmbeddingModelCallStarted,
    EndedEvent,
    EpochEnded,
    EpochStarted,
    EvaluationEnded,
    EvaluationStarted,
    Event,
    LanguageModelCallEnded,
    LanguageModelCallRetried,
    LanguageModelCallStarted,
    MetricEnded,
    MetricStarted,
    ModuleCallEnded,
    ModuleCallStarted,
    OptimizerStepEnded,
    OptimizerStepStarted,
    RewardEnded,
    RewardStarted,
    SampleEnded,
    SampleStarted,
    TrainingEnded,
    TrainingStarted,
)
from synalinks.hooks._records import CallRecord

DEBUG, INFO, WARNING, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR
_LONGEST: Final = 300
"""Characters of a value or of an error's text in a line; JSON has all of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """How an event is told.

    Attributes:
        logger: Name of the logger, after "synalinks.".
        text: Makes the text.
        level: How urgent it is.
        failed: How urgent it is where it ended in an error.
    """

    logger: str
    text: Callable[[Any], str]
    level: int = DEBUG
    failed: int = DEBUG

    def level_of(self, event: Event) -> int:
        """Return how urgent an event is; one that was cancelled is no failure."""
        error = event.error if isinstance(event, EndedEvent) else None
        if error is None:
            return self.level
        return self.failed if isinstance(error, Exception) else max(self.level, min(self.failed, INFO))


def _value(value: Any) -> str:
    return _short(repr(plain(value)))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _reason(error: BaseException) -> str:
    return _short(f"{type(error).__name__}: {error}".removesuffix(": "))


def _figures(logs: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value:.4g}" for key, value in numbers(logs).items()) or "no figures"


def place(event: Event | CallRecord) -> str:
    """Return where in the run something happened, in words; empty outside of one."""
    outer, candidate, digest = event.phase.partition("candidate:")
    parts = [f"{outer}{candidate}{digest[:8]}"] if event.phase else []
    parts += [] if event.epoch is None else [f"epoch {event.epoch + 1}"]
    parts += [] if event.step is None else [f"batch {event.step + 1}"]
    parts += [] if event.sample is None else [f"sample {event.sample}"]
    return f" [{', '.join(parts)}]" if parts else ""


def _ended(event: EndedEvent, result: str) -> str:
    """Return what came of it, or why nothing did, and how long it took."""
    return f"{result if event.error is None else f'failed: {_reason(event.error)}'} ({event.duration:.3g} s)"


def _training_started(event: TrainingStarted) -> str:
    params, verb = event.params, "goes on" if event.resumed else "starts"
    reward = f" with {event.reward}" if event.reward else ""
    return (
        f"Training of {event.program} {verb}: {params.get('epochs')} epochs, {event.optimizer}{reward}, "
        f"seed {params.get('seed')}, run {event.run_id}"
    )


def _training_ended(event: TrainingEnded) -> str:
    stopped = f", stopped by {event.stopped_by}" if event.stopped_by else ""
    return f"Training of {event.program} " + _ended(event, f"ended{stopped}: {_figures(event.logs)}")


def _epoch_ended(event: EpochEnded) -> str:
    return f"Epoch {(event.epoch or 0) + 1} " + _ended(event, f"ended: {_figures(event.logs)}")


def _evaluation_ended(event: EvaluationEnded) -> str:
    result = f"ended: {_figures(event.logs)}" if event.logs else "ended"
    return f"{event.program} on data{place(event)} " + _ended(event, result)


def _sample_ended(event: SampleEnded) -> str:
    kind = {"infrastructure": "on its way, ", "reward": "in its reward or a metric, "}.get(
        event.failure or ""
    )
    result = f"ended: score {event.score}" if event.score is not None else "ended"
    return f"Sample{place(event)} {kind or ''}" + _ended(event, result)


def _call_ended(event: LanguageModelCallEnded) -> str:
    answer = (event.message or {}).get("content")
    tokens = f"{event.record.usage.input_tokens} tokens in, {event.record.usage.output_tokens} out"
    told = ", ".join([tokens, *_told(event.record)])
    return f"{_caller(event)} " + _ended(event, f"answered {_value(answer)}; {told}")


def _told(record: CallRecord) -> Iterator[str]:
    if record.cost is not None:
        yield f"${record.cost:.6f}"
    if record.attempts > 1:
        yield f"{record.attempts} attempts"
    if record.replayed or record.cached:
        yield "from the journal" if record.replayed else "from the cache"
    if record.answered_by:
        yield f"by the fallback {record.answered_by}"


def _embedding_ended(event: EmbeddingModelCallEnded) -> str:
    told = ", ".join([f"{event.record.usage.input_tokens} tokens in", *_told(event.record)])
    return f"{_caller(event)} " + _ended(event, f"gave vectors of {event.dimensions} numbers; {told}")


def _caller(event: Any) -> str:
    of = f" for {event.module}" if event.module else ""
    return f"{event.model}{of}{place(event)}"


def _in(wait: float) -> str:
    return f"in {wait:.3g} s" if wait else "at once"


def _step_ended(event: OptimizerStepEnded) -> str:
    taken = next((c for c in event.candidates if c.id == event.accepted), None)
    verdict = "none accepted"
    if taken is not None:
        score = "" if taken.score is None else f", score {taken.score:.4g}"
        verdict = f"candidate {taken.id} accepted{score}{f' ({taken.reason})' if taken.reason else ''}"
    return f"{event.optimizer}{place(event)} " + _ended(
        event, f"ended: {len(event.candidates)} candidates, {verdict}"
    )


def _scoring_ended(event: CandidateScoringEnded) -> str:
    score = event.candidate.score
    result = f"scored {'nothing' if score is None else f'{score:.4g}'} on {event.samples} samples"
    return f"Candidate {event.candidate.id}{place(event)} " + _ended(event, result)


LINES: Final[Mapping[type[Event], Line]] = MappingProxyType(
    {
        TrainingStarted: Line("training", _training_started, INFO),
        TrainingEnded: Line("training", _training_ended, INFO, ERROR),
        EpochStarted: Line("training", lambda e: f"Epoch {(e.epoch or 0) + 1} starts"),
        EpochEnded: Line("training", _epoch_ended, INFO),
        EvaluationStarted: Line("training", lambda e: f"{e.program} on data{place(e)} starts"),
        EvaluationEnded: Line("training", _evaluation_ended, INFO, ERROR),
        SampleStarted: Line("training", lambda e: f"Sample{place(e)} starts on {_value(e.x)}"),
        SampleEnded: Line("training", _sample_ended, DEBUG, WARNING),
        RewardStarted: Line("rewards", lambda e: f"{e.reward}{place(e)} starts"),
        RewardEnded: Line(
            "rewards",
            lambda e: f"{e.reward}{place(e)} " + _ended(e, f"gave {e.score}: {_value(e.feedback)}"),
        ),
        MetricStarted: Line("metrics", lambda e: f"{e.metric}{place(e)} starts"),
        MetricEnded: Line(
            "metrics", lambda e: f"{e.metric}{place(e)} " + _ended(e, f"measured {_value(e.measure)}")
        ),
        ModuleCallStarted: Line("modules", lambda e: f"{e.module}{place(e)} starts on {_value(e.inputs)}"),
        ModuleCallEnded: Line(
            "modules", lambda e: f"{e.module}{place(e)} " + _ended(e, f"gave {_value(e.outputs)}")
        ),
        LanguageModelCallStarted: Line(
            "language_models", lambda e: f"{_caller(e)} is asked {_value(e.messages[-1].get('content'))}"
        ),
        LanguageModelCallRetried: Line(
            "language_models",
            lambda e: f"{_caller(e)} is asked again {_in(e.wait)}: {_short(e.reason)}",
            WARNING,
        ),
        LanguageModelCallEnded: Line("language_models", _call_ended, DEBUG, WARNING),
        EmbeddingModelCallStarted: Line(
            "embedding_models", lambda e: f"{_caller(e)} is asked for {len(e.texts)} vectors"
        ),
        EmbeddingModelCallRetried: Line(
            "embedding_models",
            lambda e: f"{_caller(e)} is asked again {_in(e.wait)}: {_short(e.reason)}",
            WARNING,
        ),
        EmbeddingModelCallEnded: Line("embedding_models", _embedding_ended, DEBUG, WARNING),
        OptimizerStepStarted: Line("optimizers", lambda e: f"{e.optimizer}{place(e)} starts"),
        OptimizerStepEnded: Line("optimizers", _step_ended, INFO),
        CandidateScoringStarted: Line(
            "optimizers",
            lambda e: (
                f"Candidate {e.candidate.id}{place(e)} is scored on {e.samples} samples: "
                f"{_value(e.candidate.changes)}"
            ),
        ),
        CandidateScoringEnded: Line("optimizers", _scoring_ended),
    }
)
