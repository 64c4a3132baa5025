import asyncio

from synalinks._internal.coroutines import forgotten_await


async def test_a_coroutine_that_nobody_started_is_closed():
    coroutine = asyncio.sleep(0)
    assert forgotten_await(coroutine)
    assert coroutine.cr_frame is None  # closed: Python will not warn of it


async def test_a_coroutine_that_runs_is_left_to_its_owner():
    go_on = asyncio.Event()

    async def waits():
        await go_on.wait()
        return "done"

    coroutine = waits()
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)
    assert forgotten_await(coroutine)
    go_on.set()
    assert await task == "done"


def test_what_cannot_be_awaited_is_something_else():
    assert not forgotten_await("text")
    assert not forgotten_await(asyncio.sleep)
