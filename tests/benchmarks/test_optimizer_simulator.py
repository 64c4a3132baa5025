"""The simulated model of the optimizers' benchmark: what it answers, and the landscape it has."""

import ast
import json
import re
from dataclasses import replace
from pathlib import Path
from statistics import mean

import benchmarks.optimizers
import pytest
from benchmarks.optimizers import ours, proposing, simulator
from benchmarks.optimizers.reading import mentions
from benchmarks.optimizers.runs import Job
from benchmarks.optimizers.server import served
from benchmarks.optimizers.tasks import FINAL_ONLY, TASKS, TEST, TRAIN, landscape, reward
from benchmarks.optimizers.words import FINDINGS, LABELS, TOPICS

SEEDS = range(4)
EVERY_TASK = pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))


def schema_format(*fields, **properties):
    properties = {name: {"type": "string"} for name in fields} | properties
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def said(request):
    return simulator.answer(request)["choices"][0]["message"]["content"]


def ask(task, seed, step, sample, *, phrases=(), shown=(), finding=None, **extra):
    """What a step answers, asked as this library asks."""
    its = landscape(task.name, seed, step.target)
    instruction = " ".join([task.instruction(seed, step), *(its.pool[phrase] for phrase in phrases)])
    messages = [{"role": "system", "content": instruction}]
    for example, answer in shown:
        messages.append({"role": "user", "content": json.dumps({"text": example.text})})
        messages.append({"role": "assistant", "content": json.dumps({step.target: answer})})
    inputs = {"text": sample.text} | ({} if finding is None else {"finding": finding})
    messages.append({"role": "user", "content": json.dumps(inputs)})
    request = {
        "messages": messages,
        "temperature": 0,
        "response_format": schema_format(*step.fields),
        **extra,
    }
    return json.loads(said(request))[step.target]


def best_phrases(task, seed, step):
    its = landscape(task.name, seed, step.target)
    return [phrase for phrase in range(len(its.pool)) if its.helps(phrase)]


def best_demonstrations(train, step):
    by_topic = {sample.topic: sample for sample in train}
    return [(sample, sample.right[step.target]) for sample in by_topic.values()]


def accuracy(task, *, phrases=False, demonstrations=False, seeds=SEEDS, samples=150):
    """Share of right answers with the best instruction, the best demonstrations, both, or neither."""
    right = []
    for seed in seeds:
        train, test = task.samples(seed)
        for sample in test[:samples]:
            answer = None
            for step in task.steps:
                answer = ask(
                    task,
                    seed,
                    step,
                    sample,
                    phrases=best_phrases(task, seed, step) if phrases else (),
                    shown=best_demonstrations(train, step) if demonstrations else (),
                    finding=answer,
                )
            right.append(answer == sample.right[task.steps[-1].target])
    return mean(right)


# --- Tasks ---------------------------------------------------------------------------------


@EVERY_TASK
def test_samples_are_a_function_of_the_seed_and_none_is_in_both_sets(task):
    train, test = task.samples(3)
    assert (len(train), len(test)) == (TRAIN, TEST)
    assert len({sample.identifier for sample in train + test}) == TRAIN + TEST
    assert task.samples(3) == (train, test)
    assert not {sample.identifier for sample in task.samples(4)[0]} & {sample.identifier for sample in train}
    for sample in train:
        assert 15 <= len(sample.text.partition(": ")[2].split()) <= 30
        assert [mention.sample for mention in mentions(sample.text)] == [sample]


def test_topics_show_in_samples_alone():
    task = TASKS["classification"]
    for sample in task.samples(0)[0]:
        words = set(re.findall(r"[a-z]+", sample.text.lower()))
        shown = [number for number, its in enumerate(TOPICS) if words & set(its)]
        assert shown == [sample.topic]
    everything = [
        phrase for t in TASKS.values() for s in t.steps for phrase in landscape(t.name, 0, s.target).pool
    ]
    everything += [*LABELS, *FINDINGS, *(t.instruction(0, s) for t in TASKS.values() for s in t.steps)]
    assert not {w for topic in TOPICS for w in topic} & set(
        re.findall(r"[a-z]+", " ".join(everything).lower())
    )


