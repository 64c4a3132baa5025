"""The order in which calls complete changes nothing, and names keep racing calls apart."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synalinks
from synalinks._internal.scope import SampleScope, entered, module_path
from synalinks.callbacks import BackupAndRestore, CSVLogger
from synalinks.errors import ServerError
from synalinks.language_models import Retry
from synalinks.language_models._journal import journal
from synalinks.runs import SqliteJournal
from synalinks.testing import FunctionModel
from synalinks.testing._snapshot import snapshot
from tests.resume.trainings import Evaluator, two_branches
from tests.support.arithmetic import data, problem_of, shown, solve


class Shuffled:
    """Answers calls by the request alone, and in an order of its own."""

    def __init__(self, rng):
        self.rng, self.waiting = rng, []
        self.order = []

    async def __call__(self, request):
        waiter = asyncio.Event()
        self.waiting.append(waiter)
        asyncio.get_running_loop().call_soon(asyncio.get_running_loop().call_soon, self.release)
        await waiter.wait()
        return self.answer(request)

    def release(self):
        self.waiting.pop(self.rng.randrange(len(self.waiting))).set()

    def answer(self, request):
        problem = problem_of(request)
        self.order.append(request.key)
        if problem.startswith("5+"):  # one branch is at fault, and the other one fails on its way
            down = ServerError("down", model="m", status=503)
            return down if module_path.get() == "second" else "no JSON"
        if problem.startswith("7+") and request.reask < 2:
            return "no JSON"
        value = solve(problem)
        return {"answer": value if value % 4 < 1 + shown(request) else -1.0}


async def train(directory, rng, *, concurrency=None):
    """Return all that came of a training, and the order in which its calls completed."""
    answers = Shuffled(rng)
    program = await two_branches(FunctionModel(answers, retry=Retry(max_tries=1)))
    program.compile(optimizer="random_few_shot", reward="exact_match")
    x, y = data(14)
    callbacks = [
        Evaluator(),
        CSVLogger(directory / "run.csv"),
        BackupAndRestore(directory / "backup", save_freq=1),
    ]
    history = await program.fit(
        x=x, y=y, batch_size=7, epochs=2, seed=3, selection_split=0.3, validation_split=0.2, verbose=0,
        callbacks=callbacks, max_concurrency=concurrency,
    )  # fmt: skip
    return snapshot(program, history, callbacks), (directory / "run.csv").read_text(), answers.order


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32), concurrency=st.sampled_from([None, 1, 2, 5]))
def test_the_order_in_which_calls_complete_changes_nothing(seed, concurrency):
    class First(random.Random):
        def randrange(self, *given):
            return 0

    with TemporaryDirectory() as directory:
        (there := Path(directory, "a")).mkdir()
        (here := Path(directory, "b")).mkdir()
        *expected, order = asyncio.run(train(there, First()))
        *found, other = asyncio.run(train(here, random.Random(seed), concurrency=concurrency))
    assert found == expected
    assert sorted(set(other)) == sorted(set(order))


# --- Racing calls -----------------------------------------------------------------------------


async def voted(path, answers, numbers, *, named):
    """Ask the same thing once for each number, all at once; return what each was told."""
    left = iter(answers)
    model = FunctionModel(lambda request: next(left))
    kept = SqliteJournal(path, generation=0)
    token = journal.set(kept)

    async def vote(number):
        with synalinks.branch(f"vote {number}" if named else "all"):
            return number, (await model("What do you think?")).text

    try:
        with entered(SampleScope(phase="train", epoch=0, step=0, sample=0)):
            return dict(await asyncio.gather(*map(vote, numbers))), kept.races, len(model.requests)
    finally:
        journal.reset(token)
        kept.close()


@pytest.mark.parametrize("named", [True, False])
async def test_a_branch_gives_each_racing_call_its_own_answer_back(tmp_path, named):
    first, races, _ = await voted(tmp_path / "j", "abc", [0, 1, 2], named=named)
    assert first == {0: "a", 1: "b", 2: "c"}
    again, _, paid = await voted(tmp_path / "j", "", [2, 0, 1], named=named)
    assert paid == 0
    assert (again == first) is named
    assert bool(races) is not named


async def test_a_branch_within_another_has_a_place_of_its_own(tmp_path):
    model = FunctionModel(lambda request: "x")
    kept = SqliteJournal(tmp_path / "j", generation=0)
    token = journal.set(kept)

    async def ask(*names):
        if not names:
            return await model("?")
        with synalinks.branch(names[0]):
            return await ask(*names[1:])

    with entered(SampleScope()):
        await asyncio.gather(ask("a"), ask("b"), ask("a", "b"), ask("b", "a"), ask())
    assert kept.races == set()
    journal.reset(token)
    kept.close()
