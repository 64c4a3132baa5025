"""What an optimizer may do in a step, in a real training: run, ask, pay within a bound, leave a record."""

import json

import pytest

import synalinks
from synalinks.errors import AllowanceSpentError, ConfigurationError
from synalinks.hooks import Hook, add_hook, remove_hook
from synalinks.modules import Assignment
from synalinks.optimizers import Archive, Optimizer
from synalinks.testing import FunctionModel
from tests.support.arithmetic import Answer, Problem, data, perfect, problem_of, solve


class Step(Optimizer):
    """Does in each step what a test says."""

    def __init__(self, do, **options):
        super().__init__(**options)
        self.do, self.steps = do, 0

    async def step(self, context):
        self.steps += 1
        await self.do(context)


def instructed(request):
    """Answer rightly where the instruction says "rightly"."""
    right = "rightly" in request.messages[0]["content"]
    return {"answer": solve(problem_of(request)) if right else -1.0}


async def program_of(do, fn=instructed, *, max_calls=None, temperature=None):
    model = FunctionModel(fn)
    x = synalinks.Input(data_model=Problem)
    y = await synalinks.Generator(data_model=Answer, language_model=model, temperature=temperature)(x)
    program = synalinks.Program(inputs=x, outputs=y, name="arithmetic")
    program.compile(optimizer=Step(do, max_calls=max_calls), reward="exact_match")
    return program, model


INSTRUCTION = "generator/instruction"


async def test_every_candidate_is_in_the_history_and_can_be_put_in_place():
    async def do(context):
        better = context.propose({INSTRUCTION: "Answer rightly."}, operator="luck")
        worse = context.propose({INSTRUCTION: "Answer."}, operator="bad luck")
        above = context.propose({INSTRUCTION: "Answer rightly!"}, base=worse, parents=[better, worse])
        await context.run([(better, context.pool[:3]), (worse, context.pool[:2])])
        context.decide(better, accepted=False, reason="a test")
        context.decide(worse, accepted=False, reason="another")
        assert above.parents == (better.id, worse.id)

    program, _ = await program_of(do)
    before = program.get_variables()
    history = await program.fit(*data(8), batch_size=8, epochs=2, seed=1, verbose=0)
    first, better, worse, above = history.candidates
    assert (first.score, first.scored, first.calls) == (
        0.0,
        16,
        0,
    )  # what the batches showed, paid for anyway
    assert (first.operator, first.variables) == ("initial", before)
    assert [c.score for c in (better, worse, above)] == [1.0, 0.0, None]
    assert [(c.scored, c.calls) for c in (better, worse)] == [(6, 6), (4, 4)]  # twice, in two epochs
    assert [len(scores) for scores in better.scores.values()] == [2, 2, 2]
    assert (better.reason, better.accepted, better.step) == ("a test", False, (0, 0))
    program.set_variables(history.candidates[1].variables)
    assert (await program.evaluate(*data(8), verbose=0))["reward"] == 1.0


async def test_equal_values_are_one_candidate_and_those_of_a_user_are_one_too():
    seen = []

    async def do(context):
        again = context.propose({INSTRUCTION: "One."})
        assert context.propose({INSTRUCTION: "One."}) is again
        assert context.propose({INSTRUCTION: context.current.assignment[INSTRUCTION]}) is context.current
        seen.append(context.current.id)

    program, _ = await program_of(do)
    await program.fit(*data(4), verbose=0)
    program.set_variables({INSTRUCTION: "Mine."})
    history = await program.fit(*data(4), verbose=0)
    assert seen == [0, 2]
    assert [c.operator for c in history.candidates] == ["initial", "", "set_variables"]
    assert history.candidates[2].variables[INSTRUCTION] == "Mine."


async def test_a_value_that_is_not_valid_is_refused_before_it_is_entered():
    async def do(context):
        with pytest.raises(ConfigurationError):
            context.propose({INSTRUCTION: 7})
        assert len(context.archive) == 1

    program, _ = await program_of(do)
    await program.fit(*data(4), verbose=0)


async def test_a_state_brings_the_archive_back():
    archive = Archive()
    first = archive.current(Assignment({"a": "x", "b": [1.1]}), (0, 0))
    second = archive.enter(first, {"a": "y"}, operator="luck", step=(1, 2))
    second.note("k", 0.1)
    second.note("k", None)
    second.accepted = True
    third = archive.enter(second, {"b": [2]}, parents=[first, second])
    other = Archive()
    other.load_state_dict(json.loads(json.dumps(archive.state_dict())))
    assert other.state_dict() == archive.state_dict()
    assert [c.assignment for c in other] == [first.assignment, second.assignment, third.assignment]
    assert other.find(third.assignment) is other[2]
    assert (other[1].score_of("k"), other[1].failures, other[2].variables) == (0.1, 1, {"a": "y", "b": [2]})


# --- Running and asking ---------------------------------------------------------------------


async def pipeline_of(do, *, temperature):
    """A program of two generators that count their calls."""
    calls = {"first": 0, "last": 0}

    def model_of(name):
        def answer(request):
            calls[name] += 1
            return {"answer": 1.0}

        return FunctionModel(answer)

    x = synalinks.Input(data_model=Problem)
    options = {"data_model": Answer, "temperature": temperature}
    first = await synalinks.Generator(language_model=model_of("first"), name="first", **options)(x)
    last = await synalinks.Generator(language_model=model_of("last"), name="last", **options)(first)
    program = synalinks.Program(inputs=x, outputs=last)
    program.compile(optimizer=Step(do), reward="exact_match")
    return program, calls


