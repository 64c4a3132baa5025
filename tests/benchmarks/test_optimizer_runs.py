"""Runs of the optimizers' benchmark: what is made, what is kept, and what becomes of it in a report."""

from statistics import mean
from typing import NamedTuple

import pytest
from benchmarks.optimizers import __main__ as command
from benchmarks.optimizers import report
from benchmarks.optimizers.ours import SETUPS
from benchmarks.optimizers.runs import PEERS, STEPS, Job, Point, Run, read, thinned

OURS = "synalinks.RandomFewShot"


def run(system="a", seed=0, max_calls=300, points=((0, 0.3), (250, 0.5)), task="classification", latency=0.0):
    trajectory = [Point(calls, calls / 100, reward) for calls, reward in points]
    return Run(system, task, seed, max_calls, points[-1][0], 3.0, 0.5, latency, trajectory)


def test_a_run_is_read_as_it_was_written(tmp_path):
    file = tmp_path / "runs.jsonl"
    file.write_text(run().to_line() + "\n" + run(seed=1).to_line() + "\n")
    assert read([file]) == [run(), run(seed=1)]
    assert run().reward == 0.5


def test_the_reward_at_some_calls_is_that_of_the_last_change_up_to_then():
    its = run(max_calls=3000, points=((0, 0.3), (300, 0.4), (301, 0.5), (3010, 0.6)))
    assert [its.reward_at(calls) for calls in (0, 299, 300, 2999, 3000)] == [0.3, 0.3, 0.4, 0.5, 0.6]


class Noted(NamedTuple):
    calls: int
    what: str


def test_of_a_trajectory_the_last_up_to_each_step_is_kept():
    noted = [Noted(0, "a"), Noted(1, "b"), Noted(STEPS[1], "c"), Noted(STEPS[1] + 1, "d"), Noted(9000, "e")]
    assert [each.what for each in thinned([*noted, Noted(9001, "f")])] == ["a", "c", "d", "f"]


def test_only_systems_that_the_calls_shape_get_a_run_for_each_budget():
    asked = command.arguments(
        ["--systems", "dspy.GEPA,dspy.MIPROv2", "--tasks", "pipeline", "--seeds", "3-4"]
    )
    made = [(job.system, job.seed, job.max_calls) for job in command.jobs(asked, set())]
    assert made == [
        (system, seed, calls)
        for seed in (3, 4)
        for system, budgets in (("dspy.GEPA", [3000]), ("dspy.MIPROv2", [300, 1500, 3000]))
        for calls in budgets
    ]


def test_names_of_groups_and_wrong_ones(capsys):
    assert command.arguments(["--systems", "all"]).systems == [*SETUPS, *PEERS]
    with pytest.raises(SystemExit):
        command.arguments(["--systems", "dspy.Gepa"])
    assert "'dspy.Gepa' is none of" in capsys.readouterr().err


def test_runs_are_made_by_processes_once_and_failures_stop_no_other(tmp_path, monkeypatch, capsys):
    given = f"optimizers --systems {OURS},gepa.optimize --tasks classification --seeds 2 --calls 100".split()
    given += ["--out", str(tmp_path)]
    monkeypatch.setattr("sys.argv", [*given, "--jobs", "2"])
    assert command.main() == 1  # the peers are not in this environment
    assert capsys.readouterr().err.count("failed") == 2
    assert "No module named" in "".join(log.read_text() for log in tmp_path.glob("peers-*.log"))
    runs = read([tmp_path / "runs.jsonl"])
    assert {each.job for each in runs} == {Job(OURS, "classification", seed, 100) for seed in range(2)}
    monkeypatch.setattr("sys.argv", [*given, "--systems", OURS])
    assert command.main() == 0
    assert read([tmp_path / "runs.jsonl"]) == runs


# --- The report ----------------------------------------------------------------------------


def test_a_run_for_just_these_calls_counts_before_a_longer_one():
    runs = [run(max_calls=300), run(max_calls=3000, points=((0, 0.3), (200, 0.4), (2900, 0.9)))]
    found = report.scores(runs)
    assert found["classification", 300] == {"a": {0: 0.5}}
    assert found["classification", 3000] == {"a": {0: 0.9}}
    assert report.scores([*runs, run("b", max_calls=1500)])["classification", 1500]["a"] == {0: 0.4}
    assert "b" not in report.scores([*runs, run("b", max_calls=1500)])["classification", 3000]


def test_bounds_hold_the_mean_and_differences_are_made_seed_by_seed():
    values = {seed: 0.5 + 0.05 * (seed % 5) for seed in range(30)}
    its = report.estimate(values)
    assert its.mean == pytest.approx(mean(values.values()))
    assert 0.55 < its.low < its.mean < its.high < 0.65
    apart = report.difference({seed: value + 0.01 for seed, value in values.items()}, {**values, 99: 0.0})
    assert apart.low == pytest.approx(0.01) == pytest.approx(apart.high)


def test_a_report_has_tables_costs_and_plots(tmp_path, monkeypatch, capsys):
    runs = [
        run(system, seed, points=((0, 0.3), (90, 0.5 + 0.1 * seed))) for system in "ab" for seed in range(2)
    ]
    runs += [run("b", seed, 3000) for seed in range(2)] + [run("a", latency=0.05)]
    (tmp_path / "runs.jsonl").write_text("".join(each.to_line() + "\n" for each in runs))
    monkeypatch.setattr("sys.argv", ["report", str(tmp_path), "--against", "a"])
    report.main()
    text = capsys.readouterr().out
    assert "| `classification` | 300 calls | 3,000 calls |" in text
    assert "| a | 0.550 [0.500, 0.600] |  |" in text
    assert "| b | 0.550 [0.500, 0.600] (+0.000 [+0.000, +0.000]) | 0.500 [0.500, 0.500] |" in text
    assert "| a | 300 | 0.05 s | 1 | 250 | 3.0 | 0.50 |" in text
    assert (tmp_path / "report.md").read_text() + "\n" == text
    assert (tmp_path / "calls.png").stat().st_size > 1000 < (tmp_path / "seconds.png").stat().st_size


def test_curves():
    one = [run(max_calls=300, seed=seed, points=((0, 0.2), (100, 0.4 + 0.2 * seed))) for seed in range(2)]
    x, y = report.curve(one)
    assert (x, y) == ([0, 50, 100, 150, 200, 300], [0.2, 0.2] + [pytest.approx(0.5)] * 4)
    x, y = report.curve([*one, run(max_calls=3000, points=((0, 0.2), (2900, 0.8)))])
    assert (x, y) == ([0.0, 100, 2900], [pytest.approx(0.2), pytest.approx(0.5), 0.8])
    x, y = report.curve(one, over_time=True)
    assert (x[-1], y[0], y[-1]) == (3.0, 0.2, pytest.approx(0.5))
