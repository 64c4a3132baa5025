"""A call can be cancelled wherever it waits: afterwards everything is as if it had never been, or ended."""

import asyncio
from contextlib import AsyncExitStack, contextmanager
from functools import partial

import pytest

from synalinks._internal.scope import SampleScope, entered
from synalinks._internal.settings import of_loop
from synalinks.callbacks import Budget
from synalinks.embedding_models import EmbeddingModel
from synalinks.language_models import LanguageModel, Request, Retry
from synalinks.language_models._cache import MemoryCache
from synalinks.language_models._journal import gate, journal
from synalinks.language_models._limiter import Limiter
from synalinks.language_models._meter import Amount
from synalinks.language_models._pipeline import Call
from synalinks.runs._journal import SqliteJournal
from synalinks.testing import ChatServer
from synalinks.testing._protocols import PROTOCOLS
from synalinks.training._interrupts import CallGate

Answer, Reply = ChatServer.Answer, ChatServer.Reply
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


class Stopped:
    """Runs a coroutine in a task, and cancels the task the `at`-th time it waits.

    Args:
        coroutine: The coroutine.
        at: The number of the wait, from 1.
        ready: Whether to cancel in the turn in which the wait is over, and not while it lasts.
    """

    def __init__(self, coroutine, at, *, ready):
        self._coroutine, self._at, self._ready = coroutine, at, ready
        self.waits = 0

    def __await__(self):
        resume, value = self._coroutine.send, None
        while True:
            try:
                waited = resume(value)
            except StopIteration as stop:
                return stop.value
            self.waits += 1
            if self.waits == self._at:
                task = asyncio.current_task()
                if self._ready and waited is not None:
                    waited.add_done_callback(lambda _, task=task: task.cancel())
                else:
                    task.cancel()
            try:
                resume, value = self._coroutine.send, (yield waited)
            except BaseException as error:
                resume, value = self._coroutine.throw, error

    async def run(self):
        return await self


async def stopped_at_wait(coroutine, at, *, ready=False):
    """Return the task of a coroutine that was cancelled at a wait, and whether it came to that."""
    stopped = Stopped(coroutine, at, ready=ready)
    task = asyncio.create_task(stopped.run())
    await asyncio.wait({task})
    return task, stopped.waits >= at


async def stopped_after_turns(coroutine, at):
    """Return the task of a coroutine that was cancelled after so many turns of the loop, likewise."""
    task = asyncio.create_task(coroutine)
    for _ in range(at):
        await asyncio.sleep(0)
    came = not task.done() and task.cancel()
    await asyncio.wait({task})
    return task, came


HOW = {
    "while it waits": stopped_at_wait,
    "as it is answered": partial(stopped_at_wait, ready=True),
    "in any turn of the loop": stopped_after_turns,
}


def once(body, text):
    """Return an answer after which the connection is closed, so that each call makes one."""
    asked, protocol = Answer(text), PROTOCOLS[0]
    streamed = body.get("stream")
    data = protocol.streamed(asked, body) if streamed else protocol.whole(asked, body)
    kind = protocol.media_type if streamed else "application/json"
    return Reply(body=data, headers={"Connection": "close", "Content-Type": kind})


class World:
    """Servers that answer by a script, and all that may be on the way of a call.

    Args:
        folder: Where journals are.
        script: Answers of the server to the first requests of a call; then good ones.
    """

    def __init__(self, folder, script=()):
        self.folder, self.script = folder, script
        self.started = 0
        self.cache = MemoryCache()
        self.coming = iter(())

    async def __aenter__(self):
        self.stack = AsyncExitStack()
        self.server = await self.stack.enter_async_context(ChatServer(self._answer))
        self.other = await self.stack.enter_async_context(ChatServer(lambda body: once(body, '{"n": 2}')))
        return self

    async def __aexit__(self, *_):
        await self.stack.aclose()

    async def _answer(self, body):
        await asyncio.sleep(0)  # so that the client does wait
        if "input" in body:
            vectors = [[1.0, 2.0] for _ in body["input"]]
            data = [{"index": n, "embedding": vector} for n, vector in enumerate(vectors)]
            return next(self.coming, Reply(body={"data": data}, headers={"Connection": "close"}))
        answer = next(self.coming, '{"n": 1}')
        return once(body, answer) if isinstance(answer, str) else answer

    def model(self, kind=LanguageModel, **options):
        options = {"retry": Retry(max_tries=3, initial=0.001), "max_tokens": 5, **options}
        return kind("vllm/m", api_base=self.server.url, **options)

    @contextmanager
    def run(self, *parts):
        """Bring to the calls of the block what a run brings, and check that it is whole afterwards."""
        self.started += 1
        self.cache.clear()
        self.coming = iter(self.script)
        tokens = TIGHT if "tight budget" in parts else 10**6
        scope, budget, calls = SampleScope("train", 0, 0, 0), Budget(max_tokens=tokens), CallGate()
        folder = self.folder / str(self.started)
        folder.mkdir()
        kept = SqliteJournal(folder / "journal.sqlite", generation=0)
        tokens = [gate.set(calls)]
        tokens += [journal.set(kept)] if "journal" in parts else []
        try:
            with budget.counting(None), entered(scope):
                yield budget
            assert calls.in_flight == 0
            assert budget._ledger.reserved == Amount()
            assert (budget._ledger._holders, len(budget._ledger._waiting)) == (0, 0)
            assert not any(scope.in_flight.values())
        finally:
            for token in reversed(tokens):
                token.var.reset(token)
            kept.close()
        assert not kept._pending
        assert not self.cache.flights(asyncio.get_running_loop())


