import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synalinks._internal.tasks import run_ordered
from synalinks.errors import ProgramError


async def numbers(count, drawn=None):
    for number in range(count):
        if drawn is not None:
            drawn.append(number)
        yield number


async def collect(count, work, *, limit):
    results = []
    total = await run_ordered(numbers(count), work, lambda i, r: results.append((i, r)), limit=limit)
    assert total == count
    return results


@given(st.permutations(range(6)), st.integers(1, 8))
def test_results_come_in_order_whatever_order_the_work_ends_in(order, limit):
    async def main():
        gates = [asyncio.Event() for _ in range(6)]

        async def work(item):
            await gates[item].wait()
            return item * 10

        async def open_gates():
            for item in order:
                gates[item].set()
                await asyncio.sleep(0)

        opener = asyncio.create_task(open_gates())
        results = await collect(6, work, limit=limit)
        await opener
        assert results == [(i, i * 10) for i in range(6)]

    asyncio.run(main())


async def test_no_more_than_the_limit_run_and_no_more_are_drawn():
    running, most, ended, drawn = 0, 0, 0, []
    go_on = asyncio.Event()

    async def work(item):
        nonlocal running, most, ended
        running += 1
        most = max(most, running)
        assert len(drawn) <= ended + 3
        if running == 3:
            go_on.set()
        await go_on.wait()
        running, ended = running - 1, ended + 1

    assert await run_ordered(numbers(20, drawn), work, lambda i, r: None, limit=3) == 20
    assert most == 3


async def test_a_slow_item_does_not_hold_back_the_others():
    last_done = asyncio.Event()
    order = []

    async def work(item):
        if item == 0:
            await last_done.wait()
        order.append(item)
        if item == 9:
            last_done.set()

    await collect(10, work, limit=2)
    assert order[-2:] == [9, 0] or order[-1] == 0


async def test_the_error_of_the_lowest_item_comes_out_and_the_rest_is_cancelled():
    cancelled, last_started = [], asyncio.Event()

    async def work(item):
        try:
            if item < 2:
                await last_started.wait()
                raise ValueError(item)
            if item == 3:
                last_started.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(item)
            raise

    with pytest.raises(ValueError, match="0"):
        await collect(100, work, limit=4)
    assert sorted(cancelled) == [2, 3]
    assert len(asyncio.all_tasks()) == 1


async def test_after_an_error_nothing_more_is_drawn():
    drawn = []

    async def work(item):
        if item == 3:
            raise ValueError(item)

    with pytest.raises(ValueError, match="3"):
        await run_ordered(numbers(100, drawn), work, lambda i, r: None, limit=1)
    assert drawn == [0, 1, 2, 3]


async def test_an_error_of_the_source_or_of_delivery_comes_out():
    async def broken():
        yield 1
        raise OSError("source")

    async def work(item):
        return item

    with pytest.raises(OSError, match="source"):
        await run_ordered(broken(), work, lambda i, r: None, limit=2)

    async def deliver(index, result):
        raise OSError("delivery")

    with pytest.raises(OSError, match="delivery"):
        await run_ordered(numbers(3), work, deliver, limit=2)
    assert len(asyncio.all_tasks()) == 1


async def test_cancelling_it_cancels_the_work():
    started, cancelled = asyncio.Event(), []

    async def work(item):
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(item)
            raise

    task = asyncio.create_task(collect(5, work, limit=1))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled == [0]
    assert len(asyncio.all_tasks()) == 1


async def test_nothing_to_do():
    async def work(item):
        raise AssertionError

    assert await collect(0, work, limit=5) == []


async def self_cancelled():
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def test_code_that_cancels_itself_is_an_error_and_no_end():
    async def work(item):
        if item == 2:
            await self_cancelled()

    with pytest.raises(ProgramError, match="item 2 raised asyncio"):
        await collect(5, work, limit=2)

    async def source():
        yield 1
        await self_cancelled()

    async def fine(item):
        return item

    with pytest.raises(ProgramError, match="source of samples"):
        await run_ordered(source(), fine, lambda i, r: None, limit=2)
    assert len(asyncio.all_tasks()) == 1


async def test_work_that_goes_on_when_it_is_cancelled_gets_nothing_more():
    started, items = asyncio.Event(), []

    async def stubborn(item):
        items.append(item)
        started.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    task = asyncio.create_task(collect(100, stubborn, limit=2))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(items) <= 2
