"""The demo does what it says: on the model in the package, and on a simulated one without waiting for it."""

import json
import re

import pytest
from demo.problems import problems

from demo import printing, run, simulated, tasks
from synalinks.datasets import house_rules
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
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "demo_output"


def rewards(out):
    """The reward before training, after it, and of the program that another process loaded."""
    before, after = re.search(r"problems: (\S+) before, (\S+) after", out).groups()
    return float(before), float(after), float(re.search(r"fresh process: (\S+)", out)[1])


LEFT = {"best.program.json", "history.csv", "history.png", "examples.txt"}
"""The files of a training that has ended."""


def test_training_the_model_in_the_package_helps(quick, monkeypatch, capsys):
    pytest.importorskip("llguidance")
    train, test = house_rules("cents", n=60, n_test=40, seed=1)
    small = tasks.Task("amounts are in cents", train, test, candidates=2)
    monkeypatch.setattr(run, "house_task", lambda rule, free: small)
    assert run.command([]) == 0
    out = capsys.readouterr().out
    assert "embedded/arithmetic: a tiny language model" in out
    before, after, loaded = rewards(out)
    assert before < 0.3
    assert after > before + 0.15
    assert loaded == after
    folder = quick / "embedded-arithmetic-cents"
    assert {path.name for path in folder.iterdir()} == LEFT
    assert (folder / "history.csv").read_text().startswith("epoch,reward,")
    assert json.loads((folder / "best.program.json").read_text())
    assert max(map(len, out.splitlines())) < 80


def test_training_the_simulated_model_helps(quick, capsys):
    assert run.command(["--model", "loopback"]) == 0
    out = capsys.readouterr().out
    assert "SIMULATED" in out
    before, after, loaded = rewards(out)
    assert before < 0.4
    assert after > 0.8
    assert loaded > 0.8
    assert {path.name for path in (quick / "loopback").iterdir()} == LEFT


def test_every_rule_of_the_data_set_can_be_chosen():
    known = re.findall(r"- `\"(\w+)\"`|, `\"(\w+)\"`:", house_rules.__doc__)
    assert {one or other for one, other in known} == {*tasks.RULES, "none"}
    assert tasks.DEFAULT_RULE in tasks.RULES
    for rule in tasks.RULES:
        task = tasks.house_task(rule, free=False)
        assert task.rule == tasks.RULES[rule]
        assert (task.train, task.test) == house_rules(rule, n=72, n_test=48, seed=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--rule", "cent"], "'cents'"), (["--model", "loopback", "--rule", "cents"], "leave out --rule")],
)
def test_a_rule_that_cannot_be_had_is_said(arguments, said, capsys):
    with pytest.raises(SystemExit):
        run.command(arguments)
    assert said in capsys.readouterr().err


def test_numbers_stand_beside_problems_that_take_lines(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "50")
    printing.table(["What is 1 + 2?", "How much is it " * 4], due=[3.0, 1200.0], answered=[None, 4.5])
    assert capsys.readouterr().out.splitlines() == [
        "",
        "  problem                           due  answered",
        "  What is 1 + 2?                      3         -",
        "  How much is it How much is",
        "  it How much is it How much",
        "  is it                            1200       4.5",
    ]


def test_an_interrupted_demo_goes_on(quick, monkeypatch, capsys):
    commit = BackupStore.commit

    def interrupted(store, payload):
        commit(store, payload)
        if payload["run"]["epoch"] == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(BackupStore, "commit", interrupted)
        assert run.command(["--model", "loopback"]) == 130
    assert "goes on" in capsys.readouterr().out
    assert run.command(["--model", "loopback"]) == 0
    assert "Resumed  " in (out := capsys.readouterr().out)
    assert "Epoch 2/8" not in out


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("ollama/llama3.2", "start the server of ollama/llama3.2 first (ollama serve)"),
        ("llama3.2", 'Did you mean "ollama/llama3.2"?'),
        ("openai/gpt-4o-mini", "OPENAI_API_KEY"),
        ("embedded/arithmetics", "Did you mean 'arithmetic'?"),
    ],
)
def test_a_model_that_cannot_be_asked_is_said_clearly(quick, monkeypatch, capsys, model, said):
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")  # where nothing listens
    assert run.command(["--model", model]) == 1
    assert said in capsys.readouterr().err


def test_a_model_that_is_not_there_is_to_be_pulled():
    error = run.UnknownModelError("no such model")
    assert run.hint("ollama/llama3.2", error) == "Fetch the model first: ollama pull llama3.2"
    assert "ollama" not in run.hint("vllm/m", CallConnectionError("refused"))
