import asyncio

import pytest

from synalinks import errors
from synalinks.hooks import Usage
from synalinks.language_models import FunctionModel, LanguageModel, Response, ScriptedModel


class Answer:
    """Stands for a data model."""

    def get_json(self):
        return {"a": 1}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("hi", "hi"),
        ({"a": 1}, '{"a":1}'),
        ([1], "[1]"),
        (None, "null"),
        (Answer(), '{"a":1}'),
        (Response.from_text("x", usage=Usage(1, 2)), "x"),
    ],
)
async def test_an_answer_comes_in_many_forms(answer, text):
    async def slow(request):
        return answer

    for lm in (FunctionModel(lambda _: answer), FunctionModel(slow), ScriptedModel([answer])):
        assert isinstance(lm, LanguageModel)
        assert (await lm("hello")).text == text


async def test_what_is_no_answer_is_refused():
    with pytest.raises(errors.ConfigurationError, match="must be a text, JSON"):
        await FunctionModel(lambda _: {1, 2})("hello")


async def test_a_function_sees_the_request():
    lm = FunctionModel(
        lambda request: request.messages[-1]["content"] + str(request.params["top_k"]), top_k=3
    )
    assert (await lm("hello")).text == "hello3"


async def test_failures_come_on_request():
    failures = {0: errors.ServerError("no"), 2: errors.BadRequestError("no")}
    for lm in (FunctionModel(lambda _: "hi", failures=failures), ScriptedModel(["hi"], failures=failures)):
        assert (await lm("hello")).text == "hi"
        assert len(lm.requests) == 2
        with pytest.raises(errors.BadRequestError):
            await lm("hello")


async def test_failures_may_depend_on_the_request():
    def failures(request):
        return errors.RefusedError("no") if "bad" in request.messages[0]["content"] else None

    lm = FunctionModel(lambda _: "hi", failures=failures)
    assert (await lm("good")).text == "hi"
    with pytest.raises(errors.RefusedError):
        await lm("bad")


async def test_answers_take_their_time(monkeypatch):
    waits = []

    async def record(seconds):
        waits.append(seconds)

    monkeypatch.setattr("synalinks.language_models._in_process.asyncio.sleep", record)
    await FunctionModel(lambda _: "hi", latency=1.5)("hello")
    await FunctionModel(lambda _: "hi")("hello")
    assert waits == [1.5]


async def test_a_script_gives_its_answers_in_order():
    lm = ScriptedModel(["one", "two"])
    assert [(await lm("hello")).text for _ in range(2)] == ["one", "two"]
    assert lm.remaining == 0
    with pytest.raises(errors.ConfigurationError, match="has 2 answers and was asked once more, for 'hello'"):
        await lm("hello")


async def test_a_script_refuses_two_calls_at_once():
    lm = ScriptedModel(["one", "two"])
    results = await asyncio.gather(lm("a"), lm("b"), return_exceptions=True)
    assert results[0].text == "one"
    assert isinstance(results[1], errors.ConfigurationError)
    assert "FunctionModel" in str(results[1])
    assert (await lm("c")).text == "two"  # and goes on afterwards
