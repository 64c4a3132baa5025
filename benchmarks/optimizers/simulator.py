"""A simulated language model with a known landscape: a pure function of the request.

It plays two parts. Asked about a sample it answers right or wrong, by odds that the instruction's sentences
and the demonstrations change (see `tasks`). Asked for anything else it writes instructions (see
`proposing`). Which part is meant it tells by the fields that are asked for and, for plain text, by whether a
text asks to write an instruction. Luck belongs to the sample, so that candidates are compared under the same
luck, as they are with a real model at temperature 0; a little noise belongs to the request.

It needs the standard library alone, so that any other system can be run on it in its own environment.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from threading import Lock
from typing import Any, Final

from benchmarks.optimizers import proposing
from benchmarks.optimizers.reading import (
    Mention,
    Wanted,
    answer_in,
    mentions,
    phrases_in,
    step_of,
    task_of,
    texts,
    wanted,
)
from benchmarks.optimizers.tasks import Step, Task, gauss, landscape, share
from benchmarks.optimizers.words import REMARKS

NOISE = 0.2
"""Standard deviation of the noise of a request, as log odds."""
CHARACTERS_PER_TOKEN = 4

_WRITE: Final = re.compile(
    r"\b(writ\w+|propos\w+|generat\w+|creat\w+|improv\w+|rewrit\w+|revis\w+|produc\w+|suggest\w*)\b[^.\n]{0,80}"
    r"\b(instructions?|prompts?)\b",
    re.I,
)
_TAG: Final = re.compile(r"<(INS|instructions?|prompt|new_instructions?|new_prompt)>", re.I)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Answer a request.

    Args:
        request: Body of a request for an OpenAI chat completion.

    Returns:
        Body of the response.
    """
    told = texts(request)
    asked = wanted(request, "\n".join(told))
    key = _key(request)
    answers = [_content(told, asked, key if n == 0 else f"{key}#{n}") for n in range(request.get("n") or 1)]
    prompt, completion = (sum(map(len, each)) // CHARACTERS_PER_TOKEN + 1 for each in (told, answers))
    return {
        "id": f"chatcmpl-{share(key):.12f}",
        "object": "chat.completion",
        "created": 0,
        "model": request.get("model", "simulated"),
        "choices": [
            {"index": n, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
            for n, content in enumerate(answers)
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        },
    }


class Model:
    """The simulated model as one run sees it: asked again, it answers otherwise, but at temperature 0.

    Attributes:
        calls: Requests so far.
    """

    def __init__(self) -> None:
        self.calls = 0
        self._asked: Counter[str] = Counter()
        self._lock = Lock()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a request."""
        with self._lock:
            self.calls += 1
            if request.get("temperature") != 0:
                key = json.dumps(request, sort_keys=True)
                self._asked[key] += 1
                request = {**request, "seed": (request.get("seed"), self._asked[key])}
        return answer(request)


def _key(request: dict[str, Any]) -> str:
    """Return what all chance of a request is drawn from; at temperature 0 the messages alone."""
    asked = request["messages"] if request.get("temperature") == 0 else request
    return json.dumps(asked, sort_keys=True)


def _content(told: list[str], asked: Wanted, key: str) -> str:
    text = "\n".join(told)
    about = task_of(text)
    if about is not None:
        task, seed = about
        found = mentions(text)
        step = _asked_step(task, seed, text, asked) if found else None
        if step is not None:
            fields = _task_answer(told, found, task, seed, step, key)
            return _formatted(asked, fields, step, key)
    return _proposal(told, asked, random.Random(key))


def _asked_step(task: Task, seed: int, text: str, asked: Wanted) -> Step | None:
    """Return the step that is asked for, None where none is."""
    if asked.fields:
        return next((step for step in task.steps if step.target in asked.fields), None)
    return None if _WRITE.search(text) else step_of(task, seed, text)


# --- Asked about a sample ------------------------------------------------------------------


def _task_answer(
    told: list[str], found: list[Mention], task: Task, seed: int, step: Step, key: str
) -> dict[str, str]:
    *earlier, question = found
    shown = {
        mention.sample.identifier: (mention.sample, given)
        for mention in earlier
        if (given := answer_in(mention.after, step)) is not None
    }
    note = f"Entry {int(share(key, 'note') * 10**6)}."
    seen = shown.get(question.sample.identifier)
    if seen is not None:
        return {step.target: seen[1], "note": note}
    its, topic = landscape(task.name, seed, step.target), question.sample.topic
    present = frozenset().union(*(phrases_in(text, task.name, seed, step.target) for text in told))
    right = question.sample.right[step.target]
    odds = (
        step.base
        + its.of_phrases(present, topic)
        + its.of_demonstrations(
            [(s.topic, s.right[step.target] == given) for s, given in shown.values()], topic
        )
        + _of_finding(question, task, step)
        + NOISE * gauss(key, "noise")
    )
    if odds > question.sample.thresholds[step.target]:
        return {step.target: right, "note": note}
    wrong = [other for other in step.answers if other != right]
    return {step.target: wrong[int(share(key, "wrong") * len(wrong))], "note": note}


def _of_finding(question: Mention, task: Task, step: Step) -> float:
    """Return what the finding of an earlier step adds to the log odds."""
    earlier = task.step("finding")
    if not step.finding or earlier is None:
        return 0.0
    found = answer_in(question.after, earlier)
    return step.finding if found == question.sample.right["finding"] else -step.finding


def _formatted(asked: Wanted, fields: dict[str, str], step: Step, key: str) -> str:
    if asked.form == "text":
        return fields[step.target]
    known = {name: fields[name] for name in step.fields}
    remark = REMARKS[int(share(key, "remark") * len(REMARKS))]
    return _in_form(asked, {name: known.get(name, remark) for name in asked.fields})


def _in_form(asked: Wanted, values: dict[str, Any]) -> str:
    if asked.form != "markers":
        return json.dumps(values)
    sections = [f"[[ ## {name} ## ]]\n{value}" for name, value in values.items()]
    return "\n\n".join([*sections, "[[ ## completed ## ]]"])


# --- Asked for an instruction --------------------------------------------------------------


def _proposal(told: list[str], asked: Wanted, rng: random.Random) -> str:
    prompt = proposing.read(told)
    if asked.schema is not None:
        return json.dumps(proposing.Filling(prompt, asked.schema, rng).value())
    if asked.fields:
        values = {
            name: proposing.instruction(prompt, rng)
            if proposing.is_whole(name, {})
            else proposing.remark(prompt, rng)
            for name in asked.fields
        }
        return _in_form(asked, values)
    text = "\n".join(told)
    if not _WRITE.search(text):
        return proposing.remark(prompt, rng)
    if "```" in text:
        return f"```\n{proposing.instruction(prompt, rng)}\n```"
    if tag := _TAG.search(text):
        return f"<{tag[1]}>{proposing.instruction(prompt, rng)}</{tag[1]}>"
    if prompt.count is None:
        return proposing.instruction(prompt, rng)
    several = proposing.instructions(prompt, prompt.count, rng)
    return "\n".join(f"{number}. {each}" for number, each in enumerate(several, 1))
