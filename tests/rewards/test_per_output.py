import pytest

import synalinks
from synalinks import errors
from synalinks.modules._serialization import Reader, Writer
from synalinks.rewards import ExactMatch, PerOutput
from synalinks.testing import FunctionModel


class Text(synalinks.DataModel):
    text: str


class Number(synalinks.DataModel):
    number: float


def answer(request):
    return {"text": "ok"} if "text" in request.schema.schema["properties"] else {"number": 2.0}


async def make_program(*, by_name=False, **compiled):
    inputs = synalinks.Input(data_model=Text)
    model = FunctionModel(answer)
    text = await synalinks.Generator(data_model=Text, language_model=model)(inputs)
    number = await synalinks.Generator(data_model=Number, language_model=model)(inputs)
    outputs = {"text": text, "number": number} if by_name else [text, number]
    program = synalinks.Program(inputs=inputs, outputs=outputs, name="two")
    program.compile(**compiled)
    return program


X = [Text(text="a"), Text(text="b")]
TARGETS = [(Text(text="ok"), Number(number=2.0)), (Text(text="no"), Number(number=2.0))]


def close(y_true, y_pred):
    return 1.0 - abs(y_true["number"] - y_pred["number"])


@pytest.mark.parametrize(
    ("weights", "scores"), [(None, [2.0, 1.0]), ([0.75, 0.25], [1.0, 0.25]), ((1, -1), [0.0, -1.0])]
)
async def test_a_reward_for_each_output(weights, scores):
    program = await make_program(reward=["exact_match", close], reward_weights=weights)
    logs, outcomes = await program.evaluate(
        X, [list(pair) for pair in TARGETS], verbose=0, return_outcomes=True
    )
    assert [outcome.score for outcome in outcomes] == scores
    assert logs["reward"] == sum(scores) / 2
    first, second = outcomes[1].feedback.splitlines()
    assert first.startswith("0 0 (times ")
    assert first.endswith('expected "no", got "ok".')
    assert second.startswith("1 1 (times ")


async def test_a_reward_for_each_output_by_name():
    program = await make_program(
        by_name=True,
        reward={"number": close, "text": "exact_match"},
        reward_weights={"text": 0.5, "number": 1.0},
    )
    targets = [{"text": text, "number": number} for text, number in TARGETS]
    _, outcomes = await program.evaluate(X, targets, verbose=0, return_outcomes=True)
    assert [outcome.score for outcome in outcomes] == [1.5, 1.0]


async def test_an_output_that_is_not_judged():
    program = await make_program(reward=[None, close])
    _, outcomes = await program.evaluate(X, [list(pair) for pair in TARGETS], verbose=0, return_outcomes=True)
    assert [outcome.score for outcome in outcomes] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("compiled", "text"),
    [
        ({"reward": ["exact_match", close], "reward_weights": [1]}, "each of the 2 rewards"),
        ({"reward": ["exact_match", close], "reward_weights": {"a": 1}}, "each of the 2 rewards"),
        ({"reward": ["exact_match", close], "reward_weights": 2}, "expected a list or a dict"),
        ({"reward": ["exact_match", close], "reward_weights": [1, "2"]}, "finite number"),
        ({"reward": "exact_match", "reward_weights": [1]}, "a reward for each output"),
        ({"reward": []}, "reward is empty"),
        ({"reward": ["exact_mach", close]}, "exact_match"),
    ],
)
async def test_mistakes_in_compile(compiled, text):
    with pytest.raises(errors.ConfigurationError, match=text):
        await make_program(**compiled)


@pytest.mark.parametrize(
    ("reward", "text"),
    [
        (["exact_match"], "has 1 rewards by position, and the program has the outputs 0, 1"),
        ({"text": "exact_match"}, "by name"),
        ([ExactMatch(in_mask=["txet"]), close], "txet"),
    ],
)
async def test_mistakes_before_the_first_call(reward, text):
    program = await make_program(reward=reward)
    with pytest.raises(errors.ConfigurationError, match=text):
        await program.evaluate(X, [list(pair) for pair in TARGETS], verbose=0)


@pytest.mark.parametrize(
    "reward",
    [
        PerOutput(["exact_match", None, ExactMatch(tolerance=1)], [1, 2, 3]),
        PerOutput({"a": "exact_match", "b": ExactMatch(name="same")}, {"a": 0.5, "b": 1}),
    ],
)
def test_it_is_saved_and_loaded(reward):
    document = Writer().value(reward)
    again = Reader({}).value(document)
    assert Writer().value(again) == document
    assert again.weights == reward.weights