async def whole(lm):
    return (await lm("hello", SCHEMA, temperature=0)).parsed


async def in_pieces(lm):
    pieces = []
    messages = [{"role": "user", "content": "hello"}]
    request = Request("vllm", "m", messages, params={"temperature": 0, "max_tokens": 5})
    await lm.check()(request, Call(pieces.append))
    return "".join(pieces)


async def joined(lm):
    """A call that waits for an equal one in flight."""
    first = asyncio.ensure_future(whole(lm))
    try:
        await asyncio.sleep(0)
        return await whole(lm)
    finally:
        first.cancel()
        await asyncio.wait({first})


async def leading(lm):
    """A call that an equal one waits for, which gets its answer whatever comes of this one."""
    call, others = asyncio.ensure_future(whole(lm)), []
    try:
        await asyncio.sleep(0)
        others = [asyncio.ensure_future(whole(lm))]
        return await call
    finally:
        call.cancel()
        assert await asyncio.gather(*others) == [ONE for _ in others]


async def behind(lm):
    """A call that waits for what another one has: a place, or a part of the budget."""
    first = asyncio.ensure_future(lm("the first", temperature=0))
    try:
        await asyncio.sleep(0)
        return await whole(lm)
    finally:
        first.cancel()
        await asyncio.wait({first})


async def vectors(em):
    return [len(vector) for vector in await em(["a", "b", "c", "d", "e"])]


TIGHT = 75
"""Tokens that are enough for any one call and what the first one used, and not for two at once."""

OUTAGE = Reply(status=503, body="busy")
ONE, FIVE = {"n": 1}, [2] * 5

WAYS = {
    "a plain call": (whole, {}, (), (), ONE),
    "in pieces": (in_pieces, {}, (), (), '{"n": 1}'),
    "with a journal": (whole, {}, ("journal",), (), ONE),
    "waiting to try again": (whole, {}, ("journal",), (OUTAGE, OUTAGE), ONE),
    "asked again for a valid answer": (whole, {}, ("journal",), ("{}", "{}"), ONE),
    "through a cache": (whole, {"cache": True}, ("journal",), (), ONE),
    "waiting for an equal call": (joined, {"cache": True}, ("journal",), (), ONE),
    "with an equal call that waits for it": (leading, {"cache": True}, ("journal",), (), ONE),
    "waiting for a place": (behind, {"max_concurrency": 1}, ("journal",), (), ONE),
    "waiting for a part of the budget": (behind, {}, ("journal", "tight budget"), (), ONE),
    "waiting for the minute": (whole, {"requests_per_minute": 100_000}, ("journal",), (), ONE),
    "with a fallback": (whole, {"fallback": True}, ("journal",), (OUTAGE,) * 3, {"n": 2}),
    "with everything": (
        joined,
        {"cache": True, "fallback": True, "max_concurrency": 1, "tokens_per_minute": 10**6},
        ("journal",),
        ("{}", OUTAGE),
        ONE,
    ),
    "in batches": (vectors, {"batch_size": 2}, (), (OUTAGE,), FIVE),
    "in batches, with everything": (
        vectors,
        {"batch_size": 2, "cache": True, "max_concurrency": 2},
        ("journal",),
        (OUTAGE,),
        FIVE,
    ),
}
"""What is asked, options of the model, what the run brings, what the server answers first, the result."""


async def check_nothing_is_left():
    """Nothing is in flight, nothing waits, no task runs on, and no connection is in use."""
    for _ in range(3):  # connections that were given up are closed in the next turns
        await asyncio.sleep(0)
    values = of_loop(asyncio.get_running_loop())
    limiters = [value for value in values.values() if isinstance(value, Limiter)]
    assert [(limiter.in_flight, limiter.waiting) for limiter in limiters] == [(0, 0)] * len(limiters)
    assert not values["http"].session.connector._acquired if "http" in values else True


def ours():
    """The tasks that are not the server's."""
    return {task for task in asyncio.all_tasks() if "ChatServer" not in repr(task.get_coro())}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("way", WAYS)
async def test_a_call_can_be_cancelled_wherever_it_waits(tmp_path, way, how):
    ask, options, parts, script, result = WAYS[way]
    async with World(tmp_path, script) as world:
        options = dict(options)
        if "cache" in options:
            options["cache"] = world.cache
        if "fallback" in options:
            options["fallback"] = LanguageModel("vllm/n", api_base=world.other.url, max_tokens=5)
        model = world.model(EmbeddingModel if ask is vectors else LanguageModel, **options)
        before, at, came = ours(), 1, True
        while came:
            with world.run(*parts) as budget:
                task, came = await HOW[how](ask(model), at)
                assert task.cancelled() is came
                await check_nothing_is_left()
                assert ours() == before
                if not came:
                    assert task.result() == result
                    assert budget._ledger.lost == Amount()
                elif "tight budget" not in parts:  # which may have nothing left, as calls were cut off
                    world.coming = iter(())
                    assert await ask(model) in (ONE, FIVE, '{"n": 1}')
            at += max(1, at // 10)  # a wait of a millisecond is many turns
        assert at > 3 or ask is vectors  # it did wait
