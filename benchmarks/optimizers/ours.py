"""This library's optimizers on the simulated tasks; a process that makes such runs (see `runs.work`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any, Final, Literal, NamedTuple

from pydantic import create_model

import synalinks
from benchmarks.optimizers import simulator
from benchmarks.optimizers.reading import mentions
from benchmarks.optimizers.runs import Job, Point, Run, thinned, work
from benchmarks.optimizers.tasks import TASKS, Sample, Step, Task, reward
from synalinks.callbacks import Budget, Callback
from synalinks.data import DataModel
from synalinks.language_models import Request
from synalinks.optimizers import Auto, Optimizer, RandomFewShot
from synalinks.rewards import ExactMatch, Reward, RewardResult
from synalinks.testing import FunctionModel

IN_FLIGHT = 16
"""Calls at a time, as many as the others have threads."""
ENDLESS = 100_000
"""Epochs: the calls end a run."""


@dataclass(frozen=True, slots=True)
class Setup:
    """An optimizer, and how training runs with it.

    Attributes:
        make: Makes it, given the calls it may spend.
        shaped: Whether those calls shape what it does, so that each budget takes a run of its own.
        batch_size: Samples of a batch.
        options: Further arguments of `fit`.
    """

    make: Callable[[int], Optimizer]
    shaped: bool = False
    batch_size: int = 20
    options: dict[str, Any] = field(default_factory=dict)


SETUPS: Final[dict[str, Setup]] = {
    "synalinks.Auto": Setup(lambda _: Auto()),
    "synalinks.RandomFewShot": Setup(lambda _: RandomFewShot()),
}
"""The optimizers that are compared; a new one is a line here."""


class Input(DataModel):
    """What is asked."""

    text: str


class Key(DataModel):
    """Names a sample, for a reward that looks up what is right."""

    identifier: str


def answer_model(step: Step) -> type[DataModel]:
    """Return the data model of a step's answer."""
    label: Any = Literal[step.answers] if step.target == "label" else str
    fields: dict[str, Any] = {name: (label if name == step.target else str, ...) for name in step.fields}
    return create_model(step.target.capitalize(), __base__=DataModel, **fields)


async def make_program(task: Task, seed: int, model: synalinks.LanguageModel) -> synalinks.Program:
    """Return the program of a task: a generator for each step, which sees the answers of those before."""
    inputs = value = synalinks.Input(data_model=Input)
    answer: Any = None
    for step in task.steps:
        value = value if answer is None else value + answer
        answer = await synalinks.Generator(
            data_model=answer_model(step),
            language_model=model,
            instructions=task.instruction(seed, step),
            temperature=0.0,
        )(value)
    return synalinks.Program(inputs=inputs, outputs=answer)


def make_model(base_url: str | None = None) -> synalinks.LanguageModel:
    """Return the simulated model, behind a server or in the process."""
    if base_url is not None:
        return synalinks.LanguageModel("vllm/simulated", api_base=base_url, max_concurrency=IN_FLIGHT)
    model = simulator.Model()

    def answered(request: Request) -> str:
        answer = model.answer(body_of(request))
        return str(answer["choices"][0]["message"]["content"])

    return FunctionModel(answered, name="simulated", max_concurrency=IN_FLIGHT)


def body_of(request: Request) -> dict[str, Any]:
    """Return the body that a server would get."""
    body: dict[str, Any] = {"model": request.model, "messages": request.messages, **request.params}
    if request.schema is not None:
        shape = {"name": request.schema.name, "schema": request.schema.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": shape}
    return body


class NoisyReward(Reward):
    """The reward of a task whose judge errs."""

    needs_target = True

    def __init__(self, task: Task) -> None:
        super().__init__()
        self._task = task

    def call(self, y_true: Any, y_pred: Any) -> RewardResult:
        """Judge an answer."""
        [named] = mentions(y_true.get("identifier"))
        score = reward(self._task, named.sample, y_pred.get_json())
        return RewardResult(score, f"The judge gave {score:g}.")


def reward_of(task: Task) -> Reward:
    """Return the reward of a task."""
    return NoisyReward(task) if task.noisy else ExactMatch(in_mask=[task.steps[-1].target])


def data_of(task: Task, samples: list[Sample]) -> tuple[list[Any], list[Any]]:
    """Return inputs and targets."""
    target = answer_model(task.steps[-1])
    y = [
        Key(identifier=sample.identifier) if task.noisy else target(label=sample.right["label"])
        for sample in samples
    ]
    return [Input(text=sample.text) for sample in samples], y


class Noted(NamedTuple):
    """What the variables were, and when."""

    calls: int
    seconds: float
    values: dict[str, Any]


class Trajectory(Callback):
    """Notes the values of the variables whenever they have changed, and what they cost so far."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.noted: list[Noted] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Note the start."""
        self._started = perf_counter()
        self._note()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Note what has changed."""
        self._note()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Note what the end has changed, such as variables that are put back."""
        self._note()
        self.seconds = perf_counter() - self._started

    def _note(self) -> None:
        values = self.program.get_variables()
        if not self.noted or self.noted[-1].values != values:
            self.noted.append(Noted(self._budget.calls, perf_counter() - self._started, values))


async def test_reward(task: Task, seed: int, values: dict[str, Any], samples: list[Sample]) -> float:
    """Return the share of samples that a program with these variables answers right; nothing is counted."""
    program = await make_program(task, seed, make_model())
    program.set_variables(values)
    answers = await program.predict([Input(text=sample.text) for sample in samples], verbose=0)
    target = task.steps[-1].target
    right = [a.get(target) == sample.right[target] for a, sample in zip(answers, samples, strict=True)]
    return right.count(True) / len(right)


async def run_ours(job: Job) -> Run:
    """Train the program of a task; the training ends when the calls are spent."""
    task, setup = TASKS[job.task], SETUPS[job.system]
    program = await make_program(task, job.seed, make_model(job.base_url))
    program.compile(optimizer=setup.make(job.max_calls), reward=reward_of(task))
    train, held_out = task.samples(job.seed)
    budget = Budget(max_calls=job.max_calls)
    trajectory = Trajectory(budget)
    x, y = data_of(task, train)
    started = process_time()
    await program.fit(
        x, y, batch_size=setup.batch_size, epochs=ENDLESS, callbacks=[budget, trajectory], verbose=0,
        seed=job.seed, **setup.options,
    )  # fmt: skip
    cpu = process_time() - started
    points = [
        Point(noted.calls, noted.seconds, await test_reward(task, job.seed, noted.values, held_out))
        for noted in thinned(trajectory.noted)
    ]
    return Run(
        job.system,
        job.task,
        job.seed,
        job.max_calls,
        budget.calls,
        trajectory.seconds,
        cpu,
        job.latency,
        points,
    )


if __name__ == "__main__":
    work(lambda job: asyncio.run(run_ours(job)))
