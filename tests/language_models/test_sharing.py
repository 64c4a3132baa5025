"""Answers of a cache, and equal calls in flight: what is asked once only, and what is not."""

import asyncio

import pytest

from synalinks import errors
from synalinks._internal import scope as scopes
from synalinks.hooks import Usage
from synalinks.language_models import (
    FileCache,
    FunctionModel,
    LanguageModel,
    MemoryCache,
    Request,
    Response,
    Retry,
)
from synalinks.language_models._journal import journal
from synalinks.language_models._meter import Amount, meter
from synalinks.language_models._pipeline import Call
from synalinks.language_models._sharing import shared
from synalinks.runs._journal import SqliteJournal

SCHEMA = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}


def model(fn=lambda _: Response.from_text("hi", usage=Usage(5, 2)), **options):
    return FunctionModel(fn, **{"cache": "memory", "temperature": 0, **options})


async def recorded(calls):
    place = scopes.SampleScope(phase="train")
    with scopes.entered(place):
        await calls
    return place.records


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


# --- The cache -------------------------------------------------------------------------------


async def test_what_was_answered_is_not_asked_again():
    lm = model(prices={"input": 1e6, "output": 1e6})
    first, second = await lm("hello"), await lm("hello")
    assert (first.cached, second.cached) == (False, True)
    assert (first.message, first.text, first.usage) == (second.message, second.text, second.usage)
    assert len(lm.requests) == 1
    (record,) = await recorded(lm("hello"))
    assert (record.cached, record.usage, record.attempts, record.replayed) == (True, Usage(5, 2), 1, False)


async def test_a_file_answers_in_the_next_process_too(tmp_path):
    path = tmp_path / "answers"
    lm = model(cache=str(path))
    await lm("hello", schema=None)
    lm.cache.close()
    again = model(cache=FileCache(path))
    assert (await again("hello")).text == "hi"
    assert again.requests == []
    again.cache.close()


async def test_everything_that_matters_is_part_of_the_key():
    lm = model(lambda _: '{"a": 1}')
    asked = [
        {},
        {"schema": SCHEMA},
        {"schema": {**SCHEMA, "title": "other"}},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"max_tokens": 5},
        {"seed": 1},
        {"rollout": 1},
    ]
    for options in [*asked, *asked]:
        await lm("hello", **options)
    await lm("other")
    assert len(lm.requests) == len(asked) + 1


async def test_models_and_servers_share_a_cache_and_no_answers(serve):
    cache = MemoryCache()
    options = {"cache": cache, "temperature": 0}
    first, lm = await serve(lambda _: "one", **options)
    _, other = await serve(lambda _: "two", **options)
    third = LanguageModel("openai/third", api_base=first.url, api_key="sk-1", **options)
    assert [(await m("hello")).text for m in (lm, other, third)] == ["one", "two", "one"]
    assert len(cache) == 3
    same = LanguageModel("openai/test", api_base=first.url, api_key="another", **options)
    assert (await same("hello")).cached


async def test_sampled_calls_take_part_with_a_rollout_only():
    answers = iter("abcdef")
    lm = model(lambda _: next(answers), temperature=0.7)
    assert [(await lm("hello")).text for _ in range(2)] == ["a", "b"]
    assert len(lm.cache) == 0
    assert [(await lm("hello", rollout=n)).text for n in (0, 1, 0, 1)] == ["c", "d", "c", "d"]
    assert "rollout" not in lm.requests[-1].params


@pytest.mark.parametrize("rollout", [-1, 1.5, True, "1"])
async def test_a_rollout_that_is_no_index_is_refused(rollout):
    with pytest.raises(errors.ConfigurationError, match="rollout must be an integer"):
        await model()("hello", rollout=rollout)


async def test_no_provider_is_told_of_a_rollout(serve):
    server, lm = await serve(lambda _: "hi")
    await lm("hello", rollout=3)
    assert "rollout" not in server.requests[0]


async def test_what_users_do_to_an_answer_stays_with_them():
    lm = model()
    (await lm("hello")).message["content"] = "changed"
    (await lm("hello")).message["content"] = "changed"
    assert (await lm("hello")).message["content"] == "hi"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("no JSON", errors.InvalidOutputError),
        (Response.from_text('{"a": 1', finish_reason="length"), errors.TruncatedOutputError),
        (Response.from_text("no", finish_reason="content_filter"), errors.RefusedError),
        (Response({"role": "assistant", "refusal": "no"}, None), errors.RefusedError),
        (errors.ServerError("no"), errors.ServerError),
    ],
)
async def test_what_cannot_be_used_is_not_kept(answer, kind):
    given = [answer]
    lm = model(lambda _: given[0], validation_retries=0, retry=Retry(max_tries=1))
    for _ in range(2):
        with pytest.raises(kind):
            await lm("hello", schema=SCHEMA)
    given[0] = '{"a": 1}'
    assert (await lm("hello", schema=SCHEMA)).parsed == {"a": 1}
    assert len(lm.requests) == 3
    assert (await lm("hello", schema=SCHEMA)).parsed == {"a": 1}
    assert len(lm.requests) == 3


