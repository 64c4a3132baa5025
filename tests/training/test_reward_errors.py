"""A reward that raises, or returns what it may not: the error names the reward, the sample and the value."""

import pytest

import synalinks
from synalinks import rewards
from synalinks.errors import ConfigurationError, RewardError
from tests.support.arithmetic import Answer, data, make_program, perfect, solve

CULPRIT = 3
WRONG = solve(data(4)[0][CULPRIT].problem)


def returning(value):
    def scored(y_true, y_pred):
        return value if y_pred.answer == WRONG else 1.0

    return scored


def raising(y_true, y_pred):
    if y_pred.answer == WRONG:
        raise ValueError("no")
    return 1.0


def batched(y_trues, y_preds):
    return ["high" if y_pred.answer == WRONG else 1.0 for y_pred in y_preds]


def batch_raising(y_trues, y_preds):
    try:
        return [raising(*pair) for pair in zip(y_trues, y_preds, strict=True)]
    except ValueError as error:
        error.add_note("Look again.")
        raise


class Verdict(synalinks.DataModel):
    score: float | None


class Judging(synalinks.Module):
    async def call(self, inputs) -> Verdict:
        if inputs.answer == WRONG:
            raise ValueError("no")
        return Verdict(score=1.0)


class Undecided(synalinks.Module):
    async def call(self, inputs) -> Verdict:
        return Verdict(score=None if inputs.answer == WRONG else 1.0)


async def judge(module):
    x = synalinks.Input(data_model=Answer)
    return rewards.ProgramAsJudge(synalinks.Program(inputs=x, outputs=await module(x)))


class Own(rewards.Reward):
    def call(self, y_true, y_pred):
        return returning([])(y_true, y_pred)


RETURNED = {
    "scored": (returning("high"), "high"),
    "nothing": (returning(None), None),
    "feedback": (returning(rewards.RewardResult(1.0, 5)), rewards.RewardResult(1.0, 5)),
    "a class": (Own(name="scored"), []),
    "a batch": (rewards.BatchRewardWrapper(batched, name="scored"), "high"),
    "a sum": (0.5 * rewards.ExactMatch() + returning("high"), "high"),
    "an output": ([returning("high")], "high"),
}
RAISED = {
    "a function": raising,
    "a batch": rewards.BatchRewardWrapper(batch_raising, name="raising"),
    "a sum": 0.5 * rewards.ExactMatch() + raising,
    "an output": [raising],
}


async def failing(reward, method, kind):
    program, _ = await make_program(perfect)
    program.compile(optimizer="random_few_shot", reward=reward)
    with pytest.raises(kind) as caught:
        await getattr(program, method)(*data(6), verbose=0)
    return caught.value


@pytest.mark.parametrize("method", ["evaluate", "fit"])
@pytest.mark.parametrize("case", RETURNED)
async def test_what_it_may_not_return(case, method):
    reward, value = RETURNED[case]
    error = await failing(reward, method, RewardError)
    assert (error.reward, error.sample, error.value) == ("scored", CULPRIT, value)
    assert f"Reward 'scored' returned {value!r}" in str(error)
    assert f"for sample {CULPRIT}; expected a finite float" in str(error)


@pytest.mark.parametrize("method", ["evaluate", "fit"])
@pytest.mark.parametrize("case", RAISED)
async def test_what_it_raises(case, method):
    error = await failing(RAISED[case], method, ValueError)
    notes = error.__notes__
    if case == "a batch":  # which of them it was about the function alone knows
        assert notes[:2] == [
            "Look again.",
            "6 samples were scored in one call: it may be about another one of them.",
        ]
        assert len(notes) == 4
        assert notes[2].startswith("Raised by reward 'raising' for sample ")
        return
    assert f"Raised by reward 'raising' for sample {CULPRIT}." in notes
    assert notes[-1].startswith(f"While running sample {CULPRIT} (")


@pytest.mark.parametrize("method", ["evaluate", "fit"])
async def test_a_judge_that_is_a_program(method):
    error = await failing(await judge(Undecided()), method, RewardError)
    assert (error.reward, error.sample, error.value) == ("program_as_judge", CULPRIT, None)
    error = await failing(await judge(Judging()), method, ValueError)
    assert f"Raised by reward 'program_as_judge' for sample {CULPRIT}." in error.__notes__


async def test_an_exact_match_without_a_target():
    with pytest.raises(ConfigurationError, match="'exact_match' compares with a target"):
        await rewards.ExactMatch()(None, Answer(answer=1.0))


async def test_all_that_compare_say_what_was_expected_and_what_came():
    class Scoring(synalinks.Module):
        async def call(self, inputs) -> Verdict:
            return Verdict(score=0.5)

    x = synalinks.Input(data_model=Answer)
    program = synalinks.Program(inputs=[x, synalinks.Input(data_model=Answer)], outputs=await Scoring()(x))
    for reward in (rewards.ExactMatch(), rewards.ProgramAsJudge(program)):
        result = await reward(Answer(answer=7.0), Answer(answer=8.0))
        assert "7.0" in result.feedback
        assert "8.0" in result.feedback
