import re
import string
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.figures import add_all, value

from synalinks import metrics
from synalinks.data import DataModel


class Answer(DataModel):
    answer: Any
    source: Any = None


def pair(due, given_, **more):
    return value(Answer, answer=due, **more), value(Answer, answer=given_, **more)


# --- SQuAD, by its definition ------------------------------------------------------------------


def normal(text):
    text = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def squad(due, given_, beta=1.0):
    due, given_ = normal(due).split(), normal(given_).split()
    if not due or not given_:
        return (float(due == given_),) * 3
    same = sum((Counter(due) & Counter(given_)).values())
    if not same:
        return 0.0, 0.0, 0.0
    precision, recall = same / len(given_), same / len(due)
    return precision, recall, (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


WORDS = ["the", "a", "an", "Cat", "cat.", "sat", "on", "—the", "MAT!", "3.14", "\t", "théâtre", "_"]
TEXT = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8))
@settings(max_examples=80, deadline=None)
def test_it_is_squads(pairs):
    rows = [pair(due, given_) for due, given_ in pairs]

    def mean(column, beta=1.0):
        return sum(squad(*texts, beta)[column] for texts in pairs) / len(pairs)

    for metric, wanted in (
        (metrics.Precision(average="macro"), mean(0)),
        (metrics.Recall(average="macro"), mean(1)),
        (metrics.F1Score(average="macro"), mean(2)),
        (metrics.FBetaScore(average="macro", beta=2), mean(2, 2)),
        (metrics.Accuracy(), sum(normal(t) == normal(p) for t, p in pairs) / len(pairs)),
    ):
        assert add_all(metric, rows).result() == pytest.approx(wanted, abs=1e-9)


# --- Fields and averages -------------------------------------------------------------------------

ROWS = [
    # answer: 2 of 3 words, then all of 1; source: none of 1, then all of 2
    (
        value(Answer, answer="red big dog", source="Paris"),
        value(Answer, answer="big red cat", source="Rome"),
    ),
    (value(Answer, answer="yes", source="New York"), value(Answer, answer="Yes.", source="york new")),
]


@pytest.mark.parametrize(
    ("average", "result"),
    [
        (None, {"f1_score_answer": (2 / 3 + 1) / 2, "f1_score_source": 0.5}),
        ("macro", ((2 / 3 + 1) / 2 + 0.5) / 2),
        ("weighted", (4 * (2 / 3 + 1) / 2 + 3 * 0.5) / 7),
        ("micro", 2 * 5 / (2 * 5 + 2 + 2)),  # all words at once
    ],
)
def test_averages_by_hand(average, result):
    assert add_all(metrics.F1Score(average=average), ROWS).result() == pytest.approx(result)


@pytest.mark.parametrize(
    ("average", "result"),
    [
        (None, {"accuracy_answer": 0.5, "accuracy_source": 0.0}),
        ("macro", 0.25),
        ("micro", 0.25),
        ("weighted", 0.25),
    ],
)
def test_accuracy_minds_the_order_of_words(average, result):
    assert add_all(metrics.Accuracy(average=average), ROWS).result() == result


def test_fields_with_more_samples_weigh_more_in_accuracy():
    rows = [pair("x", "x", source="s"), pair("x", "y", source=None), pair("x", "y", source=None)]
    assert add_all(metrics.Accuracy(), rows).result() == 2 / 4
    assert add_all(metrics.Accuracy(average="weighted"), rows).result() == pytest.approx(2 / 4)
    assert add_all(metrics.Accuracy(average="macro"), rows).result() == pytest.approx((1 / 3 + 1) / 2)


@pytest.mark.parametrize(
    ("due", "given_", "f1", "accuracy"),
    [
        ("", "The.", 1.0, 1.0),
        ("", "cat", 0.0, 0.0),
        ("cat", "", 0.0, 0.0),
        ("", None, 0.0, 0.0),
        ("cat", None, 0.0, 0.0),
        (-5, -5.0, 1.0, 1.0),
        (-5, 5, 0.0, 0.0),
        (3.14, 314, 0.0, 0.0),
        (3, "3", 0.0, 0.0),
        (True, 1, 0.0, 0.0),
        (True, "true", 0.0, 0.0),
        (True, True, 1.0, 1.0),
        (float("nan"), float("nan"), 1.0, 1.0),
        (float("inf"), float("-inf"), 0.0, 0.0),
        ([], "", 1.0, 1.0),
        ([], None, 0.0, 0.0),
        (["red cat", "dog"], ["dog", "red", "bird"], 2 / 3, 0.0),
        (["red cat"], ["red", "cat"], 1.0, 1.0),
        (["a b", None], "B", 1.0, 1.0),
        ({"first": "John", "last": "Smith"}, {"last": "smith", "first": "john"}, 1.0, 1.0),
        ({"first": "John", "last": "Smith"}, {"first": "Smith", "last": "John"}, 0.0, 0.0),
        ({"name": "John", "age": None}, {"name": "john", "age": 3}, 2 / 3, 0.0),
        ({"a": [{"b": "x"}]}, {"a": {"b": "x"}}, 1.0, 1.0),
    ],
)
def test_values_of_every_kind(due, given_, f1, accuracy):
    assert add_all(metrics.F1Score(), [pair(due, given_)]).results() == pytest.approx({"f1_score_answer": f1})
    assert add_all(metrics.Accuracy(), [pair(due, given_)]).result() == accuracy


def test_what_is_missing():
    rows = [
        (value(Answer, answer=None, source="x"), value(Answer, answer="y", source="x")),
        (value(Answer, answer="x"), None),
        (value(Answer, answer="x"), value(Answer)),
        (value(Answer, answer="x"), value(Answer, answer="x")),
    ]
    found = add_all(metrics.F1Score(), rows).result()
    assert found == pytest.approx({"f1_score_source": 1.0, "f1_score_answer": 1 / 3})
    micro = add_all(metrics.Recall(average="micro"), rows).result()
    assert micro == pytest.approx(2 / 4)
