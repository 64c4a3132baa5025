from __future__ import annotations

import math
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.callbacks.fakes import Training

from synalinks.callbacks import EarlyStopping, History, TerminateOnNaN
from synalinks.errors import ConfigurationError, SynalinksWarning, UnknownNameError


async def epochs_run(callback: EarlyStopping, *values: float) -> int:
    training = await Training([callback]).begin()
    return (await training.rewards(*values)).epoch


@pytest.mark.parametrize(
    ("patience", "values", "epochs"),
    [
        (0, [0.5, 0.6, 0.6, 0.9], 3),
        (1, [0.5, 0.6, 0.6, 0.9], 3),
        (2, [0.5, 0.4, 0.6, 0.5, 0.5, 0.9], 5),
        (2, [0.5, 0.4, 0.6, 0.5, 0.7, 0.6], 6),
        (3, [0.1, 0.2, 0.3, 0.4], 4),
    ],
)
async def test_it_stops_after_patience_epochs_without_improvement(
    patience: int, values: list[float], epochs: int
) -> None:
    assert await epochs_run(EarlyStopping(patience=patience), *values) == epochs


async def test_an_improvement_is_strictly_more_than_min_delta_in_decimals() -> None:
    for best in (n / 100 for n in range(90)):
        assert await epochs_run(EarlyStopping(min_delta=0.01), best, round(best + 0.01, 2), 1) == 2
        assert await epochs_run(EarlyStopping(min_delta=0.01), best, round(best + 0.011, 3), 1) == 3


async def test_small_gains_add_up_against_the_best() -> None:
    callback = EarlyStopping(patience=3, min_delta=0.01)
    await epochs_run(callback, 0.5, 0.506, 0.512, 0.513)
    assert (callback.best, callback.best_epoch, callback.wait) == (0.512, 2, 1)


async def test_lower_is_better_with_min() -> None:
    callback = EarlyStopping("cost", mode="min")
    training = await Training([callback], log_keys=["cost"]).begin()
    await training.epochs({"cost": 3.0}, {"cost": 2.0}, {"cost": 2.5}, {"cost": 1.0})
    assert (training.epoch, callback.best) == (3, 2.0)


async def test_epochs_without_the_figure_do_not_count_and_nan_is_no_improvement() -> None:
    callback = EarlyStopping(patience=2)
    training = await Training([callback]).begin()
    await training.rewards(0.5)
    await training.epochs({"reward": 0.1}, {"reward": 0.1}, {"reward": 0.1})
    assert callback.wait == 0
    await training.rewards(math.nan)
    assert (callback.wait, callback.best) == (1, 0.5)
    await training.rewards(math.nan, 0.9)
    assert training.program.stop_training
    assert training.epoch == 6


async def test_baseline_must_be_beaten_for_an_epoch_to_count() -> None:
    callback = EarlyStopping(patience=3, baseline=0.8)
    assert await epochs_run(callback, 0.5, 0.6, 0.6, 0.9) == 3
    assert callback.best == 0.6
    assert await epochs_run(EarlyStopping(patience=3, baseline=0.8), 0.5, 0.6, 0.9, 0.7) == 4
    by_a_margin = EarlyStopping(patience=2, baseline=0.8, min_delta=0.1)
    assert await epochs_run(by_a_margin, 0.5, 0.85, 0.84, 0.84, 0.84) == 3


@pytest.mark.parametrize("value", [math.nan, 0.1])
async def test_it_never_stops_after_the_first_epoch_or_an_improvement(value: float) -> None:
    assert await epochs_run(EarlyStopping(baseline=0.8), value, 0.2, 0.3, 0.3, 0.9) == 4


