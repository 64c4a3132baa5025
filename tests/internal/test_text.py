from synalinks._internal.text import printable, shorten


def test_control_characters_are_shown_not_obeyed():
    assert printable("a\x1b[2Jb\u202e") == "a\\u001b[2Jb\\u202e"
    assert printable("a\nb\tc") == "a\\nb\\tc"
    assert printable("a\nb", lines=True) == "a\nb"
    assert printable("naïve 文") == "naïve 文"


def test_long_values_are_cut():
    assert len(shorten("x" * 500, 50)) == 50
