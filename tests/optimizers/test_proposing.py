"""Asking a model for new values: what it is shown, and what of its answers is taken."""

import json
from enum import Enum

import pytest

from synalinks import DataModel, Generator
from synalinks.modules._rendering import to_text
from synalinks.optimizers import Evaluated, Failure, Outcome
from synalinks.optimizers._evidence import cases, fitted
from synalinks.optimizers._proposing import Proposer, Question
from synalinks.testing import FunctionModel
from tests.optimizers._context import FakeContext, Query, samples, text, variable

PATH = "generator/instruction"


def replies(*values):
    return [{"diagnosis": "it is vague", "value": value} for value in values]


def shown(context, number=0):
    """What the model was shown with one of the questions asked."""
    inputs = [each for _, group in context.asked for each in group]
    return json.loads(to_text(inputs[number].get_json()))


def known(context):
    """Note what the batch shows of the current candidate, as the loop does."""
    for evaluated in context.batch:
        context.current.note(evaluated.sample.key, evaluated.outcome.score)


async def proposed(context, *questions, proposer=None):
    questions = questions or [Question(PATH, context.current, context.batch)]
    return await (proposer or Proposer()).propose(context, questions)


# --- What is shown -------------------------------------------------------------------------


async def test_the_model_sees_the_variable_its_value_and_the_cases_with_the_worst_first():
    info = text(PATH, "Answer.", description="what to do", module_description="answers questions")
    context = FakeContext(
        [info],
        samples(3),
        judge=lambda values, s: (s.index / 2, f"feedback {s.index}"),
        reply=replies("Sort."),
    )
    await proposed(context, Question(PATH, context.current, context.batch[::-1]))
    question = shown(context)
    assert question["variable"] == {
        "path": PATH,
        "description": "what to do",
        "module": "generator",
        "module_description": "answers questions",
        "schema": {"type": "string"},
    }
    assert question["value"] == "Answer."
    assert question["cases"][0] == {
        "inputs": {"query": "0"},
        "calls": [{"outputs": {"answer": "said 0"}}],
        "target": {"answer": "right 0"},
        "score": 0.0,
        "feedback": "feedback 0",
    }
    assert [case["score"] for case in question["cases"]] == [0.0, 0.5, 1.0]
    assert question.keys() == {"variable", "value", "cases"}


async def test_runs_without_a_score_are_no_evidence_and_failures_are_told():
    failure = Failure("program", "InvalidOutputError", "no answer of the form")
    judged = [Outcome(0), Outcome(0, score=0.0, failure=failure), Outcome(0, score=1.0)]
    context = FakeContext([text()], samples(3), judge=lambda values, sample: judged[sample.index])
    told = cases(context.batch, "generator")
    assert [case["score"] for case in told] == [0.0, 1.0]
    assert told[0]["failure"] == "no answer of the form"


async def test_the_model_sees_what_was_tried_and_what_came_of_it():
    context = FakeContext(
        [text()],
        samples(4),
        judge=lambda v, s: float("good" in v[PATH] and s.index < 2),
        reply=replies("Other."),
    )
    known(context)
    first = context.propose({PATH: "It is good."})
    second = context.propose({PATH: "It is bad."})
    context.propose({PATH: "Again good."}, base=first)
    await context.score([first, second], context.pool)
    await proposed(context, Question(PATH, context.current))
    assert shown(context)["tried"] == [
        {"value": "It is bad.", "gain": 0.0, "samples": 4},
        {"value": "It is good.", "gain": 0.5, "samples": 4},
        {"value": "Again good."},
    ]


async def test_the_model_sees_other_versions_the_rest_of_the_program_the_aim_and_notes():
    infos = [text(), text("second/instruction", "Check.", module_description="checks answers")]
    context = FakeContext(infos, samples(2), reply=replies("Other."))
    known(context)
    other = context.propose({PATH: "Think.", "second/instruction": "Look."})
    await context.score([other], context.pool)
    question = Question(
        PATH, other, others=[context.current, other], aim="shorter", notes={"hint": Query(query="x")}
    )
    await proposed(context, question)
    told = shown(context)
    assert told["value"] == "Think."
    assert told["others"] == [{"value": "Answer.", "score": 0.0}]
    assert told["aim"] == "shorter"
    assert told["hint"] == {"query": "x"}
    assert told["program"] == {
        "second": {"description": "checks answers", "variables": {"instruction": {"value": "Look."}}}
    }


