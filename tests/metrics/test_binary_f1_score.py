import itertools
import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synalinks.data import DataModel, Field, Score
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.metrics import BinaryF1Score


class Labels(DataModel):
    spam: bool | None
    risk: float | None = 0.0
    note: str = ""


class Spam(DataModel):
    spam: bool


async def filled(metric, pairs):
    for y_true, y_pred in pairs:
        await metric.update_state(y_true, y_pred)
    return metric


def spam(due, given):
    return [(Spam(spam=bool(t)), Spam(spam=bool(p))) for t, p in zip(due, given, strict=True)]


PAIRS = [
    # spam: tp 2, fp 1, fn 1, tn 1 -> 4/6; risk: tp 1, fp 0, fn 2, tn 2 -> 2/4
    (Labels(spam=True, risk=0.9), Labels(spam=True, risk=0.6)),
    (Labels(spam=True, risk=0.6), Labels(spam=True, risk=0.5)),
    (Labels(spam=True, risk=0.5), Labels(spam=False, risk=0.1)),
    (Labels(spam=False, risk=0.51), Labels(spam=True, risk=0.0)),
    (Labels(spam=False, risk=0.0), Labels(spam=False, risk=0.5)),
]


@pytest.mark.parametrize(
    ("average", "result"),
    [
        (None, {"binary_f1_score_spam": 2 / 3, "binary_f1_score_risk": 0.5}),
        ("micro", 2 * 3 / (2 * 3 + 1 + 3)),
        ("macro", (2 / 3 + 0.5) / 2),
        ("weighted", (3 * 2 / 3 + 3 * 0.5) / 6),
    ],
)
async def test_values_computed_by_hand(average, result):
    assert (await filled(BinaryF1Score(average=average), PAIRS)).result() == pytest.approx(result, abs=1e-12)


@pytest.mark.parametrize(
    ("due", "given_", "result"),
    [
        # scikit-learn: f1_score([0, 1, 1, 0, 1, 1], [0, 1, 0, 1, 1, 1]) == 0.75
        ([0, 1, 1, 0, 1, 1], [0, 1, 0, 1, 1, 1], 0.75),
        ([1, 1], [1, 1], 1.0),
        ([1, 0], [0, 1], 0.0),
        ([0, 0], [0, 0], 0.0),  # zero_division=0
        ([1], [0], 0.0),
    ],
)
async def test_one_label(due, given_, result):
    for average in ("micro", "macro"):
        metric = await filled(BinaryF1Score(average=average), spam(due, given_))
        assert metric.result() == pytest.approx(result)


async def test_a_number_is_true_above_the_threshold():
    pairs = [(Labels(spam=None, risk=t), Labels(spam=None, risk=p)) for t, p in ((2, 3), (3, 2), (2.5, 2.5))]
    metric = await filled(BinaryF1Score(threshold=2), pairs)
    assert metric.state_dict() == {"fields": {"risk": [1, 1, 1, 0]}}
    high = await filled(BinaryF1Score(threshold=5), spam([1], [1]))
    assert high.result() == {"binary_f1_score_spam": 1.0}


async def test_what_is_unknown_in_the_target_is_left_out():
    pairs = [
        (Labels(spam=None, risk=1), Labels(spam=True, risk=1)),
        (Labels(spam=None, risk=None), PAIRS[0][1]),
    ]
    metric = await filled(BinaryF1Score(), pairs)
    assert metric.result() == {"binary_f1_score_risk": 1.0}


async def test_what_is_missing_in_the_prediction_is_a_no():
    pairs = [
        (Spam(spam=True), None),
        (Spam(spam=True), Labels(spam=None)),
        (Spam(spam=True), Spam(spam=True)),
    ]
    metric = await filled(BinaryF1Score(average="micro"), pairs)
    assert metric.result() == pytest.approx(2 * 1 / (2 * 1 + 2))


async def test_masks_choose_the_labels():
    metric = await filled(BinaryF1Score(in_mask=["risk"]), PAIRS)
    assert metric.result() == {"binary_f1_score_risk": 0.5}
    assert metric.log_keys(Labels.get_schema()) == ("binary_f1_score_risk",)


def test_the_keys_are_known_before_any_sample():
    class Wide(DataModel):
        flag: bool
        maybe: bool | None = None
        score: Score = Field(description="how good")
        count: int
        text: str
        items: list[int]
        part: Spam

    assert BinaryF1Score().log_keys(Wide.get_schema()) == tuple(
        f"binary_f1_score_{label}" for label in ("flag", "maybe", "score", "count")
    )
    assert BinaryF1Score(name="f1").log_keys(Spam.get_schema()) == ("f1_spam",)
    assert BinaryF1Score(average="macro").log_keys(Wide.get_schema()) == ("binary_f1_score",)
    assert BinaryF1Score().log_keys(None) == ()


