"""How calls of an account are held back: after refusals, for as long as a server asks, and per minute."""

import asyncio
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.virtual_time import run_virtually

from synalinks import errors
from synalinks.hooks import Usage
from synalinks.language_models import FunctionModel, Response, Retry, current_load
from synalinks.language_models._limiter import Limiter, limiter_for, pace_of
from synalinks.language_models._meter import spent_on


def limiter_of(lm):
    return limiter_for(lm._provider().account)


def now():
    return asyncio.get_running_loop().time()


def refused(limiter, window=0, *, bound=64, longest=300.0, **fields):
    limiter.failed(errors.RateLimitedError("slow", **fields), window, bound, longest)


# --- How many at once ------------------------------------------------------------------------


def test_a_refusal_halves_the_limit_once_for_all_that_were_sent_before():
    limiter = Limiter()
    assert limiter.take(64)
    refused(limiter, 0)
    assert limiter.limit == 32
    refused(limiter, 0)
    refused(limiter, 0)
    assert limiter.limit == 32
    refused(limiter, 1)
    assert limiter.limit == 16
    for window in range(2, 20):
        refused(limiter, window)
    assert limiter.limit == 1


def test_good_answers_let_it_grow_by_one_for_as_many_as_it_has_places_up_to_the_bound():
    limiter = Limiter()
    limiter.take(64)
    refused(limiter, 0)
    grown = []
    for _ in range(3):
        for count in itertools.count(1):
            limiter.answered(1, 64, 0.0)
            if limiter.limit > 32 + len(grown):
                grown.append(count)
                break
    assert grown == [pytest.approx(32, abs=1), pytest.approx(33, abs=2), pytest.approx(34, abs=2)]
    for _ in range(10_000):
        limiter.answered(1, 64, 0.0)
    assert limiter.limit == 64


def test_answers_to_what_was_sent_before_the_refusal_do_not_count():
    limiter = Limiter()
    limiter.take(4)
    refused(limiter, 0, bound=4)
    for _ in range(100):
        limiter.answered(0, 4, 0.0)
    assert limiter.limit == 2


def test_other_failures_than_refusals_leave_the_limit_alone():
    limiter = Limiter()
    limiter.take(64)
    limiter.failed(errors.ServerError("no"), 0, 64, 300.0)
    assert limiter.limit == 64


def test_a_refused_call_of_a_small_bound_does_not_narrow_what_others_have():
    limiter = Limiter()
    for _ in range(20):
        limiter.take(64)
    refused(limiter, 0, bound=2)
    limiter.take(64)
    assert limiter.limit == 10


def test_an_account_finds_what_its_server_can_take():
    """A server that refuses the ninth call in flight: most calls are answered at the first try."""
    most, running, refusals = 8, 0, 0

    async def answer(request):
        nonlocal running, refusals
        running += 1
        try:
            await asyncio.sleep(1.0)
            if running > most:
                refusals += 1
                return errors.RateLimitedError("slow")
            return "yes"
        finally:
            running -= 1

    async def main():
        lm = FunctionModel(answer, max_concurrency=64, retry=Retry(initial=0.1, max_tries=1000))
        answers = await asyncio.gather(*(lm("hello") for _ in range(500)))
        return {a.text for a in answers}, limiter_of(lm)

    answers, limiter = run_virtually(main())
    assert answers == {"yes"}
    assert 1 <= limiter.limit <= 2 * most
    assert (limiter.in_flight, limiter.waiting) == (0, 0)
    assert refusals < 200


# --- For as long as a server asks ------------------------------------------------------------


