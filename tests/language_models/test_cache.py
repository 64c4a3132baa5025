"""Caches themselves: what they keep, what makes room, and files that cannot be used."""

import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading

import pytest

from synalinks import errors
from synalinks.language_models import FileCache, FunctionModel, MemoryCache
from synalinks.language_models import _file_cache as module
from synalinks.language_models._file_cache import cache_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "answers.sqlite"


@pytest.fixture(params=["memory", "file"])
def make(request, path):
    """Return a function that makes a cache; files are closed at the end."""
    made = []

    def cache(**options):
        made.append(MemoryCache(**options) if request.param == "memory" else FileCache(path, **options))
        return made[-1]

    yield cache
    for one in made:
        if isinstance(one, FileCache):
            one.close()


def test_what_is_put_is_there_until_it_is_cleared(make):
    cache = make()
    assert (cache.get("a"), len(cache)) == (None, 0)
    cache.put("a", b"1")
    cache.put("b", b"2")
    cache.put("a", b"3")
    assert (cache.get("a"), cache.get("b"), cache.get("c"), len(cache)) == (b"3", b"2", None, 2)
    cache.clear()
    assert (cache.get("a"), len(cache)) == (None, 0)
    cache.put("a", b"4")
    assert (cache.get("a"), len(cache)) == (b"4", 1)


def test_what_was_not_used_for_longest_makes_room(make):
    cache = make(max_bytes=300)
    for key in "abc":
        cache.put(key, bytes(99))
    assert len(cache) == 3
    cache.get("a")
    cache.put("d", bytes(99))
    assert len(cache) == 3
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]
    cache.put("e", bytes(250))
    assert len(cache) == 1
    assert cache.get("e")


def test_an_answer_that_grows_counts_once(make):
    cache = make(max_bytes=300)
    for size in (10, 99, 150):
        cache.put("a", bytes(size))
    cache.put("b", bytes(148))
    assert len(cache) == 2
    cache.put("c", b"")
    assert len(cache) == 2


def test_an_answer_that_does_not_fit_at_all_is_not_kept(make):
    cache = make(max_bytes=10)
    cache.put("a", bytes(100))
    assert (cache.get("a"), len(cache)) == (None, 0)


@pytest.mark.parametrize("size", [0, -1, 1.5, True, None])
def test_a_size_that_is_none_is_refused(make, size):
    with pytest.raises(errors.ConfigurationError, match="max_bytes"):
        make(max_bytes=size)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("memory", MemoryCache),
        ("answers.sqlite", FileCache),
        ({"max_bytes": 5}, MemoryCache),
        ({"path": "answers.sqlite", "max_bytes": 5}, FileCache),
    ],
)
def test_a_cache_is_named_in_several_ways(given, kind):
    cache = cache_of(given)
    assert type(cache) is kind
    assert cache_of(cache.get_config()).get_config() == cache.get_config()
    assert cache_of(cache) is cache


# --- Files -----------------------------------------------------------------------------------


def test_a_file_keeps_what_was_written_for_another_process(path):
    cache = FileCache(path)
    cache.put("a", b"1")
    cache.close()
    again = FileCache(path)
    assert again.get("a") == b"1"
    again.close()


def test_what_waits_to_be_written_is_there_already(path):
    cache = FileCache(path)
    cache.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # holds up the thread that writes
    cache.put("a", b"1")
    cache.put("b", b"2")
    assert (cache.get("a"), cache.get("b")) == (b"1", b"2")
    other.execute("COMMIT")
    other.close()
    assert len(cache) == 2
    cache.close()


