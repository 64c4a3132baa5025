"""Figures of what the calls of models use."""

import math
from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.arithmetic import Answer, Problem, data, make_program, perfect, skilled

import synalinks
from synalinks import metrics
from synalinks.callbacks import BackupAndRestore
from synalinks.errors import ConfigurationError, ServerError
from synalinks.hooks import CallRecord, Usage
from synalinks.language_models import Retry
from synalinks.metrics import QuantileSketch, UsageMetric
from synalinks.optimizers import Optimizer
from synalinks.testing import FunctionModel

NAMES = (
    "calls", "cache_hits", "failures", "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens",
    "reasoning_tokens", "cost", "latency_p50", "latency_p99",
)  # fmt: skip

RECORD = CallRecord(
    "provider/model", "program", "train", 0, 0, 0, "generator", Usage(10, 5, 3, 2, 1), 1, 0.5, cost=0.25
)

records = st.builds(
    CallRecord,
    model=st.just("m"),
    purpose=st.sampled_from(["program", "reward", "metric", "optimizer", "callback"]),
    phase=st.just(""),
    epoch=st.none(),
    step=st.none(),
    sample=st.none(),
    module=st.just(""),
    usage=st.builds(Usage, *[st.integers(0, 10**6)] * 5),
    attempts=st.integers(1, 3),
    latency=st.floats(0, 1e4),
    error=st.sampled_from([None, None, "ServerError", "CancelledError"]),
    replayed=st.booleans(),
    cost=st.none() | st.floats(0, 10),
    cached=st.booleans(),
)


def filled(name, calls, /, **options):
    metric = metrics.get(name)
    metric = type(metric)(**options)
    metric.add(calls)
    return metric


