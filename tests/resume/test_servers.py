"""What a server sees of a training that is killed, and what becomes of answers that nobody can give again."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter

import pytest

import synalinks
from synalinks._internal.scope import module_path, purpose, sample_scope
from synalinks.callbacks import CSVLogger, ProgramCheckpoint
from synalinks.testing import ChatServer, FunctionModel, check_resume
from synalinks.testing._check_resume import _anonymous, _plans, _warm_up
from synalinks.testing._children import run_all
from synalinks.testing._trial import Setting, trial
from tests.resume.conftest import KILLS
from tests.resume.trainings import Evaluator, Notebook, make_training, two_branches
from tests.support.arithmetic import shown, solve


def tried(make_run, directory, *, kills, seed=1):
    """Run a training once in peace and then with kills, one process at a time; yield it and each of them."""
    _warm_up()
    [whole] = run_all([trial(Setting(make_run, 0), directory / "whole")], limit=1, timeout=60)
    assert whole.problem is None
    yield whole
    plans = _plans(whole, kills, random.Random(seed))
    chains = (trial(Setting(make_run, 0), directory / str(n), plan) for n, plan in enumerate(plans))
    for result in run_all(chains, limit=1, timeout=60):
        assert result.problem is None
        yield result


# --- A server whose answer is a function of the request ------------------------------------------


async def arithmetic(body):
    await asyncio.sleep(0.001)
    messages = body["messages"]
    examples = sum(message["role"] == "assistant" for message in messages)
    value = solve(json.loads(messages[-1]["content"])["problem"])
    return {"answer": value if value % 4 < 1 + examples else -1.0}


def over_http(server, **options):
    return make_training(
        lambda: CSVLogger("run.csv"),
        lambda: ProgramCheckpoint("best.json", monitor="reward", save_best_only=True),
        model=lambda: synalinks.LanguageModel("vllm/test", api_base=server.url),
        **{"count": 6, "epochs": 2, **options},
    )


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_server_sees_each_completed_call_once(tmp_path, concurrency):
    with ChatServer(arithmetic).run_in_thread() as server:
        make_run = over_http(server, max_concurrency=concurrency)
        counts, expected = [], None
        for result in tried(make_run, tmp_path, kills=max(6, KILLS // 8)):
            seen = Counter(json.dumps(body, sort_keys=True) for body in server.requests)
            server.requests.clear()
            expected = expected or (seen, result)
            whole_seen, whole = expected
            assert result.files.keys() == whole.files.keys()
            assert _anonymous(result) == _anonymous(whole)
            if result.snapshot is not None:
                assert result.snapshot == whole.snapshot
            assert not result.paid_twice
            assert seen.keys() == whole_seen.keys()
            extra = seen - whole_seen
            assert seen == whole_seen + extra
            assert extra.total() <= len(result.killed) * concurrency
            counts.append(extra.total())
    assert any(counts)  # some calls were in flight at a kill


def test_the_check_itself_works_on_a_server():
    with ChatServer(arithmetic).run_in_thread() as server:
        assert check_resume(over_http(server), kills=max(4, KILLS // 10)).calls > 10


# --- A server that samples ----------------------------------------------------------------------


async def sampled(request):
    """Answer by chance: rightly, wrongly, or not at all."""
    for _ in range(os.urandom(1)[0] % 4):
        await asyncio.sleep(0)
    choice = os.urandom(1)[0] % 8
    text = request.messages[-1]["content"]
    if request.schema is None or not text.startswith("{"):
        return f"{text} {os.urandom(4).hex()}"
    if choice == 0 and shown(request) < 3:
        return "no JSON at all"
    value = solve(json.loads(text)["problem"])
    return {"answer": value if choice < 5 else float(choice)}


def place_now(request):
    """Where the call is made that asks a model now: as the journal names it."""
    scope = sample_scope.get()
    key = (module_path.get(), purpose.get(), request.key)
    place = (scope.phase, scope.epoch, scope.step, scope.sample, *key[:2])
    return "\x1f".join(map(str, place)), request.key, scope.occurrences[key] - 1


def sampling(fn):
    return make_training(
        lambda: Notebook(FunctionModel(fn)),
        lambda: Evaluator(),
        lambda: CSVLogger("run.csv"),
        lambda: ProgramCheckpoint("best.json", save_best_only=True),
        fn=fn,
        program=two_branches,
        epochs=2,
        count=8,
        validation_split=0.25,
    )


def test_every_completed_answer_of_a_server_that_samples_is_kept_and_used(tmp_path):
    results = tried(sampling(sampled), tmp_path, kills=max(6, KILLS // 8))
    next(results)
    for number, result in enumerate(results):
        assert not result.paid_twice
        if result.snapshot is None:
            continue
        answers = {tuple(row[:3]): row[3] for row in result.rows}

        def replayed(request, answers=answers):
            message, text, *_ = json.loads(answers[place_now(request)])
            assert message["content"] == text
            return text

        directory = tmp_path / f"replayed {number}"
        [again] = run_all([trial(Setting(sampling(replayed), 0), directory)], limit=1, timeout=60)
        assert again.problem is None, again.problem
        assert again.snapshot == result.snapshot
        assert _anonymous(again) == _anonymous(result)
        assert {tuple(row[:3]) for row in again.rows} == answers.keys()
