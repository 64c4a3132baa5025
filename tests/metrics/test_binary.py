import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle
from tests.metrics.figures import add_all, value

from synalinks import metrics
from synalinks.data import DataModel

FIGURES = {
    metrics.BinaryPrecision: (oracle.precision_score, {}),
    metrics.BinaryRecall: (oracle.recall_score, {}),
    metrics.BinaryF1Score: (oracle.f1_score, {}),
    metrics.BinaryFBetaScore: (oracle.fbeta_score, {"beta": 0.3}),
}


class Flags(DataModel):
    spam: bool | None
    risk: float | None
    text: str = ""


CELL = st.tuples(st.booleans(), st.booleans())
ROWS = st.lists(st.tuples(CELL, CELL), min_size=1, max_size=30)


def models(rows):
    return [
        (value(Flags, spam=t, risk=0.7 if u else 0.5), value(Flags, spam=p, risk=1 if q else 0))
        for (t, p), (u, q) in rows
    ]


@pytest.mark.parametrize("cls", FIGURES)
@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@given(ROWS)
@settings(max_examples=30, deadline=None)
def test_it_is_what_scikit_learn_says(cls, average, rows):
    function, options = FIGURES[cls]
    due = [[t, u] for (t, _), (u, _) in rows]
    given_ = [[p, q] for (_, p), (_, q) in rows]
    wanted = function(due, given_, average=average, zero_division=0, **options)
    found = add_all(cls(average=average, **options), models(rows)).result()
    if average is None:
        assert [*found] == [f"{cls().name}_spam", f"{cls().name}_risk"]
        found = [*found.values()]
    assert found == pytest.approx(wanted, abs=1e-9)


@given(ROWS)
@settings(max_examples=30, deadline=None)
def test_accuracy_is_scikit_learns(rows):
    spam, risk = (
        oracle.accuracy_score(*zip(*cells, strict=True)) for cells in zip(*rows, strict=True)
    )  # each field has as many answers
    for average, wanted in (
        ("micro", (spam + risk) / 2),
        ("macro", (spam + risk) / 2),
        ("weighted", (spam + risk) / 2),
        (None, {"binary_accuracy_spam": spam, "binary_accuracy_risk": risk}),
    ):
        found = add_all(metrics.BinaryAccuracy(average=average), models(rows)).result()
        assert found == pytest.approx(wanted, abs=1e-9)
    assert add_all(metrics.BinaryAccuracy(), models(rows)).results().keys() == {"binary_accuracy"}


def test_the_weights_of_accuracy_are_the_answers_not_the_labels():
    pairs = [
        (value(Flags, spam=False, risk=None), value(Flags, spam=False, risk=1)),
        (value(Flags, spam=False, risk=0), value(Flags, spam=False, risk=1)),
    ]
    assert add_all(metrics.BinaryAccuracy(average="weighted"), pairs).result() == pytest.approx(2 / 3)
    assert add_all(metrics.BinaryAccuracy(average="macro"), pairs).result() == 0.5


def test_no_answer_is_never_right():
    no = value(Flags, spam=False)
    pairs = [(no, None), (no, value(Flags)), (no, value(Flags, spam=None)), (no, no)]
    assert add_all(metrics.BinaryAccuracy(), pairs).result() == 0.25
    pairs = [(value(Flags, spam=True), None), (value(Flags, spam=None), no)]
    assert add_all(metrics.BinaryAccuracy(), pairs).result() == 0.0


@pytest.mark.parametrize("number", [math.inf, math.nan, -math.inf])
def test_numbers_that_are_not_finite(number):
    metric = add_all(metrics.BinaryRecall(), [(value(Flags, risk=1), value(Flags, risk=number))])
    assert metric.result() == {"binary_recall_risk": float(number == math.inf)}
