import pytest
from hypothesis import given
from hypothesis import strategies as st

from synalinks.language_models.embedded._tokenizer import (
    FIRST_MARK,
    FIRST_MERGE,
    MARKS,
    Tokenizer,
    digit_token,
    place_of,
)

MERGES = [(ord("e"), ord("r")), (ord(" "), ord("a")), (FIRST_MERGE, ord("s"))]
TOKENIZER = Tokenizer(MERGES)


@given(st.text())
def test_a_text_comes_back(text):
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text.encode("utf-8", "replace")


def test_digits_know_their_place():
    assert TOKENIZER.encode("12.07") == [
        digit_token(1, 1), digit_token(2, 0), ord("."), digit_token(0, -1), digit_token(7, -2),
    ]  # fmt: skip
    assert [place_of(token) for token in TOKENIZER.encode("305")] == [2, 1, 0]
    assert place_of(ord("3")) is None


def test_digits_without_a_place_are_bytes():
    assert TOKENIZER.encode("1234567")[:2] == [ord("1"), digit_token(2, 5)]
    assert TOKENIZER.encode("0.123")[-1] == ord("3")


def test_marks_of_json_are_one_token():
    assert TOKENIZER.encode('{"a":"') == [
        FIRST_MARK + MARKS.index('{"'),
        ord("a"),
        FIRST_MARK + MARKS.index('":"'),
    ]


def test_merges_apply_within_words_in_their_order():
    assert TOKENIZER.encode("ers a") == [FIRST_MERGE + 2, FIRST_MERGE + 1]
    assert TOKENIZER.encode("e r") == [ord("e"), ord(" "), ord("r")]


@pytest.mark.parametrize("text", ["", "é", "日本", "\x00"])
def test_what_no_merge_knows_is_bytes(text):
    assert TOKENIZER.encode(text) == list(text.encode())
