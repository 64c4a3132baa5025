"""What the trace of a sample holds: the calls of the running program's modules, as optimizers need them."""

from synalinks import DataModel, Generator, Input, Module, Program
from synalinks.testing import FunctionModel


class Query(DataModel):
    query: str


class Answer(DataModel):
    answer: str
    note: str | None = None


class Inputs(DataModel):
    answer: str


class Verdict(DataModel):
    verdict: float


MODEL = FunctionModel(lambda request: {"answer": "a"})
JUDGING = FunctionModel(lambda request: {"verdict": 1.0})


async def traces(program, x, y):
    program.compile(reward=program.judged_by, optimizer=None)
    _, outcomes = await program.evaluate([x], [y], verbose=0, return_outcomes=True)
    return [(step.module, step.inputs, step.outputs) for step in outcomes[0].trace]


async def make_program(data_model=Query, **options):
    x = Input(data_model=data_model)
    y = await Generator(data_model=Answer, language_model=MODEL, **options)(x)
    program = Program(inputs=x, outputs=y)
    program.judged_by = lambda y_true, y_pred: 1.0
    return program


async def test_a_generator_records_its_answer_also_when_it_returns_its_inputs():
    plain, joined = await make_program(), await make_program(return_inputs=True)
    recorded = [await traces(p, Query(query="q"), Answer(answer="a")) for p in (plain, joined)]
    assert recorded[0] == recorded[1] == [("generator", {"query": "q"}, {"answer": "a"})]


async def test_the_keys_are_those_of_the_answer_where_the_output_has_others():
    program = await make_program(Inputs, return_inputs=True)
    assert (await program(Inputs(answer="x"))).get_json() == {"answer": "x", "answer_1": "a"}
    recorded = await traces(program, Inputs(answer="x"), Answer(answer="a"))
    assert recorded == [("generator", {"answer": "x"}, {"answer": "a"})]


async def test_no_answer_is_recorded_as_none():
    class Nothing(Module):
        async def compute_output_spec(self, inputs, training):
            return inputs

        async def call(self, inputs):
            return None

    x = Input(data_model=Query)
    generator = Generator(data_model=Answer, language_model=MODEL, return_inputs=True)
    program = Program(inputs=x, outputs=await generator(await Nothing()(x)))
    program.judged_by = lambda y_true, y_pred: 1.0
    assert await traces(program, Query(query="q"), Answer(answer="a")) == [("generator", None, None)]


async def test_a_judge_is_not_recorded_even_with_modules_of_the_same_name():
    program = await make_program()
    x = Input(data_model=Answer)
    judge = Program(inputs=x, outputs=await Generator(data_model=Verdict, language_model=JUDGING)(x))

    async def judged(y_true, y_pred):
        again = await program.get_module("generator")(Query(query="of the reward"))
        return (await judge(again))["verdict"]

    program.judged_by = judged
    recorded = await traces(program, Query(query="q"), Answer(answer="a"))
    assert recorded == [("generator", {"query": "q"}, {"answer": "a"})]
    assert JUDGING.requests


async def test_a_program_that_a_module_keeps_aside_is_not_recorded():
    aside = Generator(data_model=Answer, language_model=MODEL)

    class Asks(Module):
        async def call(self, inputs):
            return await aside(inputs)

    x = Input(data_model=Query)
    program = Program(inputs=x, outputs=await Asks()(x))
    program.judged_by = lambda y_true, y_pred: 1.0
    assert await traces(program, Query(query="q"), Answer(answer="a")) == []


async def test_examples_are_drawn_from_a_generator_that_returns_its_inputs():
    program = await make_program(return_inputs=True)
    program.compile(optimizer="random_few_shot", reward=lambda y_true, y_pred: 1.0)
    x = [Query(query=str(number)) for number in range(8)]
    await program.fit(x, [Answer(answer="a")] * 8, epochs=2, verbose=0, seed=1)
    pool = program.compiled.optimizer._pool["generator/examples"]
    assert [d.example["outputs"] for d in pool.values()] == [{"answer": "a"}] * len(pool)
    assert len(pool) == 8
