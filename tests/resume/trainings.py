"""Trainings to be killed: each with other callbacks, data, rewards, failures."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

import synalinks
from synalinks.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    ProgramCheckpoint,
    TerminateOnNaN,
)
from synalinks.errors import ServerError
from synalinks.language_models import Retry
from synalinks.optimizers import GEPA, RandomFewShot
from synalinks.testing import FunctionModel
from tests.support.arithmetic import Answer, Problem, data, problem_of, shown, solve


class Verdict(synalinks.DataModel):
    """Whether an answer is right."""

    right: bool


async def interleaved(request: Any) -> Any:
    """Answer a problem rightly for some, and for more with each example shown; sooner or later."""
    for _ in range(zlib.crc32(request.key.encode()) % 5):
        await asyncio.sleep(0)
    value = solve(problem_of(request))
    if value % 7 == 3:
        return "this is no JSON" if request.reask == 0 else {"answer": -2.0}
    return {"answer": value if value % 4 < 1 + shown(request) else -1.0}


async def taught(request: Any) -> dict[str, Any]:
    """Add a word to an instruction; answer rightly for more the more good words, and right answers before."""
    chance = zlib.crc32(request.key.encode())
    for _ in range(chance % 5):
        await asyncio.sleep(0)
    if "diagnosis" in request.schema.schema["properties"]:
        told = orjson.loads(request.messages[-1]["content"])["value"]
        return {"diagnosis": "", "value": f"{told} {('good', 'good', 'long')[chance % 3]}"}
    value, inputs = solve(problem_of(request)), orjson.loads(request.messages[-1]["content"])
    known = [*inputs.values()].count(value) + request.messages[0]["content"].count("good")
    return {"answer": value if value % 5 < 1 + 2 * known else -1.0}


async def judging(request: Any) -> dict[str, bool]:
    """Judge an answer by its text."""
    await asyncio.sleep(0)
    return {"right": "-1" not in request.messages[-1]["content"]}


async def one_generator(model: Any, **options: Any) -> synalinks.Program:
    x = synalinks.Input(data_model=Problem)
    y = await synalinks.Generator(data_model=Answer, language_model=model, **options)(x)
    return synalinks.Program(inputs=x, outputs=y, name="arithmetic")


async def two_branches(model: Any) -> synalinks.Program:
    """Two generators at the same time, and a third that may show what they said."""
    x = synalinks.Input(data_model=Problem)
    first = await synalinks.Generator(data_model=Answer, language_model=model, name="first")(x)
    second = await synalinks.Generator(data_model=Answer, language_model=model, name="second")(x)
    both = (first.prefix("first") & second.prefix("second")) & x
    y = await synalinks.Generator(data_model=Answer, language_model=model, name="last")(both)
    return synalinks.Program(inputs=x, outputs=y, name="branches")


class Notebook(Callback):
    """Asks a model in its hooks, and remembers what it said."""

    def __init__(self, model: Any) -> None:
        self.model, self.notes = model, []

    async def ask(self, *questions: str) -> None:
        answers = await asyncio.gather(*map(self.model, questions))
        self.notes += [answer.text for answer in answers]

    async def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        await self.ask(f"Epoch {epoch} begins.")

    async def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        await self.ask(*(f"Batch {batch}, question {n}" for n in range(3)))

    async def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        await self.ask("How is the validation going?")

    async def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        await self.ask(f"The reward is {logs['reward']}.")

    def state_dict(self) -> dict[str, Any]:
        return {"notes": self.notes}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.notes = state["notes"]


class Evaluator(Callback):
    """Evaluates the program on other data after each epoch."""

    def __init__(self, notebook: Notebook | None = None) -> None:
        self.rewards: list[float] = []
        self.notebook = notebook

    async def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        x, y = data(14)
        inner = [] if self.notebook is None else [self.notebook]
        logs = await self.program.evaluate(x[10:], y[10:], batch_size=2, verbose=0, callbacks=inner)
        self.rewards.append(logs["reward"])

    def state_dict(self) -> dict[str, Any]:
        return {"rewards": self.rewards, "inner": self.notebook and self.notebook.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.rewards = state["rewards"]
        if self.notebook is not None:
            self.notebook.load_state_dict(state["inner"])


class Archivist(RandomFewShot):
    """Remembers what it was told of the training in each step."""

    def __init__(self) -> None:
        super().__init__()
        self.archive: list[Any] = []

    async def step(self, context: Any) -> None:
        candidate = context.propose({"generator/instruction": f"Seen: {context.train.seen}."})
        self.archive.append([candidate.id, context.current.id, context.train.seen, context.rng.random()])
        await context.score([candidate])
        context.decide(candidate, accepted=context.rng.random() < 0.5, reason="by chance")
        await super().step(context)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "archive": self.archive}

    def load_state_dict(self, state: Any) -> None:
        super().load_state_dict(state)
        self.archive = state["archive"]


class Judge(synalinks.rewards.Reward):
    """Asks a program what an answer is worth."""

    needs_target = False

    def __init__(self, program: synalinks.Program, model: Any) -> None:
        super().__init__(name="judge")
        self.program, self.model = program, model

    async def call(self, y_true: Any, y_pred: Any) -> float:
        verdict = await self.program(y_pred)
        second = await self.model(f"Is {y_pred.get_json()} right?", schema=Verdict)
        return (verdict.get_json()["right"] + second.parsed["right"]) / 2


async def judge(model: Any) -> Judge:
    x = synalinks.Input(data_model=Answer)
    y = await synalinks.Generator(data_model=Verdict, language_model=model, temperature=0.0)(x)
    return Judge(synalinks.Program(inputs=x, outputs=y, name="judge"), model)


def noted(epoch: int, logs: Any) -> None:
    Path(f"epoch-{epoch}.txt").write_text(str(logs))


def all_callbacks(model: Any) -> list[Callback]:
    return [
        LambdaCallback(on_epoch_end=noted),
        EarlyStopping(patience=5, restore_best_variables=True),
        ProgramCheckpoint("best.json", save_best_only=True),
        ProgramCheckpoint("all/{epoch:02d}_{val_reward:.3f}.json"),
        ProgramCheckpoint("batches/{epoch}_{batch}.variables.json", save_variables_only=True, save_freq=2),
        CSVLogger("run.csv"),
        CSVLogger("appended.csv", append=True, separator=";"),
        TerminateOnNaN(),
        Notebook(model),
        Evaluator(),
    ]


def make_training(
    *callbacks: Callable[[], Callback],
    fn: Any = interleaved,
    failures: Any = None,
    program: Any = one_generator,
    judged: bool = False,
    everything: bool = False,
    optimizer: Callable[[], Any] = RandomFewShot,
    count: int = 10,
    stream: str = "",
    model: Callable[[], Any] | None = None,
    metrics: Any = None,
    **options: Any,
) -> Callable[[], Any]:
    """Return a `make_run`.

    Args:
        callbacks: Each makes a callback.
        fn: What the model answers.
        failures: On which requests it fails.
        program: Makes the program of a model.
        judged: Whether another program judges the answers.
        everything: Whether to add all built-in callbacks, and two that ask models.
        optimizer: Makes the optimizer.
        count: Number of samples.
        stream: "" for lists, "reusable" or "once" for generators.
        model: Makes the model, in place of `fn`.
        metrics: For `compile`.
        **options: For `fit`.
    """

    async def make_run() -> tuple[Any, dict[str, Any]]:
        lm = model() if model else FunctionModel(fn, failures=failures, retry=Retry(max_tries=2, initial=0.0))
        trained = await program(lm)
        reward = await judge(FunctionModel(judging)) if judged else "exact_match"
        trained.compile(optimizer=optimizer(), reward=reward, metrics=metrics)
        made = [make() for make in callbacks]
        if everything:
            made += all_callbacks(FunctionModel(lambda request: request.messages[-1]["content"].upper()))
        given: dict[str, Any] = {"batch_size": 3, "epochs": 3, "verbose": 0, "seed": 5, "callbacks": made}
        return trained, {**given, **_data(count, stream), **options}

    return make_run


def _data(count: int, stream: str) -> dict[str, Any]:
    x, y = data(count)
    if not stream:
        return {"x": x, "y": y}

    def samples() -> Any:
        while True:
            yield from zip(x, y, strict=True)
            if stream == "reusable":
                return

    return {"x": samples if stream == "reusable" else samples(), "steps_per_epoch": 3, "shuffle": False}


def unreachable(request: Any) -> Exception | None:
    """Fail for one problem of ten, each time."""
    return ServerError("down", model="m", status=503) if problem_of(request).startswith("4+") else None


def kept() -> BackupAndRestore:
    return BackupAndRestore("kept", delete_checkpoint=False)


TRAININGS: dict[str, Callable[[], Any]] = {
    "plain": make_training(validation_split=0.2),
    "a backup after each batch": make_training(
        lambda: BackupAndRestore("b", save_freq=1), lambda: CSVLogger("run.csv"), validation_split=0.2
    ),
    "a backup after two batches": make_training(
        lambda: BackupAndRestore("b", save_freq=2), validation_split=0.2, selection_split=0.3
    ),
    "a backup that stays": make_training(kept, lambda: CSVLogger("run.csv", append=True)),
    "early stopping": make_training(
        lambda: EarlyStopping("reward", patience=1, restore_best_variables=True), epochs=6
    ),
    "held-out samples": make_training(selection_split=0.4, validation_split=0.2, validation_freq=2),
    "two generators at once": make_training(program=two_branches, epochs=2),
    "a judge": make_training(judged=True, epochs=2, selection_split=0.3),
    "failures": make_training(
        failures=unreachable, count=16, batch_size=6, selection_split=0.25, epochs=2, outage_timeout=0
    ),
    "a stream": make_training(lambda: BackupAndRestore("b", save_freq=2), stream="reusable"),
    "a stream of one pass": make_training(stream="once", epochs=2),
    "one call at a time": make_training(max_concurrency=1, epochs=2),
    "an evaluation with callbacks": make_training(
        lambda: Evaluator(Notebook(FunctionModel(lambda request: "fine"))), epochs=2
    ),
    "few examples": make_training(
        optimizer=lambda: RandomFewShot(1, 1, nb_candidates=2, max_demonstrations=2), epochs=4
    ),
    "an optimizer that remembers": make_training(
        lambda: BackupAndRestore("b", save_freq=1), optimizer=Archivist, epochs=2
    ),
    "versions of several instructions": make_training(
        lambda: BackupAndRestore("b", save_freq=1),
        fn=taught,
        program=two_branches,
        epochs=2,
        batch_size=5,
        count=15,
        optimizer=lambda: GEPA(num_proposals=2, minibatch_size=3, first=3, level=0.5),
    ),
    "a watch for NaN": make_training(TerminateOnNaN, lambda: CSVLogger("run.csv"), epochs=2),
}

EVERYTHING = make_training(
    everything=True, program=two_branches, judged=True, validation_split=0.3, selection_split=0.3, epochs=2
)
