"""Spans in OpenTelemetry's protocol, with its names for generative AI and those that MLflow adds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from synalinks._internal.lazy import optional
from synalinks._internal.plain import plain
from synalinks._internal.text import printable
from synalinks.hooks import (
    CallRecord,
    EmbeddingModelCallEnded,
    EmbeddingModelCallStarted,
    EndedEvent,
    Event,
    LanguageModelCallEnded,
    LanguageModelCallStarted,
    ModuleCallEnded,
    ModuleCallStarted,
    OptimizerStepEnded,
    RewardEnded,
    RewardStarted,
    SampleEnded,
    SampleStarted,
)

TRACE_PROTOCOL: Final = "opentelemetry.proto.collector.trace.v1.trace_service_pb2"
"""Where the messages of OpenTelemetry's protocol for traces are."""

_LONGEST: Final = 1_000_000
_REQUEST: Final = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "max_tokens": "gen_ai.request.max_tokens",
    "seed": "gen_ai.request.seed",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
}
"""Sampling parameters to their names in OpenTelemetry."""

Attributes = Iterator[tuple[str, Any]]


class Trace:
    """The spans of one call, as they end.

    Attributes:
        id: 16 bytes.
        count: Number of the newest span; the root is 0.
        spans: (number, number of the parent, event at the start, event at the end).
        sent: Whether it was handed on.
    """

    __slots__ = ("count", "id", "sent", "spans")

    def __init__(self, trace_id: bytes) -> None:
        self.id, self.count, self.sent = trace_id, 0, False
        self.spans: list[tuple[int, int | None, Event, EndedEvent]] = []


def encoded_traces(traces: Sequence[Trace]) -> bytes:
    """Return traces as a request of OpenTelemetry's protocol."""
    request = optional(
        TRACE_PROTOCOL, feature="Tracing to MLflow", extra="mlflow"
    ).ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for trace in traces:
        for number, parent, started, ended in trace.spans:
            _fill(spans.add(), trace.id, number, parent, started, ended)
    return bytes(request.SerializeToString())


def _span_id(trace_id: bytes, number: int) -> bytes:
    """Return the id of a span: the same when a resumed run makes the same call again."""
    return hashlib.blake2b(b"%b %d" % (trace_id, number), digest_size=8).digest()


def _fill(
    span: Any, trace_id: bytes, number: int, parent: int | None, started: Event, ended: EndedEvent
) -> None:
    span.trace_id, span.span_id = trace_id, _span_id(trace_id, number)
    if parent is not None:
        span.parent_span_id = _span_id(trace_id, parent)
    span.name = _name(started)
    span.start_time_unix_nano = round(started.time * 1e9)
    span.end_time_unix_nano = span.start_time_unix_nano + max(0, round(ended.duration * 1e9))
    span.status.code = 1 if ended.error is None else 2
    if ended.error is not None:
        span.status.message = f"{type(ended.error).__name__}: {_clean(str(ended.error))[:1000]}"
    for name, value in _attributes(started, ended, is_root=parent is None):
        _set(span.attributes.add(), name, value)


