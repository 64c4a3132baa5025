from __future__ import annotations

from types import SimpleNamespace

import pytest

from synalinks._internal.activity import Activity, Work
from synalinks.callbacks import _status
from synalinks.callbacks._status import Counters, Status, figures, flowed, named
from synalinks.errors import RateLimitedError
from synalinks.hooks import CallRecord, Usage
from synalinks.language_models._limiter import limiter_for


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(_status, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def record(*, cost: float | None = 0.0, error: str | None = None, **given: bool) -> CallRecord:
    return CallRecord(
        "m", "program", "train", 0, 0, 0, "g", Usage(900, 100), 1, 0.5, error, cost=cost, **given
    )


async def test_what_a_cache_answers_counts_apart_and_costs_nothing() -> None:
    counters = Counters(counting := Activity())
    for _ in range(2):
        counting.count(record(cost=0.5, cached=True))
    assert counters.answers == 2
    assert counters.now() == ["0 calls", "2 from the cache", "0 in flight"]
    assert counters.final(None) == {"cached": "2"}


def texts(status: Status, width: int = 79) -> list[str]:
    return ["".join(text for text, _ in line) for line in status.lines(width)]


async def test_all_that_is_known_is_said(clock: SimpleNamespace) -> None:
    counting = Activity(expected=100)
    for _ in range(3):
        counting.count(record(cost=0.5))
    counters = Counters(counting)
    status = Status(title="Epoch 3/8", total=4, counters=counters, answers=25, later=5)
    for _ in range(12):
        counting.count(record(cost=0.001))
    counting.count(record(error="CallTimeoutError"))
    counting.count(record(replayed=True))
    status.advance(2, {"reward": 0.61234, "failed": 2.0})
    counting.work.append(Work("random_few_shot at work"))
    counting.work.append(Work("scoring 4 candidates", 112, 37))
    counting.backing_off = 3
    limiter, idle = limiter_for("account"), limiter_for("idle")
    assert all(limiter.take(8) for _ in range(5))
    assert idle.take(100)
    idle.release()
    clock.now += 10
    assert texts(status) == [
        "Epoch 3/8  ━━━━━━━━━━━━━━━━━━┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈  2/4  10.0s  ETA 10s  all 1m50s",
        "  scoring 4 candidates: 37/112",
        "  reward=0.6123  failed=2",
        "  13 calls  13k tokens  $0.0120 ($1.51 in all)  1 failed  1 from the journal",
        "  5/8 in flight  3 backing off",
    ]
    assert counters.final({"tokens": 1}) == {
        "calls": "13",
        "calls_failed": "1",
        "replayed": "1",
        "cost": "$0.0120",
    }


async def test_it_is_said_when_calls_are_held_back_and_why() -> None:
    limiter = limiter_for("account")
    assert limiter.take(8)
    limiter.failed(RateLimitedError("slow", retry_after=90.0), 0, 8, 300.0)
    assert Counters(Activity()).now()[-2:] == ["1/4 in flight", "paused 1m30s (rate limit)"]


async def test_a_pause_that_nobody_can_see_is_not_said() -> None:
    limiter_for("account").failed(RateLimitedError("slow", retry_after=0.3), 0, 8, 300.0)
    assert not any("paused" in text for text in Counters(Activity()).now())


@pytest.mark.parametrize(
    ("width", "head"),
    [
        (60, "Epoch 3/8  ━━━━━━━━━━┈┈┈┈┈┈┈┈┈  2/4  10.0s  ETA 10s  all 30s"),
        (45, "Epoch 3/8  ━━━━━━┈┈┈┈┈┈┈  2/4  10.0s  ETA 10s"),
        (39, "Epoch 3/8  ━━━━━━━┈┈┈┈┈┈┈  2/4  ETA 10s"),
        (25, "Epoch 3/8  ━━━━┈┈┈┈┈  2/4"),
        (20, "Epoch 3/8  2/4"),
        (1, "Epoch 3/8  2/4"),
    ],
)
async def test_what_matters_less_goes_first(clock: SimpleNamespace, width: int, head: str) -> None:
    status = Status(title="Epoch 3/8", total=4, counters=Counters(None), later=1)
    status.advance(2, None)
    clock.now += 10
    assert len(texts(status, width)[0]) <= max(width, 14)
    assert texts(status, width) == [head]


async def test_a_batch_moves_the_bar_by_the_calls_it_makes(clock: SimpleNamespace) -> None:
    counting = Activity()
    status = Status(title="", total=4, counters=Counters(counting), answers=10)
    shares = []
    for number in range(40):
        counting.count(record())
        shares.append(status.share())
        if number % 20 == 19:  # it takes more calls than expected
            status.advance(number // 20 + 1, None)
    assert shares[4] == 0.125
    assert shares[15] == shares[19] == 0.99 / 4
    assert shares[29] == pytest.approx(1.5 / 4)


async def test_samples_that_run_together_move_it_one_by_one(clock: SimpleNamespace) -> None:
    counting = Activity(work=[Work("", 8, 6)])
    status = Status(title="Evaluation", total=2, counters=Counters(counting), together=True)
    clock.now += 3
    assert texts(status)[:2] == [f"Evaluation  {'━' * 30}{'┈' * 10}  0/2  3.0s  ETA 1s", "  6/8 samples"]
    counting.work[0].total = None
    assert status.share() is None
    assert "  6/8 samples" not in texts(status)


async def test_an_epoch_that_was_resumed_counts_from_there(clock: SimpleNamespace) -> None:
    status = Status(title="Epoch 3/8", total=4, counters=Counters(None), start=2)
    status.advance(3, None)
    assert status.share() == 0.5
    clock.now += 5
    assert texts(status)[0].endswith("3/4  5.0s  ETA 5s")


async def test_nothing_is_foretold_too_soon(clock: SimpleNamespace) -> None:
    status = Status(title="Epoch 3/8", total=4, counters=Counters(None))
    status.advance(1, None)
    clock.now += 0.5
    assert "ETA" not in texts(status)[0]


async def test_the_price_is_only_told_when_all_of_it_is_known() -> None:
    counting = Activity()
    counters = Counters(counting)
    counting.count(record(cost=0.5))
    assert counters.final(None)["cost"] == "$0.5000"
    counting.count(record(cost=None))
    assert "cost" not in counters.final(None)
    assert not any("$" in text for text in counters.now())


def test_names_are_short_and_printable() -> None:
    logs = {"x" * 1_000_000: 1.0, "[red]\n\x1b[2J": 1.0, 7: 2.0, "val_failed": 0.0, "failed": 3.0, "n": 1e-5}
    assert named(figures(logs)) == [
        "x" * 39 + "…=1.0000",
        "[red]\\n\\u001b[2J=1.0000",
        "7=2.0000",
        "failed=3",
        "n=1.000e-05",
    ]


async def test_there_are_few_lines_of_many_figures() -> None:
    status = Status(title="Epoch 3/8", total=4, counters=Counters(None))
    status.advance(1, {f"metric_{i}": 0.5 for i in range(100)})
    assert len(status.lines(79)) == 4


def test_texts_flow_by_the_columns_they_take() -> None:
    assert flowed(["aaa", "bbb", "漢字", "a longer one"], 8) == ["aaa  bbb", "漢字", "a longer one"]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (9999, "9999"),
        (10_000, "10k"),
        (12_345, "12.3k"),
        (999_499, "999k"),
        (999_500, "1M"),
        (2 * 10**9, "2G"),
    ],
)
def test_counts_are_short(count: int, text: str) -> None:
    assert _status._compact(count) == text