class Reference:
    """When to stop, and which epoch is the best, as Keras has it; decided from all values so far."""

    def __init__(self, mode: str, patience: int, min_delta: float, baseline: float | None, start: int):
        self.sign = 1 if mode == "max" else -1
        self.patience, self.min_delta, self.baseline, self.start = patience, min_delta, baseline, start

    def gains(self, value: float, on: float) -> bool:
        return self.sign * value - self.min_delta > self.sign * on

    def run(self, values: list[float | None]) -> tuple[int, int | None, bool]:
        """Return the number of epochs, the one whose variables come back, and whether it was stopped."""
        best, kept, wait = -self.sign * math.inf, None, 0
        for epoch, value in enumerate(values):
            if value is None or epoch < self.start:
                continue
            kept = epoch if kept is None else kept
            wait += 1
            if self.gains(value, best):
                best, kept = value, epoch
                wait = 0 if self.baseline is None or self.gains(value, self.baseline) else wait
            elif epoch and wait >= self.patience:
                return epoch + 1, kept, True
        return len(values), kept, False


QUARTERS = st.integers(0, 8).map(lambda n: n / 4)  # exact as binary and as decimal fractions


@given(
    mode=st.sampled_from(["max", "min"]),
    values=st.lists(QUARTERS | st.sampled_from([None, math.nan, math.inf, -math.inf]), max_size=12),
    patience=st.integers(0, 4),
    min_delta=st.sampled_from([0.0, 0.25, 0.5]),
    baseline=st.none() | QUARTERS,
    start=st.integers(0, 3),
)
async def test_it_stops_when_keras_does(
    mode: str,
    values: list[float | None],
    patience: int,
    min_delta: float,
    baseline: float | None,
    start: int,
) -> None:
    callback = EarlyStopping(
        "x",
        mode=mode,
        patience=patience,
        min_delta=min_delta,
        baseline=baseline,
        start_from_epoch=start,
        restore_best_variables=True,
    )
    training = await Training([callback], log_keys=["x"]).begin()
    await training.epochs(*({} if value is None else {"x": value} for value in values))
    epochs, kept, stopped = Reference(mode, patience, min_delta, baseline, start).run(values)
    assert (training.epoch, callback.best_epoch) == (epochs, kept)
    assert training.program.stop_training is stopped
    assert callback.best_variables == (None if kept is None else {"generator/instruction": [f"epoch {kept}"]})


@pytest.mark.parametrize(("mode", "better"), [("max", math.inf), ("min", -math.inf)])
async def test_infinities_are_numbers_too(mode: str, better: float) -> None:
    def make() -> list[Any]:
        return [EarlyStopping("x", mode=mode, patience=3, min_delta=0.1), History()]

    first = await (await Training(make(), log_keys=["x"]).begin()).epochs(
        {"x": -better}, {"x": 3}, {"x": better}
    )
    second = await Training.resumed(first.backup(), make(), log_keys=["x"]).begin()
    await second.epochs({"x": better}, {"x": 1.0}, {"x": -better}, {"x": better})
    callback = second.list.callbacks[0]
    assert isinstance(callback, EarlyStopping)
    assert (second.epoch, callback.best, callback.best_epoch) == (6, better, 2)


async def test_a_figure_that_is_no_number_does_not_count() -> None:
    callback = EarlyStopping("x", patience=2)
    training = await Training([callback], log_keys=["x"]).begin()
    await training.epochs(*({"x": value} for value in (0.5, "x", [0.5], None, numpy.arange(2), 10**400)))
    assert (training.epoch, callback.wait) == (6, 0)
    await training.epochs({"x": numpy.float64(0.7)})
    assert callback.best == 0.7


async def test_numbers_of_other_libraries_are_numbers() -> None:
    callback = EarlyStopping(
        patience=numpy.int64(2), min_delta=numpy.float64(0.01), baseline=numpy.float32(0.25), stop_at=2
    )
    assert await epochs_run(callback, 0.5, 0.505, 0.51) == 3
    assert callback.best == 0.5


async def test_epochs_before_the_start_are_not_looked_at() -> None:
    callback = EarlyStopping(start_from_epoch=2, stop_at=0.9)
    assert await epochs_run(callback, 0.9, 0.1, 0.2, 0.3, 0.2) == 5
    assert callback.best == 0.3