async def test_an_answer_to_a_question_asked_again_is_kept_as_such():
    answers = iter(["no", '{"a": 1}', "no"])
    lm = model(lambda _: next(answers))
    assert (await lm("hello", schema=SCHEMA)).parsed == {"a": 1}
    (record,) = await recorded(lm("hello", schema=SCHEMA))
    assert len(lm.requests) == 3  # the first answer was not kept, the second was
    assert record.cached is False  # a part of it was paid for


async def test_a_stream_gets_the_text_of_the_cache_at_once():
    lm, pieces = model(lambda _: "one two"), []
    await lm("hello")
    request = lm.requests[0]
    response = await lm.check()(request, Call(pieces.append))
    assert (response.cached, pieces) == (True, ["one two"])


def test_the_cache_is_part_of_the_configuration(tmp_path):
    for given, config in [
        ("memory", {"max_bytes": 2**28}),
        (str(tmp_path / "x"), {"path": str(tmp_path / "x"), "max_bytes": 2**30}),
        (MemoryCache(max_bytes=9), {"max_bytes": 9}),
        (None, None),
    ]:
        lm = LanguageModel("ollama/x", cache=given)
        assert lm.get_config()["cache"] == config
        assert LanguageModel.from_config(lm.get_config()).get_config() == lm.get_config()


# --- Equal calls in flight -------------------------------------------------------------------


class Held:
    """A model whose answers wait until they are let go."""

    def __init__(self, answer="hi", **options):
        self.go, self.answer = asyncio.Event(), answer
        self.lm = model(self._answer, **options)

    async def _answer(self, request):
        await self.go.wait()
        return self.answer() if callable(self.answer) else self.answer

    async def started(self, count=1):
        await settle()
        assert len(self.lm.requests) == count


async def test_equal_calls_in_flight_share_one():
    held = Held()
    tasks = [asyncio.create_task(held.lm("hello")) for _ in range(50)]
    other = asyncio.create_task(held.lm("other"))
    await held.started(2)
    assert len(held.lm.requests) == 2
    held.go.set()
    answers = await asyncio.gather(*tasks)
    await other
    assert len(held.lm.requests) == 2
    assert [answer.cached for answer in answers] == [False] + [True] * 49
    assert len({id(answer.message) for answer in answers}) == 50
    assert held.lm.cache.flights(asyncio.get_running_loop()) == {}


async def test_sampled_calls_in_flight_are_each_made():
    held = Held(temperature=1)
    tasks = [asyncio.create_task(held.lm("hello")) for _ in range(3)]
    with_rollouts = [asyncio.create_task(held.lm("hello", rollout=n % 2)) for n in range(6)]
    await held.started(5)
    held.go.set()
    await asyncio.gather(*tasks, *with_rollouts)
    assert len(held.lm.requests) == 5


async def test_one_of_those_who_wait_takes_over_when_the_call_is_cancelled():
    held = Held()
    tasks = [asyncio.create_task(held.lm("hello")) for _ in range(5)]
    await held.started()
    tasks[0].cancel()
    await settle()
    assert len(held.lm.requests) == 2
    tasks[1].cancel()
    await settle()
    assert len(held.lm.requests) == 3
    held.go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 2 + [Response] * 3
    assert len(held.lm.requests) == 3


async def test_those_who_wait_can_be_cancelled_and_the_others_go_on():
    held = Held()
    tasks = [asyncio.create_task(held.lm("hello")) for _ in range(5)]
    await held.started()
    tasks[2].cancel()
    tasks[4].cancel()
    await settle()
    held.go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, Response) for result in results] == [True, True, False, True, False]
    assert len(held.lm.requests) == 1


async def test_a_failure_is_that_of_all_who_wait():
    held = Held(errors.ServerError("no", status=503), retry=Retry(max_tries=2, initial=0.0))
    tasks = [asyncio.create_task(held.lm("hello")) for _ in range(5)]
    await held.started()
    held.go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(result) for result in results} == {errors.ServerError}
    assert {result.status for result in results} == {503}
    assert len({id(result) for result in results}) == 5
    assert len(held.lm.requests) == 2
    held.answer = "hi"
    assert (await held.lm("hello")).text == "hi"