def test_the_wait_that_one_call_is_asked_for_holds_back_all_of_the_account():
    async def main():
        starts, free, began = [], asyncio.Event(), now()

        async def answer(request):
            text = request.messages[0]["content"]
            starts.append((text, now() - began))
            if len(starts) == 2:
                return errors.RateLimitedError("slow", retry_after=9.0)
            await free.wait()
            return "yes"

        lm = FunctionModel(answer)
        in_flight = asyncio.create_task(lm("in flight"))
        await asyncio.sleep(1.0)
        refused = asyncio.create_task(lm("refused"))
        await asyncio.sleep(1.0)
        held = asyncio.create_task(lm("held back"))
        await asyncio.sleep(1.0)
        load = current_load()
        free.set()
        assert (await in_flight).text == "yes"  # what is in flight goes on
        await asyncio.gather(refused, held)
        return starts, load, current_load()

    starts, load, after = run_virtually(main())
    assert [text for text, _ in starts[:2]] == ["in flight", "refused"]
    assert sorted(starts[2:]) == [("held back", 10.0), ("refused", 10.0)]
    assert (load.in_flight, load.waiting, load.limit, load.bound) == (1, 1, 32, 64)
    assert (load.held, load.reason) == (7.0, "rate limit")
    assert (after.in_flight, after.held, after.reason) == (0, 0.0, "")


def test_a_busy_server_that_asks_to_wait_is_heard_too():
    async def main():
        limiter = limiter_for("a")
        limiter.failed(errors.ServerError("busy", retry_after=5.0), 0, 8, 300.0)
        return limiter.take(8), current_load()

    taken, load = run_virtually(main())
    assert not taken
    assert (load.held, load.reason) == (5.0, "server busy")


def test_a_wait_that_is_not_waited_for_holds_nobody_back():
    async def main():
        limiter = Limiter()
        refused(limiter, retry_after=301.0)
        return limiter.take(64)

    assert run_virtually(main())


def test_the_longer_of_two_pauses_counts():
    async def main():
        limiter, began = Limiter(), now()
        refused(limiter, retry_after=8.0)
        refused(limiter, retry_after=3.0)
        await limiter.wait(64)
        return now() - began

    assert run_virtually(main()) == 8.0


def test_an_answer_that_says_that_nothing_is_left_pauses_the_account():
    async def main():
        starts, began = [], now()

        def answer(request):
            starts.append(now() - began)
            message = {"role": "assistant", "content": "yes"}
            return Response(message, "yes", pause=900.0 if len(starts) == 1 else 0.0)

        lm = FunctionModel(answer)
        assert (await lm("hello")).text == "yes"
        await lm("hello")
        return starts

    assert run_virtually(main()) == [0.0, 300.0]  # the retry's maximum_wait


def test_an_error_with_such_headers_pauses_it_as_well():
    async def main():
        limiter, error = Limiter(), errors.RateLimitedError("slow")
        error.pause = 900.0
        limiter.failed(error, 0, 8, 300.0)
        return limiter.held()

    assert run_virtually(main()) == (300.0, "rate limit")


# --- Per minute ------------------------------------------------------------------------------


async def starts_of(count, **options):
    starts, began = [], now()

    def answer(request):
        starts.append(now() - began)
        return Response.from_text("yes", usage=Usage(60, 40))

    lm = FunctionModel(answer, **options)
    await asyncio.gather(*(lm("hello") for _ in range(count)))
    return starts


@given(limit=st.integers(1, 1500), count=st.integers(1, 400))
def test_never_more_than_the_limit_start_within_a_minute(limit, count):
    starts = run_virtually(starts_of(count, requests_per_minute=limit))
    assert len(starts) == count
    for first, last in zip(starts, starts[limit:], strict=False):
        assert last - first >= 60 - 1e-6


def test_the_limit_is_used_and_at_most_a_second_of_it_at_once():
    starts = run_virtually(starts_of(1200, requests_per_minute=600))
    assert sum(start < 0.05 for start in starts) == 11
    assert starts[-1] == pytest.approx(120, rel=0.03)


def test_tokens_are_paced_as_the_server_counted_them():
    """Let through for some 4,000 tokens each, they use 100: at 6,000 a minute one starts each second."""

    starts = run_virtually(starts_of(60, tokens_per_minute=6000, max_tokens=4000, max_concurrency=1))
    assert starts[-1] == pytest.approx(59, rel=0.05)


