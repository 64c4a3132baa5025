"""The optimizer sees a context and never a program: here the context is a fake."""

import random

import pytest

from synalinks import Assignment, DataModel, Generator
from synalinks.datasets import as_dataset
from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.optimizers import (
    Candidate,
    Evaluated,
    Optimizer,
    Outcome,
    RandomFewShot,
    TraceStep,
    VariableInfo,
    get,
)

PATH = "generator/examples"


class Query(DataModel):
    query: str


class Answer(DataModel):
    answer: str


SAMPLES = [
    as_dataset([Query(query=str(i)) for i in range(8)], [Answer(answer=f"right {i}") for i in range(8)])[i]
    for i in range(8)
]
SCHEMA = Generator(data_model=Answer).examples.schema


class Context:
    """What a step sees; the score of a candidate is a function of its examples and the sample."""

    def __init__(self, scores, *, selection=(), seed=0, current=(), judge=None, path=PATH, answers=None):
        self.variables = {
            path: VariableInfo(path=path, module=path.rpartition("/")[0], value=list(current), schema=SCHEMA)
        }
        self.current = Candidate(id=0, assignment=Assignment({path: list(current)}), changes={})
        self.batch = [
            Evaluated(
                sample,
                Outcome(
                    sample=sample.index,
                    score=score,
                    trace=(
                        TraceStep(
                            path.rpartition("/")[0],
                            {"query": str(sample.index)},
                            {"answer": (answers or {}).get(sample.index, f"said {sample.index}")},
                        ),
                    ),
                ),
            )
            for sample, score in zip(SAMPLES, scores, strict=False)
        ]
        self.selection = list(selection)
        self.rng = random.Random(seed)
        self.judge = judge or (lambda examples, sample: 0.0)
        self.proposed, self.scored, self.decided = [], [], {}

    def propose(self, changes, *, parents=(), operator=""):
        candidate = Candidate(
            id=1 + len(self.proposed),
            assignment=self.current.assignment.with_values(changes),
            changes=changes,
        )
        self.proposed.append(candidate)
        return candidate

    async def score(self, candidates, samples=None):
        samples = self.selection if samples is None else samples
        return await self.score_each([(candidate, samples) for candidate in candidates])

    async def score_each(self, jobs):
        self.scored += [(c, [s.key for s in samples]) for c, samples in jobs]
        return [{s.key: self.judge(c.assignment[PATH], s) for s in samples} for c, samples in jobs]

    def decide(self, candidate, *, accepted, reason):
        self.decided[candidate.id] = (accepted, reason)

    @property
    def accepted(self):
        return [c for c in self.proposed if self.decided[c.id][0]]


def keys_shown(candidate):
    return {SAMPLES[int(example["inputs"]["query"])].key for example in candidate.assignment[PATH]}


async def test_a_sample_that_is_shown_is_never_used_to_score():
    for seed in range(20):
        context = Context([1.0] * 8, seed=seed, judge=lambda examples, sample: 1.0)
        await RandomFewShot(nb_max_examples=5, nb_candidates=6).step(context)
        assert context.scored
        for candidate, scored_on in context.scored:
            assert scored_on
            assert not keys_shown(candidate) & set(scored_on)


async def test_the_comparison_leaves_out_what_the_current_set_shows_as_well():
    optimizer = RandomFewShot(1, 1, nb_candidates=8)
    first = Context([0.0] * 4, judge=lambda examples, sample: 1.0)
    await optimizer.step(first)
    [accepted] = first.accepted
    shown = keys_shown(accepted)
    second = Context([1.0] * 8, current=accepted.assignment[PATH], judge=lambda examples, sample: 0.0)
    await optimizer.step(second)
    for _, scored_on in second.scored:
        assert not shown & set(scored_on)


async def test_the_better_set_is_accepted_and_one_at_most():
    def judge(examples, sample):
        return 1.0 if any(e["inputs"]["query"] == "3" for e in examples) else 0.0

    context = Context([0.0] * 8, judge=judge)
    await RandomFewShot(nb_max_examples=4, nb_candidates=16).step(context)
    [accepted] = context.accepted
    assert any(e["inputs"]["query"] == "3" for e in accepted.assignment[PATH])
    assert all(reason for _, reason in context.decided.values())