@pytest.mark.parametrize(("monitor", "values"), [("val_reward", [0.5, 0.9, 0.95]), ("cost", [3, 1, 0])])
async def test_good_enough_stops_at_once_and_counts_as_best(monitor: str, values: list[float]) -> None:
    callback = EarlyStopping(monitor, stop_at=values[1], min_delta=5, patience=9, restore_best_variables=True)
    training = await Training([callback], log_keys=[monitor]).begin()
    await training.epochs(*({monitor: value} for value in values))
    await training.end()
    assert (training.epoch, callback.best, callback.stopped_epoch) == (2, values[1], 1)
    assert training.program.variables == {"generator/instruction": ["epoch 1"]}


async def test_the_reason_stands_in_the_history() -> None:
    history = History()
    training = await Training([EarlyStopping(), history, TerminateOnNaN()]).begin()
    assert history.stopped_by is None
    await training.rewards(0.5, 0.5)
    assert history.stopped_by == "early_stopping"
    await training.list.on_train_batch_end(0, {"reward": math.nan})
    assert history.stopped_by == "early_stopping"


@pytest.mark.parametrize("ending", ["normal", "stopped", "exception"])
async def test_the_best_variables_come_back_however_training_ends(ending: str) -> None:
    callback = EarlyStopping(patience=2, restore_best_variables=True)
    training = await Training([callback]).begin()
    await training.rewards(0.5, 0.9, 0.6)
    assert training.program.variables == {"generator/instruction": ["epoch 2"]}
    if ending == "exception":
        await training.list.on_exception(RuntimeError())
    else:
        await training.rewards(*[0.1] * (ending == "stopped"))
        await training.end()
    assert training.program.stop_training == (ending == "stopped")
    assert training.program.variables == {"generator/instruction": ["epoch 1"]}


async def test_kept_variables_are_copies() -> None:
    callback = EarlyStopping(restore_best_variables=True)
    training = await Training([callback]).begin()
    await training.rewards(0.5)
    training.program.variables["generator/instruction"].append("changed in place")
    await training.end()
    assert training.program.variables == {"generator/instruction": ["epoch 0"]}
    training.program.variables["generator/instruction"].append("changed in place")
    assert callback.best_variables == {"generator/instruction": ["epoch 0"]}


async def test_without_restoring_the_last_variables_stay() -> None:
    callback = EarlyStopping()
    training = await Training([callback]).begin()
    await (await training.rewards(0.9, 0.1)).end()
    assert training.program.variables == {"generator/instruction": ["epoch 1"]}
    assert callback.best_variables is None


async def test_nothing_ever_measured_leaves_the_variables_alone() -> None:
    training = await Training([EarlyStopping(restore_best_variables=True)]).begin()
    await (await training.epochs({"reward": 0.1})).end()
    assert training.program.variables == {"generator/instruction": ["epoch 0"]}


def make() -> list[Any]:
    return [EarlyStopping(patience=3, restore_best_variables=True), History()]


async def test_an_interruption_changes_nothing() -> None:
    values = [0.5, 0.9, 0.6, 0.7, 0.8, 0.9]
    whole = await (await (await Training(make()).begin()).rewards(*values)).end()
    assert whole.epoch == 5
    for cut in range(6):
        first = await (await Training(make()).begin()).rewards(*values[:cut])
        second = Training.resumed(first.backup(), make())
        second.program.stop_training = second.program.run.stopped_by is not None
        await second.begin()
        await (await second.rewards(*values[cut:])).end()
        assert second.program.variables == whole.program.variables
        assert second.list.state_dict() == whole.list.state_dict()
        assert second.program.run.history == whole.program.run.history


async def test_a_second_fresh_training_begins_anew() -> None:
    callback = EarlyStopping(patience=2, restore_best_variables=True)
    await epochs_run(callback, 0.9, 0.5)
    assert await epochs_run(callback, 0.1, 0.2, 0.3) == 3
    assert callback.best == 0.3


