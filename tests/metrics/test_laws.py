"""What holds for every metric of the classification and regression families."""

import inspect
import json
import math
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.figures import add_all, value, values

import synalinks
from synalinks import metrics
from synalinks.data import DataModel, JsonDataModel
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.metrics._fieldwise import FieldwiseMetric

CLASSES = [
    cls
    for name in metrics.__all__
    if isinstance(cls := getattr(metrics, name), type) and issubclass(cls, FieldwiseMetric)
]
ALL = [(cls, average) for cls in CLASSES for average in cls.averages]
each = pytest.mark.parametrize(("cls", "average"), ALL, ids=[f"{cls.__name__}-{a}" for cls, a in ALL])


class Mixed(DataModel):
    text: str | None
    truth: bool | None
    number: float | None
    label: Literal["red", "green", "blue"] | None
    tags: list[Literal["x", "y", "z"]] | None


def optional(strategy):
    return st.none() | strategy


PAIR = values(
    Mixed,
    {
        "text": optional(st.lists(st.sampled_from(["the", "Cat", "sat", "cat.", "mat"])).map(" ".join)),
        "truth": optional(st.booleans()),
        "number": optional(st.floats() | st.integers(-5, 5)),
        "label": optional(st.sampled_from(["red", "green", "blue"])),
        "tags": optional(st.lists(st.sampled_from(["x", "y", "z"]), max_size=3)),
    },
)
ROWS = st.lists(PAIR, max_size=12)


def exactly(metric):
    """All that a metric says, to the last bit."""
    return repr(sorted(metric.results().items())), json.dumps(metric.state_dict())


def test_the_family_is_complete():
    for prefix in ("", "Binary", "Categorical"):
        for figure in ("Accuracy", "Precision", "Recall", "F1Score", "FBetaScore"):
            assert hasattr(metrics, prefix + figure)
    assert len(CLASSES) == 20


@each
@given(ROWS, st.integers(0, 12), st.randoms())
@settings(max_examples=25, deadline=None)
def test_order_parts_and_a_stop_on_the_way_change_no_bit(cls, average, rows, cut, random):
    whole = add_all(cls(average=average), rows)
    rows = random.sample(rows, len(rows))
    first, second = add_all(whole.fresh(), rows[:cut]), add_all(whole.fresh(), rows[cut:])
    resumed = whole.fresh()
    resumed.load_state_dict(json.loads(json.dumps(first.state_dict())))
    before = exactly(second)
    resumed.merge(second)
    assert exactly(resumed) == exactly(whole)
    assert exactly(second) == before
    add_all(resumed, rows[:1])
    assert exactly(second) == before  # nothing is shared
    resumed.reset_state()
    assert exactly(resumed) == exactly(cls(average=average))


@each
@given(ROWS)
@settings(max_examples=25, deadline=None)
def test_every_key_is_known_before_any_sample(cls, average, rows):
    metric = add_all(cls(average=average), rows)
    assert set(metric.results()) <= set(metric.log_keys(Mixed.get_schema()))
    assert all(type(figure) is float for figure in metric.results().values())


@each
def test_a_configuration_makes_an_equal_metric(cls, average):
    metric = cls(average=average, name="mine", out_mask=["text"])
    config = json.loads(json.dumps(metric.get_config()))
    assert cls.from_config(config).get_config() == metric.get_config()
    assert config["average"] == average


@pytest.mark.parametrize("cls", CLASSES)
def test_a_name_in_snake_case_is_enough(cls):
    name = cls().name
    assert type(metrics.get(name)) is cls
    assert cls.needs_target
    assert cls.direction == ("min" if "error" in name else "max")
    with pytest.raises(UnknownNameError, match=f"Did you mean '{name}'"):
        metrics.get(name + "x")


@pytest.mark.parametrize("cls", CLASSES)
def test_nothing_counted_is_no_figure(cls):
    for average in cls.averages:
        result = cls(average=average).result()
        assert result == {} if average is None else math.isnan(result)


@pytest.mark.parametrize("cls", CLASSES)
def test_masks_choose_the_fields(cls):
    masked = cls(average=None, in_mask=["text", "number", "label"], out_mask=["text"])
    y = value(Mixed, text="a b", truth=True, number=1.0, label="red", tags=["x"])
    add_all(masked, [(y, y), (y, y)])
    if cls in (metrics.CategoricalAccuracy, metrics.CategoricalF1Score):
        assert masked.result() == {f"{masked.name}_red": 1.0}
    else:
        assert {key.removeprefix(f"{masked.name}_") for key in masked.result()} <= {"number", "label", "red"}


@pytest.mark.parametrize("cls", CLASSES)
def test_a_wrong_average_names_the_nearest(cls):
    with pytest.raises(UnknownNameError, match="Known: 'None'"):
        cls(average="all")


@pytest.mark.parametrize("cls", CLASSES)
async def test_a_target_is_needed_and_has_fields(cls):
    with pytest.raises(ConfigurationError, match="pass y"):
        await cls().measure(None, None)
    with pytest.raises(ConfigurationError, match="takes a target with fields"):
        await cls().measure([value(Mixed)], None)


class Nothing(DataModel):
    parts: dict[str, dict[str, list[str]]]


@pytest.mark.parametrize(
    "cls", [cls for cls in CLASSES if cls.__name__[:2] in ("Bi", "Ca", "Me", "R2", "Ro")]
)
async def test_a_target_without_such_fields_is_refused_beforehand(cls):
    with pytest.raises(ConfigurationError, match="it has none; its fields are 'parts'"):
        cls().check(Nothing.to_symbolic_data_model(), None)
    with pytest.raises(ConfigurationError, match="it has none; its fields are 'parts'"):
        await cls().measure(value(Nothing, parts={}), value(Nothing, parts={}))


class Other(DataModel):
    answer: str


@pytest.mark.parametrize("cls", CLASSES)
def test_an_answer_without_any_of_the_fields_is_refused_beforehand(cls):
    with pytest.raises(ConfigurationError, match="never has that; it has 'answer'"):
        cls().check(Mixed.to_symbolic_data_model(), Other.to_symbolic_data_model())
    cls().check(Mixed.to_symbolic_data_model(), Mixed.to_symbolic_data_model())
    cls().check(Mixed.to_symbolic_data_model(), None)
    cls().check(None, Other.to_symbolic_data_model())


def test_every_class_says_what_it_is():
    for cls in CLASSES:
        assert "Args:" in (inspect.getdoc(cls) or "")


async def test_a_program_is_measured_by_names():
    class Question(DataModel):
        question: str

    x = synalinks.Input(data_model=Question)
    program = synalinks.Program(inputs=x, outputs=await Upper()(x))
    program.compile(reward="exact_match", metrics=["accuracy", "f1_score", "categorical_accuracy"])
    xs = [Question(question=text) for text in ("red cat", "dog", "the Dog")]
    ys = [Question(question=text) for text in ("RED", "DOG", "DOG")]
    logs = await program.evaluate(xs, ys, verbose=0)
    assert logs["accuracy"] == pytest.approx(2 / 3)
    assert logs["f1_score_question"] == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert logs["categorical_accuracy"] == pytest.approx(1 / 3)


class Upper(synalinks.Module):
    """Writes the question in capital letters."""

    async def call(self, inputs, training=False):
        return JsonDataModel.trusted(inputs.get_schema(), {"question": inputs["question"].upper()})

    async def compute_output_spec(self, inputs, training=False):
        return inputs