async def test_a_question_keeps_to_its_size():
    long = [Evaluated(s, Outcome(s.index, score=0.0, feedback="word " * 9000)) for s in samples(40)]
    context = FakeContext([text()], samples(2), reply=replies("Other."))
    await proposed(context, Question(PATH, context.current, long), proposer=Proposer(size=9000))
    question = shown(context)
    assert len(json.dumps(question)) < 12_000
    assert all(case["feedback"].startswith("word word") for case in question["cases"])
    assert " [...] " in question["cases"][0]["feedback"]


@pytest.mark.parametrize("size", [80, 400, 5000])
def test_what_is_fitted_is_about_as_long_as_allowed(size):
    value = {"texts": ["a sentence of words " * 50] * 500, "number": 3}
    assert len(json.dumps(fitted(value, size))) < size + 40
    assert fitted({"number": 3}, size) == {"number": 3}


# --- What is asked -------------------------------------------------------------------------


async def test_each_of_several_values_takes_a_call_and_knows_which_it_is():
    context = FakeContext([text()], samples(2), reply=replies("One.", "Two."))
    assert await proposed(context, Question(PATH, context.current, count=2)) == [["One.", "Two."]]
    assert [shown(context, i)["number"] for i in (0, 1)] == ["1 of 2", "2 of 2"]


async def test_questions_about_different_schemas_are_answered_each_in_its_form():
    class Style(Enum):
        CURT = "curt"
        LONG = "long"

    class Persona(DataModel):
        name: str
        style: Style
        friends: list["Persona"]

    persona = {"name": "Ann", "style": "curt", "friends": []}
    infos = [
        text(),
        variable("second/persona", persona, Persona.get_schema()),
        variable("second/count", 3, {"type": "integer", "minimum": 1}),
    ]
    bob = {"name": "Bob", "style": "long", "friends": [persona]}
    answers = {"string": "Be brief.", "integer": 5}

    def reply(module, inputs):
        kind = module.schema["properties"]["value"].get("type")
        return {"diagnosis": "", "value": answers.get(kind, bob)}

    context = FakeContext(infos, samples(2), reply=reply)
    questions = [Question(info.path, context.current) for info in infos]
    assert await proposed(context, *questions) == [["Be brief."], [bob], [5]]
    answers["string"], answers["integer"] = "Be brief.", 0
    bob["style"] = "rude"
    assert await proposed(context, *questions) == [["Be brief."], [], []]


@pytest.mark.parametrize("value", ["", "  \n", "Answer.", " Answer. ", None, 3])
async def test_what_is_empty_invalid_or_the_value_in_use_is_not_taken(value):
    context = FakeContext([text()], samples(2), reply=replies(value))
    assert await proposed(context) == [[]]


async def test_what_was_tried_before_or_proposed_twice_is_not_taken_again():
    context = FakeContext([text()], samples(2), reply=replies("Tried.", "New.", "New.", "Newer."))
    context.propose({PATH: "Tried."})
    assert await proposed(context, Question(PATH, context.current, count=4)) == [["New.", "Newer."]]


async def test_questions_that_do_not_fit_into_the_allowance_are_not_asked():
    context = FakeContext([text()], samples(2), reply=replies("One.", "Two.", "Three."), max_calls=2)
    questions = [Question(PATH, context.current, count=2), Question(PATH, context.current)]
    assert await proposed(context, *questions) == [["One.", "Two."], []]
    assert await proposed(context, *questions) == [[], []]


async def test_the_model_is_the_one_given_or_that_of_the_program():
    own, its = FunctionModel(lambda request: "", name="own"), FunctionModel(lambda request: "", name="its")
    for given, models, expected in [(own, {"generator": its}, own), (None, {"generator": its}, its)]:
        context = FakeContext([text()], samples(2), reply=replies("One."), language_models=models)
        await proposed(context, proposer=Proposer(given, temperature=0.5))
        [(module, _)] = context.asked
        assert isinstance(module, Generator)
        assert module.language_model is expected
        assert module.parameters == {"temperature": 0.5}
