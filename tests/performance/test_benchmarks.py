"""The benchmarks' verdicts; what they measure is not timed here."""

import math

import pytest
from benchmarks._figures import Figure

from benchmarks import __main__ as benchmarks
from benchmarks import (
    backup,
    caching,
    embedded,
    events,
    in_process,
    many,
    memory,
    metrics,
    over_http,
    predict,
    progress,
    tracking,
)


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("no target", 5.0), ""),
        (Figure("less is better", 2.0, at_most=2.0), "met"),
        (Figure("less is better", 3.0, at_most=2.0), "missed"),
        (Figure("less is better", 3.1, at_most=2.0), "missed by more than half"),
        (Figure("more is better", 0.5, at_least=0.5), "met"),
        (Figure("more is better", 0.25, at_least=0.5), "missed"),
        (Figure("more is better", 0.24, at_least=0.5), "missed by more than half"),
        (Figure("no number", math.nan, at_most=2.0), "missed by more than half"),
        (Figure("not binding", 9.0, at_most=2.0, binding=False), "missed"),
    ],
)
def test_a_target_is_met_or_missed_or_missed_by_more_than_half(figure, verdict):
    assert figure.verdict == verdict
    assert figure.failed == (verdict == "missed by more than half")


@pytest.mark.parametrize(("value", "status"), [(1.9, 0), (2.9, 0), (3.1, 1)])
def test_the_status_is_1_when_a_target_is_missed_by_more_than_half(value, status, monkeypatch, capsys):
    parts = (
        in_process,
        embedded,
        events,
        many,
        caching,
        metrics,
        over_http,
        predict,
        memory,
        backup,
        progress,
        tracking,
    )
    for part in parts:
        monkeypatch.setattr(part, "measure", lambda: [Figure("CPU", value, at_most=2.0)])
    assert benchmarks.main() == status
    assert capsys.readouterr().out.count("at most 2.0") == len(parts)
