"""The demo does what it says, on its simulated model and without waiting for it."""

import json
import re

import pytest
from demo.problems import problems

from demo import run, simulated
from synalinks.errors import CallConnectionError
from synalinks.runs import BackupStore


def messages(question, *examples, instruction="Answer."):
    shown = [
        {"role": role, "content": json.dumps(model.get_json())}
        for pair in examples
        for role, model in zip(("user", "assistant"), pair, strict=True)
    ]
    asked = {"role": "user", "content": json.dumps(question.get_json())}
    return [{"role": "system", "content": instruction}, *shown, asked]


def skill(*examples, **options):
    """Share of the problems that the simulated model gets right."""
    x, y = problems(120, seed=3)
    answers = [simulated.answer(messages(question, *examples, **options)) for question in x]
    return sum(answer == target.answer for answer, target in zip(answers, y, strict=True)) / len(x)


def test_the_simulated_model_learns_from_what_the_prompt_shows():
    plain, money, time, _, length, weight = zip(*problems(6, seed=1), strict=True)
    nothing, one = skill(), skill(money)
    assert 0.2 < nothing < 0.4
    assert skill(plain) < one
    assert nothing < one < skill(money, time) < skill(money, time, length, weight)
    assert skill(money, time, length, weight) > 0.9
    assert skill(instruction="Give money in cents and time in minutes.") > nothing


def test_an_example_that_breaks_the_rule_teaches_nothing():
    [_, x], [_, y] = problems(2, seed=1)
    wrong = y.model_copy(update={"answer": y.answer / 100})
    assert skill((x, wrong)) < skill((x, y))


@pytest.fixture
def quick(monkeypatch, tmp_path):
    monkeypatch.setattr(simulated, "SHORTEST", 0.0)
    monkeypatch.setattr(simulated, "LONGEST", 0.0)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "demo_output" / "simulated"


def started(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["run.py", *arguments])
    return run.command()


def test_training_helps_and_leaves_its_files(quick, monkeypatch, capsys):
    assert started(monkeypatch) == 0
    out = capsys.readouterr().out
    assert "SIMULATED" in out
    assert float(re.search(r"fresh process: (\S+)", out)[1]) > 0.8
    before, after = re.search(r"problems: (\S+) before, (\S+) after", out).groups()
    assert float(before) < 0.4
    assert float(after) > 0.8
    assert {path.name for path in quick.iterdir()} == {
        "best.program.json",
        "history.csv",
        "history.png",
        "examples.txt",
    }


def test_an_interrupted_demo_goes_on(quick, monkeypatch, capsys):
    commit = BackupStore.commit

    def interrupted(store, payload):
        commit(store, payload)
        if payload["run"]["epoch"] == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(BackupStore, "commit", interrupted)
        assert started(patched) == 130
    assert "goes on" in capsys.readouterr().out
    assert started(monkeypatch) == 0
    assert "Resumed  " in (out := capsys.readouterr().out)
    assert "Epoch 2/8" not in out


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("ollama/llama3.2", "start the server of ollama/llama3.2 first (ollama serve)"),
        ("llama3.2", 'Did you mean "ollama/llama3.2"?'),
        ("openai/gpt-4o-mini", "OPENAI_API_KEY"),
    ],
)
def test_a_model_that_cannot_be_asked_is_said_clearly(quick, monkeypatch, capsys, model, said):
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")  # where nothing listens
    assert started(monkeypatch, "--model", model) == 1
    assert said in capsys.readouterr().err


def test_a_model_that_is_not_there_is_to_be_pulled():
    error = run.UnknownModelError("no such model")
    assert run.hint("ollama/llama3.2", error) == "Fetch the model first: ollama pull llama3.2"
    assert "ollama" not in run.hint("vllm/m", CallConnectionError("refused"))
