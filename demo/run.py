"""Trains a small program before your eyes: `make demo`, or `make demo MODEL=ollama/llama3.2`."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.problems import problems
from demo.simulated import respond

import synalinks
from synalinks.callbacks import BackupAndRestore, Callback, CSVLogger, EarlyStopping, ProgramCheckpoint
from synalinks.datasets import MathProblem, NumericAnswer, house_rules
from synalinks.errors import CallConnectionError, SynalinksError, UnknownModelError
from synalinks.language_models import Retry
from synalinks.testing import ChatServer
from synalinks.utils import plot_history

OUTPUT = Path("demo_output")
EVALUATE = str(Path(__file__).with_name("evaluate.py"))

Pairs = tuple[list[MathProblem], list[NumericAnswer]]


class ExampleDiary(Callback):
    """A callback of one's own: says when the examples in the prompt have changed, and keeps a diary."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: list[Any] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin a new diary, unless an interrupted run goes on."""
        if not self.program.run.resumed:
            self.known = []
            self.path.unlink(missing_ok=True)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look whether the examples have changed."""
        examples = self.program.get_module("generator").examples.get()
        if examples == self.known:
            return
        new = sum(example not in self.known for example in examples)
        print(f"Epoch {epoch + 1}: the prompt now shows {len(examples)} examples, {new} of them new.")
        with self.path.open("a", encoding="utf-8") as diary:
            diary.write(f"After epoch {epoch + 1}\n{listed(examples)}\n")
        self.known = examples

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run must know."""
        return {"known": self.known}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take it over again."""
        self.known = state["known"]


def listed(examples: list[dict[str, Any]]) -> str:
    """Return examples as lines of text."""
    return "".join(f"  {e['inputs']['problem']}  ->  {e['outputs']['answer']:g}\n" for e in examples)


def say(text: str) -> None:
    """Print a paragraph, as wide as the terminal allows."""
    width = min(96, shutil.get_terminal_size().columns - 1)
    print(textwrap.fill(text, width, break_on_hyphens=False, break_long_words=False))


@dataclass(frozen=True, slots=True)
class Task:
    """What is learned: problems whose answers follow a rule that no instruction states.

    Attributes:
        rule: The rule, in words.
        train: Problems and answers to learn from.
        test: Those held out.
    """

    rule: str
    train: Pairs
    test: Pairs


def house_task() -> Task:
    """Return a task of the package's own data set; its test problems have words and numbers of their own."""
    train, test = house_rules("cents", n=72, n_test=48, seed=1)
    return Task("Prices are in dollars, answers in cents.", train, test)


def simulated_task() -> Task:
    """Return the task that the simulated model plays a learner of."""
    rule = "Amounts are given in the smaller unit (cents, minutes, centimetres, grams)."
    return Task(rule, problems(72, seed=1), problems(48, seed=2))


@asynccontextmanager
async def real_model(name: str) -> AsyncIterator[synalinks.LanguageModel]:
    """Yield a model that is no simulation, once it has answered a first question."""
    say(f"Asking {name} ...")
    # One try: whoever forgot to start the server should hear of it now.
    await synalinks.LanguageModel(name, retry=Retry(max_tries=1))("Answer with the word: ready")
    yield synalinks.LanguageModel(name)


@asynccontextmanager
async def simulated_model() -> AsyncIterator[synalinks.LanguageModel]:
    """Yield a simulated model, behind a server on this machine."""
    async with ChatServer(respond, record=False) as server:
        say(
            f"The language model is SIMULATED. A small server on this machine ({server.url}) plays one; no "
            "real model is asked, and nothing leaves the machine. It can do the sums, and learns from the "
            "examples in its prompt much as a real one does. To see a real one:"
        )
        print("    make demo MODEL=ollama/llama3.2\n")
        yield synalinks.LanguageModel("vllm/simulated", api_base=server.url)


async def make_program() -> synalinks.Program:
    """Return the program to train: one generator."""
    inputs = synalinks.Input(data_model=MathProblem)
    outputs = await synalinks.Generator(data_model=NumericAnswer)(inputs)
    program = synalinks.Program(inputs=inputs, outputs=outputs, name="math")
    program.compile(
        optimizer=synalinks.optimizers.RandomFewShot(nb_min_examples=1, nb_max_examples=4, nb_candidates=2),
        reward=synalinks.rewards.ExactMatch(in_mask=["answer"]),
    )
    return program


