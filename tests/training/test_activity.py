from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace
from typing import Any

import pytest

import synalinks
from synalinks._internal.activity import Activity, Work, activity, counted, working
from synalinks.callbacks import LambdaCallback
from synalinks.datasets import as_dataset
from synalinks.errors import ServerError
from synalinks.language_models import Retry, _pipeline
from synalinks.optimizers import Optimizer
from synalinks.testing import FunctionModel
from synalinks.training import _outage
from synalinks.training._feed import Feed
from tests.callbacks.screen import Screen


class Question(synalinks.DataModel):
    number: int


class Answer(synalinks.DataModel):
    number: int


X = [Question(number=number) for number in range(8)]
Y = [Answer(number=0) for _ in range(8)]


class Scoring(Optimizer):
    """Asks a model, then scores the current assignment twice."""

    asks: Any = None

    async def step(self, context: Any) -> None:
        if self.asks is not None:
            await self.asks("What could be better?")
        await context.score([context.current, context.current])


async def program(model: Any, optimizer: Any = None) -> synalinks.Program:
    inputs = synalinks.Input(data_model=Question)
    outputs = await synalinks.Generator(data_model=Answer, language_model=model)(inputs)
    made = synalinks.Program(inputs=inputs, outputs=outputs)
    made.compile(optimizer=optimizer or Scoring(), reward="exact_match")
    return made


def now() -> Activity:
    counting = activity.get()
    assert counting is not None
    return counting


async def test_work_is_known_while_it_is_done() -> None:
    seen: list[tuple[str, int | None, int]] = []

    def answer(request: Any) -> dict[str, int]:
        work: Work = now().work[-1]
        seen.append((work.title, work.total, work.done))
        return {"number": 0}

    optimizer = Scoring(name="scoring")
    optimizer.asks = FunctionModel(answer)
    trained = await program(FunctionModel(answer), optimizer)
    await trained.fit(X, Y, epochs=1, batch_size=4, validation_split=0.5, max_concurrency=1, verbose=0)
    assert seen == [
        *(("running the batch", 4, done) for done in range(4)),
        ("scoring at work", None, 0),
        *(("scoring 2 candidates", 8, done) for done in range(8)),
        *(("", 4, done) for done in range(4)),
    ]
    assert activity.get() is None


async def test_calls_are_counted_and_none_is_left_behind() -> None:
    found: list[tuple[int, ...]] = []

    def look(epoch: int, logs: Any) -> None:
        found.append((now().calls, now().failed, now().tokens, now().backing_off, len(now().work)))

    trained = await program(FunctionModel(lambda _: {"number": 0}))
    await trained.fit(X, Y, epochs=2, verbose=0, callbacks=[LambdaCallback(on_epoch_end=look)])
    calls = [row[0] for row in found]
    assert calls == [24, 48]
    assert [row[1:] for row in found] == [(0, row[2], 0, 0) for row in found]


async def test_who_waits_for_another_try_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[int] = []

    async def sleep(seconds: float) -> None:
        waiting.append(now().backing_off)

    monkeypatch.setattr(_pipeline, "asyncio", SimpleNamespace(sleep=sleep))
    model = FunctionModel(lambda _: ServerError("down"), retry=Retry(max_tries=3))
    with counted() as counting, pytest.raises(ServerError):
        await model("hello")
    assert waiting == [1, 1]
    assert (counting.backing_off, counting.calls, counting.failed) == (0, 1, 1)


async def test_an_outage_is_no_standstill(monkeypatch: pytest.MonkeyPatch) -> None:
    doing: list[str] = []
    down = [True]

    async def sleep(seconds: float) -> None:
        doing.extend(work.title for work in now().work)
        down.clear()

    def answer(request: Any) -> Any:
        doing.extend(work.title for work in now().work if not down)
        return ServerError("down") if down else {"number": 0}

    monkeypatch.setattr(_outage, "asyncio", SimpleNamespace(sleep=sleep))
    trained = await program(FunctionModel(answer, retry=Retry(max_tries=1)))
    await trained.fit(X[:1], Y[:1], epochs=1, verbose=0)
    assert doing[:2] == ["waiting out an outage", "running the batch again"]


async def test_what_is_expected_is_known_from_the_start() -> None:
    seen: list[int | None] = []
    look = LambdaCallback(on_train_begin=lambda logs: seen.append(now().expected))
    trained = await program(FunctionModel(lambda _: {"number": 0}))
    await trained.fit(X, Y, epochs=2, verbose=2, callbacks=[look])
    assert seen == [trained.estimate(X, Y, epochs=2).calls]


async def test_a_call_that_was_cancelled_has_not_failed() -> None:
    with counted() as counting:
        call = asyncio.ensure_future(FunctionModel(lambda _: "x", latency=60)("hello"))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert (counting.calls, counting.failed) == (1, 0)


async def test_an_evaluation_within_a_training_counts_for_it() -> None:
    trained = await program(FunctionModel(lambda _: {"number": 0}))
    counts: list[int] = []

    async def evaluate(epoch: int, logs: Any) -> None:
        before = now().calls
        await trained.evaluate(X, Y, verbose=0)
        counts.append(now().calls - before)

    await trained.fit(X, Y, verbose=0, callbacks=[LambdaCallback(on_epoch_end=evaluate)])
    assert counts == [8]


async def test_work_that_ends_in_another_order_is_forgotten_all_the_same() -> None:
    with counted() as counting:
        first, second = working("first"), working("second")
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert [work.title for work in counting.work] == ["second"]
        second.__exit__(None, None, None)
        assert counting.work == []


async def test_a_line_per_epoch_has_what_it_used(capsys: pytest.CaptureFixture[str]) -> None:
    model = FunctionModel(lambda _: {"number": 0})
    trained = await program(model)
    await trained.fit(X, Y, epochs=2, validation_split=0.5, verbose=2)
    lines = re.sub(r"\d+\.\ds", "TIME", capsys.readouterr().out).splitlines()
    assert lines[1:] == [
        f"Epoch {epoch}/2  TIME  reward=1.0000  val_reward=1.0000  calls=16" for epoch in (1, 2)
    ]


async def test_a_long_step_is_seen_to_move(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, seen = Screen(), set()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr("synalinks.callbacks._progress_bar._INTERVAL", 0.001)
    monkeypatch.setattr("synalinks.callbacks._live_region._SHORTEST", 0.0)

    async def answer(request: Any) -> dict[str, int]:
        await screen.drawn_again(2)
        seen.update(screen.shown)
        return {"number": 0}

    trained = await program(FunctionModel(answer))
    await trained.fit(X, Y, epochs=1, batch_size=8, max_concurrency=1)
    assert {f"  running the batch: {done}/8" for done in range(8)} <= seen
    assert {f"  scoring 2 candidates: {done}/16" for done in range(16)} <= seen
    assert "  1 call  1/64 in flight" in seen
    assert screen.shown[-1].startswith("Epoch 1/1")
    assert screen.cursor


@pytest.mark.parametrize(("steps", "size"), [(None, 8), (2, 6), (3, 8), (9, 8)])
def test_how_many_samples_an_epoch_has(steps: int | None, size: int) -> None:
    assert Feed(as_dataset(X, Y), batch_size=3, steps=steps).size == size
    stream = Feed(
        as_dataset(lambda: iter([(x, y) for x, y in zip(X, Y, strict=True)])), batch_size=3, steps=steps
    )
    assert stream.size == (None if steps is None else 3 * steps)
