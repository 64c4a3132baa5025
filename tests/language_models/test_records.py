"""What a call leaves behind: a record with the sample, and events for those who listen."""

import asyncio
from dataclasses import replace

import orjson
import pytest

from synalinks import errors
from synalinks._internal import scope as scopes
from synalinks.hooks import (
    CallRecord,
    Hook,
    LanguageModelCallEnded,
    LanguageModelCallStarted,
    Usage,
    add_hook,
)
from synalinks.hooks._lines import LINES
from synalinks.hooks._logger import event_json
from synalinks.integrations._spans import _attributes
from synalinks.language_models import FunctionModel, Response, Retry, ScriptedModel
from synalinks.runs._rows import answer_in

SCHEMA = {"type": "object", "required": ["a"]}


class Listener(Hook):
    def __init__(self):
        self.events = []

    def on_event(self, event):
        self.events.append(event)


async def test_a_call_is_recorded_with_its_sample():
    lm = FunctionModel(lambda _: Response.from_text("hi", usage=Usage(3, 1)))
    place = scopes.SampleScope(phase="train", epoch=1, step=2, sample=3)
    with scopes.entered(place), scopes.for_purpose("reward"):
        token = scopes.module_path.set("generator")
        await lm("hello")
        scopes.module_path.reset(token)
    (record,) = place.records
    assert record.latency >= 0
    assert record == CallRecord(
        "testing/function",
        "reward",
        "train",
        1,
        2,
        3,
        "generator",
        Usage(3, 1),
        1,
        record.latency,
        None,
        "stop",
        False,
        0.0,
    )


async def test_attempts_and_tokens_of_all_answers_count():
    answers = [
        errors.ServerError("no"),
        Response.from_text("x", usage=Usage(5, 1)),
        Response.from_text('{"a":1}', usage=Usage(7, 2)),
    ]
    place = scopes.SampleScope()
    with scopes.entered(place):
        await ScriptedModel(answers)("hello", schema=SCHEMA)
    (record,) = place.records
    assert (record.attempts, record.usage) == (3, Usage(12, 3))


async def test_a_call_that_failed_is_recorded_too():
    place = scopes.SampleScope()
    lm = FunctionModel(lambda _: errors.ServerError("no"), retry=Retry(max_tries=2, initial=0.0))
    with scopes.entered(place), pytest.raises(errors.ServerError):
        await lm("hello")
    assert [(r.error, r.attempts, r.finish_reason) for r in place.records] == [("ServerError", 2, None)]


async def test_tokens_of_answers_that_could_not_be_used_count():
    place = scopes.SampleScope()
    lm = FunctionModel(lambda _: Response.from_text("x", usage=Usage(5, 1)))
    with scopes.entered(place), pytest.raises(errors.InvalidOutputError):
        await lm("hello", schema=SCHEMA)
    assert [(r.error, r.usage) for r in place.records] == [("InvalidOutputError", Usage(15, 3))]


async def test_a_call_that_was_cancelled_is_recorded():
    place = scopes.SampleScope()
    started = asyncio.Event()

    async def never(request):
        started.set()
        await asyncio.Event().wait()

    async def run():
        with scopes.entered(place):
            await FunctionModel(never)("hello")

    task = asyncio.create_task(run())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [r.error for r in place.records] == ["CancelledError"]


async def test_listeners_hear_of_start_and_end():
    listener = add_hook(Listener())
    lm = ScriptedModel(["hi", errors.BadRequestError("no")])
    await lm("hello")
    with pytest.raises(errors.BadRequestError) as caught:
        await lm("again")
    start, end, start_again, failed = listener.events
    assert isinstance(start, LanguageModelCallStarted)
    assert (start.model, start.messages) == ("testing/scripted", [{"role": "user", "content": "hello"}])
    assert isinstance(end, LanguageModelCallEnded)
    assert (end.message, end.error) == ({"role": "assistant", "content": "hi"}, None)
    assert start_again.messages[0]["content"] == "again"
    assert (failed.message, failed.error, failed.record.error) == (None, caught.value, "BadRequestError")


def test_usages_add_up_by_kind():
    assert Usage(1, 2, 3, 4, 5) + Usage(10, 20, 30, 40, 50) == Usage(11, 22, 33, 44, 55)


def test_what_older_versions_wrote_can_be_read():
    fields = {"input_tokens": 3, "output_tokens": 2, "cached_tokens": 1, "reasoning_tokens": 0}
    row = orjson.dumps([{"role": "assistant", "content": "hi"}, "hi", fields, "stop", "m"])
    assert answer_in(row).usage == Usage(3, 2, 1)
    kept = {**Response.from_text("hi").to_json(), "usage": fields}
    assert Response.from_json(kept).usage == Usage(3, 2, 1)


@pytest.mark.parametrize("usage", [Usage(3, 2, 1, 1, 2), Usage()])
def test_what_is_written_can_be_read_again(usage):
    response = Response.from_text("hi", usage=usage)
    assert answer_in(response.to_bytes()) == Response.from_json(response.to_json()) == response


def ended(**given):
    record = CallRecord("openai/m", "program", "", None, None, None, "g", Usage(10, 2), 1, 0.5, **given)
    times = {"span_id": "0" * 16, "parent_id": None, "time": 0.0}
    message = {"role": "assistant", "content": "hi"}
    started = LanguageModelCallStarted(**times, model="openai/m", messages=[{"role": "user", "content": "?"}])
    return started, LanguageModelCallEnded(
        **times, duration=0.5, model="openai/m", record=record, message=message
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cost": 0.5}, "10 tokens in, 2 out, $0.500000 ("),
        ({"replayed": True}, "10 tokens in, 2 out, from the journal ("),
        ({"cached": True}, "10 tokens in, 2 out, from the cache ("),
        ({"answered_by": "groq/n"}, "10 tokens in, 2 out, by the fallback groq/n ("),
    ],
)
def test_a_line_of_the_log_says_where_an_answer_came_from(given, said):
    _, event = ended(**given)
    assert said in LINES[LanguageModelCallEnded].text(event)
    assert event_json(event)["record"] is event.record


def test_a_span_has_what_a_call_wrote_to_a_cache_and_who_answered():
    given = dict(_attributes(*ended(cost=0.5), is_root=False))
    assert orjson.loads(given["mlflow.llm.cost"]) == {"total_cost": 0.5}
    assert not given.keys() & {"synalinks.cached", "synalinks.answered_by"}
    started, event = ended(cached=True, answered_by="groq/n", cost=0.5)
    event = replace(event, record=replace(event.record, usage=Usage(10, 2, 0, 0, 7)))
    given = dict(_attributes(started, event, is_root=False))
    assert given["gen_ai.usage.cache_creation.input_tokens"] == 7
    assert (given["synalinks.cached"], given["synalinks.answered_by"]) == (True, "groq/n")
    assert "mlflow.llm.cost" not in given  # nothing was paid for it
