"""The place of the journal: outside of retry and limit, inside of validation."""

import pytest

from synalinks import errors
from synalinks._internal.scope import SampleScope, entered, for_purpose
from synalinks.language_models import Address, FunctionModel, Response, ScriptedModel
from synalinks.language_models._journal import journal
from synalinks.language_models._request import Request

SCHEMA = {"type": "object", "required": ["a"]}


class Kept:
    """A journal in memory."""

    def __init__(self):
        self.entries = {}
        self.asked_again, self.failures, self.races = [], [], []

    def lookup(self, address, request, *, again=False):
        self.asked_again.append(again)
        return self.entries.get(address)

    async def record(self, address, request, response):
        self.entries[address] = response

    async def fail(self, address, request, error):
        self.failures.append((address, error))

    def race(self, address):
        self.races.append(address)


@pytest.fixture
def kept():
    value = Kept()
    token = journal.set(value)
    yield value
    journal.reset(token)


async def asked(lm, *questions, sample=0):
    with entered(SampleScope(phase="train", epoch=0, step=1, sample=sample)):
        return [(await lm(question)).text for question in questions]


async def test_a_completed_call_is_not_made_again(kept):
    answers = ["one", "two", "three"]
    assert await asked(ScriptedModel(answers), "a", "b", "a") == answers
    assert await asked(ScriptedModel([]), "a", "b", "a") == answers


async def test_an_address_says_which_call_it_is(kept):
    lm = FunctionModel(lambda _: "hi")
    await asked(lm, "a", "a")
    with entered(SampleScope(phase="val", sample=4)), for_purpose("reward"):
        await lm("a")
    key = lm.requests[0].key
    assert list(kept.entries) == [
        Address("train", 0, 1, 0, "", "program", key, 0),
        Address("train", 0, 1, 0, "", "program", key, 1),
        Address("val", None, None, 4, "", "reward", key, 0),
    ]


async def test_what_is_asked_again_is_kept_separately(kept):
    with entered(SampleScope()):
        await ScriptedModel(["x", {"a": 1}])("hello", schema=SCHEMA)
    assert [response.text for response in kept.entries.values()] == ["x", '{"a":1}']
    with entered(SampleScope()):
        assert (await ScriptedModel([])("hello", schema=SCHEMA)).parsed == {"a": 1}


async def test_an_answer_that_was_cut_is_completed_and_paid_for(kept):
    for lm in (ScriptedModel([Response.from_text("x", finish_reason="length")]), ScriptedModel([])):
        with entered(SampleScope()), pytest.raises(errors.TruncatedOutputError):
            await lm("hello")


async def test_a_failure_is_not_kept(kept):
    with pytest.raises(errors.BadRequestError):
        await asked(ScriptedModel([errors.BadRequestError("no")]), "a")
    assert not kept.entries


async def test_an_answer_is_kept_before_it_is_used(kept):
    async def fail(address, request, response):
        raise OSError("disk full")

    kept.record = fail
    with pytest.raises(OSError, match="disk full"):
        await asked(FunctionModel(lambda _: "hi"), "a")


async def test_outside_of_a_run_nothing_is_kept(kept):
    await FunctionModel(lambda _: "hi")("a")
    assert not kept.entries


def test_the_key_covers_all_that_the_answer_depends_on():
    from synalinks.language_models import OutputSchema

    base = {
        "provider": "p",
        "model": "m",
        "messages": [{"role": "user", "content": "x"}],
        "schema": None,
        "tools": None,
        "params": {"a": 1, "b": 2},
        "reask": 0,
    }
    others = {
        "provider": "q",
        "model": "n",
        "messages": [],
        "schema": OutputSchema({}),
        "tools": [{}],
        "params": {"a": 1},
        "reask": 1,
    }
    keys = {Request(**{**base, name: value}).key for name, value in others.items()}
    assert len({Request(**base).key, *keys}) == len(others) + 1
    assert Request(**{**base, "params": {"b": 2, "a": 1}}).key == Request(**base).key
    request = Request(**base)
    assert request.key is request.key
