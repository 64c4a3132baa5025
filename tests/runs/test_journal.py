"""The journal of a run by itself."""

from __future__ import annotations

import asyncio
import sqlite3
import warnings

import pytest

from synalinks import errors
from synalinks._internal.points import observer
from synalinks.hooks import Usage
from synalinks.language_models import Address, Request, Response
from synalinks.runs import SqliteJournal, _journal

USER = [{"role": "user", "content": "hello"}]


def request(text="hello"):
    return Request("testing", "model", [{"role": "user", "content": text}])


def address(text="hello", *, sample=0, step=0, occurrence=0, **changes):
    given = {"phase": "train", "epoch": 0, "module": "generator", "purpose": "program", **changes}
    return Address(**given, step=step, sample=sample, request=request(text).key, occurrence=occurrence)


ANSWER = Response({"role": "assistant", "content": "hi"}, "hi", None, Usage(3, 2, 1, 1), "stop", "model-2026")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def opened(path):
    """Opens the journal, once more where it is open already: as after the death of the first process."""
    journals = []

    def open_journal(generation=0, path=path, kind=SqliteJournal):
        journal = kind(path, generation=generation)
        journals.append(journal)
        return journal

    yield open_journal
    for journal in journals:
        journal.close()


@pytest.fixture
def points():
    """Names of the points that were reached."""
    reached = []
    token = observer.set(lambda point, about: reached.append((point, about)))
    yield reached
    observer.reset(token)


def stored(path):
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "SELECT place, occurrence, generation FROM calls ORDER BY place, occurrence"
        )
        found = rows.fetchall()
    connection.close()
    return found


async def keep(journal, *texts, **place):
    await asyncio.gather(*(journal.record(address(t, **place), request(t), ANSWER) for t in texts))


async def test_an_answer_is_there_when_record_returns(opened):
    await keep(opened(), "hello")
    later = opened()
    assert later.lookup(address(), request()) == ANSWER
    assert (later.replayed, later.changed) == (1, 0)


async def test_every_part_of_an_address_tells_calls_apart(opened):
    await keep(opened(), "hello")
    later = opened()
    others = [
        address("other"),
        *[address(**{name: 1}) for name in ("sample", "step", "occurrence", "epoch")],
        *[address(**{name: "x"}) for name in ("phase", "module", "purpose")],
    ]
    assert [later.lookup(other, request()) for other in others] == [None] * len(others)


async def test_what_this_process_recorded_counts_only_for_what_is_run_again(opened):
    journal = opened()
    await keep(journal, "hello")
    assert journal.lookup(address(), request()) is None
    assert journal.lookup(address(), request(), again=True) == ANSWER


async def test_the_answers_of_one_turn_of_the_loop_are_committed_together(opened, points):
    journal = opened()
    points.clear()
    await keep(journal, *"abcdefgh")
    commits = [rows for point, rows in points if point == "after COMMIT"]
    assert [len(rows) for rows in commits] == [8]


async def test_nobody_goes_on_before_the_commit(opened, points):
    journal = opened()
    order = []
    token = observer.set(lambda point, about: order.append(point))
    await keep(journal, "hello")
    order.append("goes on")
    observer.reset(token)
    assert order[-3:] == ["before COMMIT", "after COMMIT", "goes on"]


async def test_a_waiter_that_is_cancelled_leaves_the_others_and_its_answer(opened, path):
    journal = opened()
    tasks = [asyncio.create_task(journal.record(address(t), request(t), ANSWER)) for t in ("a", "b")]
    await asyncio.sleep(0)
    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError, type(None)]
    later = opened()
    assert [later.lookup(address(t), request(t)) for t in ("a", "b")] == [ANSWER, ANSWER]


async def test_closing_commits_what_nobody_waits_for_any_more(path):
    journal = SqliteJournal(path, generation=0)
    task = asyncio.create_task(journal.record(address(), request(), ANSWER))
    await asyncio.sleep(0)
    task.cancel()
    journal.close()
    assert len(stored(path)) == 1
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_journals_of_several_runs_are_independent(opened, tmp_path):
    first, second = opened(), opened(path=tmp_path / "other.sqlite")
    await asyncio.gather(keep(first, "a"), keep(second, "b"))
    assert [len(stored(j.path)) for j in (first, second)] == [1, 1]
    assert opened().lookup(address("b"), request("b")) is None


async def test_what_the_newest_two_backups_do_not_need_is_dropped(opened, path):
    journal = opened()
    for generation in range(5):
        await keep(journal, "hello", step=generation)
        journal.advance(generation + 1)
    assert [generation for *_, generation in stored(path)] == [4]
    await keep(journal, "hello", step=5)
    assert [generation for *_, generation in stored(path)] == [4, 5]
    newest, one_before = opened(5), opened(4)
    assert newest.lookup(address(step=4), request()) is None
    assert [one_before.lookup(address(step=s), request()) for s in (4, 5)] == [ANSWER, ANSWER]


async def test_the_files_stay_small_however_long_the_run(opened, path):
    journal = opened()

    def size():
        return sum(p.stat().st_size for p in path.parent.iterdir())

    sizes = []
    for generation in range(60):
        await keep(journal, *map(str, range(50)), step=generation)
        journal.advance(generation + 1)
        sizes.append(size())
    assert sizes[-1] <= 1.5 * max(sizes[:10])


