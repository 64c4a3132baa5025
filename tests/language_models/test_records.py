"""What a call leaves behind: a record with the sample, and events for those who listen."""

import asyncio

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
from synalinks.language_models import FunctionModel, Response, Retry, ScriptedModel

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
