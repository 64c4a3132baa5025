"""Sending in the background, to a receiver that is slow, gone or never content."""

from __future__ import annotations

import os
import threading

import pytest

from synalinks.integrations import _uploader
from synalinks.integrations._spool import Spool
from synalinks.integrations._uploader import RefusedError, RejectedError, Uploader


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(_uploader, "_FIRST_WAIT", 0.01)
    monkeypatch.setattr(_uploader, "_GATHER", 0.01)
    monkeypatch.setattr(_uploader, "_GATHER_MORE", 0.02)


class Receiver:
    """Takes things, unless told otherwise; `gate` holds it up."""

    def __init__(self):
        self.taken, self.tries = [], 0
        self.errors, self.away = {}, False
        self.gate = threading.Event()
        self.gate.set()

    def reach(self):
        if self.away:
            raise ConnectionError("nobody is there")

    def send(self, kind, data):
        self.gate.wait()
        self.tries += 1
        if self.away:
            raise ConnectionError("nobody is there")
        if (errors := self.errors.get(data)) and (error := errors.pop(0)) is not None:
            raise error
        self.taken.append((kind, data))


def encode(traces):
    return b"+".join(traces)


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.away = False
    receiver.gate.set()


@pytest.fixture
def uploader(receiver, tmp_path):
    return make(receiver, tmp_path)


def make(receiver, tmp_path, name="run"):
    return Uploader(Spool(tmp_path / name, {"to": name}), lambda target: receiver, encode)


def arrives(uploader):
    return uploader.flush(stalled=30, patient=True)


def test_things_arrive_in_order_and_leave_nothing_behind(uploader, receiver, tmp_path):
    for number in range(20):
        uploader.add("points", b"%d" % number)
    assert arrives(uploader)
    assert receiver.taken == [("points", b"%d" % n) for n in range(20)]
    thread = uploader._thread
    uploader.close()
    thread.join(30)
    assert not list(tmp_path.iterdir())


def test_what_is_added_is_on_disk_at_once(uploader, receiver, tmp_path):
    receiver.gate.clear()
    uploader.add("points", b"one")
    assert [path.read_bytes() for path in (tmp_path / "run").glob("*.points")] == [b"one"]


def test_adding_waits_for_nobody(uploader, receiver):
    receiver.gate.clear()
    for number in range(5):
        uploader.add("points", b"%d" % number)
    assert not uploader.flush(stalled=0.05)
    assert uploader.pending == 5 + 1  # the one in the air is counted as well
    receiver.gate.set()
    assert arrives(uploader)


def test_a_receiver_that_comes_back_gets_everything_once(uploader, receiver):
    receiver.away = True
    uploader.add("points", b"one")
    uploader.add("points", b"two")
    uploader.add_trace(b"a")
    assert not uploader.flush(stalled=30)
    assert uploader.problem == "ConnectionError: nobody is there"
    receiver.away = False
    assert arrives(uploader)
    assert uploader.problem is None
    assert sorted(receiver.taken) == [("points", b"one"), ("points", b"two"), ("spans", b"a")]


def test_what_is_refused_for_good_does_not_hold_up_the_rest(uploader, receiver):
    receiver.errors = {b"bad": [RejectedError("never")], b"odd": [RefusedError("not now")] * 50}
    for data in (b"bad", b"odd", b"good"):
        uploader.add("points", data)
    assert arrives(uploader)
    assert receiver.taken == [("points", b"good")]
    assert uploader.rejected == ["never", "not now"]


def test_what_is_refused_for_a_while_is_sent_again(uploader, receiver):
    receiver.errors = {b"odd": [RefusedError("not now")] * 3}
    uploader.add("points", b"odd")
    assert arrives(uploader)
    assert (receiver.taken, uploader.rejected) == ([("points", b"odd")], [])


def test_traces_are_sent_together(uploader, receiver):
    receiver.gate.clear()
    uploader.add("points", b"first")
    for number in range(250):
        uploader.add_trace(b"%d" % number)
    receiver.gate.set()
    assert arrives(uploader)
    sent = [data.split(b"+") for kind, data in receiver.taken if kind == "spans"]
    assert [n for batch in sent for n in batch] == [b"%d" % n for n in range(250)]
    assert max(map(len, sent)) <= 100


@pytest.mark.parametrize("silent", [False, True], ids=["nobody", "silence"])
def test_traces_go_to_the_disk_whoever_takes_them(silent, uploader, receiver, tmp_path):
    receiver.away = not silent
    if silent:
        receiver.gate.clear()
    for number in range(250):
        uploader.add_trace(b"%d" % number)
    while uploader._traces:
        with uploader._changed:
            uploader._changed.wait(0.01)
    kept = [path.read_bytes().split(b"+") for path in sorted((tmp_path / "run").glob("*.spans"))]
    assert [n for batch in kept for n in batch] == [b"%d" % n for n in range(250)]
    receiver.away = False
    receiver.gate.set()
    assert arrives(uploader)
    assert [n for _, data in receiver.taken for n in data.split(b"+")] == [b"%d" % n for n in range(250)]


def test_traces_beyond_all_bounds_are_counted(receiver, monkeypatch, tmp_path):
    monkeypatch.setattr(_uploader, "_MOST_TRACES", 10)
    disk = threading.Event()

    def slow(traces):
        disk.wait()
        return encode(traces)

    uploader = Uploader(Spool(tmp_path / "run", {}), lambda target: receiver, slow)
    for number in range(12):
        uploader.add_trace(b"%d" % number)
    assert uploader.lost == 2
    disk.set()
    assert arrives(uploader)
    assert sum(len(data.split(b"+")) for _, data in receiver.taken) == 10


