"""Trains a small program before your eyes: `make demo`, or `make demo MODEL=ollama/llama3.2`."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from demo.diary import ExampleDiary
from demo.printing import heading, say, table
from demo.simulated import respond
from demo.tasks import DEFAULT_RULE, RULES, Pairs, Task, house_task, simulated_task

import synalinks
from synalinks.callbacks import BackupAndRestore, CSVLogger, EarlyStopping, ProgramCheckpoint
from synalinks.datasets import MathProblem, NumericAnswer
from synalinks.errors import CallConnectionError, SynalinksError, UnknownModelError
from synalinks.language_models import Retry
from synalinks.testing import ChatServer
from synalinks.utils import plot_history

EMBEDDED = "embedded/arithmetic"
SIMULATED = "loopback"
OUTPUT = Path("demo_output")
EVALUATE = str(Path(__file__).with_name("evaluate.py"))

SHOWN = 4
"""Held-out problems whose answers are printed."""


@asynccontextmanager
async def embedded_model(name: str) -> AsyncIterator[synalinks.LanguageModel]:
    """Yield a model that is in the package."""
    model = synalinks.LanguageModel(name)
    model.check()
    say(
        f"{name}: a tiny language model that comes with the package and runs in this process. No key, no "
        "server, no download, and nothing simulated: what it answers depends on the instruction and the "
        "examples in its prompt, as with a large one."
    )
    yield model


@asynccontextmanager
async def served_model(name: str) -> AsyncIterator[synalinks.LanguageModel]:
    """Yield a model of a provider, once it has answered a first question."""
    say(f"{name}: asking it for a first word ...")
    # One try: whoever forgot to start the server should hear of it now.
    await synalinks.LanguageModel(name, retry=Retry(max_tries=1))("Answer with the word: ready")
    yield synalinks.LanguageModel(name)


@asynccontextmanager
async def simulated_model(name: str) -> AsyncIterator[synalinks.LanguageModel]:
    """Yield a simulated model, behind a server on this machine."""
    async with ChatServer(respond, record=False) as server:
        say(
            f"{name}: it is SIMULATED. A small server on this machine ({server.url}) plays a model; no "
            "real one is asked, and nothing leaves the machine. It can do the sums, and learns from the "
            "examples in its prompt much as a real one does."
        )
        yield synalinks.LanguageModel("vllm/simulated", api_base=server.url)


async def make_program(candidates: int) -> synalinks.Program:
    """Return the program to train: one generator."""
    inputs = synalinks.Input(data_model=MathProblem)
    outputs = await synalinks.Generator(data_model=NumericAnswer)(inputs)
    program = synalinks.Program(inputs=inputs, outputs=outputs, name="math")
    program.compile(
        optimizer=synalinks.optimizers.RandomFewShot(
            nb_min_examples=1, nb_max_examples=4, nb_candidates=candidates
        ),
        reward=synalinks.rewards.ExactMatch(in_mask=["answer"]),
    )
    return program


async def judged(program: synalinks.Program, test: Pairs) -> tuple[float, list[float | None]]:
    """Return the reward on the held-out problems, and what was answered to the first of them."""
    figures, outcomes = await program.evaluate(*test, verbose=0, return_outcomes=True)
    predictions = [outcome.prediction for outcome in outcomes[:SHOWN]]
    return figures["reward"], [None if p is None else p.get("answer") for p in predictions]


async def fitted(program: synalinks.Program, train: Pairs, output: Path) -> synalinks.callbacks.History:
    """Train the program, with everything that a long training would have."""
    x, y = train
    return await program.fit(
        x=x,
        y=y,
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


async def show(task: Task, output: Path) -> None:
    """Train the program and show what came of it."""
    program = await make_program(task.candidates)
    problems = [row.problem for row in task.test[0][:SHOWN]]
    due = [row.answer for row in task.test[1][:SHOWN]]
    heading("The task")
    say(
        f"Short arithmetic problems under a house rule: {task.rule}. No instruction says so; only the "
        f"answers of the {len(task.train[0])} problems to learn from show it. {len(task.test[0])} others "
        "are held out."
    )
    before, answers_before = await judged(program, task.test)
    heading(f"Before training: reward {before:.2f} on the held-out problems")
    table(problems, due=due, answered=answers_before)

    heading("Training")
    started = time.monotonic()
    history = await fitted(program, task.train, output)
    seconds = time.monotonic() - started
    after, answers_after = await judged(program, task.test)
    heading(f"Reward on the held-out problems: {before:.2f} before, {after:.2f} after")
    table(problems, due=due, before=answers_before, after=answers_after)
    show_variables(program.get_module("generator"))

    best = output / "best.program.json"
    again = await loaded_elsewhere(best, task.test)
    heading(f"Loaded from its file in a fresh process: {again:.2f}")
    say(f"Another Python has read {best.name}, which holds no code, and has answered the same problems.")
    plot = plot_history(history, to_file=output / "history.png", title="Training of the demo's program")
    files = {
        "Best program": best,
        "Figures": output / "history.csv",
        "Plot": plot,
        "Examples": output / "examples.txt",
    }
    heading(f"What {seconds:.0f} seconds of training left")
    show_files(files)


def show_variables(generator: Any) -> None:
    """Print what the model is told now."""
    heading("The examples that it chose to show")
    examples = generator.examples.get()
    table([e["inputs"]["problem"] for e in examples], answer=[e["outputs"]["answer"] for e in examples])
    heading("The instruction, which RandomFewShot leaves as it is")
    say(generator.instruction.get())


def show_files(files: dict[str, Path]) -> None:
    """Print where everything is."""
    for name, path in files.items():
        print(f"  {name:<14}{path}")


def show_more(model: str) -> None:
    """Print what else there is to see."""
    heading("More to see")
    more = {
        "make demo RULE=nearest_ten": "another rule",
        "make demo MODEL=ollama/llama3.2": "a large model",
        "make demo MODEL=loopback": "a simulated one, over HTTP",
    }
    for command, what in more.items():
        if model not in command:
            print(f"  {command:<33} {what}")


async def main(model: str, rule: str) -> None:
    """Run the demo."""
    simulated, embedded = model == SIMULATED, model.startswith("embedded/")
    output = OUTPUT / re.sub(r"\W+", "-", model if simulated else f"{model}-{rule}")
    output.mkdir(parents=True, exist_ok=True)
    task = simulated_task() if simulated else house_task(rule, free=embedded)
    asked = simulated_model if simulated else embedded_model if embedded else served_model
    heading("The model")
    async with asked(model) as language_model:
        synalinks.set_default_language_model(language_model)
        await show(task, output)
    show_more(model)


def hint(model: str, error: SynalinksError) -> str:
    """Return what to do about a model that does not answer."""
    name = model.removeprefix("ollama/")
    if isinstance(error, CallConnectionError):
        start = " (ollama serve)" if name != model else ""
        return f"Nothing answers there: start the server of {model} first{start}, or leave out MODEL=."
    if isinstance(error, UnknownModelError) and name != model:
        return f"Fetch the model first: ollama pull {name}"
    return ""


def command(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line and return the exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description="Train a small program and watch it.")
    parser.add_argument(
        "--model",
        default=EMBEDDED,
        help=f'a model, {EMBEDDED} when not given; "ollama/llama3.2" for example, or "{SIMULATED}" for a '
        "simulated one",
    )
    parser.add_argument(
        "--rule", choices=RULES, help=f"the rule that answers follow; {DEFAULT_RULE} when not given"
    )
    given = parser.parse_args(arguments)
    if given.rule and given.model == SIMULATED:
        parser.error("the simulated model knows one rule only: leave out --rule, or --model")
    try:
        asyncio.run(main(given.model, given.rule or DEFAULT_RULE))
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again: training goes on from the last epoch that ended.")
        return 130
    except SynalinksError as error:
        print(f"\n{error}\n{hint(given.model, error)}".rstrip(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(command())
