"""What the tests of metrics share."""

import json

from hypothesis import strategies as st

from synalinks.data import DataModel, JsonDataModel


def add_all(metric, pairs):
    """Measure and count in (target, prediction) pairs, as training does, and return the metric."""
    for y_true, y_pred in pairs:
        metric.add(json.loads(json.dumps(metric._measured(y_true, y_pred))))
    return metric


def value(model: type[DataModel], **fields):
    """A value as it flows at run time, with the schema of `model`."""
    return JsonDataModel.trusted(model.get_schema(), fields)


def values(model, fields):
    """A strategy for (target, prediction) pairs, or a prediction that is None."""
    one = st.fixed_dictionaries(fields).map(lambda json: JsonDataModel.trusted(model.get_schema(), json))
    return st.tuples(one, one | st.none())