def test_no_sentence_is_part_of_another_and_no_two_steps_share_one():
    pools = [landscape(t.name, 0, s.target).pool for t in TASKS.values() for s in t.steps]
    sentences = [phrase for pool in pools for phrase in pool]
    assert len(set(sentences)) == len(sentences)
    assert not [(a, b) for a in sentences for b in sentences if a != b and a.rstrip(".") in b]


def test_each_seed_is_a_landscape_of_its_own():
    helpful = {
        tuple(best_phrases(TASKS["classification"], seed, TASKS["classification"].steps[0]))
        for seed in range(30)
    }
    assert len(helpful) == 30


def test_the_rewards_that_err_do_so_for_a_fifth_and_always_alike():
    task = TASKS["noisy_reward"]
    _, test = task.samples(0)
    answers = [(s, {"label": s.right["label"], "note": f"Entry {n}."}) for s in test for n in range(10)]
    scores = [reward(task, s, answer) for s, answer in answers]
    assert scores == [reward(task, s, answer) for s, answer in answers]
    assert mean(scores) == pytest.approx(0.8, abs=0.03)
    wrong = [reward(task, s, {"label": "nowhere", "note": f"Entry {n}."}) for s in test for n in range(10)]
    assert mean(wrong) == pytest.approx(0.2, abs=0.03)


def test_the_tasks_of_the_final_table_are_named():
    assert set(FINAL_ONLY) < set(TASKS)


# --- The landscape -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["classification", "pipeline", "noisy_reward"])
def test_instruction_and_demonstrations_reach_further_together_than_alone(name):
    task = TASKS[name]
    assert 0.25 < accuracy(task) < 0.35
    assert 0.65 < accuracy(task, phrases=True) < 0.77
    assert 0.62 < accuracy(task, demonstrations=True) < 0.76
    assert 0.89 < accuracy(task, phrases=True, demonstrations=True) < 0.97


def test_two_sentences_that_help_only_together():
    task = TASKS["two_phrases"]
    assert 0.25 < accuracy(task) < 0.35
    assert 0.69 < accuracy(task, phrases=True) < 0.8
    assert accuracy(task, demonstrations=True) == pytest.approx(accuracy(task), abs=0.03)
    [step] = task.steps
    for seed in SEEDS:
        its = landscape(task.name, seed, step.target)
        assert all(its.of_phrases([phrase], 0) <= 0 for phrase in range(len(its.pool)))
        assert its.of_phrases(its.pair, 0) > 1.5


def test_only_demonstrations_help():
    task = TASKS["demonstrations"]
    assert 0.62 < accuracy(task, demonstrations=True) < 0.76
    [step] = task.steps
    its = landscape(task.name, 0, step.target)
    assert {its.of_phrases(range(n), 0) for n in range(48)} == {0.0}


def test_nothing_helps():
    [step] = TASKS["no_signal"].steps
    its = landscape("no_signal", 0, step.target)
    assert {its.of_phrases(range(n), 0) for n in range(48)} == {0.0}
    assert its.of_demonstrations([(0, True), (0, False)], 0) == 0.0
    assert 0.25 < accuracy(TASKS["no_signal"]) < 0.35


def test_demonstrations_of_the_topic_help_most_wrong_ones_hurt_and_eight_are_enough():
    its = landscape("classification", 0, "label")
    first, second = its.of_demonstrations([(0, True)], 0), its.of_demonstrations([(0, True)] * 2, 0)
    assert first > second - first > its.of_demonstrations([(1, True)], 0) > 0
    assert its.of_demonstrations([(0, False)], 0) < its.of_demonstrations([(1, False)], 0) < 0
    assert its.of_demonstrations([(1, True)] * 8, 0) == its.of_demonstrations([(1, True)] * 20, 0)


