"""The default optimizer, on rewards that are functions of the values."""

import json
import random

import orjson
import pytest

import synalinks
from synalinks._internal.canonical import content_hash
from synalinks.errors import ConfigurationError
from synalinks.optimizers import Archive, Auto, Optimizer, get
from synalinks.optimizers._search import COMBINE, DEMONSTRATE, REFLECT
from tests.optimizers._context import FakeContext, examples, samples, text, variable

INSTRUCTION, EXAMPLES = "generator/instruction", "generator/examples"


def luck(sample, share):
    """Whether a sample is among a share of them, drawn once for good."""
    return random.Random(sample.key).random() < share


def by_instruction(values, sample):
    """A brief instruction is right on 90 %, any other on 30 %."""
    return float(luck(sample, 0.9 if "brief" in values[INSTRUCTION] else 0.3))


def says(*values):
    """A model that proposes values, one after the other."""
    asked = iter(range(10**6))
    return lambda module, inputs: {"diagnosis": "so", "value": values[next(asked) % len(values)]}


def context(variables=None, judge=by_instruction, *, count=120, batch=16, **options):
    data = samples(count, targets=options.pop("targets", False))
    variables = [text(INSTRUCTION, "Answer.")] if variables is None else variables
    return FakeContext(variables, data, batch=data[:batch], judge=judge, **options)


async def test_a_better_instruction_becomes_current():
    step = context(reply=says("Be brief.", "Be long."))
    await Auto().step(step)
    assert step.accepted is not None
    assert step.accepted.variables == {INSTRUCTION: "Be brief."}
    accepted, reason = step.decided[step.accepted.id]
    assert accepted
    assert "p 0.0" in reason
    assert step.accepted.operator == REFLECT
    assert not step.undecided


async def test_the_model_is_shown_what_went_wrong_and_what_went_right():
    step = context(reply=says("Be brief."))
    await Auto(nb_candidates=1).step(step)
    ((_, (asked,)),) = step.asked
    shown = asked.get_json()
    scores = [case["score"] for case in shown["cases"]]
    assert scores == sorted(scores)
    assert scores.count(0.0) == 4
    assert scores.count(1.0) == 2
    assert shown["value"] == "Answer."


async def test_what_was_shown_to_the_model_or_raced_on_does_not_decide():
    step = context(reply=says("Be brief."))
    await Auto(nb_candidates=1, first=8).step(step)
    studied = {evaluated.sample.key for evaluated in step.batch}
    raced = {key for ran, keys in step.ran[:4] if ran is step.accepted for key in keys}
    tested = step.scored_on(step.accepted) - raced
    assert len(raced) == 24
    assert tested
    assert not studied & (raced | tested)


async def test_a_few_samples_are_enough_where_the_gain_is_large():
    step = context(
        judge=lambda values, sample: float("brief" in values[INSTRUCTION]), reply=says("Be brief."),
        count=30, batch=30,
    )  # fmt: skip
    await Auto().step(step)
    assert step.accepted is not None


async def test_no_gain_is_not_accepted_and_each_candidate_has_its_reason():
    optimizer, step = Auto(), context(reply=says(*(f"Way {number}." for number in range(1000))))
    for _ in range(10):
        await optimizer.step(step)
        assert step.accepted is None
        assert not step.undecided
        step = step.following(batch=step.pool[:16])
    assert len(step.archive) > 40


async def test_examples_that_have_worked_are_shown_to_what_they_help():
    def judge(values, sample):
        shown = len(values[EXAMPLES])
        return float(luck(sample, 0.9 if shown >= 3 else 0.4))

    step = context([examples(EXAMPLES)], judge)
    optimizer = Auto()
    for _ in range(3):
        await optimizer.step(step)
        if step.accepted:
            break
        step = step.following(batch=step.pool[16:32])
    assert step.accepted is not None
    assert step.accepted.operator == DEMONSTRATE
    shown = [example["inputs"]["query"] for example in step.accepted.assignment[EXAMPLES]]
    assert len(shown) == len(set(shown)) >= 3
    keys = {s.key for s in step.pool if s.x.query in shown}
    assert not keys & step.scored_on(step.accepted)
    assert all(luck(sample, 0.4) for sample in step.pool if sample.key in keys)  # these had gone right


async def test_an_instruction_and_examples_are_joined():
    def judge(values, sample):
        helped = 0.3 * ("brief" in values[INSTRUCTION]) + 0.3 * (len(values[EXAMPLES]) > 0)
        return float(luck(sample, 0.35 + helped))

    step = context(
        [text(INSTRUCTION, "Answer."), examples(EXAMPLES)], judge, reply=says("Be brief."), count=400
    )
    await Auto(nb_candidates=12).step(step)
    assert step.accepted is not None
    assert step.accepted.operator == COMBINE
    assert "brief" in step.accepted.assignment[INSTRUCTION]
    assert step.accepted.assignment[EXAMPLES]
    parents = [step.archive[parent].operator for parent in step.accepted.parents]
    assert sorted(parents) == [DEMONSTRATE, REFLECT]


async def test_a_way_that_wins_is_taken_more_often():
    optimizer = Auto(nb_candidates=100)
    optimizer.load_state_dict(
        {**optimizer.state_dict(), "won": {REFLECT: [0, 50], DEMONSTRATE: [40, 50]}}
    )  # fmt: skip
    counts = optimizer._counts(context(), [REFLECT, DEMONSTRATE], 100)
    assert counts[DEMONSTRATE] > 90


