import json
import math
from enum import Enum
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle
from sklearn.preprocessing import MultiLabelBinarizer
from tests.metrics.figures import add_all, value

from synalinks import metrics
from synalinks.data import DataModel, Score
from synalinks.errors import ConfigurationError

NAMES = ["red", "green", "blue", "Very dark"]
AVERAGES = [None, "micro", "macro", "weighted"]


class Free(DataModel):
    label: str | None


class Listed(DataModel):
    label: Literal["red", "green", "blue", "Very dark"] | None
    note: str = ""


class Tagged(DataModel):
    tags: list[Literal["red", "green", "blue"]]


FIGURES = {
    metrics.CategoricalPrecision: (oracle.precision_score, {}),
    metrics.CategoricalRecall: (oracle.recall_score, {}),
    metrics.CategoricalF1Score: (oracle.f1_score, {}),
    metrics.CategoricalFBetaScore: (oracle.fbeta_score, {"beta": 2.5}),
}
families = pytest.mark.parametrize("cls", FIGURES)
averages = pytest.mark.parametrize("average", AVERAGES)
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), min_size=1, max_size=30)


def models(model, pairs, field="label"):
    return [(value(model, **{field: t}), value(model, **{field: p})) for t, p in pairs]


def expected(cls, due, given_, average, labels=None):
    function, options = FIGURES[cls]
    return function(due, given_, average=average, labels=labels, zero_division=0, **options)


def close(found, wanted, name="", labels=()):
    if isinstance(found, dict):
        found = [found[f"{name}_{label}"] for label in labels]
    assert found == pytest.approx(wanted, abs=1e-9)


@families
@averages
@pytest.mark.parametrize("model", [Free, Listed])
@given(PAIRS)
@settings(max_examples=30, deadline=None)
def test_it_is_what_scikit_learn_says(cls, average, model, pairs):
    due, given_ = zip(*pairs, strict=True)
    metric = add_all(cls(average=average, **FIGURES[cls][1]), models(model, pairs))
    labels = sorted({*due, *given_})
    close(metric.result(), expected(cls, due, given_, average), metric.name, labels)


@families
@averages
@given(PAIRS)
@settings(max_examples=20, deadline=None)
def test_given_labels_are_scikit_learns(cls, average, pairs):
    due, given_ = zip(*pairs, strict=True)
    labels = ["green", "violet", "red"]
    metric = add_all(cls(average=average, labels=labels, **FIGURES[cls][1]), models(Free, pairs))
    wanted = expected(cls, due, given_, average, labels)
    close(metric.result(), wanted, metric.name, labels)
    keys = metric.log_keys(Free.get_schema())
    assert keys == ((metric.name,) if average else tuple(f"{metric.name}_{label}" for label in labels))
    assert {*metric.entries[""].labels} <= {*labels}  # and the state is bounded


TAGS = st.lists(st.sampled_from(["red", "green", "blue"]), max_size=4)


