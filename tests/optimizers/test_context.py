"""The fake context of these tests offers what the real one does, and behaves as it."""

import inspect

import pytest

from synalinks import Generator
from synalinks.errors import AllowanceSpentError, ConfigurationError, UnknownNameError
from synalinks.optimizers import OptimizerContext
from synalinks.training._context import StepContext
from tests.optimizers._context import Answer, FakeContext, Query, examples, samples, text

PATH = "generator/instruction"


def brief(values, sample):
    return float("brief" in values[PATH])


def test_it_offers_all_that_a_step_may_use():
    context = FakeContext([text()], samples(2))
    for name, member in vars(OptimizerContext).items():
        if name.startswith("_"):
            continue
        assert hasattr(context, name), name
        if inspect.isfunction(member):
            mine, real = (
                inspect.signature(getattr(cls, name)).parameters for cls in (FakeContext, StepContext)
            )
            assert list(mine) == list(real), name


async def test_a_step_after_a_step():
    context = FakeContext([text(), examples()], samples(4), judge=brief, batch=samples(4)[:2])
    assert [e.outcome.score for e in context.batch] == [0.0, 0.0]
    assert context.batch[1].outcome.trace[0].outputs == {"answer": "said 1"}
    candidate = context.propose({PATH: "Be brief."}, operator="test")
    assert context.undecided == [candidate]
    [outcomes] = await context.run([(candidate, context.pool)], traced=True)
    assert [o.score for o in outcomes] == [1.0] * 4
    assert outcomes[3].trace[0].inputs == {"query": "3"}
    assert (candidate.score, candidate.calls) == (1.0, 4)
    assert context.scored_on(candidate) == {sample.key for sample in samples(4)}
    context.decide(candidate, accepted=True, reason="better")
    assert not context.undecided
    after = context.following()
    assert after.current is candidate
    assert after.archive is context.archive
    assert after.variables[PATH].value == "Be brief."
    assert after.propose({PATH: "Be brief."}) is candidate
    assert [e.outcome.score for e in after.batch] == [1.0] * 4


async def test_what_is_wrong_is_refused():
    context = FakeContext([text()], samples(2), max_calls=3)
    with pytest.raises(UnknownNameError):
        context.propose({"generator/other": "x"})
    with pytest.raises(ConfigurationError):
        context.propose({PATH: 3})
    await context.score([context.current])
    assert context.allowance == 1
    with pytest.raises(AllowanceSpentError):
        await context.score([context.current])


async def test_answers():
    generator, asked = Generator(data_model=Answer), [Query(query="a"), Query(query="b")]
    context = FakeContext([text()], samples(1), reply=lambda module, inputs: {"answer": inputs.query})
    assert [a.get_json() for a in await context.ask(generator, asked)] == [{"answer": "a"}, {"answer": "b"}]
    context = FakeContext([text()], samples(1), reply=[{"other": 1}, None, Answer(answer="c")])
    assert await context.ask(generator, asked) == [None, None]
    [answer] = await context.ask(generator, asked[:1])
    assert answer.get_json() == {"answer": "c"}
    assert [len(inputs) for _, inputs in context.asked] == [2, 1]
