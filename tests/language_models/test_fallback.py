"""Asking another model in place of one that cannot be reached or that refuses."""

import asyncio
import copy
import pickle

import pytest

from synalinks import errors
from synalinks._internal import scope as scopes
from synalinks.hooks import Hook, LanguageModelCallRetried, Usage, add_hook
from synalinks.language_models import FunctionModel, LanguageModel, Request, Response, Retry
from synalinks.language_models._journal import journal
from synalinks.language_models._meter import Amount, meter, most_of
from synalinks.language_models._pipeline import Call
from synalinks.language_models._prices import DOLLAR
from synalinks.runs._journal import SqliteJournal

SCHEMA = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
MILLION = 10**6


def answering(text="from the other", usage=None, **options):
    answer = Response.from_text(text, usage=usage or Usage(20, 10))
    return FunctionModel(lambda _: answer, name="other", **options)


def failing(error=None, *, fallback, **options):
    failure = error or errors.ServerError("down")
    return FunctionModel(
        lambda _: failure,
        name="first",
        fallback=fallback,
        **{"retry": Retry(max_tries=2, initial=0.0), **options},
    )


REFUSALS = [
    errors.RefusedError("filtered"),
    Response.from_text("no", usage=Usage(5, 1), finish_reason="content_filter"),
    Response({"role": "assistant", "content": None, "refusal": "I will not."}, None, usage=Usage(5, 1)),
]


async def recorded(lm, **options):
    place = scopes.SampleScope(phase="train")
    with scopes.entered(place):
        response = await lm("hello", **options)
    (record,) = place.records
    return response, record


# --- When ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        errors.ServerError("down"),
        errors.RateLimitedError("slow", retry_after=1e6),
        errors.CallTimeoutError("late"),
        errors.CallConnectionError("gone"),
        errors.ProtocolError("odd"),
        *REFUSALS,
    ],
    ids=lambda error: type(error).__name__,
)
async def test_another_model_is_asked_in_an_outage_and_after_a_refusal(error):
    other = answering()
    lm = failing(error, fallback=other)
    response, record = await recorded(lm)
    assert (response.text, response.answered_by) == ("from the other", "testing/other")
    assert (record.model, record.answered_by, record.error) == ("testing/first", "testing/other", None)
    assert record.attempts == len(lm.requests) + len(other.requests)
    assert (len(lm.requests), len(other.requests)) in [(1, 1), (2, 1)]