def test_traces_that_cannot_be_written_down_cost_no_others(receiver, tmp_path):
    def picky(traces):
        if b"bad" in traces:
            raise ValueError("no text")
        return encode(traces)

    uploader = Uploader(Spool(tmp_path / "run", {}), lambda target: receiver, picky)
    uploader.add_trace(b"bad")
    assert arrives(uploader)
    uploader.add_trace(b"good")
    assert arrives(uploader)
    assert receiver.taken == [("spans", b"good")]
    assert uploader.rejected == ["ValueError: no text"]


def test_a_task_that_fails_is_noted_and_harms_nothing(uploader, receiver):
    def fails():
        raise OSError("no picture")

    uploader.add_task(fails)
    uploader.add("points", b"one")
    assert arrives(uploader)
    assert receiver.taken == [("points", b"one")]
    assert uploader.rejected == ["OSError: no picture"]


def test_a_task_waits_for_no_receiver(uploader, receiver, tmp_path):
    receiver.gate.clear()
    done = threading.Event()
    uploader.add("points", b"held up")
    uploader.add_task(done.set)
    assert done.wait(30)
    receiver.gate.set()
    assert arrives(uploader)


def test_the_end_waits_for_a_slow_receiver_but_not_for_ever(receiver, monkeypatch, tmp_path):
    monkeypatch.setattr(_uploader, "_LONGEST", 0.2)
    uploader, waiting = make(receiver, tmp_path), iter(range(20_000))

    def send(kind, data):
        for _ in waiting:
            uploader.add("points", b"one more")
            break

    receiver.send = send
    uploader.add("points", b"one")
    assert not uploader.finish()
    assert next(waiting, None) is not None
    for _ in waiting:
        pass
    assert arrives(uploader)


def test_the_end_waits_once_for_a_silent_receiver(uploader, receiver, monkeypatch):
    monkeypatch.setattr(_uploader, "_STALLED", 0.05)
    receiver.gate.clear()
    uploader.add("points", b"one")
    assert not uploader.finish()
    monkeypatch.setattr(uploader, "finish", lambda: pytest.fail("waits again"))
    uploader._leave()


def test_what_an_earlier_process_left_is_sent_too(receiver, tmp_path):
    Spool(tmp_path / "earlier", {"to": "earlier"}).add("points", b"old")
    (tmp_path / "strange").mkdir()
    uploader = make(receiver, tmp_path)
    uploader.add("points", b"new")
    assert arrives(uploader)
    assert receiver.taken == [("points", b"new"), ("points", b"old")]
    assert not (tmp_path / "earlier").exists()


def test_what_another_process_is_sending_is_left_to_it(receiver, tmp_path):
    other = Spool(tmp_path / "other", {"to": "other"})
    other.add("points", b"its own")
    assert other.acquire()
    uploader = make(receiver, tmp_path)
    uploader.add("points", b"ours")
    assert uploader.flush(stalled=30)
    assert receiver.taken == [("points", b"ours")]
    other.release()
    assert (tmp_path / "other").exists()


def test_another_process_that_sends_for_us_is_waited_for(receiver, monkeypatch, tmp_path):
    other = Spool(tmp_path / "run", {"to": "run"})
    assert other.acquire()
    uploader = make(receiver, tmp_path)
    uploader.add("points", b"one")
    monkeypatch.setattr(_uploader, "_STALLED", 0.05)
    assert not uploader.finish()
    assert uploader.problem == f"process {os.getpid()} is sending what an earlier one left"
    other.release()
    assert (tmp_path / "run" / "target.json").exists()
    assert arrives(uploader)
    assert receiver.taken == [("points", b"one")]
    assert uploader._failures == 0


def test_a_run_that_goes_on_sends_what_waited_first(receiver, tmp_path):
    Spool(tmp_path / "run", {"to": "run"}).add("points", b"before")
    uploader = make(receiver, tmp_path)
    uploader.add("points", b"after")
    assert arrives(uploader)
    assert receiver.taken == [("points", b"before"), ("points", b"after")]


def test_a_disk_that_cannot_be_written_is_no_error(receiver, tmp_path):
    (tmp_path / "file").write_text("in the way")
    uploader = Uploader(Spool(tmp_path / "file" / "run", {}), lambda target: receiver, encode)
    uploader.add("points", b"one")
    assert not uploader.spool.on_disk
    assert arrives(uploader)
    assert receiver.taken == [("points", b"one")]


def test_a_full_spool_counts_what_it_does_not_keep(tmp_path):
    spool = Spool(tmp_path / "run", {}, limit=10)
    for data in (b"12345", b"123456", b"12345", b"1"):
        spool.add("points", data)
    assert (len(spool), spool.refused) == (2, 2)


def test_traces_that_get_lost_on_their_way_are_kept(uploader, receiver, tmp_path):
    receiver.errors = {b"a": [ConnectionError("the line broke")]}
    uploader.add_trace(b"a")
    uploader.flush(stalled=30)
    assert arrives(uploader)
    assert receiver.tries == 2
    assert receiver.taken == [("spans", b"a")]


def test_whoever_gets_the_lock_sees_what_was_added_meanwhile(tmp_path):
    late = Spool(tmp_path / "run", {})
    Spool(tmp_path / "run", {}).add("points", b"one")
    assert len(late) == 0
    assert late.acquire()
    assert len(late) == 1