def test_each_counts_what_its_name_says():
    hit = replace(RECORD, cached=True, latency=9.0)
    failed = replace(RECORD, error="ServerError", usage=Usage(), cost=0.0, latency=7.0)
    calls = [RECORD, replace(RECORD, replayed=True, latency=0.001), hit, failed]
    found = {name: filled(name, calls).result() for name in NAMES}
    latencies = [found.pop("latency_p50"), found.pop("latency_p99")]
    assert found == {
        "calls": 3, "cache_hits": 1, "failures": 1, "input_tokens": 20, "output_tokens": 10,
        "cached_tokens": 6, "cache_write_tokens": 2, "reasoning_tokens": 4, "cost": 0.5,
    }  # fmt: skip
    assert latencies == pytest.approx([0.5, 0.5], rel=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_names_directions_and_nothing_counted(name):
    metric = metrics.get(name)
    assert isinstance(metric, UsageMetric)
    assert metric.name == name
    assert metric.direction == ("max" if name == "cache_hits" else "min")
    assert metric.wall_clock == name.startswith("latency")
    assert metric.log_keys(None) == (name,)
    assert metric.results() == pytest.approx({name: math.nan if metric.wall_clock else 0.0}, nan_ok=True)
    assert type(metric).__doc__


def test_by_purpose_there_is_a_key_for_each_and_the_total():
    calls = [RECORD, replace(RECORD, purpose="reward"), replace(RECORD, purpose="callback")]
    metric = filled("calls", calls, by_purpose=True, name="asked")
    assert metric.results() == {
        "asked": 3, "asked_program": 1, "asked_reward": 1, "asked_metric": 0, "asked_optimizer": 0,
    }  # fmt: skip
    assert metric.log_keys(None) == tuple(metric.results())
    assert type(metric).from_config(metric.get_config()).get_config() == metric.get_config()


def test_a_cost_that_is_not_known_makes_the_sum_unknown():
    calls = [RECORD, replace(RECORD, purpose="reward", cost=None)]
    found = filled("cost", calls, by_purpose=True).results()
    assert (found["cost_program"], found["cost_metric"]) == (0.25, 0.0)
    assert math.isnan(found["cost"])
    assert math.isnan(found["cost_reward"])
    assert filled("cost", [replace(RECORD, cost=None, cached=True)]).result() == 0.0


@pytest.mark.parametrize("name", NAMES)
@given(calls=st.lists(records), cut=st.integers(0, 20), random=st.randoms())
def test_order_and_parts_change_nothing(name, calls, cut, random):
    whole = filled(name, calls, by_purpose=True)
    shuffled = random.sample(calls, len(calls))
    first, second = filled(name, shuffled[:cut]), filled(name, [], by_purpose=True)
    for call in shuffled[cut:]:
        second.add([call])
    second.merge(first)
    assert second.state_dict() == whole.state_dict()
    assert repr(second.results()) == repr(whole.results())
    again = metrics.get(name)
    again.load_state_dict(orjson.loads(orjson.dumps(whole.state_dict())))
    assert again.state_dict() == whole.state_dict()
    assert repr(again.result()) == repr(whole.results()[name])


@given(st.lists(st.floats(0, 5) | st.integers(0, 10**9)))
def test_costs_are_summed_exactly(costs):
    calls = [replace(RECORD, cost=float(cost)) for cost in costs]
    assert filled("cost", calls).result() == math.fsum(map(float, costs))


@given(st.lists(st.floats(1e-9, 1e9), min_size=1), st.floats(0, 1))
def test_a_quantile_is_within_one_percent(numbers, quantile):
    sketch = QuantileSketch(quantile)
    for number in numbers:
        sketch.add(number)
    ordered = sorted(numbers)
    assert sketch.value == pytest.approx(ordered[math.floor(quantile * (len(numbers) - 1))], rel=0.01 + 1e-12)


@pytest.mark.parametrize("quantile", [0.0, 0.5, 0.9, 0.99, 1.0])
def test_a_quantile_is_numpys(quantile):
    numbers = np.random.default_rng(3).lognormal(0.0, 1.5, 20_001)
    sketch = QuantileSketch(quantile)
    for number in numbers.tolist():
        sketch.add(number)
    assert sketch.value == pytest.approx(np.quantile(numbers, quantile, method="lower"), rel=0.01 + 1e-12)
    assert len(sketch.state_dict()) < 1000


def test_a_sketch_has_a_bounded_number_of_buckets():
    sketch = QuantileSketch(0.5)
    for exponent in np.linspace(-20, 20, 20_000):
        sketch.add(10.0**exponent)
    assert len(sketch.state_dict()) <= 2075
    assert QuantileSketch(1.0, sketch.state_dict()).value == pytest.approx(1e9, rel=0.01)
    assert QuantileSketch(0.0, sketch.state_dict()).value == 0.0


def test_a_figure_of_ones_own_says_only_what_a_call_counts():
    class Retries(UsageMetric):
        def value(self, record):
            return record.attempts - 1

    metric = Retries()
    metric.add([replace(RECORD, attempts=3), RECORD])
    assert metric.results() == {"retries": 2.0}


# --- Within trainings and evaluations ----------------------------------------------------------


async def judge(y_true, y_pred):
    await JUDGE("Is it right?")
    return float(y_pred.get_json() == y_true.get_json())


JUDGE = FunctionModel(lambda request: "yes")


async def compiled(fn=skilled, *, reward=judge, **options):
    program, model = await make_program(fn, **options)
    program.compile(
        optimizer="random_few_shot",
        reward=reward,
        metrics=[metrics.Calls(by_purpose=True), "failures", "cost"],
    )
    return program, model


async def test_a_training_counts_its_samples_and_what_the_optimizer_did():
    program, model = await compiled()
    judged = len(JUDGE.requests)
    history = await program.fit(*data(10), epochs=2, batch_size=3, validation_split=0.2, verbose=0, seed=1)
    asked = len(model.requests) + len(JUDGE.requests) - judged
    assert sum(row["calls"] + row["val_calls"] for row in history.rows) == asked
    for row in history.rows:
        assert (row["calls_program"], row["val_calls_program"], row["val_calls_reward"]) == (8, 2, 2)
        assert row["calls_optimizer"] > 0
        assert row["calls_reward"] == row["calls_program"] + row["calls_optimizer"]
        assert row["val_calls_optimizer"] == row["calls_metric"] == row["failures"] == row["cost"] == 0


class Idle(Optimizer):
    async def step(self, context):
        pass


async def test_what_an_optimizer_asks_itself_is_counted():
    class Asking(Optimizer):
        async def step(self, context):
            await JUDGE("What would be better?")

    program, _ = await compiled(perfect, reward="exact_match")
    program.compile(optimizer=Asking(), reward="exact_match", metrics=[metrics.Calls(by_purpose=True)])
    history = await program.fit(*data(6), batch_size=2, verbose=0)
    assert history.history["calls_optimizer"] == [3.0]
    assert history.history["calls"] == [9.0]


async def test_calls_of_samples_that_failed_count():
    failures = {0: ServerError("down", model="m"), 3: ServerError("down", model="m")}
    program, _ = await compiled(perfect, failures=failures, retry=Retry(max_tries=1), reward="exact_match")
    logs = await program.evaluate(*data(5), verbose=0, max_concurrency=1, confidence=0.9)
    assert (logs["failed"], logs["calls"], logs["failures"]) == (2, 5, 2)
    assert (logs["failures_low"], logs["failures_high"]) == (2, 2)


@pytest.mark.parametrize("backup", [False, True])
async def test_what_was_paid_before_an_outage_counts(backup, tmp_path, monkeypatch):
    monkeypatch.setattr("synalinks.training._outage.FIRST_PAUSE", 0.0)
    model = FunctionModel(perfect, failures={1: ServerError("down", model="m")}, retry=Retry(max_tries=1))
    x = synalinks.Input(data_model=Problem)
    first = await synalinks.Generator(data_model=Answer, language_model=model)(x)
    second = await synalinks.Generator(data_model=Answer, language_model=model)(first & x)
    program = synalinks.Program(inputs=x, outputs=second)
    program.compile(optimizer=Idle(), reward="exact_match", metrics=["calls", "failures", "input_tokens"])
    callbacks = [BackupAndRestore(tmp_path)] if backup else []
    history = await program.fit(*data(1), verbose=0, callbacks=callbacks)
    # The second call failed, and the sample was run again: with a journal its first call was not paid again.
    assert len(model.requests) == (3 if backup else 4)
    assert history.history["calls"] == [2.0 if backup else 3.0]
    assert history.history["failures"] == [0.0]


async def test_calls_of_a_cache_are_hits():
    model = FunctionModel(perfect, cache="memory", temperature=0)
    x = synalinks.Input(data_model=Problem)
    y = await synalinks.Generator(data_model=Answer, language_model=model)(x)
    program = synalinks.Program(inputs=x, outputs=y)
    program.compile(reward="exact_match", metrics=["calls", "cache_hits", "input_tokens"])
    first = await program.evaluate(*data(4), verbose=0)
    again = await program.evaluate(*data(4), verbose=0)
    assert (first["calls"], first["cache_hits"]) == (4, 0)
    assert (again["calls"], again["cache_hits"], again["input_tokens"]) == (0, 4, 0)


async def test_a_key_that_another_metric_has_is_refused():
    program, _ = await make_program()
    with pytest.raises(ConfigurationError, match="calls_program"):
        program.compile(
            reward="exact_match", metrics=[metrics.Calls(by_purpose=True), metrics.Sum(name="calls_program")]
        )