FAILURES = [
    errors.InvalidOutputError("not valid", text="{", model="m"),
    errors.ContextTooLongError("too long", model="m", status=400),
    errors.RefusedError("no", text="I cannot", model="m"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda f: type(f).__name__)
async def test_a_fault_of_the_program_comes_back_as_it_was(opened, failure):
    await opened().fail(address(), request(), failure)
    with pytest.raises(type(failure)) as caught:
        opened().lookup(address(), request())
    assert (str(caught.value), vars(caught.value)) == (str(failure), vars(failure))


async def test_a_failure_on_the_way_is_kept_when_its_step_is_over(opened, path):
    journal = opened()
    failure = errors.RateLimitedError("busy", model="m", status=429, retry_after=2.0)
    await journal.fail(address(), request(), failure)
    assert stored(path) == []
    await journal.settle()
    with pytest.raises(errors.RateLimitedError, match="busy") as caught:
        opened().lookup(address(), request())
    assert vars(caught.value) == vars(failure)


async def test_a_call_that_came_through_later_is_no_failure(opened):
    journal = opened()
    await journal.fail(address(), request(), errors.ServerError("down"))
    await keep(journal, "hello")
    await journal.settle()
    assert opened().lookup(address(), request()) == ANSWER


async def test_a_changed_request_is_counted_and_warned_of_once(opened):
    await keep(opened(), "a", "b", "c")
    later = opened()
    assert [later.lookup(address(t), request(t)) for t in ("x", "a", "y")] == [None, ANSWER, None]
    assert later.changed == 0  # b and c may have been on their way with others
    with pytest.warns(errors.SynalinksWarning, match="asks something else than before.*paid for again"):
        await later.settle()
    assert later.changed == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        later.lookup(address("z"), request("z"))
        later.advance(1)
    assert later.changed == 3


async def test_calls_that_were_on_their_way_at_the_end_are_no_change(opened):
    await keep(opened(), "b")
    later = opened()
    assert [later.lookup(address(t), request(t)) for t in ("a", "b")] == [None, ANSWER]
    await later.settle()
    later.lookup(address("elsewhere", sample=9), request("elsewhere"))
    await later.settle()
    assert later.changed == 0


async def test_what_cannot_be_written_fails_the_call(opened):
    journal = opened()
    journal._connection.execute("DROP TABLE calls")
    with pytest.raises(errors.FileError, match="cannot be written"):
        await keep(journal, "hello")


# --- Damage --------------------------------------------------------------------------------


async def test_a_newer_format_is_refused_with_both_numbers(path, opened):
    await keep(opened(), "hello")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=9")
    connection.close()
    with pytest.raises(errors.FormatVersionError, match=r"version 9.*up to 1"):
        SqliteJournal(path, generation=0)


async def test_an_answer_that_was_altered_is_dropped_and_told_of(path, opened):
    await keep(opened(), "one", "two")
    connection = sqlite3.connect(path)
    changed = connection.execute("UPDATE calls SET answer = replace(answer, 'hi', 'ho') WHERE number = 1")
    assert changed.rowcount == 1
    connection.commit()
    connection.close()
    with pytest.warns(errors.SynalinksWarning, match="At least 1 completed calls are lost"):
        later = opened()
    found = [later.lookup(address(text), request(text)) for text in ("one", "two")]
    assert sorted(answer == ANSWER for answer in found) == [False, True]
    assert None in found
    opened()  # told of once


async def test_calls_that_the_file_does_not_know_of_any_more_are_counted(path, opened):
    first = SqliteJournal(path, generation=0)
    await keep(first, "old")
    first.advance(1)
    await keep(first, "one", "two")
    first.close()
    path.unlink()
    with pytest.warns(errors.SynalinksWarning, match="At least 2 completed calls are lost"):
        opened(1)
    assert opened(1).lookup(address("one"), request("one")) is None  # told of once


async def test_calls_that_only_older_backups_need_are_not_missed(path, opened):
    first = SqliteJournal(path, generation=0)
    await keep(first, "one", "two")
    first.advance(1)
    first.close()
    path.unlink()
    opened(1)


async def test_a_failure_of_a_class_of_ones_own_comes_back_as_what_the_library_knows(opened):
    class OverloadedError(errors.ServerError):
        pass

    journal = opened()
    await journal.fail(address(), request(), OverloadedError("busy", status=503))
    await journal.settle()
    with pytest.raises(errors.ServerError, match="busy") as caught:
        opened().lookup(address(), request())
    assert caught.value.status == 503


async def test_what_cannot_be_written_is_an_error_and_no_endless_wait(opened):
    with pytest.raises(UnicodeEncodeError):
        await asyncio.wait_for(keep(opened(), "hello", module="\ud800"), 20)


async def test_a_log_that_cannot_be_made_durable_ends_the_run(opened, monkeypatch):
    noted = asyncio.Event()

    class Journal(SqliteJournal):
        def _synced(self, done):
            super()._synced(done)
            noted.set()

    def fails(descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(_journal, "_SYNC_EVERY", 0.0)
    journal = opened(kind=Journal)
    with monkeypatch.context() as patch:
        patch.setattr(_journal.os, "fsync", fails)
        await keep(journal, "one")
        await noted.wait()  # nobody records anything meanwhile
    with pytest.raises(errors.FileError, match="Input/output error"):
        await keep(journal, "two")


async def test_rows_that_vanished_from_the_middle_of_the_file_are_told_of(path, opened):
    """A page that says of itself that it holds a row less: every row that is left is as it was written."""
    first = SqliteJournal(path, generation=0)
    await keep(first, *map(str, range(60)))
    first.close()
    good, pages = path.read_bytes(), 0
    for start in range(4096, len(good), 4096):
        if good[start] != 10:  # no leaf
            continue
        pages += 1
        count = int.from_bytes(good[start + 3 : start + 5])
        broken = bytearray(good)
        broken[start + 3 : start + 5] = (count - 1).to_bytes(2)
        path.write_bytes(broken)
        with pytest.warns(errors.SynalinksWarning, match="damaged"):
            SqliteJournal(path, generation=0).close()
    assert pages > 2