def test_nothing_is_lost_when_python_ends(path):
    code = f"""
from synalinks.language_models import FileCache
cache = FileCache({str(path)!r})
for number in range(500):
    cache.put(str(number), b"answer")
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
    cache = FileCache(path)
    assert len(cache) == 500
    cache.close()


def test_a_cache_that_is_forgotten_closes_its_file(path):
    cache = FileCache(path)
    cache.put("a", b"1")
    threads = threading.active_count()
    del cache
    for thread in threading.enumerate():
        if thread.name.startswith("synalinks-cache"):
            thread.join(timeout=30)
    assert threading.active_count() < threads
    assert not os.path.exists(f"{path}-wal")  # SQLite removes it with the last connection


def _fill(path, start):
    cache = FileCache(path, max_bytes=60_000)
    start.wait()
    for number in range(300):
        cache.put(f"{os.getpid()} {number}", bytes(1000))
        cache.put(f"all {number}", b"same")
        assert cache.get(f"all {number}") == b"same"
    cache.close()


FORKS = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@FORKS
@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_processes_share_a_file(path, how):
    context = multiprocessing.get_context(how)
    start = context.Event()
    workers = [context.Process(target=_fill, args=(path, start)) for _ in range(3)]
    for worker in workers:
        worker.start()
    start.set()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    cache = FileCache(path, max_bytes=60_000)
    assert len(cache) > 40
    cache.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    (size,) = connection.execute("SELECT bytes FROM size").fetchone()
    counted = connection.execute("SELECT sum(length(key) + length(answer)) FROM answers").fetchone()
    connection.close()
    assert (size,) == counted
    assert size <= 60_000


def _child(cache, results):
    results.put((cache.get("a"), cache.put("b", b"2")))


@FORKS
def test_a_cache_that_is_open_survives_a_fork(path):
    cache = FileCache(path)
    cache.put("a", b"1")
    assert len(cache) == 1
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    worker = context.Process(target=_child, args=(cache, results))
    worker.start()
    assert results.get(timeout=60) == (b"1", None)
    worker.join(60)
    assert worker.exitcode == 0
    assert cache.get("b") == b"2"
    cache.close()


def spoil(path, *, from_byte, count):
    with open(path, "r+b") as file:
        file.seek(from_byte)
        file.write(b"\x5a" * count)


def filled(path, count=200):
    cache = FileCache(path)
    for number in range(count):
        cache.put(f"key {number}", b"answer " * 50)
    cache.close()


def test_a_file_of_something_else_is_refused_before_the_first_call(path):
    path.parent.mkdir()
    path.write_text("this is no database, but it is long enough to be taken for one" * 20)
    lm = FunctionModel(lambda _: "hi", cache=path, temperature=0)
    with pytest.raises(errors.DamagedFileError, match="Delete it, or give another path"):
        lm.check()
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE answers (text)")
    connection.close()
    with pytest.raises(errors.DamagedFileError, match="a database of something else"):
        lm.check()
    assert lm.requests == []


def test_a_damaged_file_is_refused(path):
    filled(path)
    spoil(path, from_byte=8192, count=20_000)
    with pytest.raises(errors.DamagedFileError, match="is damaged, or no cache at all"):
        FileCache(path).open()


def test_a_file_of_a_newer_version_is_refused(path):
    filled(path, 1)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=2")
    connection.close()
    with pytest.raises(errors.FormatVersionError, match="Upgrade synalinks"):
        FileCache(path).open()


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(errors.FileError, match="cannot be used"):
        FileCache(tmp_path).open()
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.FileError, match="cannot be used"):
        FileCache(tmp_path / "file" / "below").open()


def test_an_altered_answer_is_not_used(path):
    filled(path, 1)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE answers SET answer = ?", (b"ANSWER " * 50,))
    connection.commit()
    connection.close()
    cache = FileCache(path)
    assert cache.get("key 0") is None
    cache.put("key 0", b"right")
    cache.close()
    assert FileCache(path).get("key 0") == b"right"


def test_a_file_that_breaks_later_is_warned_of_once(path):
    cache = FileCache(path)
    cache.put("a", b"1")
    assert len(cache) == 1
    other = sqlite3.connect(path)
    other.execute("DROP TABLE answers")
    other.commit()
    other.close()
    with pytest.warns(errors.SynalinksWarning, match="Calls go on without it"):
        assert cache.get("a") is None
    assert cache.get("a") is None
    cache.put("b", b"2")
    cache.close()


def test_uses_are_written_also_when_nothing_else_is(path, monkeypatch):
    monkeypatch.setattr(module, "_UNWRITTEN", 1)
    cache = FileCache(path)
    cache.put("a", b"1")
    assert len(cache) == 1
    connection = sqlite3.connect(path)
    (before,) = connection.execute("SELECT used FROM answers").fetchone()
    assert cache.get("a")
    cache._opened._thread.submit(lambda: None).result()
    assert connection.execute("SELECT used FROM answers").fetchone() > (before,)
    connection.close()
    cache.close()
