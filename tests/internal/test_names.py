import pytest
from hypothesis import given
from hypothesis import strategies as st

from synalinks._internal.names import base_name, first_free, plural, singular, snake_case, strip_number


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BinaryF1Score", "binary_f1_score"),
        ("GEPA", "gepa"),
        ("MIPROv2", "mipr_ov2"),
        ("LMAsJudge", "lm_as_judge"),
        ("ExactMatch", "exact_match"),
        ("already_snake", "already_snake"),
        ("<lambda>", "_lambda_"),
    ],
)
def test_snake_case(name, expected):
    assert snake_case(name) == expected


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("query", "queries"),
        ("answer", "answers"),
        ("box", "boxes"),
        ("class", "classes"),
        ("day", "days"),
        ("wish", "wishes"),
    ],
)
def test_singular_and_plural(one, many):
    assert plural(one) == many
    assert singular(many) == one
    assert singular(one) == one


@pytest.mark.parametrize(
    ("name", "base"),
    [("query_1", "query"), ("queries_12", "query"), ("year_2020", "year_2020"), ("a_0", "a_0")],
)
def test_base_name(name, base):
    assert base_name(name) == base


@given(st.lists(st.sampled_from(["query", "query_1", "query_3", "other"]), max_size=8))
def test_first_free_takes_the_first_number_that_is_free(names):
    taken: list[str] = []
    for name in names:
        free = first_free(name, taken)
        assert free not in taken
        assert strip_number(free) == strip_number(name)
        taken.append(free)