@pytest.mark.parametrize(("temperature", "expected"), [(0, 4), (0.0, 4), (1.0, 12), (None, 12)])
async def test_calls_that_candidates_have_in_common_are_made_once_at_temperature_0(temperature, expected):
    async def do(context):
        calls.update(first=0, last=0)
        candidates = [context.propose({"last/instruction": f"Variant {i}."}) for i in range(3)]
        await context.score(candidates, context.pool[:4])
        made.append((calls["first"], [c.calls for c in candidates]))

    made = []
    program, calls = await pipeline_of(do, temperature=temperature)
    await program.fit(*data(8), batch_size=8, verbose=0, max_concurrency=100)
    [(first, each)] = made
    assert first == expected
    assert sum(each) == sum(calls.values())


async def test_a_later_step_pays_anew():
    async def do(context):
        before = calls["first"]
        await context.run([(context.propose({"last/instruction": "Other."}), context.pool[:4])])
        made.append(calls["first"] - before)

    made = []
    program, calls = await pipeline_of(do, temperature=0)
    await program.fit(*data(8), batch_size=4, verbose=0)
    assert made == [4, 4]


async def test_runs_can_be_traced():
    async def do(context):
        better = context.propose({INSTRUCTION: "Answer rightly."})
        [[with_trace]] = await context.run([(better, context.pool[:1])], traced=True)
        [[without]] = await context.run([(better, context.pool[:1])])
        [step] = with_trace.trace
        assert (step.module, without.trace) == ("generator", ())
        assert step.inputs == {"problem": context.pool[0].x.get("problem")}
        done.append(step.outputs)

    done = []
    program, _ = await program_of(do)
    await program.fit(*data(2), verbose=0)
    assert done


async def test_asking_runs_a_module_of_its_own_for_each_input():
    asked = []

    def answer(request):
        asked.append(request)
        return {"answer": float(len(asked))} if len(asked) < 3 else "no JSON at all"

    async def do(context):
        model = FunctionModel(answer, validation_retries=0)
        own = synalinks.Generator(data_model=Answer, language_model=model)
        answers = await context.ask(own, [Problem(problem="same")] * 3)
        assert sorted(a.get("answer") for a in answers if a is not None) == [1.0, 2.0]
        done.append(context.allowance)

    done = []
    program, _ = await program_of(do, max_calls=5)
    purposes = []

    class Listener(Hook):
        def on_language_model_call_ended(self, event):
            purposes.append((event.purpose, event.phase))

    listener = Listener()
    add_hook(listener)
    try:
        await program.fit(*data(2), batch_size=2, verbose=0)
    finally:
        remove_hook(listener)
    assert done == [2]
    assert purposes.count(("optimizer", "propose")) == 3


# --- Samples and the allowance ---------------------------------------------------------------


async def test_the_pool_keeps_its_order_for_the_whole_training():
    async def do(context):
        orders.append([sample.index for sample in context.pool])

    orders = []
    program, _ = await program_of(do)
    await program.fit(*data(8), batch_size=4, epochs=2, seed=5, verbose=0)
    assert len(orders) == 4
    assert all(order == orders[0] for order in orders)
    assert orders[0] != sorted(orders[0]) == list(range(8))


async def test_the_pool_is_what_was_held_out_and_of_a_stream_the_batch():
    async def do(context):
        pools.append(([s.index for s in context.pool], [s.index for s in context.selection]))
        batches.append([e.sample.index for e in context.batch])

    pools, batches = [], []
    program, _ = await program_of(do)
    await program.fit(*data(8), batch_size=6, selection_split=0.25, seed=5, verbose=0)
    assert pools[0][0] == pools[0][1] != []
    pools.clear()
    batches.clear()
    stream = (([x], [y]) for x, y in zip(*data(4), strict=True))
    await program.fit(stream, batch_size=2, verbose=0)
    assert [pool for pool, _ in pools] == batches


async def test_what_does_not_fit_is_not_begun_and_training_goes_on():
    async def do(context):
        better = context.propose({INSTRUCTION: "Answer rightly."})
        await context.score([better], context.pool[:3])
        context.decide(better, accepted=True, reason="a test")
        left.append(context.allowance)
        try:
            await context.score([better], context.pool[:3])
        except AllowanceSpentError as error:
            texts.append(str(error))
            raise

    left, texts = [], []
    program, model = await program_of(do, max_calls=4)
    history = await program.fit(*data(8), batch_size=4, epochs=1, verbose=0)
    assert left == [1]
    assert texts == ["3 calls do not fit: 3 of max_calls=4 are spent."]
    assert program.compiled.optimizer.steps == 2  # one call is left, and a run takes one
    assert len(model.requests) == 8 + 3
    assert history.candidates[1].accepted
    assert program.get_variables()[INSTRUCTION] == "Answer rightly."


async def test_a_spent_allowance_ends_the_optimizing():
    async def do(context):
        candidate = context.propose({INSTRUCTION: f"{context.batch[0].sample.index}"})
        await context.score([candidate], context.pool[:2])

    program, model = await program_of(do, max_calls=4)
    await program.fit(*data(8), batch_size=2, epochs=2, verbose=0)
    assert program.compiled.optimizer.steps == 2
    assert len(model.requests) == 16 + 4


@pytest.mark.parametrize("wrong", [0, -1, 2.5, True, "7"])
def test_an_allowance_is_a_whole_number(wrong):
    with pytest.raises(ConfigurationError, match="max_calls must be a whole number"):
        Step(None, max_calls=wrong)


async def test_perfect_programs_need_nothing():
    async def do(context):
        assert all(evaluated.outcome.score == 1.0 for evaluated in context.batch)

    program, _ = await program_of(do, perfect)
    await program.fit(*data(4), verbose=0)