def test_long_instructions_harm_a_little():
    its = landscape("classification", 0, "label")
    idle = [phrase for phrase, effects in enumerate(its.effects) if not any(effects)]
    assert its.of_phrases(idle[:6], 0) == 0.0
    assert its.of_phrases(idle[:10], 0) == pytest.approx(-0.4)


def test_luck_is_common_to_candidates_and_answers_that_are_wrong_are_plausible():
    task = TASKS["classification"]
    [step] = task.steps
    _, test = task.samples(0)
    one = [ask(task, 0, step, sample, phrases=[0]) for sample in test]
    other = [ask(task, 0, step, sample, phrases=[1]) for sample in test]
    assert set(one) == set(LABELS)
    right = [
        [answer == s.right["label"] for answer, s in zip(each, test, strict=True)] for each in (one, other)
    ]
    assert mean(a == b for a, b in zip(*right, strict=True)) > 0.85


def test_a_sample_that_is_shown_with_its_answer_is_answered_so():
    task = TASKS["classification"]
    [step] = task.steps
    sample = task.samples(0)[0][0]
    for label in LABELS:
        assert ask(task, 0, step, sample, shown=[(sample, label)]) == label


def test_a_right_finding_makes_the_second_step_better():
    task = TASKS["pipeline"]
    _, test = task.samples(0)
    wrong = [next(f for f in FINDINGS if f != sample.right["finding"]) for sample in test]
    scores = [
        mean(
            ask(task, 0, task.steps[1], sample, finding=finding) == sample.right["label"]
            for sample, finding in zip(test, findings, strict=True)
        )
        for findings in (wrong, [sample.right["finding"] for sample in test])
    ]
    assert scores[1] - scores[0] > 0.1


# --- Requests ------------------------------------------------------------------------------


