"""Reflective evolution, on rewards that are functions of the values."""

import json
import random

import orjson
import pytest

import synalinks
from synalinks._internal.canonical import content_hash
from synalinks.errors import ConfigurationError
from synalinks.optimizers import GEPA, Archive, Outcome, get
from tests.optimizers._context import FakeContext, examples, samples, text, variable

INSTRUCTION, SECOND = "generator/instruction", "second/instruction"


def luck(sample, share):
    """Whether a sample is among a share of them, drawn once for good."""
    return random.Random(sample.key).random() < share


def by_words(values, sample):
    """Right on 30 %; on 30 % more for each of the words good and kind, whichever variable has it."""
    said = " ".join(map(str, values.values()))
    return float(luck(sample, 0.3 + 0.3 * ("good" in said) + 0.3 * ("kind" in said)))


def says(*values):
    """A model that proposes values, one after the other."""
    asked = iter(range(10**6))
    return lambda module, inputs: {"diagnosis": "so", "value": values[next(asked) % len(values)]}


def context(variables=None, judge=by_words, *, count=120, batch=16, **options):
    data = samples(count)
    made = FakeContext(
        variables or [text(INSTRUCTION, "Answer.")], data, batch=data[:batch], judge=judge, **options
    )
    return noted(made)


def noted(made):
    """Note what the batch shows of the current candidate, as the loop does."""
    for evaluated in made.batch:
        made.current.note(evaluated.sample.key, evaluated.outcome.score)
    return made


def following(step, **changes):
    done = step._step[1] + 1
    return noted(step.following(batch=step.pool[16 * done : 16 * done + 16], **changes))


async def test_a_better_version_becomes_current():
    step = context(reply=says("Be kind and good.", "Be long."))
    await GEPA().step(step)
    assert step.accepted.variables == {INSTRUCTION: "Be kind and good."}
    assert "p 0.0" in step.accepted.reason
    assert step.accepted.operator == "reflect"
    assert not step.undecided


async def test_what_was_shown_is_a_minibatch_of_the_batch_with_what_went_wrong():
    step = context(reply=says("Be kind."))
    await GEPA(num_proposals=1, minibatch_size=4).step(step)
    ((_, (asked,)),) = step.asked
    cases = asked.get_json()["cases"]
    assert len(cases) == 4
    assert [case["score"] for case in cases].count(0.0) >= 2
    shown = {case["inputs"]["query"] for case in cases}
    candidate, keys = step.ran[0]
    gate = {sample.x.get("query") for sample in step.pool if sample.key in keys}
    assert candidate is step.proposed[0]
    assert gate == shown <= {e.sample.x.get("query") for e in step.batch}


async def test_the_batch_is_not_run_again_and_what_was_shown_does_not_decide():
    step = context(reply=says("Be kind and good."))
    await GEPA(num_proposals=1, first=8).step(step)
    (_, minibatch), *tested = step.ran
    for _, keys in tested:
        assert not set(minibatch) & set(keys)
    again = [keys for candidate, keys in step.ran if candidate is step.current]
    assert not {e.sample.key for e in step.batch} & {key for keys in again for key in keys}


async def test_a_version_that_is_no_better_on_the_minibatch_is_not_run_on_more():
    step = context(reply=says("Be long."))
    await GEPA(num_proposals=1, minibatch_size=3).step(step)
    assert [len(keys) for _, keys in step.ran if _ is step.proposed[0]] == [3]
    assert step.proposed[0].reason == "did not pass the gate (+0.000 on 3 samples)"


@pytest.mark.parametrize("acceptance", ["test", "mean"])
async def test_a_version_that_is_worse_on_the_pool_does_not_become_current(acceptance):
    data = samples(80)

    def judge(values, sample):
        return float(("kind" in values[INSTRUCTION]) == (sample.index < 16))

    batch, pool = data[:16], data[16:]
    step = noted(
        FakeContext([text(INSTRUCTION)], data, batch=batch, pool=pool, judge=judge, reply=says("Be kind."))
    )
    await GEPA(acceptance=acceptance).step(step)
    assert step.ran
    assert step.accepted is None
    assert all(not accepted for accepted, _ in step.decided.values())


async def test_by_the_papers_rule_versions_are_run_on_the_whole_pool_and_the_best_mean_wins():
    replies = iter(["Be kind.", "Be kind and good.", "Be good."])
    step = context(reply=lambda module, inputs: {"diagnosis": "", "value": next(replies)}, count=60)
    await GEPA(num_proposals=3, minibatch_size=8, acceptance="mean", pareto_size=40).step(step)
    pool = {sample.key for sample in step.pool[:40]}
    assert pool <= step.accepted.scores.keys()
    assert pool <= step.current.scores.keys()
    assert step.accepted.variables == {INSTRUCTION: "Be kind and good."}
    assert step.accepted.reason.startswith("mean gain +0.")