def test_calls_in_flight_count_with_the_most_that_they_may_use():
    async def main():
        free = asyncio.Event()

        async def answer(request):
            await free.wait()
            return Response.from_text("yes", usage=Usage(1, 1))

        lm = FunctionModel(answer, tokens_per_minute=6000, max_tokens=6000)
        tasks = [asyncio.create_task(lm("hello")) for _ in range(3)]
        await asyncio.sleep(30.0)
        early, load = len(lm.requests), current_load()
        free.set()
        began = now()
        await asyncio.gather(*tasks)
        return early, load, now() - began

    early, load, rest = run_virtually(main())
    assert early == 1
    assert (load.waiting, load.reason) == (2, "limit per minute")
    assert rest < 1  # what was not used is given back, and those who wait hear of it


def test_models_of_an_account_share_a_limit():
    async def main():
        limiter, began = limiter_for("account"), now()
        charges = pace_of(30, None).charges(None)
        for _ in range(3):
            if not limiter.take(8, charges):
                await limiter.wait(8, charges)
        return now() - began

    assert run_virtually(main()) == 4.0


def test_by_its_size_where_the_server_does_not_count():
    async def main():
        lm = FunctionModel(lambda _: "x", tokens_per_minute=59, max_tokens=10_000)
        response = await lm("hello")
        return spent_on(lm.requests[0], response, None).tokens, limiter_of(lm)._due[1] - now()

    spent, due = run_virtually(main())
    assert due == pytest.approx(spent * 60 / 59)


# --- Cancelled anywhere ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_any_mix_of_pauses_refusals_and_cancellations_leaves_nothing_behind(seed):
    draw = random.Random(seed)

    async def answer(request):
        await asyncio.sleep(draw.random())
        kind = draw.randrange(6)
        if kind == 0:
            return errors.RateLimitedError("slow", retry_after=draw.choice([None, 0.5, 3.0]))
        if kind == 1:
            return errors.ServerError("no")
        return Response({"role": "assistant", "content": "y"}, "y", pause=draw.choice([0.0, 0.0, 0.0, 1.0]))

    async def main():
        lm = FunctionModel(
            answer, max_concurrency=5, requests_per_minute=600, tokens_per_minute=50_000, max_tokens=50,
            retry=Retry(initial=0.1, max_tries=3),
        )  # fmt: skip
        tasks = [asyncio.create_task(lm("hello")) for _ in range(80)]
        for _ in range(30):
            await asyncio.sleep(draw.random() / 4)
            draw.choice(tasks).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        limiter = limiter_of(lm)
        return (limiter.in_flight, limiter.waiting, len(limiter._waiting)), (await lm_answers(lm))

    async def lm_answers(lm):
        await asyncio.sleep(600.0)
        lm._asked._answer = lambda _: "fine"
        return (await lm("again")).text

    assert run_virtually(main()) == ((0, 0, 0), "fine")


def test_a_charge_is_given_back_when_its_call_is_cancelled_as_it_gets_its_place():
    async def main():
        limiter, charges = Limiter(), pace_of(1, None).charges(None)
        assert limiter.take(1)
        waiting = asyncio.create_task(limiter.wait(1, charges))
        await asyncio.sleep(0)
        limiter.release()
        before = limiter._due[0]
        waiting.cancel()
        await asyncio.wait([waiting])
        return before - limiter._due[0], limiter.in_flight

    assert run_virtually(main()) == (60.0, 0)


def test_a_call_can_be_cancelled_at_each_await():
    """Step by step: the call is cancelled after one more turn of the loop each time, until it is through."""

    async def answer(request):
        await asyncio.sleep(0)
        if len(lm.requests) == 1:
            return errors.RateLimitedError("slow", retry_after=2.0)
        return "yes"

    async def main(turns):
        nonlocal lm
        lm = FunctionModel(answer, max_concurrency=1, requests_per_minute=60)
        limiter = limiter_of(lm)
        assert limiter.take(1)
        task = asyncio.create_task(lm("hello"))
        for turn in range(turns):
            if turn == 3:
                limiter.release()
            await (asyncio.sleep(0) if turn < 12 else asyncio.sleep(0.5))
        if turns <= 3:
            limiter.release()
        over = task.done()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(10)
        assert (limiter.in_flight, limiter.waiting, limiter.held()[0]) == (0, 0, 0.0)
        assert limiter.take(1)
        return over

    lm = None
    ends = [run_virtually(main(turns)) for turns in range(1, 40)]
    assert ends[0] is False
    assert ends[-1] is True