def test_nothing_has_no_score():
    assert BinaryF1Score().result() == {}
    assert all(math.isnan(BinaryF1Score(average=a).result()) for a in ("micro", "macro", "weighted"))


async def test_a_target_without_labels_is_an_error():
    class Text(DataModel):
        text: str

    with pytest.raises(ConfigurationError, match=r"it has none; its fields are 'text'"):
        await BinaryF1Score().measure(Text(text=""), Text(text=""))
    with pytest.raises(ConfigurationError, match="pass y"):
        await BinaryF1Score().measure(None, Text(text=""))
    with pytest.raises(ConfigurationError, match="takes a target with fields"):
        await BinaryF1Score().measure([Text(text="")], [Text(text="")])


async def test_a_prediction_of_another_kind_is_an_error():
    class Word(DataModel):
        spam: str

    with pytest.raises(ConfigurationError, match=r"field 'spam' of the prediction is 'yes' \(str\)"):
        await BinaryF1Score().measure(Spam(spam=True), Word(spam="yes"))


@pytest.mark.parametrize("threshold", [None, "0.5", math.nan, True])
def test_a_wrong_threshold_is_an_error(threshold):
    with pytest.raises(ConfigurationError, match="threshold"):
        BinaryF1Score(threshold=threshold)


def test_a_wrong_average_names_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'macro'"):
        BinaryF1Score(average="makro")


# --- Against the definition --------------------------------------------------------------------

LABELS = ("a", "b", "c")
Row = st.dictionaries(st.sampled_from(LABELS), st.tuples(st.sampled_from([True, False, None]), st.booleans()))


def f1_by_definition(pairs):
    hits = sum(t and p for t, p in pairs)
    precision = hits / max(1, sum(p for _, p in pairs))
    recall = hits / max(1, sum(t for t, _ in pairs))
    return 2 * precision * recall / (precision + recall) if hits else 0.0


def by_definition(rows, average):
    pairs = {
        label: known
        for label in LABELS
        if (known := [row[label] for row in rows if label in row and row[label][0] is not None])
    }
    if average is None:
        return {f"binary_f1_score_{label}": f1_by_definition(known) for label, known in pairs.items()}
    if not pairs:
        return math.nan
    if average == "micro":
        return f1_by_definition(list(itertools.chain(*pairs.values())))
    if average == "macro":
        return sum(map(f1_by_definition, pairs.values())) / len(pairs)
    support = {label: sum(t for t, _ in known) for label, known in pairs.items()}
    weighted = sum(f1_by_definition(known) * support[label] for label, known in pairs.items())
    return weighted / sum(support.values()) if any(support.values()) else 0.0


def measured(metric, row):
    return metric.call({k: t for k, (t, _) in row.items()}, {k: p for k, (_, p) in row.items()})


def labelled(rows):
    """Rows that have a label at all, or at least one that is unknown."""
    return [row for row in rows if row]


@given(st.lists(Row), st.sampled_from([None, "micro", "macro", "weighted"]))
def test_it_is_what_the_definition_says(rows, average):
    metric = BinaryF1Score(average=average)
    for row in labelled(rows):
        metric.add(measured(metric, row))
    expected = by_definition(rows, average)
    assert metric.result() == pytest.approx(expected, abs=1e-9, nan_ok=True)


@given(st.lists(Row), st.integers(0, 9), st.randoms())
def test_order_parts_and_a_stop_on_the_way_change_nothing(rows, cut, random):
    rows = labelled(rows)
    whole, first, second = (BinaryF1Score(average="weighted") for _ in range(3))
    for row in rows:
        whole.add(measured(whole, row))
    for row in rows[:cut]:
        first.add(measured(first, row))
    for row in random.sample(rows[cut:], len(rows[cut:])):
        second.add(measured(second, row))
    resumed = first.fresh()
    resumed.load_state_dict(orjson.loads(orjson.dumps(first.state_dict())))
    resumed.merge(second)
    assert resumed.state_dict() == whole.state_dict()
    assert repr(resumed.result()) == repr(whole.result())


def test_a_configuration_makes_an_equal_metric():
    metric = BinaryF1Score(average="micro", threshold=0.3, name="f1", in_mask=["spam"])
    assert BinaryF1Score.from_config(metric.get_config()).get_config() == metric.get_config()
    assert metric.get_config()["threshold"] == 0.3


def test_a_merge_does_not_share_state():
    first, second = BinaryF1Score(), BinaryF1Score()
    second.add({"spam": "tp"})
    first.merge(second)
    first.add({"spam": "fn"})
    assert second.state_dict() == {"fields": {"spam": [1, 0, 0, 0]}}