async def test_the_failure_of_a_stream_that_was_read_from_is_not_that_of_others():
    answers = iter([(["a"], errors.ServerError("no", status=503)), ([], Response.from_text("hi"))])
    joined = asyncio.Event()

    async def answer(request, call):
        pieces, outcome = next(answers)
        for piece in pieces:
            call.tell(piece)
            await joined.wait()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    handler, request = (
        shared(answer, MemoryCache(), ""),
        Request("openai", "x", [], params={"temperature": 0}),
    )
    read = asyncio.create_task(handler(request, Call(lambda _: None)))
    await settle()
    waits = asyncio.create_task(handler(request, Call()))
    await settle()
    joined.set()
    assert (await waits).text == "hi"
    with pytest.raises(errors.ServerError):
        await read


async def test_an_answer_that_is_not_valid_is_asked_again_once_for_all():
    answers = iter(["no", '{"a": 1}'])
    held = Held(lambda: next(answers))
    tasks = [asyncio.create_task(held.lm("hello", schema=SCHEMA)) for _ in range(5)]
    await held.started()
    held.go.set()
    assert [answer.parsed for answer in await asyncio.gather(*tasks)] == [{"a": 1}] * 5
    assert len(held.lm.requests) == 2


async def test_what_is_no_failure_of_the_call_is_nobody_elses():
    """The call that is waited for has no part in its budget: the next makes it with its own."""
    held = Held()

    class Empty:
        def check(self, *about):
            pass

        async def reserve(self, most, *, wait):
            await held.go.wait()
            raise errors.BudgetExhaustedError("no", limit="max_calls")

    token = meter.set(Empty())
    poor = asyncio.create_task(held.lm("hello"))
    meter.reset(token)
    await settle()
    rich = asyncio.create_task(held.lm("hello"))
    await settle()
    assert held.lm.requests == []
    held.go.set()
    with pytest.raises(errors.BudgetExhaustedError):
        await poor
    assert (await rich).text == "hi"


async def test_cancelled_at_each_await_nothing_is_left():
    for turns in range(1, 12):
        answers = iter(["no", '{"a": 1}', '{"a": 1}', '{"a": 1}', '{"a": 1}'])

        async def answer(request, answers=answers):
            await asyncio.sleep(0)
            return next(answers)

        lm = model(answer)
        leader, follower = (asyncio.create_task(lm("hello", schema=SCHEMA)) for _ in range(2))
        for _ in range(turns):
            await asyncio.sleep(0)
        leader.cancel()
        await asyncio.wait([leader])
        assert (await follower).parsed == {"a": 1}
        assert lm.cache.flights(asyncio.get_running_loop()) == {}


# --- In a run --------------------------------------------------------------------------------


class Counting:
    def __init__(self):
        self.spent = Amount()

    def check(self, *about):
        pass

    async def reserve(self, most, *, wait):
        pass

    def settle(self, reserved, spent):
        self.spent += spent

    def replay(self, spent):
        self.spent += spent

    def lose(self, reserved):
        raise AssertionError


async def in_a_run(path, lm, calls, *, rollout=None):
    """Make equal calls at once as parts of a run; return what they cost and what is in the journal."""
    counting, active = Counting(), SqliteJournal(path, generation=0)
    tokens = journal.set(active), meter.set(counting)
    try:
        with scopes.entered(scopes.SampleScope(phase="train", epoch=0, step=0, sample=0)) as place:
            await asyncio.gather(*(lm("hello", rollout=rollout) for _ in range(calls)))
    finally:
        journal.reset(tokens[0])
        meter.reset(tokens[1])
        active.close()
    return counting.spent, place.records, active.races


async def test_a_shared_answer_is_journaled_and_costs_the_budget_nothing(tmp_path):
    lm = model()
    spent, records, races = await in_a_run(tmp_path / "journal", lm, 3)
    assert (spent.calls, spent.tokens, len(lm.requests), races) == (1, 7, 1, set())
    assert sorted(record.cached for record in records) == [False, True, True]
    again = model(lambda _: pytest.fail("asked again"), cache=None)
    replayed, records, _ = await in_a_run(tmp_path / "journal", again, 3)
    assert replayed == spent
    assert all(record.replayed for record in records)


async def test_equal_sampled_calls_are_a_race_unless_they_share_a_rollout(tmp_path):
    for name, options, rollout, races in [
        ("none", {}, None, 1),
        ("shared", {}, 0, 0),
        ("no cache", {"cache": None}, 0, 1),
    ]:
        lm, folder = model(temperature=1, **options), tmp_path / name
        folder.mkdir()
        _, _, found = await in_a_run(folder / "journal", lm, 2, rollout=rollout)
        assert len(found) == races


@pytest.mark.parametrize("content", [b"hi", "\ud800"])
async def test_what_is_not_json_has_no_key_and_says_so(content):
    with pytest.raises(errors.ConfigurationError, match="request to testing/function is not JSON"):
        await model()([{"role": "user", "content": content}])
