import asyncio
import random
import threading

import pytest

from synalinks.errors import ServerError
from synalinks.language_models import FunctionModel, Retry
from synalinks.language_models._limiter import Limiter, Limiters, limiter_for


def asker(limiter, bound, log, name):
    async def ask():
        if not limiter.take(bound):
            await limiter.wait(bound)
        log.append(name)

    return asyncio.create_task(ask())


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_places_are_handed_out_in_order_of_asking():
    limiter, log = Limiter(), []
    tasks = [asker(limiter, 2, log, n) for n in range(5)]
    await settle()
    assert (log, limiter.in_flight, limiter.waiting) == ([0, 1], 2, 3)
    for done in range(3):
        limiter.release()
        await settle()
        assert log == list(range(done + 3))
    limiter.release()
    limiter.release()
    await asyncio.gather(*tasks)
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


async def test_nobody_passes_those_who_wait():
    limiter, log = Limiter(), []
    assert limiter.take(1)
    waiting = asker(limiter, 1, log, "first")
    await settle()
    assert not limiter.take(9)
    limiter.release()
    assert not limiter.take(1)  # the place is the waiter's already
    await waiting


async def test_each_asker_has_its_own_bound():
    limiter, log = Limiter(), []
    for _ in range(3):
        assert limiter.take(4)
    small, large = asker(limiter, 2, log, "small"), asker(limiter, 4, log, "large")
    await settle()
    assert log == []
    limiter.release()
    limiter.release()
    await settle()
    assert log == ["small", "large"]
    await asyncio.gather(small, large)


async def test_a_waiter_that_is_cancelled_leaves_the_line():
    limiter, log = Limiter(), []
    assert limiter.take(1)
    first, second = asker(limiter, 1, log, "first"), asker(limiter, 1, log, "second")
    await settle()
    first.cancel()
    await settle()
    limiter.release()
    await second
    assert (log, limiter.in_flight) == (["second"], 1)


async def test_a_cancelled_waiter_lets_through_those_it_stood_before():
    limiter, log = Limiter(), []
    assert limiter.take(4)
    narrow, wide = asker(limiter, 1, log, "narrow"), asker(limiter, 4, log, "wide")
    await settle()
    assert log == []
    narrow.cancel()
    await wide
    assert limiter.in_flight == 2


async def test_a_place_that_comes_with_the_cancellation_is_passed_on():
    limiter, log = Limiter(), []
    assert limiter.take(1)
    first, second = asker(limiter, 1, log, "first"), asker(limiter, 1, log, "second")
    await settle()
    limiter.release()  # hands the place to the first, which has not run yet
    first.cancel()
    await second
    assert first.cancelled()
    assert (log, limiter.in_flight) == (["second"], 1)


async def test_any_mix_of_calls_and_cancellations_ends_with_an_empty_limiter():
    draw = random.Random(7)
    running, most = 0, 0

    async def answer(request):
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            for _ in range(draw.randrange(4)):
                await asyncio.sleep(0)
        finally:
            running -= 1
        if draw.random() < 0.2:
            return ServerError("no")
        return "yes"

    lm = FunctionModel(answer, max_concurrency=3)
    tasks = [asyncio.create_task(lm("hello")) for _ in range(200)]
    for _ in range(60):
        await asyncio.sleep(0)
        draw.choice(tasks).cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(r, asyncio.CancelledError) for r in results) > 10
    assert most == 3
    limiter = limiter_for(lm._provider().account)
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


def test_a_model_on_several_event_loops_has_a_limiter_on_each():
    limiters, found = Limiters("account"), []

    async def main(turn, other):
        for _ in range(3):
            turn.acquire()
            found.append((asyncio.get_running_loop(), limiters.here()))
            assert limiters.here() is limiter_for("account")
            other.release()

    first, second = threading.Semaphore(1), threading.Semaphore(0)
    thread = threading.Thread(target=lambda: asyncio.run(main(second, first)))
    thread.start()
    asyncio.run(main(first, second))
    thread.join()
    assert len({id(limiter) for _, limiter in found}) == 2
    assert len(set(found)) == 2


async def test_calls_in_flight_stay_within_the_bound(serve):
    server, lm = await serve(lambda _: "hello", max_concurrency=4)
    server._latency = 0.005
    await asyncio.gather(*(lm("hello") for _ in range(40)))
    assert server.most_in_flight == 4


async def test_models_of_one_account_share_the_bound_and_others_do_not(serve):
    server, one = await serve(lambda _: "hello", max_concurrency=2)
    server._latency = 0.005
    two = type(one)(
        "openai/other", api_base=server.url, api_key="sk-very-secret-0123456789", max_concurrency=2
    )
    await asyncio.gather(*(lm("hello") for lm in (one, two) for _ in range(10)))
    assert server.most_in_flight == 2
    other = type(one)("openai/other", api_base=server.url, api_key="another", max_concurrency=2)
    await asyncio.gather(*(lm("hello") for lm in (one, other) for _ in range(10)))
    assert server.most_in_flight == 4


async def test_no_place_is_held_while_backing_off(monkeypatch):
    waits, go_on = [], asyncio.Event()

    async def held(seconds):
        waits.append(seconds)
        await go_on.wait()

    monkeypatch.setattr("synalinks.language_models._pipeline.asyncio.sleep", held)
    failing = {"on"}

    def answer(request):
        if failing and request.messages[0]["content"] == "first":
            failing.clear()
            return ServerError("no", retry_after=0.05)
        return "yes"

    lm = FunctionModel(answer, max_concurrency=1, retry=Retry(initial=0.0))
    first = asyncio.create_task(lm("first"))
    while not waits:
        await asyncio.wait([first], timeout=0.001)
    async with asyncio.timeout(30):  # a place that is held would be waited for without end
        assert (await lm("second")).text == "yes"
    assert waits == [0.05]
    go_on.set()
    assert (await first).text == "yes"


async def test_a_call_that_backs_off_can_be_cancelled(monkeypatch):
    backing_off = asyncio.Event()

    async def forever(seconds):
        backing_off.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("synalinks.language_models._pipeline.asyncio.sleep", forever)
    lm = FunctionModel(lambda request: ServerError("no"))
    task = asyncio.create_task(lm("hello"))
    await backing_off.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert limiter_for(lm._provider().account).in_flight == 0
