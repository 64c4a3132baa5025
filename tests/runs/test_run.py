from __future__ import annotations

import json
import math

import pytest

from synalinks.errors import SynalinksWarning
from synalinks.runs import HistoryData, Run


def test_random_numbers_depend_on_seed_and_names_alone() -> None:
    run = Run(seed=7)
    first = run.rng("order", 3).random()
    run.rng("other").random()
    run.epoch = 5
    assert Run(seed=7).rng("order", 3).random() == first
    assert {Run(seed=8).rng("order", 3).random(), run.rng("order", 4).random()} & {first} == set()


def test_random_numbers_are_the_same_in_every_process_and_version() -> None:
    assert [Run(seed=7).rng("order", 3).randrange(1000) for _ in range(2)] == [806] * 2


def test_runs_get_a_name_and_a_seed_of_their_own() -> None:
    one, other = Run(), Run()
    assert one.run_id != other.run_id
    assert one.seed != other.seed
    assert not one.resumed


def test_state_survives_as_json() -> None:
    run = Run(seed=7, epoch=2, step=3, stopped_by="early_stopping", finished=True)
    run.history.record(0, {"reward": math.nan, "cost": math.inf, "delta": -math.inf})
    run.history.record(1, {"reward": 0.1 + 0.2, "val_reward": 1})
    loaded = Run()
    loaded.load_state_dict(json.loads(json.dumps(run.state_dict(), allow_nan=False)))
    assert loaded.resumed
    loaded.resumed = False
    assert math.isnan(loaded.history.rows[0].pop("reward"))
    run.history.rows[0].pop("reward")
    assert loaded == run


def test_history_has_a_list_per_key_and_no_holes() -> None:
    data = HistoryData()
    data.record(0, {"reward": 0.5, "val_reward": 0.4})
    data.record(1, {"reward": 1})
    data.record(2, {"reward": 0.7, "val_reward": 0.6})
    assert data.epoch == [0, 1, 2]
    assert data.history == {"reward": [0.5, 1.0, 0.7], "val_reward": [0.4, 0.6]}
    assert all(type(value) is float for value in data.history["reward"])


def test_recording_an_epoch_again_replaces_it() -> None:
    data = HistoryData()
    data.record(0, {"reward": 0.1})
    data.record(0, {"reward": 0.2})
    assert data.history == {"reward": [0.2]}


def test_what_is_no_number_is_left_out_with_a_warning() -> None:
    data = HistoryData()
    with pytest.warns(SynalinksWarning, match="numbers: 'note' is left out"):
        data.record(0, {"reward": 0.1, "note": "text"})
    assert data.rows == [{"reward": 0.1}]