async def test_parents_come_from_the_front_and_their_runs_are_shown():
    def judge(values, sample):
        wrong = (3, 4, 5, 6, 15) if "kind" in values[INSTRUCTION] else range(7)
        return float(sample.index not in wrong)

    step = context(reply=says("Be kind."), count=16, judge=judge)
    optimizer = GEPA(num_proposals=1)
    await optimizer.step(step)
    assert step.accepted is None  # 16 samples are too few to tell, but it stays in the population
    seen = set()
    for number in range(12):
        step = noted(step.following(reply=says(f"Way {number}.")))
        await optimizer.step(step)
        seen |= {candidate.base for candidate in step.proposed}
        for _, (asked,) in step.asked:
            parent = step.archive[step.proposed[-1].base]
            assert asked.get_json()["value"] == parent.assignment[INSTRUCTION]
            assert any(ran is parent for ran, _ in step.ran) or parent is step.current
    assert seen == {0, 1}


async def test_candidate_selection_can_be_the_current_one_alone():
    step = context(reply=says("Be kind."), count=16)
    optimizer = GEPA(num_proposals=1, candidate_selection="current")
    for number in range(8):
        await optimizer.step(step)
        assert step.accepted is None
        assert all(candidate.base == 0 for candidate in step.proposed)
        step = noted(step.following(reply=says(f"Way {number}.")))


async def test_variables_take_turns_or_are_all_written_at_once():
    infos = [text(INSTRUCTION), examples(), text(SECOND), variable("generator/count", 3, {"type": "integer"})]

    def reply(module, inputs):
        kind = inputs.get_json()["variable"]["schema"]["type"]
        return {"diagnosis": "", "value": 5 if kind == "integer" else "Be kind."}

    step = context(infos, reply=reply)
    await GEPA(num_proposals=3).step(step)
    asked = [each.get_json()["variable"]["path"] for _, group in step.asked for each in group]
    assert sorted(asked) == sorted([INSTRUCTION, SECOND, "generator/count"])
    step = context(infos, reply=reply)
    await GEPA(num_proposals=1, module_selector="all").step(step)
    assert step.proposed[0].changes == {INSTRUCTION: "Be kind.", SECOND: "Be kind.", "generator/count": 5}


async def test_versions_that_changed_different_variables_are_merged():
    def reply(module, inputs):
        second = inputs.get_json()["variable"]["path"] == SECOND
        return {"diagnosis": "", "value": "Be kind." if second else "Be good."}

    def judge(values, sample):
        good, kind = "good" in values[INSTRUCTION], "kind" in values[SECOND]
        return float((good, kind, False)[sample.index % 3])

    infos = [text(INSTRUCTION), text(SECOND)]
    options = {"minibatch_size": 16, "first": 32, "candidate_selection": "current"}
    for merges in (0, 5):
        optimizer = GEPA(num_proposals=2, max_merges=merges, **options)
        step = context(infos, judge, reply=reply)
        await optimizer.step(step)
        step = following(step, reply=None)
        await optimizer.step(step)
        merged = [candidate for candidate in step.proposed if candidate.operator == "merge"]
        assert len(merged) == bool(merges)
    assert merged[0].variables == {INSTRUCTION: "Be good.", SECOND: "Be kind."}
    assert merged[0].parents in ((1, 2), (2, 1))
    assert len(step.ran[0][1]) == 5
    assert step.accepted is merged[0]
    step = following(step, reply=None)
    await optimizer.step(step)
    assert not step.proposed  # nothing new to merge


@pytest.mark.parametrize("reply", [None, says(""), says("Answer."), says(3)])
async def test_nothing_usable_proposed_is_nothing_tried(reply):
    step = context(reply=reply)
    await GEPA().step(step)
    assert step.asked
    assert not step.proposed
    assert not step.ran


@pytest.mark.parametrize("judge", [lambda v, s: None, lambda v, s: 1.0])
async def test_without_evidence_or_anything_to_repair_nobody_is_asked(judge):
    step = context(judge=judge, reply=says("Be kind."))
    await GEPA().step(step)
    assert not step.asked


async def test_rewards_of_other_ranges_have_their_own_best():
    step = context(judge=lambda v, s: 7.0, reply=says("Be kind."))
    await GEPA().step(step)
    assert step.asked  # nothing shows yet that 7 is the best
    step = context(judge=lambda v, s: 7.0, reply=says("Be kind."))
    await GEPA(perfect_score=7.0).step(step)
    assert not step.asked
    step = context(judge=lambda v, s: 10.0 * by_words(v, s), reply=says("Be kind and good."))
    await GEPA().step(step)
    assert step.accepted is not None


async def test_runs_that_left_no_score_at_the_gate_are_no_evidence():
    def judge(values, sample):
        return None if "kind" in values[INSTRUCTION] else by_words(values, sample)

    step = context(judge=judge, reply=says("Be kind."))
    await GEPA(num_proposals=1).step(step)
    assert step.proposed[0].reason == "did not pass the gate (no evidence)"


async def test_failures_of_the_program_are_shown():
    def judge(values, sample):
        failure = synalinks.optimizers.Failure("program", "InvalidOutputError", "no such form")
        return Outcome(sample.index, score=0.0, failure=failure)

    step = context(judge=judge, reply=says("Be kind."))
    await GEPA(num_proposals=1).step(step)
    ((_, (asked,)),) = step.asked
    assert asked.get_json()["cases"][0]["failure"] == "no such form"


