"""The tables of the guide have every reward and metric, with the keys and the direction that it has."""

import inspect
import re

import pytest
from tests.support import ROOT

from synalinks import metrics, rewards
from synalinks._internal.names import snake_case

GUIDE = (ROOT / "docs" / "guides" / "rewards-and-metrics.md").read_text("utf-8")


def rows(heading):
    """First cell to all cells, of each table row of a part of the guide."""
    part = re.split(r"^## ", GUIDE, flags=re.MULTILINE)
    (text,) = (each for each in part if each.startswith(heading))
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and (name := re.fullmatch(r"`(\w+)`", cells[0])):
            found[name[1]] = cells
    return found


def concrete(package, base):
    public = {name: getattr(package, name) for name in package.__all__}
    return {
        n: c for n, c in public.items()
        if inspect.isclass(c) and issubclass(c, base) and not inspect.isabstract(c)
    }  # fmt: skip


METRICS = concrete(metrics, metrics.Metric)


def test_every_reward_and_metric_has_a_row():
    assert set(rows("Rewards")) == set(concrete(rewards, rewards.Reward))
    assert set(rows("Metrics")) == set(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_a_row_says_the_keys_and_the_direction(name):
    _, _, keys, direction, _ = rows("Metrics")[name]
    if name == "MeanMetricWrapper":
        metric = metrics.get(lambda y_true, y_pred: 1.0)
    else:
        metric = metrics.get(snake_case(name))
        key = keys.strip("`")
        assert metric.name == key.replace("<k>", "1").removesuffix("_<field>").removesuffix("_<label>")
        averaged = getattr(metric, "average", "none") is not None
        assert averaged == ("<field>" not in key and "<label>" not in key)
    assert metric.direction == direction
