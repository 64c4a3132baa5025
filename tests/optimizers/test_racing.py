"""Drawing samples that represent all of them, racing on them, and comparing by a test."""

import random
from collections import Counter

import pytest

from synalinks.optimizers import PairedTest, Verdict
from synalinks.optimizers._racing import Contender, compare, ranked, run_missing, spread
from tests.optimizers._context import FakeContext, samples, text


def context(count=40, **options):
    return FakeContext([text()], samples(count), batch=samples(1), **options)


def judged(rewards):
    """A reward by the instruction: the share of the samples, from the first, that it is right on."""
    return lambda values, sample: float(sample.index < rewards[values["generator/instruction"]])


def test_a_draw_has_as_many_of_the_failures_as_all_samples():
    step = context()
    for number, sample in enumerate(step.pool):
        step.current.note(sample.key, float(number % 4 == 0))
    keys = [sample.key for sample in step.pool]
    for seed in range(50):
        drawn = spread(random.Random(seed), keys, step.current, 8)
        assert len(set(drawn)) == 8
        assert sum(step.current.score_of(key) for key in drawn) == 2.0


def test_each_sample_is_drawn_equally_often_whatever_its_score():
    step = context(10)
    for number, sample in enumerate(step.pool[1:]):  # the first has no score
        step.current.note(sample.key, float(number == 0))
    keys = [sample.key for sample in step.pool]
    counts = Counter(
        key for seed in range(3000) for key in spread(random.Random(seed), keys, step.current, 3)
    )
    assert set(counts) == set(keys)
    assert min(counts.values()) > 800
    assert max(counts.values()) < 1000


def test_a_draw_leaves_out_what_was_drawn_and_takes_all_there_is():
    step = context(6)
    keys = [sample.key for sample in step.pool]
    assert sorted(spread(random.Random(0), keys, step.current, 9, without=keys[:2])) == sorted(keys[2:])


async def test_what_is_known_or_shown_is_not_run():
    step = context(4)
    keys = [sample.key for sample in step.pool]
    step.current.note(keys[0], 1.0)
    ran = await run_missing(step, [Contender(step.current, frozenset(keys[1:2]))], step.pool)
    assert step.ran == [(step.current, keys[2:])]
    assert [evaluated.sample.key for evaluated in ran] == keys[2:]
    assert all(evaluated.outcome.trace for evaluated in ran)


async def test_gains_are_of_samples_that_are_known_and_not_shown():
    step = context(4)
    keys = [sample.key for sample in step.pool]
    good, bad, blind = (step.propose({"generator/instruction": name}) for name in ("good", "bad", "blind"))
    for key in keys:
        step.current.note(key, 0.5)
        good.note(key, 1.0)
    bad.note(keys[0], 0.0)
    contenders = [Contender(blind), Contender(bad), Contender(good, frozenset(keys[:1]))]
    order = ranked(contenders, step.current, keys[:2])
    assert [(c.candidate, gain) for c, gain in order] == [(good, 0.5), (bad, -0.5), (blind, -float("inf"))]


async def test_a_comparison_ends_as_soon_as_it_is_decided():
    step = context(200, judge=judged({"Answer.": 0, "better": 200}))
    candidate = step.propose({"generator/instruction": "better"})
    test = PairedTest(level=0.1)
    by_key = {sample.key: sample for sample in step.pool}
    assert await compare(step, Contender(candidate), by_key, test, first=4) is Verdict.BETTER
    assert test.count <= 8
    assert candidate.scored == 8
    assert step.rounds == [2, 2]  # both at once: 4 samples, then as many again


async def test_a_comparison_uses_all_samples_but_none_twice():
    step = context(30, judge=lambda values, sample: 0.0)
    candidate = step.propose({"generator/instruction": "equal"})
    by_key = {sample.key: sample for sample in step.pool}
    shown = frozenset(list(by_key)[:10])
    assert await compare(step, Contender(candidate, shown), by_key, PairedTest(), first=4) is Verdict.WORSE
    assert not shown & candidate.scores.keys()
    assert max(len(scores) for scores in candidate.scores.values()) == 1


@pytest.mark.parametrize("allowance", [0, 1, 7, 21])
async def test_a_comparison_keeps_to_the_allowance(allowance):
    step = context(
        100, judge=judged({"Answer.": 0, "better": 100}), max_calls=allowance or 1, calls_per_run=3,
        spent=0 if allowance else 1,
    )  # fmt: skip
    candidate = step.propose({"generator/instruction": "better"})
    by_key = {sample.key: sample for sample in step.pool}
    assert await compare(step, Contender(candidate), by_key, PairedTest(), first=1) is Verdict.WORSE
    assert step.spent <= (allowance or 1)


async def test_samples_without_a_score_are_no_evidence():
    step = context(50, judge=lambda values, sample: None)
    candidate = step.propose({"generator/instruction": "failing"})
    test = PairedTest()
    by_key = {sample.key: sample for sample in step.pool}
    assert await compare(step, Contender(candidate), by_key, test) is Verdict.WORSE
    assert test.count == 0
