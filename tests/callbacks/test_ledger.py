"""The ledger of a budget: who gets a part, and when."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synalinks.callbacks._ledger import Ledger
from synalinks.errors import BudgetExhaustedError
from synalinks.language_models._meter import Amount


def ledger(tokens):
    """A ledger with so many tokens to give."""

    def problem(used):
        return BudgetExhaustedError("no room", limit="max_tokens") if used.tokens > tokens else None

    return Ledger(problem)


def tokens(number):
    return Amount(1, number)


async def turns():
    for _ in range(5):
        await asyncio.sleep(0)


def waiting(books, number):
    return asyncio.create_task(books.reserve(tokens(number), wait=True))


async def test_parts_are_given_in_the_order_in_which_they_are_asked_for():
    books = ledger(10)
    await books.reserve(tokens(8), wait=True)
    large, small = waiting(books, 5), waiting(books, 1)
    await turns()
    assert not large.done()
    assert not small.done()  # it would fit, and is not let past
    books.settle(tokens(8), tokens(4))
    await turns()
    assert large.done()
    assert small.done()
    assert books.reserved == Amount(2, 6)


async def test_who_comes_while_others_wait_stands_behind_them():
    books = ledger(10)
    await books.reserve(tokens(8), wait=True)
    first = waiting(books, 5)
    await turns()
    second = waiting(books, 1)
    await turns()
    assert not second.done()
    first.cancel()
    await turns()
    assert second.done()


async def test_when_nothing_is_in_flight_that_could_give_back_it_is_exhausted_for_good():
    books = ledger(10)
    await books.reserve(tokens(8), wait=True)
    others = [waiting(books, 5), waiting(books, 1)]
    await turns()
    books.settle(tokens(8), tokens(8))
    for other in others:
        with pytest.raises(BudgetExhaustedError):
            await other
    with pytest.raises(BudgetExhaustedError):
        await books.reserve(tokens(0), wait=True)
    with pytest.raises(BudgetExhaustedError):
        books.check()
    assert books.used == Amount(1, 8)


async def test_a_cancelled_wait_leaves_nothing_behind():
    books = ledger(10)
    await books.reserve(tokens(8), wait=True)
    gone, other = waiting(books, 9), waiting(books, 5)
    await turns()
    gone.cancel()
    books.settle(tokens(8), tokens(1))  # before the cancelled task has run
    await turns()
    assert gone.cancelled()
    assert other.done()
    assert books.reserved == Amount(1, 5)


async def test_a_part_given_to_a_task_that_is_cancelled_in_the_same_turn_is_given_back():
    books = ledger(10)
    await books.reserve(tokens(8), wait=True)
    gone, other = waiting(books, 9), waiting(books, 10)
    await turns()
    books.settle(tokens(8), tokens(0))
    gone.cancel()
    await turns()
    assert gone.cancelled()
    assert other.done()
    assert (books.reserved, books.used) == (Amount(1, 10), Amount(1, 0))


async def test_who_was_cancelled_is_not_told_that_it_is_exhausted():
    books = ledger(10)
    await books.reserve(tokens(8), wait=True)
    first, second, third = (waiting(books, 5) for _ in range(3))
    await turns()
    second.cancel()
    books.settle(tokens(8), tokens(8))
    for refused in (first, third):
        with pytest.raises(BudgetExhaustedError):
            await refused
    assert second.cancelled()


async def test_all_who_wait_may_be_cancelled():
    books = ledger(10)
    await books.reserve(tokens(8), wait=True)
    tasks = [waiting(books, 5) for _ in range(3)]
    await turns()
    for task in tasks:
        task.cancel()
    books.settle(tokens(8), tokens(8))
    await turns()
    books.check()
    await books.reserve(tokens(2), wait=True)


@settings(max_examples=60)
@given(
    limit=st.integers(0, 60),
    calls=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 3)), max_size=30),
)
def test_never_more_than_there_is(limit, calls):
    asyncio.run(_never_more(limit, calls))


async def _never_more(limit, calls):
    books, refused = ledger(limit), 0

    async def call(most, spent, after):
        nonlocal refused
        try:
            await books.reserve(tokens(most), wait=True)
        except BudgetExhaustedError:
            refused += 1
            return
        assert (books.used + books.reserved).tokens <= limit
        for _ in range(after):
            await asyncio.sleep(0)
        books.settle(tokens(most), tokens(min(most, spent)))

    async with asyncio.timeout(20):
        await asyncio.gather(*(call(*each) for each in calls))
    assert books.reserved == Amount()
    assert (books.exhausted is not None) == (refused > 0)
    assert books.used.calls == len(calls) - refused