@pytest.mark.parametrize("schema", [
    {"type": "integer", "minimum": 0, "maximum": 9},
    {"type": "array", "items": {"type": "string"}},
    {"type": "object", "properties": {"tone": {"enum": ["dry", "warm"]}}, "required": ["tone"]},
])  # fmt: skip
async def test_any_variable_can_be_written(schema):
    values = {
        "integer": (3, 7),
        "array": (["look"], ["look", "think"]),
        "object": ({"tone": "dry"}, {"tone": "warm"}),
    }
    before, after = values[schema["type"]]

    def judge(values, sample):
        return float(luck(sample, 0.9 if values["planner/plan"] == after else 0.2))

    step = context([variable("planner/plan", before, schema)], judge, reply=says("no value", after))
    await Auto(nb_candidates=2).step(step)
    assert step.accepted is not None
    assert step.accepted.variables == {"planner/plan": after}


async def test_where_everything_is_right_nothing_is_asked():
    step = context(judge=lambda values, sample: 1.0, reply=says("Be brief."))
    await Auto().step(step)
    assert not step.asked
    assert not step.ran
    assert step.accepted is None


async def test_runs_without_a_score_are_no_failures():
    step = context(judge=lambda values, sample: None, reply=says("Be brief."))
    await Auto().step(step)
    assert not step.asked
    assert not step.ran


async def test_garbage_of_the_model_costs_its_calls_and_nothing_else():
    step = context(reply=lambda module, inputs: None)
    await Auto().step(step)
    assert step.asked
    assert not step.ran


@pytest.mark.parametrize("allowance", [1, 5, 20, 40, 70, 150, 400])
async def test_the_allowance_is_enough_for_what_is_begun(allowance):
    step = context(reply=says("Be brief.", "Be long.", "Be kind."), max_calls=allowance, calls_per_run=2)
    await Auto(max_calls=allowance).step(step)  # raises AllowanceSpentError where it is not
    assert step.spent <= allowance
    assert not step.undecided


async def test_rewards_of_any_range_are_judged_by_their_own():
    def judge(values, sample):
        return -float(
            luck(sample, 0.1) if "brief" in values[INSTRUCTION] else luck(sample, 0.7) or sample.index % 2
        )

    step = context(judge=judge, reply=says("Be brief."))
    await Auto().step(step)
    assert step.accepted is not None


async def test_a_resumed_optimizer_goes_on_like_one_that_was_not_interrupted():
    def judge(values, sample):
        return float(luck(sample, 0.4 + 0.1 * len(values[EXAMPLES])))

    def written(module, inputs):
        return {"diagnosis": "", "value": f"Way {content_hash(inputs.get_json())}."}

    optimizer = Auto()
    step = context([text(INSTRUCTION, "Answer."), examples(EXAMPLES)], judge, reply=written)
    await optimizer.step(step)
    state = orjson.loads(orjson.dumps(optimizer.state_dict()))
    resumed = Auto()
    resumed.load_state_dict(state)
    assert resumed.state_dict() == optimizer.state_dict()
    archive = Archive()
    archive.load_state_dict(json.loads(json.dumps(step.archive.state_dict())))
    one = step.following(batch=step.pool[16:32])
    current = archive.current(one.current.assignment, (0, 1))
    other = step.following(batch=step.pool[16:32], archive=archive, current=current)
    await optimizer.step(one)
    await resumed.step(other)
    assert one.archive.state_dict() == other.archive.state_dict()
    assert optimizer.state_dict() == resumed.state_dict()


def test_auto_is_a_name_and_its_config_makes_it_again():
    optimizer = get("auto")
    assert isinstance(optimizer, Auto)
    changed = Auto(nb_candidates=3, level=0.2, max_calls=100)
    assert isinstance(changed, Optimizer)
    assert Auto.from_config(changed.get_config()).get_config() == changed.get_config()


@pytest.mark.parametrize(("options", "named"), [
    ({"nb_candidates": 0}, "nb_candidates"), ({"first": True}, "first"),
    ({"nb_max_examples": "3"}, "nb_max_examples"),
    ({"level": 0}, "level"), ({"max_calls": 0}, "max_calls"),
])  # fmt: skip
def test_what_is_no_setting_is_refused(options, named):
    with pytest.raises(ConfigurationError, match=named):
        Auto(**options)


def test_a_program_with_nothing_to_train_is_refused():
    with pytest.raises(ConfigurationError, match="nothing to train"):
        Auto().check({})


async def test_a_program_learns_both_from_a_model_that_reflects():
    class Query(synalinks.DataModel):
        """A question."""

        query: str

    class Answer(synalinks.DataModel):
        """Its answer."""

        answer: str

    def model(request):
        asked = json.dumps([message["content"] for message in request.messages])
        if "diagnosis" in request.schema.schema["properties"]:
            return {"diagnosis": "It is not polite.", "value": "Answer politely."}
        number = int(json.loads(request.messages[-1]["content"])["query"])
        right = "politely" in asked or number % 4 == 0
        return {"answer": f"{number}, please" if right else str(number)}

    lm = synalinks.language_models.FunctionModel(model)
    inputs = synalinks.Input(data_model=Query)
    outputs = await synalinks.Generator(data_model=Answer, language_model=lm)(inputs)
    program = synalinks.Program(inputs=inputs, outputs=outputs)
    program.compile(optimizer="auto", reward="exact_match")
    x = [Query(query=str(number)) for number in range(80)]
    y = [Answer(answer=f"{number}, please") for number in range(80)]
    history = await program.fit(x, y, epochs=1, batch_size=16, verbose=0)
    assert (await program.evaluate(x, y, verbose=0))["reward"] == 1.0
    assert any(candidate.accepted and candidate.id for candidate in history.candidates)
