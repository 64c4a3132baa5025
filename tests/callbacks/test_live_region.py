from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from tests.callbacks.screen import Screen

from synalinks.callbacks import _live_region
from synalinks.callbacks._live_region import LiveRegion
from synalinks.callbacks._progress_bar import ProgressBar
from synalinks.callbacks._status import Counters, Status

LINES = [[("Epoch 1/9", "bold"), ("  ", ""), ("━━━", "bar"), ("┈┈", "dim")], [("  reward=0.5", "")]]
BAR = ["Epoch 1/9  ━━━┈┈", "  reward=0.5"]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_live_region, "_SHORTEST", 0.0)


@contextlib.contextmanager
def opened(screen: Screen, monkeypatch: pytest.MonkeyPatch, *, colour: bool = True) -> Iterator[LiveRegion]:
    """Yield a region on a screen; not a fixture, as pytest replaces the streams before each call."""
    monkeypatch.setattr(sys, "stdout", screen)
    region = LiveRegion(screen, colour=colour)
    region.show()
    region.draw(LINES)
    yield region
    region.close()


@pytest.mark.usefixtures("at_once")
def test_what_is_printed_stands_above_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    with opened(screen, monkeypatch) as region:
        for number in range(3):
            print("mine", number)
            region.draw(LINES)
        assert screen.shown == ["mine 0", "mine 1", "mine 2", *BAR]
        assert not screen.cursor
        region.draw([*LINES, [("  one more", "")]])
        region.draw(LINES[:1])
        assert screen.shown[3:] == BAR[:1]
    assert screen.shown == ["mine 0", "mine 1", "mine 2"]
    assert screen.cursor
    assert sys.stdout is screen


@pytest.mark.usefixtures("at_once")
def test_a_line_that_has_not_ended_is_shown_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    with opened(screen, monkeypatch) as region:
        print("50%\r\x1b[31m75%\x1b[0m", end="", flush=True)
        region.draw(LINES)
        assert screen.shown == ["75%", *BAR]
        region.end_lines()
        print("next")
        assert screen.shown == ["75%", "next", *BAR]
        print("the last", end="")
    assert screen.shown == ["75%", "next", "the last"]


@pytest.mark.usefixtures("at_once")
def test_logging_and_standard_error_do_not_tear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, logger = Screen(), logging.getLogger("tests.live_region")
    monkeypatch.setattr(sys, "stderr", screen)
    handler = logging.StreamHandler(screen)
    logger.addHandler(handler)
    with opened(screen, monkeypatch):
        logger.warning("told")
        print("wrong", file=sys.stderr)
        assert screen.shown == ["told", "wrong", *BAR]
    logger.removeHandler(handler)
    assert handler.stream is screen
    assert sys.stderr is screen


def test_standard_error_in_a_file_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    with opened(Screen(), monkeypatch):
        assert sys.stderr is errors
        print("wrong", file=sys.stderr)
    assert errors.getvalue() == "wrong\n"


@pytest.mark.usefixtures("at_once")
def test_it_fits_whatever_the_terminal_has_become(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    with opened(screen, monkeypatch) as region:
        monkeypatch.setenv("COLUMNS", "10")
        monkeypatch.setenv("LINES", "3")
        region.draw([[("漢字漢字漢字", ""), ("more", "")], *LINES, *LINES])
        assert screen.shown == ["漢字漢字…", "Epoch 1/9"]  # a row is left for the cursor
        assert (screen.row, screen.column) == (0, 0)  # from where erasing is the same, however rows wrap


def test_styles_and_characters_are_those_that_the_terminal_has(monkeypatch: pytest.MonkeyPatch) -> None:
    for encoding, colour, bar in (("utf-8", True, BAR[0]), ("ascii", False, "Epoch 1/9  ###--")):
        screen = Screen(encoding)
        with opened(screen, monkeypatch, colour=colour) as region:
            assert screen.shown[0] == bar
            assert bool(screen.codes) == colour
            assert region.styled([("é", "")]) == ("é" if colour else "\\xe9")


def test_it_is_drawn_at_most_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, now = Screen(), 0.0
    monkeypatch.setattr(_live_region, "time", SimpleNamespace(monotonic=lambda: now))
    with opened(screen, monkeypatch) as region:
        for number in range(1000):
            now = number / 100
            print(number)
            region.draw(LINES)
    assert 90 <= screen.drawn <= 101


@pytest.mark.usefixtures("at_once")
def test_threads_may_print(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    with opened(screen, monkeypatch):
        work = [
            threading.Thread(target=lambda n=n: [print(f"{n} {i}\n", end="") for i in range(50)])
            for n in range(4)
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        assert sorted(screen.shown[:-2]) == sorted(f"{n} {i}" for n in range(4) for i in range(50))
        assert screen.shown[-2:] == BAR


def test_a_terminal_that_goes_away_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    with opened(screen, monkeypatch) as region:
        screen.close()
        region.draw(LINES)
    assert not region.open


def test_a_redirection_that_is_under_way_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, other = Screen(), io.StringIO()
    with opened(screen, monkeypatch) as region:
        behind = sys.stdout
        with contextlib.redirect_stdout(other):
            region.close()
            assert sys.stdout is other
        assert sys.stdout is behind
        print("after")  # through what stood in for the terminal, which passes it on
    assert screen.shown == ["after"]


def test_only_text_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(Screen(), monkeypatch), pytest.raises(TypeError, match="must be str, not bytes"):
        sys.stdout.write(b"x")  # type: ignore[arg-type]  # what the test is about


@pytest.mark.usefixtures("at_once")
async def test_the_last_bar_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr("synalinks.callbacks._progress_bar._INTERVAL", 0.005)
    outer = ProgressBar()
    outer.open()
    outer.show(Status(title="Epoch 1/9", total=2, counters=Counters(None)))
    inner = ProgressBar()
    inner.open()
    inner.show(Status(title="Evaluation", total=None, counters=Counters(None)))
    await screen.drawn_again(2)
    assert all(rows[0].startswith("Evaluation  0/?") for rows in screen.history[-2:])
    inner.print("Evaluation", ["reward=0.5"])
    inner.close()
    await screen.drawn_again(2)
    assert [row[:9] for row in screen.shown] == ["Evaluatio", "Epoch 1/9"]
    print("of a callback ...", end="")
    outer.print("Epoch 1/9", ["reward=0.5"])
    outer.close()
    assert screen.shown == ["Evaluation  reward=0.5", "of a callback ...", "Epoch 1/9  reward=0.5"]
