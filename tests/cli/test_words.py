import pytest
from hypothesis import given
from hypothesis import strategies as st

from synalinks.cli._words import compared


def marked(old, new):
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(marks[piece.kind].format(piece.text) for piece in compared(old, new))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a b c", "a b c", "a b c"),
        ("Answer in cents.", "Answer in euros.", "Answer in [-cents-]{+euros+}."),
        ("one two three", "one three", "one [-two -]three"),
        ("keep it", "keep it short and plain", "keep it{+ short and plain+}"),
        ("red green blue", "one two blue", "[-red green-]{+one two+} blue"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("line one\nline two", "line one\nline 2", "line one\nline [-two-]{+2+}"),
    ],
)
def test_changes_are_marked_word_by_word(old, new, expected):
    assert marked(old, new) == expected


words = st.lists(st.sampled_from(["a", "bb", " ", "\n", ".", "é"]), max_size=30).map("".join)


@given(words, words)
def test_the_pieces_make_both_texts(old, new):
    pieces = compared(old, new)
    assert "".join(p.text for p in pieces if p.kind != "added") == old
    assert "".join(p.text for p in pieces if p.kind != "removed") == new


@pytest.mark.parametrize("separator", [" ", "\n", ""])
def test_long_texts_are_compared_as_far_as_is_quick(separator):
    old = separator.join(["word"] * 200_000)
    pieces = compared(old, "other" + old)
    assert "".join(p.text for p in pieces if p.kind != "added") == old


def test_a_text_of_too_many_words_is_compared_line_by_line():
    lines = [f"the line number {i} of this long text" for i in range(1000)]
    pieces = compared("\n".join(lines), "\n".join([*lines[:500], "another", *lines[501:]]))
    assert [(p.kind, p.text.strip()) for p in pieces if p.kind != "same"] == [
        ("removed", lines[500]),
        ("added", "another"),
    ]