@families
@averages
@given(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_lists_of_labels_are_scikit_learns_multilabel(cls, average, pairs):
    labels = ["red", "green", "blue"]
    binarizer = MultiLabelBinarizer(classes=labels)
    due, given_ = (binarizer.fit_transform(part) for part in zip(*pairs, strict=True))
    metric = add_all(cls(average=average, labels=labels, **FIGURES[cls][1]), models(Tagged, pairs, "tags"))
    close(metric.result(), expected(cls, due, given_, average), metric.name, labels)
    accuracy = add_all(metrics.CategoricalAccuracy(), models(Tagged, pairs, "tags"))
    assert accuracy.result() == pytest.approx(oracle.accuracy_score(due, given_), abs=1e-9)


@given(PAIRS)
@settings(max_examples=40, deadline=None)
def test_accuracy_is_scikit_learns(pairs):
    due, given_ = zip(*pairs, strict=True)
    for labels in (None, ["red"]):
        metric = add_all(metrics.CategoricalAccuracy(labels=labels), models(Free, pairs))
        assert metric.result() == pytest.approx(oracle.accuracy_score(due, given_), abs=1e-9)
    for average in (None, "macro", "weighted"):
        metric = add_all(metrics.CategoricalAccuracy(average=average), models(Listed, pairs))
        wanted = oracle.recall_score(due, given_, average=average, zero_division=0)
        close(metric.result(), wanted, metric.name, sorted({*due, *given_}))


@given(PAIRS)
@settings(max_examples=20, deadline=None)
def test_all_four_counts_are_right(pairs):
    due, given_ = zip(*pairs, strict=True)
    labels = sorted({*due, *given_})
    found = add_all(metrics.CategoricalF1Score(), models(Free, pairs)).confusions()
    for label, matrix in zip(labels, oracle.multilabel_confusion_matrix(due, given_), strict=True):
        (tn, fp), (fn, tp) = matrix.tolist()
        counts = found[label]
        assert (counts.tp, counts.fp, counts.fn, counts.tn) == (tp, fp, fn, tn)


# --- Which fields, which labels ------------------------------------------------------------------


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Several(DataModel):
    text: str
    colour: Colour | None = None
    size: Literal[1, 2]
    score: list[Score]
    open: Literal["a"] | str


def test_the_keys_are_known_before_any_sample():
    metric = metrics.CategoricalRecall()
    assert metric.log_keys(Listed.get_schema()) == tuple(f"categorical_recall_{name}" for name in NAMES)
    keys = metric.log_keys(Several.get_schema())
    assert keys[:4] == tuple(
        f"categorical_recall_{k}" for k in ("colour_red", "colour_blue", "size_1", "size_2")
    )
    assert (keys[4], keys[5], len(keys)) == (
        "categorical_recall_score_0",
        "categorical_recall_score_0.1",
        15,
    )
    assert metrics.CategoricalRecall(in_mask=["size"]).log_keys(Several.get_schema()) == (
        "categorical_recall_1",
        "categorical_recall_2",
    )
    assert metric.log_keys(Free.get_schema()) == ()
    assert metric.log_keys(None) == ()


def test_several_fields_have_labels_of_their_own():
    def both(colour, size):
        return value(Several, text="x", colour=colour, size=size, score=[], open="y")

    metric = metrics.CategoricalF1Score(out_mask=["score"])
    add_all(metric, [(both("red", 1), both("red", 2)), (both(None, 1), both("blue", 1))])
    assert metric.result() == pytest.approx(
        {
            "categorical_f1_score_colour_red": 1.0,
            "categorical_f1_score_size_1": 2 / 3,
            "categorical_f1_score_size_2": 0.0,
        }
    )
    accuracy = metrics.CategoricalAccuracy(out_mask=["score"])
    add_all(accuracy, [(both("red", 1), both("red", 2)), (both(None, 1), both("blue", 1))])
    assert accuracy.result() == pytest.approx(2 / 3)


class Two(DataModel):
    reasoning: str
    answer: str


class Truth(DataModel):
    truth: bool


def test_which_of_several_texts_is_the_label_must_be_said():
    for ask in (
        lambda metric: metric.check(Two.to_symbolic_data_model(), None),
        lambda metric: metric.log_keys(Two.get_schema()),
        lambda metric: metric.call(value(Two, reasoning="a", answer="b"), None),
    ):
        with pytest.raises(ConfigurationError, match=r"CategoricalF1Score\(in_mask=\['reasoning'\]\)"):
            ask(metrics.CategoricalF1Score())
    metrics.CategoricalF1Score(in_mask=["answer"]).check(Two.to_symbolic_data_model(), None)
    both = metrics.CategoricalF1Score(in_mask=["reasoning", "answer"])
    y = value(Two, reasoning="r", answer="a")
    assert {*add_all(both, [(y, y)]).result()} == {
        f"{both.name}_{end}" for end in ("reasoning_r", "answer_a")
    }


def test_a_boolean_alone_has_two_labels():
    metric = metrics.CategoricalRecall()
    assert metric.log_keys(Truth.get_schema()) == ("categorical_recall_false", "categorical_recall_true")
    pairs = [(value(Truth, truth=True), value(Truth, truth=True)), (value(Truth, truth=False), None)]
    assert add_all(metric, pairs).result() == {
        "categorical_recall_false": 0.0,
        "categorical_recall_true": 1.0,
    }


def test_samples_may_have_different_schemas():
    metric = metrics.CategoricalRecall()
    pairs = [
        (value(Listed, label="red"),) * 2,
        (value(Tagged, tags=["blue"]),) * 2,
        (value(Truth, truth=True),) * 2,
    ]
    found = add_all(metric, pairs).result()
    assert [*found] == [f"categorical_recall_{label}" for label in ("blue", "red", "true")]


# --- What is missing, unknown or of another kind -------------------------------------------------


def test_what_is_missing():
    pairs = [
        (value(Listed, label=None), value(Listed, label="red")),
        (value(Listed, label="red"), None),
        (value(Listed, label="red"), value(Listed, label=None)),
        (value(Listed, label="red"), value(Listed)),
        (value(Listed, label="red"), value(Listed, label="red")),
    ]
    metric = add_all(metrics.CategoricalRecall(), pairs)
    assert metric.result() == {"categorical_recall_red": 0.25}
    assert add_all(metrics.CategoricalAccuracy(), pairs).result() == 0.25


def test_a_label_that_nobody_knows_is_a_miss_without_a_figure():
    pairs = [
        (value(Listed, label="red"), value(Free, label="crimson")),
        (value(Listed, label="red"), value(Free, label="red")),
    ]
    metric = add_all(metrics.CategoricalPrecision(), pairs)
    assert metric.state_dict() == {"fields": {"": {"samples": 2, "right": 1, "labels": {"red": [1, 0, 1]}}}}
    assert metric.result() == {"categorical_precision_red": 1.0}
    assert add_all(metrics.CategoricalAccuracy(), pairs).result() == 0.5


def test_no_answer_is_not_an_empty_list():
    none = value(Tagged, tags=[])
    assert add_all(metrics.CategoricalAccuracy(), [(none, none), (none, None)]).result() == 0.5


def test_an_unknown_label_among_known_ones_is_not_all_right():
    pairs = [(value(Tagged, tags=["red"]), value(Tagged, tags=["red", "crimson"]))]
    assert add_all(metrics.CategoricalAccuracy(), pairs).result() == 0.0


def test_numbers_are_the_labels_of_their_text():
    class Number(DataModel):
        n: Literal[1, 2]

    pairs = [(value(Number, n=1), {"n": given_}) for given_ in (1, 1.0, "1", 2, True)]
    metric = metrics.CategoricalRecall(average="micro")
    for pair in pairs:
        metric.add(metric.call(*pair))
    assert metric.result() == 3 / 5


def test_a_value_without_a_schema_is_judged_by_itself():
    metric = metrics.CategoricalF1Score()
    assert metric.call({"a": "x", "b": None, "c": {}}, {"a": "y"}) == {"": (["x"], ["y"], False)}
    assert metric.call({"a": "x", "b": ["z"]}, None) == {
        "a_": (["x"], [], False),
        "b_": (["z"], [], False),
    }


@pytest.mark.parametrize("wrong", [{}, [{}], [["red"]], [None]])
def test_a_prediction_of_another_kind_is_an_error(wrong):
    with pytest.raises(ConfigurationError, match=r"field 'label' of the prediction is .*expected a label"):
        metrics.CategoricalF1Score().call(value(Listed, label="red"), {"label": wrong})


@pytest.mark.parametrize("labels", ["red", [], 3, [{}], [None]])
def test_labels_are_a_list_of_labels(labels):
    with pytest.raises(ConfigurationError, match='such as \\["bug"'):
        metrics.CategoricalF1Score(labels=labels)


def test_a_configuration_keeps_the_labels():
    metric = metrics.CategoricalFBetaScore(labels=[1, "b", True], beta=0.5, average="micro")
    config = json.loads(json.dumps(metric.get_config()))
    assert (config["labels"], config["beta"]) == (["1", "b", "true"], 0.5)
    assert metrics.CategoricalFBetaScore.from_config(config).get_config() == config


@pytest.mark.parametrize("beta", [0, -1, math.inf, math.nan, "2", True, None])
def test_a_wrong_beta_is_an_error(beta):
    for cls in (metrics.FBetaScore, metrics.BinaryFBetaScore, metrics.CategoricalFBetaScore):
        with pytest.raises(ConfigurationError, match="a number above 0"):
            cls(beta=beta)
