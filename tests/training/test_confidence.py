"""`evaluate(..., confidence=)`: how far each figure could be off."""

import pytest

import synalinks
from synalinks import errors
from synalinks.testing import FunctionModel


class Number(synalinks.DataModel):
    n: int


class Answer(synalinks.DataModel):
    good: bool


async def make_program(failing=()):
    failures = {number: errors.ServerError("down", model="testing/function") for number in failing}
    model = FunctionModel(
        lambda request: {"good": '"n":' in request.messages[-1]["content"]},
        failures=failures,
        retry=synalinks.language_models.Retry(max_tries=1),
    )
    inputs = synalinks.Input(data_model=Number)
    outputs = await synalinks.Generator(data_model=Answer, language_model=model)(inputs)
    program = synalinks.Program(inputs=inputs, outputs=outputs)
    program.compile(reward="exact_match", metrics=["binary_f1_score"])
    return program


X = [Number(n=n) for n in range(40)]
Y = [Answer(good=n % 4 > 0) for n in range(40)]  # three in four are what the model says


async def test_bounds_of_every_figure():
    logs = await (await make_program()).evaluate(X, Y, confidence=0.95, verbose=0)
    assert list(logs) == [
        "reward", "binary_f1_score_good", "failed",
        "reward_low", "reward_high", "binary_f1_score_good_low", "binary_f1_score_good_high",
    ]  # fmt: skip
    assert logs["reward"] == 0.75
    # What the binomial distribution gives: 0.75 ± 1.96 · sqrt(0.75 · 0.25 / 40)
    assert (logs["reward_low"], logs["reward_high"]) == pytest.approx((0.616, 0.884), abs=0.03)
    f1 = logs["binary_f1_score_good"]
    assert logs["binary_f1_score_good_low"] < f1 < logs["binary_f1_score_good_high"]
    assert logs == await (await make_program()).evaluate(X, Y, confidence=0.95, verbose=0, batch_size=7)


async def test_without_it_there_are_none():
    assert "reward_low" not in await (await make_program()).evaluate(X, Y, verbose=0)


async def test_samples_without_a_score_are_left_out():
    program = await make_program(failing=range(38))
    logs, outcomes = await program.evaluate(
        X, Y, confidence=0.5, verbose=0, return_outcomes=True, max_concurrency=1
    )
    assert (logs["failed"], logs["reward_low"], logs["reward_high"]) == (38, 1.0, 1.0)
    assert len(outcomes) == 40


@pytest.mark.parametrize("confidence", [0, 1, 95, True, "0.95"])
async def test_no_level(confidence):
    program = await make_program()
    with pytest.raises(errors.ConfigurationError, match="between 0 and 1"):
        await program.evaluate(X, Y, confidence=confidence, verbose=0)