def test_an_answer_is_a_pure_function_of_the_request():
    messages = [{"role": "user", "content": "Write a better instruction for desk K1."}]
    request = {"messages": messages, "temperature": 1.0}
    before = json.dumps(request)
    assert simulator.answer(request) == simulator.answer(json.loads(before))
    assert json.dumps(request) == before
    assert len({said({**request, "seed": seed}) for seed in range(20)}) > 10
    assert len({said({**request, "temperature": 0, "seed": seed}) for seed in range(20)}) == 1
    choices = simulator.answer({**request, "n": 5})["choices"]
    assert len({choice["message"]["content"] for choice in choices}) > 1
    usage = simulator.answer(request)["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0


def test_a_model_asked_again_answers_otherwise_but_at_temperature_0():
    request = {"messages": [{"role": "user", "content": "Write a better instruction for desk K1."}]}
    model = simulator.Model()
    answers = [model.answer(request)["choices"][0]["message"]["content"] for _ in range(20)]
    assert len(set(answers)) > 10
    assert len({str(model.answer({**request, "temperature": 0})) for _ in range(5)}) == 1
    assert model.calls == 25
    other = simulator.Model()
    assert [other.answer(request)["choices"][0]["message"]["content"] for _ in range(20)] == answers


def test_the_simulator_needs_the_standard_library_alone():
    folder = Path(benchmarks.optimizers.__file__).parent
    for name in ("simulator", "proposing", "reading", "tasks", "words", "runs"):
        tree = ast.parse((folder / f"{name}.py").read_text())
        imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
        assert not {module for module in imported if module.startswith(("synalinks", "pydantic"))}


DSPY = """Your input fields are:
1. `text` (str):
Your output fields are:
1. `reasoning` (str):
2. `label` (Literal['front-desk', 'field-team', 'back-office', 'review-board', 'partner-line', 'self-help']):
All interactions will be structured in the following way, with the appropriate values filled in.

[[ ## text ## ]]
{text}

[[ ## reasoning ## ]]
{reasoning}

[[ ## label ## ]]
{label}        # note: the value you produce must exactly match one of: front-desk; field-team

[[ ## completed ## ]]
In adhering to this structure, your objective is:
        """


def dspy_messages(task, sample, shown):
    system = DSPY + task.instruction(0, task.steps[0])
    messages = [{"role": "system", "content": system}]
    for example, label in shown:
        messages.append({"role": "user", "content": f"[[ ## text ## ]]\n{example.text}"})
        answer = f"[[ ## reasoning ## ]]\nSo.\n\n[[ ## label ## ]]\n{label}\n\n[[ ## completed ## ]]\n"
        messages.append({"role": "assistant", "content": answer})
    ask = "Respond with `[[ ## label ## ]]` (must be a valid Python Literal['front-desk', 'self-help'])"
    return [*messages, {"role": "user", "content": f"[[ ## text ## ]]\n{sample.text}\n\n{ask}"}]


def test_the_markers_of_dspy_are_understood_and_used():
    task = TASKS["classification"]
    train, test = task.samples(0)
    shown = best_demonstrations(train, task.steps[0])
    scores = []
    for demonstrations in ([], shown):
        answers = [said({"messages": dspy_messages(task, s, demonstrations), "temperature": 0}) for s in test]
        form = r"\[\[ ## reasoning ## \]\]\n.+\n\n\[\[ ## label ## \]\]\n(\S+)\n\n\[\[ ## completed ## \]\]"
        labels = [re.fullmatch(form, answer)[1] for answer in answers]
        scores.append(mean(label == s.right["label"] for label, s in zip(labels, test, strict=True)))
    assert scores[0] < 0.4
    assert scores[1] > 0.6


def test_an_object_is_answered_with_the_fields_that_are_asked_for():
    task = TASKS["classification"]
    messages = dspy_messages(task, task.samples(0)[1][0], [])
    answer = json.loads(said({"messages": messages, "response_format": {"type": "json_object"}}))
    assert answer.keys() == {"reasoning", "label"}
    assert answer["label"] in LABELS


def test_a_plain_question_is_answered_plainly_and_parts_of_messages_are_read():
    task = TASKS["classification"]
    sample = task.samples(0)[1][0]
    system = {"role": "system", "content": task.instruction(0, task.steps[0])}
    parts = [{"type": "text", "text": sample.text}]
    assert said({"messages": [system, {"role": "user", "content": parts}]}) in LABELS


# --- The writer of instructions ------------------------------------------------------------


def proposed(text, n=1, response_format=None, seed=0):
    request = {"messages": [{"role": "user", "content": text}], "n": n, "seed": seed}
    if response_format is not None:
        request["response_format"] = response_format
    return [choice["message"]["content"] for choice in simulator.answer(request)["choices"]]


def phrases_of(text, seed=0, task="classification"):
    pool = landscape(task, seed, "label").pool
    return {number for number, phrase in enumerate(pool) if phrase in text}


def test_an_instruction_begins_with_the_task_and_adds_one_to_three_sentences():
    texts = proposed("Improve the instruction of desk K0.", n=50)
    assert all(text.startswith("Decide which team handles each ticket of desk K0.") for text in texts)
    assert {len(phrases_of(text)) for text in texts} == {1, 2, 3}


FENCED = """I provided an assistant with the following instructions to perform a task for me:
```
{instruction}
```

The following are examples of different task inputs provided to the assistant:
```
# Example 1
## Inputs
{text}

## Generated Outputs
self-help

## Feedback
The generated response is incorrect. The correct answer is 'front-desk'.
```

Your task is to write a new instruction for the assistant.

Provide the new instructions within ``` blocks."""


def test_a_prompt_with_fences_is_answered_in_fences_and_keeps_most_of_what_it_is_shown():
    task = TASKS["classification"]
    pool = landscape("classification", 0, "label").pool
    instruction = " ".join([task.instruction(0, task.steps[0]), *pool[:6]])
    texts = proposed(FENCED.format(instruction=instruction, text=task.samples(0)[0][0].text), n=300)
    assert all(re.fullmatch(r"```\nDecide which team .*\n```", text) for text in texts)
    kept = [number in phrases_of(text) for text in texts for number in range(6)]
    assert mean(kept) == pytest.approx(proposing.KEPT, abs=0.03)


@pytest.mark.parametrize(
    "form",
    [
        "Current instruction:\n{good}\n\nRejected attempts:\n- {good} {bad}\n\nPropose a new instruction.",
        "Current instruction:\n{good}\n\n- {good} {bad} (did not help)\n- Propose a new instruction.",
        '{{"now": "{good}", "rejected": [{{"text": "{good} {bad}"}}], "task": "Propose an instruction."}}',
        '{{"tried": [{{"value": "{good} {bad}", "outcome": "scored lower"}}], "now": {{"value": "{good}"}}, '
        '"task": "Propose an instruction."}}',
        '{{"value": "{good}", "tried": [{{"value": "{good} {bad}", "gain": -0.05, "samples": 9}}], '
        '"aim": "Write an instruction, unlike those that did not help."}}',
        '{{"value": "{good}", "tried": [{{"value": {{"t": "{bad}"}}, "gain": 0}}], "ask": "Write a prompt"}}',
        "text: {good} {bad}\nscore: 31.0\n\ntext: {good}\nscore: 45.5\n\nWrite a new instruction.",
        '"{good} {bad}" | Score: 31.0\n\n"{good}" | Score: 45.5\n\nWrite a new instruction.',
    ],
)
def test_what_did_not_help_is_seldom_kept(form):
    task = TASKS["classification"]
    pool = landscape("classification", 0, "label").pool
    good = " ".join([task.instruction(0, task.steps[0]), *pool[:3]])
    texts = proposed(form.format(good=good, bad=" ".join(pool[3:6])), n=300)
    found = [phrases_of(text) for text in texts]
    assert mean(number in phrases for phrases in found for number in range(3)) > 0.8
    assert mean(number in phrases for phrases in found for number in range(3, 6)) < 0.25


def helpful_rate(text_of):
    found = []
    for seed in range(30):
        helps = set(best_phrases(TASKS["classification"], seed, TASKS["classification"].steps[0]))
        found += [bool(phrases_of(text, seed) & helps) for text in proposed(text_of(seed), n=40)]
    return mean(found)


def test_proposals_that_are_grounded_find_more_often_what_helps():
    task = TASKS["classification"]
    plain = helpful_rate(lambda seed: f"Write an instruction for desk K{seed}.")

    def grounded(seed, feedback=""):
        lines = [sample.text + feedback.format(sample.right["label"]) for sample in task.samples(seed)[0][:3]]
        return "\n\n".join([*lines, f"Write an instruction for desk K{seed}."])

    shown = helpful_rate(grounded)
    told = helpful_rate(lambda seed: grounded(seed, '\nlabel: expected "{}", got "nowhere".'))
    assert plain == pytest.approx(0.15, abs=0.04)
    assert 0.3 < shown < 0.4
    assert told == pytest.approx(0.45, abs=0.05)


def test_a_schema_gets_as_many_different_instructions_as_it_asks_for():
    many = {"type": "array", "items": {"type": "string"}, "minItems": 4, "maxItems": 4}
    wanted = schema_format("analysis", instructions=many)
    answer = json.loads(proposed("For desk K0.", response_format=wanted)[0])
    assert len(set(answer["instructions"])) == 4
    assert all(phrases_of(text) for text in answer["instructions"])
    assert not phrases_of(answer["analysis"])
    told = schema_format(candidates={"type": "array", "items": {"type": "string"}})
    answer = json.loads(proposed("Propose five different instructions for desk K0.", response_format=told)[0])
    assert len(set(answer["candidates"])) == 5


@pytest.mark.parametrize("name", ["value", "new_instruction", "improved_prompt"])
def test_the_only_text_of_a_schema_is_an_instruction_also_within_a_value(name):
    answer = json.loads(proposed("For desk K0.", response_format=schema_format("diagnosis", name))[0])
    assert answer[name].startswith("Decide which team handles each ticket of desk K0. ")
    assert phrases_of(answer[name])
    assert not phrases_of(answer["diagnosis"])
    inner = {"$ref": "#/$defs/Inner"}
    wanted = schema_format(value=inner)
    wanted["json_schema"]["schema"]["$defs"] = {
        "Inner": {"type": "object", "properties": {name: {"anyOf": [{"type": "string"}, {"type": "null"}]}}}
    }
    assert phrases_of(json.loads(proposed("For desk K0.", response_format=wanted)[0])["value"][name])


def test_other_values_are_filled_within_their_bounds():
    record = schema_format(
        "role",
        "tone",
        level={"type": "integer", "minimum": 2, "maximum": 4},
        share={"type": "number", "minimum": 0.5, "maximum": 0.75},
        style={"enum": ["short", "long"]},
        checked={"type": "boolean"},
        steps={"type": "array", "items": {"type": "string"}, "maxItems": 3},
    )
    for seed in range(20):
        answer = json.loads(proposed("For desk K0.", response_format=record, seed=seed)[0])
        assert 2 <= answer["level"] <= 4
        assert 0.5 <= answer["share"] <= 0.75
        assert answer["style"] in ("short", "long")
        assert isinstance(answer["checked"], bool)
        assert len(answer["steps"]) <= 3
        assert phrases_of(json.dumps(answer))


def test_dspys_signatures_for_proposals_are_understood():
    system = (
        "Your input fields are:\n1. `basic_instruction` (str):\nYour output fields are:\n"
        "1. `proposed_instruction` (str):\nAll interactions will be structured in the following way.\n\n"
        "[[ ## completed ## ]]"
    )
    user = "[[ ## basic_instruction ## ]]\nDecide which team handles each ticket of desk K0."
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    answer = said({"messages": messages})
    assert re.fullmatch(
        r"\[\[ ## proposed_instruction ## \]\]\nDecide .*\n\n\[\[ ## completed ## \]\]", answer
    )
    assert phrases_of(answer)
    neutral = json.loads(json.dumps(messages).replace("proposed_instruction", "observations"))
    assert not phrases_of(said({"messages": neutral}))


def test_an_instruction_is_written_for_the_step_that_is_shown():
    finding, label = (TASKS["pipeline"].instruction(0, step) for step in TASKS["pipeline"].steps)
    assert proposed(f"Improve this instruction: {finding}")[0].startswith(finding)
    assert proposed(f"Improve this instruction: {label}")[0].startswith(label)
    assert proposed(f"{finding}\n{label}\nImprove this instruction: {finding}")[0].startswith(finding)
    rest = {
        "value": finding,
        "program": {"generator_1": {"instruction": label}},
        "aim": "Write an instruction.",
    }
    assert proposed(json.dumps(rest))[0].startswith(finding)


def test_a_gain_is_not_taken_for_a_loss():
    pool = landscape("classification", 0, "label").pool
    for gain in (0.05, 0.5, 1):
        row = {"value": " ".join(pool[:3]), "gain": gain, "samples": 10}
        text = json.dumps({"value": "For desk K0.", "tried": [row], "aim": "Write an instruction."})
        assert mean(number in phrases_of(t) for t in proposed(text, n=100) for number in range(3)) > 0.7


def test_a_proposer_without_a_task_adds_nothing():
    assert proposed("Write an instruction.") == [proposing._ANYWHERE]


# --- This library on it --------------------------------------------------------------------


@EVERY_TASK
async def test_a_run_counts_every_call_and_is_the_same_each_time(task):
    job = Job("synalinks.RandomFewShot", task.name, 5, 150)
    first, again = [await ours.run_ours(job) for _ in range(2)]
    assert first.calls == again.calls <= 150
    assert [(p.calls, p.reward) for p in first.points] == [(p.calls, p.reward) for p in again.points]
    assert first.points[0].calls == 0
    assert first.reward == first.points[-1].reward


async def test_the_model_behind_http_answers_as_the_one_in_the_process():
    job = Job("synalinks.RandomFewShot", "pipeline", 1, 200)
    here = await ours.run_ours(job)
    with served(latency=0.0) as url:
        there = await ours.run_ours(replace(job, base_url=url))
    assert [(p.calls, p.reward) for p in here.points] == [(p.calls, p.reward) for p in there.points]