@pytest.mark.parametrize(
    "error",
    [
        errors.AuthenticationError("wrong key"),
        errors.UnknownModelError("no such"),
        errors.BadRequestError("malformed"),
        errors.ContextTooLongError("long"),
        ValueError("a mistake"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_every_call_would_have_is_raised(error):
    other = answering()
    with pytest.raises(type(error)):
        await failing(error, fallback=other)("hello")
    assert other.requests == []


async def test_answers_that_are_not_valid_are_no_reason():
    other = answering('{"a": 1}')
    lm = FunctionModel(lambda _: "no", fallback=other, validation_retries=1)
    with pytest.raises(errors.InvalidOutputError):
        await lm("hello", schema=SCHEMA)
    assert (len(lm.requests), other.requests) == (2, [])


async def test_as_long_as_the_model_answers_nobody_else_is_asked():
    other = answering()
    lm = FunctionModel(lambda _: "hi", fallback=other)
    response, record = await recorded(lm)
    assert (response.text, response.answered_by, record.answered_by) == ("hi", "", None)
    assert other.requests == []


async def test_several_are_asked_in_order_each_with_its_own_fallbacks():
    asked = []

    def down(name, **options):
        def answer(_):
            asked.append(name)
            return errors.ServerError(f"{name} is down")

        return FunctionModel(answer, name=name, retry=Retry(max_tries=1), **options)

    lm = down("a", fallback=[down("b", fallback=down("c")), answering("d", usage=Usage(1, 1))])
    response = await lm("hello")
    assert (asked, response.text, response.answered_by) == (["a", "b", "c"], "d", "testing/other")


async def test_the_last_failure_tells_of_those_before():
    lm = failing(fallback=failing(errors.RefusedError("I will not"), fallback=None))
    with pytest.raises(errors.RefusedError, match="I will not") as caught:
        await lm("hello")
    assert any("testing/first was asked before: ServerError: down" in note for note in caught.value.__notes__)


async def test_what_the_fallback_does_not_take_says_who_was_asked_before(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-x")
    lm = failing(fallback="anthropic/claude-haiku-4-5")
    with pytest.raises(errors.ConfigurationError, match="no seed") as caught:
        await lm("hello", seed=1)
    assert any("testing/first was asked before" in note for note in caught.value.__notes__)


async def test_a_refusal_of_the_last_names_who_refused():
    lm = failing(fallback=FunctionModel(lambda _: REFUSALS[2], name="other"))
    with pytest.raises(errors.RefusedError, match="testing/other refused to answer: I will not"):
        await lm("hello")


async def test_a_stream_of_which_a_piece_was_handed_out_is_not_begun_by_another():
    other, pieces = answering(), []

    class Breaks(FunctionModel):
        def _provider(self):
            async def stream(request, sink):
                sink("Hel")
                raise errors.CallConnectionError("broke")

            self._asked.stream = stream
            return self._asked

    lm = Breaks(lambda _: "", fallback=other)
    request = Request("testing", "first", [{"role": "user", "content": "hello"}])
    with pytest.raises(errors.CallConnectionError):
        await lm.check()(request, Call(pieces.append))
    assert (pieces, other.requests) == (["Hel"], [])


# --- How it is asked -------------------------------------------------------------------------


async def test_it_has_the_parameters_of_the_call_and_its_own_defaults():
    other = answering(temperature=0.9, max_tokens=7)
    lm = failing(fallback=other, temperature=0.1, seed=3)
    await lm("hello", schema=None, top_p=0.5, max_tokens=9)
    (request,) = other.requests
    assert dict(request.params) == {"temperature": 0.9, "top_p": 0.5, "max_tokens": 9}
    assert (request.provider, request.model) == ("testing", "other")
    assert request.messages == lm.requests[0].messages


async def test_one_that_is_given_by_name_has_the_same_defaults(serve):
    server, first = await serve(lambda _: "hi")
    lm = failing(fallback="ollama/llama3.2", temperature=0.1, max_tokens=5)
    assert dict(lm.fallback[0].default_params) == {"temperature": 0.1, "max_tokens": 5}
    over_http = failing(fallback=first)
    assert (await over_http("hello")).answered_by == "openai/test"
    assert server.requests[0]["model"] == "test"


async def test_an_answer_that_is_not_valid_is_asked_again_from_the_beginning():
    answers = iter(["no", '{"a": 1}'])
    other = FunctionModel(lambda _: next(answers), name="other")
    lm = failing(fallback=other)
    assert (await lm("hello", schema=SCHEMA)).parsed == {"a": 1}
    assert (len(lm.requests), len(other.requests)) == (4, 2)
    assert other.requests[1].reask == 1


async def test_hooks_hear_of_it():
    told = []

    class Listener(Hook):
        def on_event(self, event):
            if isinstance(event, LanguageModelCallRetried):
                told.append((event.model, event.wait, event.reason, type(event.error)))

    add_hook(Listener())
    await failing(fallback=answering(), retry=Retry(max_tries=1))("hello")
    await failing(REFUSALS[1], fallback=answering())("hello")
    assert told == [
        ("testing/first", 0.0, "ServerError: down; testing/other is asked in its place.", errors.ServerError),
        (
            "testing/first",
            0.0,
            "testing/first refused to answer; testing/other is asked in its place.",
            type(None),
        ),
    ]


async def test_its_answers_are_not_kept_in_the_cache():
    other = answering()
    lm = failing(fallback=other, cache="memory", temperature=0)
    await lm("hello")
    await lm("hello")
    assert (len(other.requests), len(lm.cache)) == (2, 0)


# --- What it costs ---------------------------------------------------------------------------

FIRST, OTHER = {"input": 1.0, "output": 2.0}, {"input": 10.0, "output": 20.0}


async def test_the_cost_of_a_call_is_what_each_answer_cost():
    other = answering(prices=OTHER)  # 20 tokens in, 10 out
    _, record = await recorded(failing(fallback=other, prices=FIRST))
    assert (record.usage, record.cost) == (Usage(20, 10), pytest.approx(400e-6))
    _, record = await recorded(failing(REFUSALS[1], fallback=other, prices=FIRST))
    assert record.usage == Usage(25, 11)
    assert record.cost == pytest.approx(7e-6 + 400e-6)


async def test_the_cost_is_not_known_where_one_price_is_not():
    def unpriced():
        model = answering()
        model.price = None
        return model

    _, record = await recorded(failing(fallback=unpriced(), prices=FIRST))
    assert record.cost is None


class Counting:
    """A meter that takes note of everything."""

    def __init__(self):
        self.said, self.reserved, self.spent = [], Amount(), Amount()

    def check(self, model, price, bound):
        self.said.append(("check", model, price.output * MILLION / DOLLAR))

    async def reserve(self, most, *, wait):
        self.said.append(("reserve", most))
        self.reserved += most

    def settle(self, reserved, spent):
        self.said.append(("settle", reserved, spent))
        self.reserved -= reserved
        self.spent += spent

    def lose(self, reserved):
        self.said.append(("lose", reserved))
        self.reserved -= reserved
        self.spent += reserved

    def replay(self, spent):
        self.spent += spent


async def metered(lm):
    counting = Counting()
    token = meter.set(counting)
    try:
        await lm("hello")
    finally:
        meter.reset(token)
        assert counting.reserved == Amount()
    return counting


def of(tokens_in, tokens_out, prices):
    cost = (tokens_in * prices["input"] + tokens_out * prices["output"]) * DOLLAR / MILLION
    return Amount(1, tokens_in + tokens_out, int(cost))


async def test_a_budget_sets_aside_and_counts_what_each_model_may_use():
    other = answering(prices=OTHER, max_tokens=50)
    lm = failing(REFUSALS[1], fallback=other, prices=FIRST, max_tokens=30)
    counting = await metered(lm)
    first, second = most_of(lm.requests[0], lm.price), most_of(other.requests[0], other.price)
    assert second.cost > 9 * first.cost
    assert counting.said == [
        ("check", "testing/first", 2.0),
        ("reserve", first),
        ("settle", first, of(5, 1, FIRST)),
        ("check", "testing/other", 20.0),
        ("reserve", second),
        ("settle", second, of(20, 10, OTHER)),
    ]


@pytest.mark.parametrize("error", [errors.ServerError("down"), errors.CallTimeoutError("late")])
async def test_a_budget_counts_attempts_that_may_have_been_charged(error):
    lm = failing(error, fallback=answering(prices=OTHER), prices=FIRST, max_tokens=30)
    counting = await metered(lm)
    most = most_of(lm.requests[0], lm.price)
    lost = [("lose", most)] * 2 if isinstance(error, errors.CallTimeoutError) else []
    assert [said for said in counting.said if said[0] == "lose"] == lost
    assert counting.spent.cost == len(lost) * most.cost + of(20, 10, OTHER).cost


async def test_everything_is_given_back_when_all_fail_or_the_call_is_cancelled():
    with pytest.raises(errors.ServerError):
        await metered(failing(fallback=failing(fallback=None)))
    for turns in range(1, 12):

        async def answer(_):
            await asyncio.sleep(0)
            return errors.ServerError("down")

        async def other(_):
            await asyncio.sleep(0)
            return "hi"

        lm = FunctionModel(answer, fallback=FunctionModel(other), retry=Retry(max_tries=1))
        task = asyncio.create_task(metered(lm))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])  # `metered` itself sees that nothing is set aside any more
        assert task.cancelled() or task.exception() is None


async def test_a_replayed_answer_counts_with_the_price_of_who_gave_it(tmp_path):
    async def run(lm):
        active, counting = SqliteJournal(tmp_path / "journal", generation=0), Counting()
        tokens = journal.set(active), meter.set(counting)
        with scopes.entered(scopes.SampleScope(phase="train", epoch=0, step=0, sample=0)) as place:
            await lm("hello")
        journal.reset(tokens[0])
        meter.reset(tokens[1])
        active.close()
        return counting.spent, place.records[0]

    def lm():
        return failing(fallback=answering(prices=OTHER), prices=FIRST)

    spent, record = await run(lm())
    replayed, again = await run(lm())
    assert spent == replayed == of(20, 10, OTHER)
    assert (again.replayed, again.answered_by, again.cost) == (True, "testing/other", record.cost)


# --- Set-up ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fallback", "reason"),
    [
        (3, 'fallback must be a name "provider/name"'),
        (["ollama/y", 3], "fallback must be a name"),
        ("llama3.2", "is not a model name"),
        ("opnai/x", "Did you mean 'openai'"),
        ("openai/x", "'openai/x' would be asked twice, in the order 'openai/x', 'openai/x'"),
        (["ollama/y", "ollama/y"], "'ollama/y' would be asked twice"),
        (LanguageModel("ollama/y", fallback="openai/x"), "'openai/x' would be asked twice"),
    ],
)
def test_a_fallback_that_cannot_be_is_refused(fallback, reason):
    with pytest.raises(errors.ConfigurationError, match=reason):
        LanguageModel("openai/x", fallback=fallback)


def test_the_same_model_elsewhere_or_under_another_key_is_another():
    LanguageModel("openai/x", fallback=LanguageModel("openai/x", api_base="http://box/v1"))
    LanguageModel("openai/x", fallback=LanguageModel("openai/x", api_key="sk-2"))


def test_a_key_that_a_fallback_needs_is_missed_before_the_first_call():
    with pytest.raises(errors.MissingAPIKeyError, match="openai/x"):
        FunctionModel(lambda _: "hi", fallback="openai/x").check()


async def test_a_local_server_that_is_a_fallback_must_be_there_too():
    lm = FunctionModel(lambda _: "hi", fallback=LanguageModel("ollama/x", api_base="http://127.0.0.1:9/"))
    with pytest.raises(
        errors.ConfigurationError, match=r"Nothing listens at http://127\.0\.0\.1:9.*ollama/x"
    ):
        await lm.probe()


def test_fallbacks_are_saved_and_loaded_without_keys():
    inner = LanguageModel("ollama/z", retry=Retry(max_tries=2), temperature=0.3)
    lm = LanguageModel(
        "openai/x", fallback=["ollama/y", LanguageModel("groq/z", api_key="sk-1", fallback=inner)]
    )
    config = lm.get_config()
    assert "sk-1" not in repr(config)
    for again in (LanguageModel.from_config(config), pickle.loads(pickle.dumps(lm))):
        assert again.get_config() == config
        assert [model.model for model in again.chain()] == ["openai/x", "ollama/y", "groq/z", "ollama/z"]
        assert again.chain()[-1].retry == Retry(max_tries=2)
    assert copy.deepcopy(lm) is lm
    assert LanguageModel("ollama/y").get_config()["fallback"] is None
