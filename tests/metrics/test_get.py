import pytest

from synalinks import metrics
from synalinks._internal.registry import register_serializable
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.metrics import BinaryF1Score, Mean, MeanMetricWrapper, Sum


def test_an_object_stands_for_itself():
    metric = BinaryF1Score(average="macro")
    assert metrics.get(metric) is metric


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [("binary_f1_score", BinaryF1Score), ("mean", Mean), ("sum", Sum), (BinaryF1Score, BinaryF1Score)],
)
def test_a_name_and_a_class_give_an_object(identifier, cls):
    assert type(metrics.get(identifier)) is cls


def test_a_function_is_averaged():
    def error(y_true, y_pred):
        return 0.0

    metric = metrics.get(error)
    assert (type(metric), metric.name) == (MeanMetricWrapper, "error")


def test_an_unknown_name_lists_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'binary_f1_score'"):
        metrics.get("binary_f1")


def test_a_registered_class_has_a_name():
    @register_serializable()
    class MyMean(Mean):
        pass

    assert type(metrics.get("my_mean")) is MyMean


@pytest.mark.parametrize("identifier", [None, 3, int])
def test_anything_else_says_what_is_accepted(identifier):
    with pytest.raises(ConfigurationError, match=r"cannot be a metric; expected a Metric, its class"):
        metrics.get(identifier)
