from __future__ import annotations

import json
import math

import pytest
from tests.callbacks.fakes import Training

import synalinks.callbacks
from synalinks.callbacks import History, TerminateOnNaN
from synalinks.runs import Run


async def test_it_has_a_list_of_floats_per_key() -> None:
    history = History()
    training = await Training([history]).begin()
    await training.epochs({"reward": 0.5, "val_reward": 0.4}, {"reward": 0.6})
    assert history.history == {"reward": [0.5, 0.6], "val_reward": [0.4]}
    assert history.epoch == [0, 1]
    assert history.params["epochs"] == 9
    assert repr(history) == "History(epochs=2, keys=['reward', 'val_reward'])"
    assert repr(History()) == "History()"


async def test_it_stays_with_its_run_when_the_program_goes_on() -> None:
    history = History()
    training = await (await Training([history]).begin()).rewards(0.5)
    training.program.run = Run()
    assert history.epoch == [0]


async def test_of_a_run_that_is_over_it_shows_what_the_backup_has() -> None:
    first = await (await Training([History()]).begin()).rewards(0.5)
    history = History()
    Training.resumed(first.backup(), [history])
    assert history.epoch == [0]


async def test_two_of_them_record_an_epoch_once() -> None:
    history = History()
    await (await Training([history, History()]).begin()).rewards(0.5, 0.6)
    assert history.epoch == [0, 1]


async def test_what_a_backup_holds_is_json_with_nan_as_null() -> None:
    training = await (await Training([History()]).begin()).epochs({"reward": math.nan})
    assert json.loads(training.backup())["run"]["history"]["rows"] == [{"reward": None}]


async def test_a_reward_of_text_does_not_end_the_training() -> None:
    training = await (await Training([TerminateOnNaN()]).begin()).epochs({"reward": "x"}, steps=1)
    assert not training.program.stop_training


@pytest.mark.parametrize("reward", [math.nan, math.inf, -math.inf])
async def test_a_reward_that_is_no_number_ends_the_training(
    reward: float, capsys: pytest.CaptureFixture[str]
) -> None:
    history = History()
    training = await Training([TerminateOnNaN(), history]).begin()
    await training.epochs({"reward": 0.5}, {"failed": 1.0}, steps=1)
    assert not training.program.stop_training
    await training.epochs({"reward": reward}, steps=1)
    assert training.program.stop_training
    assert history.stopped_by == "terminate_on_nan"
    assert "Batch 1: the reward is" in capsys.readouterr().out


def test_all_names_are_there_and_an_unknown_one_is_not() -> None:
    assert all(getattr(synalinks.callbacks, name) for name in synalinks.callbacks.__all__)
    with pytest.raises(AttributeError, match="EarlyStoping"):
        _ = synalinks.callbacks.EarlyStoping