async def train(task: Task, output: Path) -> None:
    """Train the program and show what came of it."""
    program = await make_program()
    (x_train, y_train), (x_test, y_test) = task.train, task.test
    say(
        f"The program answers short arithmetic problems. A house rule decides what is right: {task.rule} No "
        f"instruction says so, only the answers of the {len(x_train)} problems to learn from do. "
        f"{len(x_test)} others are held out for the end."
    )
    before = await program.evaluate(x_test, y_test, verbose=0)
    print(f"\nBefore training: reward {before['reward']:.2f} on the held-out problems\n")
    started = time.monotonic()
    history = await program.fit(
        x=x_train,
        y=y_train,
        epochs=8,
        batch_size=16,
        validation_split=0.2,
        selection_split=0.25,
        seed=0,
        callbacks=[
            BackupAndRestore(output / "backup"),
            ProgramCheckpoint(output / "best.program.json", monitor="val_reward", save_best_only=True),
            EarlyStopping(monitor="val_reward", patience=3, restore_best_variables=True, verbose=1),
            CSVLogger(output / "history.csv"),
            ExampleDiary(output / "examples.txt"),
        ],
    )
    seconds = time.monotonic() - started
    after = await program.evaluate(x_test, y_test, verbose=0)
    plot = plot_history(history, to_file=output / "history.png", title="Training of the demo's program")
    print(f"\nReward on the held-out problems: {before['reward']:.2f} before, {after['reward']:.2f} after")
    print(f"{seconds:.0f} seconds of training\n")
    again = await loaded_elsewhere(output / "best.program.json", task.test)
    print(f"Loaded from its file in a fresh process: {again:.2f}\n")
    generator = program.get_module("generator")
    print("The instruction, which RandomFewShot leaves as it is:")
    print(f"  {generator.instruction.get()}")
    print("The examples it chose to show:")
    print(listed(generator.examples.get()))
    for what, path in (
        ("Best program", output / "best.program.json"),
        ("Figures", output / "history.csv"),
        ("Plot", plot),
        ("Examples", output / "examples.txt"),
    ):
        print(f"{what:<13} {path}")


async def loaded_elsewhere(path: Path, test: Pairs) -> float:
    """Return the reward of the saved program on the held-out problems, evaluated in a process of its own."""
    model = synalinks.language_models.get()
    data = {"x": [row.get_json() for row in test[0]], "y": [row.get_json() for row in test[1]]}
    process = await asyncio.create_subprocess_exec(
        sys.executable, EVALUATE, str(path), model.model, model.api_base or "",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate(json.dumps(data).encode())
    if process.returncode:
        raise RuntimeError("The process that loads the program again failed; see above.")
    return float(out)


async def main(model: str | None) -> None:
    """Run the demo."""
    output = OUTPUT / re.sub(r"\W+", "-", model or "simulated")
    output.mkdir(parents=True, exist_ok=True)
    async with real_model(model) if model else simulated_model() as language_model:
        synalinks.set_default_language_model(language_model)
        await train(house_task() if model else simulated_task(), output)


def hint(model: str | None, error: SynalinksError) -> str:
    """Return what to do about a model that does not answer."""
    name = (model or "").removeprefix("ollama/")
    if isinstance(error, CallConnectionError):
        start = " (ollama serve)" if name != model else ""
        return f"Nothing answers there: start the server of {model} first{start}, or leave out MODEL=."
    if isinstance(error, UnknownModelError) and name != model:
        return f"Fetch the model first: ollama pull {name}"
    return ""


def command() -> int:
    """Run from the command line and return the exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description="Train a small program and watch it.")
    parser.add_argument(
        "--model", help='another model, for example "ollama/llama3.2"; "loopback" for a simulated one'
    )
    model = parser.parse_args().model
    try:
        asyncio.run(main(model))
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again: training goes on from the last epoch that ended.")
        return 130
    except SynalinksError as error:
        print(f"\n{error}\n{hint(model, error)}".rstrip(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(command())