async def test_no_gain_no_change():
    for current, candidate in ((1.0, 1.0), (0.5, 0.5), (0.5, 0.2)):
        context = Context([current] * 8, judge=lambda examples, sample, c=candidate: c)
        await RandomFewShot(reward_threshold=0.5).step(context)
        assert context.proposed
        assert not context.accepted
    context = Context([0.5] * 8, judge=lambda examples, sample: 0.6)
    await RandomFewShot(min_gain=0.2).step(context)
    assert not context.accepted


async def test_a_good_answer_is_shown_as_it_came_and_a_bad_one_as_it_should_be():
    context = Context([1.0, 0.0, None, 1.0], judge=lambda examples, sample: 2.0)
    await RandomFewShot(nb_min_examples=3, nb_max_examples=3, nb_candidates=1).step(context)
    examples = {e["inputs"]["query"]: e["outputs"]["answer"] for e in context.proposed[0].assignment[PATH]}
    assert examples == {"0": "said 0", "1": "right 1", "3": "said 3"}


async def test_a_failure_is_no_evidence():
    context = Context([0.0] * 8, judge=lambda examples, sample: None)
    await RandomFewShot().step(context)
    assert context.proposed
    assert not context.accepted
    assert {reason for _, reason in context.decided.values()} == {"no sample to compare on"}
    nothing = Context([None] * 8)
    await RandomFewShot().step(nothing)
    assert not nothing.proposed


async def test_held_out_samples_are_scored_and_the_current_set_once():
    optimizer = RandomFewShot(nb_candidates=3)
    context = Context([0.0] * 4, selection=SAMPLES[4:], judge=lambda examples, sample: 0.0)
    await optimizer.step(context)
    assert [len(keys) for _, keys in context.scored] == [4] * (1 + len(context.proposed))
    again = Context([0.0] * 4, selection=SAMPLES[4:], seed=1, judge=lambda examples, sample: 1.0)
    await optimizer.step(again)
    assert len(again.scored) == len(again.proposed)
    [accepted] = again.accepted
    third = Context([0.0] * 4, selection=SAMPLES[4:], seed=2, current=accepted.assignment[PATH])
    await optimizer.step(third)
    assert len(third.scored) == len(third.proposed), "what became current was scored when it was proposed"


async def test_the_pool_is_bounded():
    optimizer = RandomFewShot(max_demonstrations=4)
    await optimizer.step(Context([1.0] * 8))
    assert len(optimizer.state_dict()["pool"][PATH]) == 4


async def test_the_state_makes_another_one_the_same():
    def judge(examples, sample):
        return float(len(examples) > 1)

    async def proposals(optimizer, seed):
        context = Context([1.0, 0.0] * 4, seed=seed, judge=judge)
        await optimizer.step(context)
        return [c.changes for c in context.proposed], context.decided

    one, other = RandomFewShot(), RandomFewShot()
    await proposals(one, 1)
    other.load_state_dict(one.state_dict())
    assert await proposals(one, 2) == await proposals(other, 2)
    assert one.state_dict() == other.state_dict()


def test_a_program_without_examples_is_refused():
    text = VariableInfo(path="module/note", module="module", value="", schema={"type": "string"})
    with pytest.raises(ConfigurationError, match="module/note"):
        RandomFewShot().check({"module/note": text})
    RandomFewShot().check(Context([]).variables)


@pytest.mark.parametrize(
    "arguments",
    [
        {"nb_min_examples": 0},
        {"nb_min_examples": 4, "nb_max_examples": 3},
        {"nb_candidates": 0},
        {"max_demonstrations": 1},
    ],
)
def test_numbers_that_do_not_fit_are_refused(arguments):
    with pytest.raises(ConfigurationError, match="RandomFewShot needs"):
        RandomFewShot(**arguments)


def test_configuration_and_names():
    optimizer = RandomFewShot(2, 4, nb_candidates=7, name="few")
    assert RandomFewShot.from_config(optimizer.get_config()).get_config() == optimizer.get_config()
    assert type(get("random_few_shot")) is RandomFewShot
    assert get(optimizer) is optimizer
    assert get(RandomFewShot).name == "random_few_shot"
    with pytest.raises(UnknownNameError, match="'random_few_shot'"):
        get("randomfewshot")


async def test_the_base_class_needs_a_step():
    with pytest.raises(TypeError):
        Optimizer()