async def test_verbose_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    training = await Training([EarlyStopping(verbose=1, restore_best_variables=True)]).begin()
    await (await training.rewards(0.5, 0.4)).end()
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 2: early stopping, no improvement of val_reward in 1 epochs.",
        "The variables are those of the best epoch, 1.",
    ]


@pytest.mark.parametrize("option", ["patience", "min_delta", "start_from_epoch"])
def test_negative_numbers_are_refused(option: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{option} must be a number of at least 0, got -1"):
        EarlyStopping(**{option: -1})


@pytest.mark.parametrize("option", ["patience", "min_delta", "start_from_epoch", "baseline", "stop_at"])
@pytest.mark.parametrize("value", ["0.5", math.nan, [1], 10**400])
def test_what_is_no_number_is_refused(option: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"EarlyStopping: {option} must be a number.*, got"):
        EarlyStopping(**{option: value})


def test_a_wrong_mode_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'max'"):
        EarlyStopping(mode="maxi")
    with pytest.raises(ConfigurationError, match="monitor must be a key"):
        EarlyStopping(0.5)  # type: ignore[arg-type]  # the mistake in question


# --- Names and directions ------------------------------------------------------------------


def test_a_wrong_monitor_is_one_warning_with_the_keys_and_the_nearest() -> None:
    keys = ["reward", "failed", "val_reward", "val_binary_f1_score"]
    with pytest.warns(SynalinksWarning) as caught:
        Training([EarlyStopping("val_f1")], log_keys=keys)
    assert len(caught) == 1
    text = str(caught[0].message)
    assert "monitor 'val_f1' is not in the logs" in text
    assert "Did you mean 'val_binary_f1_score'?" in text
    assert "Available: 'reward', 'failed', 'val_reward', 'val_binary_f1_score'." in text


async def test_a_wrong_monitor_does_nothing() -> None:
    with pytest.warns(SynalinksWarning):
        training = Training([EarlyStopping("val_f1", restore_best_variables=True)])
    await (await (await training.begin()).rewards(0.9, 0.1, 0.1, 0.1)).end()
    assert training.epoch == 4
    assert training.program.variables == {"generator/instruction": ["epoch 3"]}


def test_a_missing_validation_is_named() -> None:
    with pytest.warns(SynalinksWarning, match="has no validation: give validation_split"):
        Training([EarlyStopping()], log_keys=["reward"], has_validation=False)


@pytest.mark.parametrize(
    ("mode", "monitor", "directions"),
    [
        ("min", "val_reward", {}),
        ("min", "judge_reward", {}),
        ("min", "val_f1", {"f1": "max"}),
        ("max", "val_loss", {"loss": "min"}),
        ("max", "cost", {}),
    ],
)
def test_a_mode_against_the_metric_warns(mode: str, monitor: str, directions: dict[str, str]) -> None:
    with pytest.warns(SynalinksWarning, match=f"mode='{mode}' takes a worse '{monitor}' for a better one"):
        Training([EarlyStopping(monitor, mode=mode)], log_keys=[monitor], directions=directions)


@pytest.mark.parametrize(
    ("monitor", "directions", "expected"),
    [
        ("val_reward", {}, "max"),
        ("val_judge_reward", {}, "max"),
        ("val_something", {}, "max"),
        ("val_distance", {"distance": "min"}, "min"),
        ("val_error_words", {"error_words": "max"}, "max"),
        *((key, {}, "min") for key in ("val_cost", "mean_latency", "prompt_tokens", "error", "val_failed")),
    ],
)
def test_auto_takes_the_declared_direction_or_the_names(
    monitor: str, directions: dict[str, str], expected: str
) -> None:
    callback = EarlyStopping(monitor)
    Training([callback], log_keys=[monitor], directions=directions)
    assert callback._watch.direction == expected