def _set(attribute: Any, name: str, value: Any) -> None:
    attribute.key = name
    if isinstance(value, bool):
        attribute.value.bool_value = value
    elif isinstance(value, int):
        attribute.value.int_value = value
    elif isinstance(value, float):
        attribute.value.double_value = value
    elif isinstance(value, str):
        attribute.value.string_value = _clean(value)
    else:
        attribute.value.string_value = as_text(value)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def as_text(value: Any) -> str:
    """Return a value as JSON text: NaN is null, what is no JSON is shown, and what is long is cut."""
    try:
        text = orjson.dumps(value, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # half a surrogate pair, or something within itself
        try:
            text = _clean(json.dumps(value, default=repr, ensure_ascii=False))
        except (TypeError, ValueError):
            text = json.dumps(_clean(repr(value)))
    if len(text) <= _LONGEST:
        return text
    return json.dumps(f"{text[:_LONGEST]}… ({len(text):,} characters)", ensure_ascii=False)


def _name(event: Event) -> str:
    if isinstance(event, SampleStarted):
        name = f"{event.phase.partition(':')[0]} sample"
    elif isinstance(event, LanguageModelCallStarted):
        name = f"chat {event.model}"
    elif isinstance(event, EmbeddingModelCallStarted):
        name = f"embeddings {event.model}"
    elif isinstance(event, ModuleCallStarted):
        name = event.module or event.kind
    elif isinstance(event, RewardStarted):
        name = f"reward {event.reward}"
    else:
        name = f"{getattr(event, 'optimizer', 'optimizer')} step"
    return _clean(printable(name))[:250]


def _attributes(started: Event, ended: EndedEvent, *, is_root: bool) -> Attributes:
    if is_root:
        yield "mlflow.traceTag.mlflow.traceName", _name(started)
    for key in ("run_id", "phase", "epoch", "step", "sample"):
        value = getattr(started, key)
        if value is not None and value != "":
            yield (f"mlflow.traceTag.synalinks.{key}", str(value)) if is_root else (f"synalinks.{key}", value)
    if started.purpose != "program":
        yield "synalinks.purpose", started.purpose
    yield from _details(started, ended)


def _details(started: Event, ended: EndedEvent) -> Attributes:
    if isinstance(ended, LanguageModelCallEnded) and isinstance(started, LanguageModelCallStarted):
        yield from _of_model(started, ended)
    elif isinstance(ended, EmbeddingModelCallEnded) and isinstance(started, EmbeddingModelCallStarted):
        yield from _of_embedding_model(started, ended)
    elif isinstance(ended, ModuleCallEnded) and isinstance(started, ModuleCallStarted):
        yield "mlflow.spanType", "CHAIN"
        yield "synalinks.module.class", started.kind
        yield from _in_and_out(plain(started.inputs), plain(ended.outputs))
    elif isinstance(ended, SampleEnded) and isinstance(started, SampleStarted):
        yield "mlflow.spanType", "CHAIN"
        yield from _in_and_out({"x": plain(started.x), "y": plain(started.y)}, plain(ended.prediction))
        yield from _given({"score": ended.score, "feedback": ended.feedback, "failure": ended.failure})
    elif isinstance(ended, RewardEnded):
        yield "mlflow.spanType", "EVALUATOR"
        yield "mlflow.spanOutputs", as_text({"score": ended.score, "feedback": ended.feedback})
    elif isinstance(ended, OptimizerStepEnded):
        yield "mlflow.spanType", "TASK"
        yield from _given({"accepted": ended.accepted, "candidates": len(ended.candidates)})


def _given(values: Mapping[str, Any]) -> Attributes:
    return ((f"synalinks.{key}", value) for key, value in values.items() if value is not None)


def _in_and_out(inputs: Any, outputs: Any) -> Attributes:
    yield "mlflow.spanInputs", as_text(inputs)
    if outputs is not None:
        yield "mlflow.spanOutputs", as_text(outputs)


def _of_model(started: LanguageModelCallStarted, ended: LanguageModelCallEnded) -> Attributes:
    usage = ended.record.usage
    yield "mlflow.spanType", "CHAT_MODEL"
    yield "mlflow.message.format", "openai"
    yield from _of_call("chat", started.model, ended.response_model, ended.record)
    yield from ((name, started.params[key]) for key, name in _REQUEST.items() if key in started.params)
    if ended.record.finish_reason:
        yield "gen_ai.response.finish_reasons", [ended.record.finish_reason]
    yield "gen_ai.usage.output_tokens", usage.output_tokens
    if usage.cached_tokens:
        yield "gen_ai.usage.cache_read.input_tokens", usage.cached_tokens
    if usage.cache_write_tokens:
        yield "gen_ai.usage.cache_creation.input_tokens", usage.cache_write_tokens
    yield from _messages(started, ended)


def _of_embedding_model(started: EmbeddingModelCallStarted, ended: EmbeddingModelCallEnded) -> Attributes:
    yield "mlflow.spanType", "EMBEDDING"
    yield from _of_call("embeddings", started.model, ended.response_model, ended.record)
    yield from _in_and_out(
        {"texts": started.texts}, {"dimensions": ended.dimensions} if ended.dimensions else None
    )
    if ended.dimensions:
        yield "gen_ai.embeddings.dimension.count", ended.dimensions


def _of_call(operation: str, asked: str, answered: str, record: CallRecord) -> Attributes:
    provider, _, model = asked.partition("/")
    yield "gen_ai.operation.name", operation
    yield "gen_ai.provider.name", provider
    yield "gen_ai.request.model", model
    if answered:
        yield "gen_ai.response.model", answered
    yield "gen_ai.usage.input_tokens", record.usage.input_tokens
    if record.cost is not None and not record.cached:
        yield "mlflow.llm.cost", as_text({"total_cost": record.cost})
    yield "synalinks.attempts", record.attempts
    yield "synalinks.replayed", record.replayed
    yield from _given({"cached": record.cached or None, "answered_by": record.answered_by})


def _messages(started: LanguageModelCallStarted, ended: LanguageModelCallEnded) -> Attributes:
    yield "gen_ai.input.messages", as_text([_parts(message) for message in started.messages])
    yield "mlflow.spanInputs", as_text({"messages": started.messages})
    if started.tools:
        yield "gen_ai.tool.definitions", as_text(started.tools)
    if ended.message is not None:
        reason = ended.record.finish_reason
        yield "gen_ai.output.messages", as_text([{**_parts(ended.message), "finish_reason": reason}])
        yield (
            "mlflow.spanOutputs",
            as_text({"choices": [{"message": ended.message, "finish_reason": reason}]}),
        )


def _parts(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message of the OpenAI chat format in OpenTelemetry's."""
    return {"role": message.get("role"), "parts": list(_parts_of(message))}


def _parts_of(message: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    content = message.get("content")
    if message.get("role") == "tool":
        yield {"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}
        return
    if isinstance(content, str):
        yield {"type": "text", "content": content}
    elif isinstance(content, list):
        yield from content
    for call in message.get("tool_calls") or ():
        function = call.get("function", {})
        yield {"type": "tool_call", "id": call.get("id"), **function}