@pytest.mark.parametrize("acceptance", ["test", "mean"])
@pytest.mark.parametrize("most", [1, 20, 40, 80, 160, 400])
async def test_an_allowance_is_never_exceeded_and_all_is_decided(acceptance, most):
    written = says("Be kind.", "Be good.", "Be kind and good.")
    step = context(reply=written, max_calls=most, calls_per_run=2)
    await GEPA(acceptance=acceptance, pareto_size=40).step(step)
    assert step.spent <= most
    assert not step.undecided
    assert bool(step.proposed) == (most >= 80)


async def test_a_resumed_optimizer_goes_on_like_one_that_was_not_interrupted():
    def written(module, inputs):
        name = content_hash(inputs.get_json())
        return {"diagnosis": "", "value": f"Be {('kind', 'good', 'long')[ord(name[-1]) % 3]}, {name}."}

    optimizer = GEPA(minibatch_size=8)
    step = context([text(INSTRUCTION), text(SECOND)], reply=written)
    await optimizer.step(step)
    state = orjson.loads(orjson.dumps(optimizer.state_dict()))
    resumed = GEPA(minibatch_size=8)
    resumed.load_state_dict(state)
    assert resumed.state_dict() == optimizer.state_dict()
    assert len(state["population"]["ids"]) > 1
    archive = Archive()
    archive.load_state_dict(json.loads(json.dumps(step.archive.state_dict())))
    current = archive.current((step.accepted or step.current).assignment, (0, 1))
    other = following(step, archive=archive, current=current)
    one = following(step)
    await optimizer.step(one)
    await resumed.step(other)
    assert one.archive.state_dict() == other.archive.state_dict()
    assert optimizer.state_dict() == resumed.state_dict()


def test_gepa_is_a_name_and_its_config_makes_it_again():
    assert isinstance(get("gepa"), GEPA)
    changed = GEPA(
        num_proposals=2, acceptance="mean", module_selector="all", perfect_score=2.0, max_calls=100
    )
    assert GEPA.from_config(changed.get_config()).get_config() == changed.get_config()


def test_estimates_grow_with_what_is_asked_for():
    assert GEPA().expected_calls(16, 0) < GEPA(num_proposals=8).expected_calls(16, 0)
    assert GEPA().expected_calls(16, 100) < GEPA(acceptance="mean").expected_calls(16, 100)


@pytest.mark.parametrize(("options", "named"), [
    ({"num_proposals": 0}, "num_proposals"), ({"minibatch_size": "3"}, "minibatch_size"),
    ({"first": True}, "first"), ({"pareto_size": 0}, "pareto_size"), ({"max_merges": -1}, "max_merges"),
    ({"candidate_selection": "best"}, "candidate_selection"), ({"module_selector": "one"}, "module_selector"),
    ({"acceptance": "always"}, "acceptance"), ({"max_calls": 0}, "max_calls"), ({"level": 0}, "level"),
])  # fmt: skip
def test_what_is_no_setting_is_refused(options, named):
    with pytest.raises(ConfigurationError, match=named):
        GEPA(**options)


def test_a_program_with_nothing_to_write_is_refused():
    with pytest.raises(ConfigurationError, match=r"generator/examples.*random_few_shot"):
        GEPA().check({"generator/examples": examples()})
    GEPA().check({INSTRUCTION: text()})


async def test_a_program_learns_what_the_feedback_says():
    class Query(synalinks.DataModel):
        """A question."""

        query: str

    class Answer(synalinks.DataModel):
        """Its answer."""

        answer: str

    def model(request):
        asked = json.dumps([message["content"] for message in request.messages])
        if "diagnosis" in request.schema.schema["properties"]:
            told = "say please" in asked
            return {"diagnosis": "As it says.", "value": "Always say please." if told else "Answer well."}
        number = int(json.loads(request.messages[-1]["content"])["query"])
        right = "Always say please." in asked or number % 4 == 0
        return {"answer": f"{number}, please" if right else str(number)}

    def polite(y_true, y_pred):
        right = y_pred.get("answer").endswith("please")
        return synalinks.rewards.RewardResult(
            float(right), "" if right else "Nobody asked for it: say please!"
        )

    inputs = synalinks.Input(data_model=Query)
    lm = synalinks.testing.FunctionModel(model)
    outputs = await synalinks.Generator(data_model=Answer, language_model=lm)(inputs)
    program = synalinks.Program(inputs=inputs, outputs=outputs)
    program.compile(optimizer="gepa", reward=polite)
    x = [Query(query=str(number)) for number in range(80)]
    y = [Answer(answer="") for _ in x]
    await program.fit(x, y, epochs=1, batch_size=16, verbose=0)
    assert program.get_variables()["generator/instruction"] == "Always say please."
    assert (await program.evaluate(x, y, verbose=0))["reward"] == 1.0
