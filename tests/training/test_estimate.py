"""What a training is said to ask for, against what it does ask for."""

import dataclasses
import json

import pytest

import synalinks
from synalinks import errors
from synalinks.callbacks import BackupAndRestore, Callback
from synalinks.hooks import Usage
from synalinks.language_models import FunctionModel, Response
from synalinks.optimizers import Optimizer, RandomFewShot
from tests.support.arithmetic import Answer, Problem, compiled_program, data, make_program, perfect, skilled


class Scores(Optimizer):
    """Scores one candidate in each step, as it says."""

    def expected_calls(self, batch, selection):
        return selection or batch

    async def step(self, context):
        candidate = context.propose({"generator/instruction": f"Step {len(context.batch)}."})
        await context.score([candidate])


class Idle(Optimizer):
    async def step(self, context):
        """Do nothing."""


CASES = [
    {},
    {"epochs": 3, "batch_size": 4},
    {"epochs": 3, "batch_size": 4, "validation_split": 0.25},
    {"epochs": 4, "validation_split": 0.25, "validation_freq": 2},
    {"epochs": 4, "validation_split": 0.25, "validation_freq": [1, 3]},
    {"epochs": 2, "validation_data": data(5), "validation_steps": 1, "validation_batch_size": 2},
    {"epochs": 2, "selection_split": 0.2, "batch_size": 3},
    {"epochs": 2, "batch_size": 3, "steps_per_epoch": 2},
    {"epochs": 3, "initial_epoch": 1},
]


@pytest.mark.parametrize("optimizer", [Scores, Idle])
@pytest.mark.parametrize("options", CASES, ids=lambda options: " ".join(options) or "defaults")
async def test_the_calls_are_those_that_are_made(options, optimizer):
    program, model = await compiled_program(perfect, optimizer=optimizer())
    expected = program.estimate(*data(18), **options)
    assert model.requests == []
    await program.fit(*data(18), verbose=0, **options)
    assert expected.calls == len(model.requests)


def test_few_shot_examples_tell_of_all_candidates():
    optimizer = RandomFewShot(nb_candidates=3)
    assert (optimizer.expected_calls(10, 0), optimizer.expected_calls(10, 4)) == (30, 12)
    assert Idle().expected_calls(10, 4) == 0


async def test_a_module_that_is_called_twice_counts_twice():
    model = FunctionModel(perfect)
    x = synalinks.Input(data_model=Problem)
    generator = synalinks.Generator(data_model=Answer, language_model=model)
    program = synalinks.Program(inputs=x, outputs=await generator(x) + await generator(x))
    inner = synalinks.Program(inputs=x, outputs=await program(x))
    assert program.estimate(*data(5)).calls == 10
    assert inner.estimate(*data(5)).calls == 10


async def test_tokens_and_dollars_are_about_right():
    def answer(request):
        text, schema = json.dumps(perfect(request)), json.dumps(request.schema.schema)
        size = len(json.dumps(request.messages)) + len(schema)
        return Response.from_text(text, usage=Usage(size // 4, len(text) // 4))

    program, model = await compiled_program(answer, optimizer=Idle(), prices={"input": 2.0, "output": 8.0})
    expected = program.estimate(*data(40))
    records = []

    class Listens(synalinks.hooks.Hook):
        def on_event(self, event):
            if isinstance(event, synalinks.hooks.LanguageModelCallEnded):
                records.append(event.record)

    synalinks.hooks.add_hook(Listens())
    await program.fit(*data(40), verbose=0)
    spent = sum(record.usage.input_tokens for record in records)
    assert expected.input_tokens == pytest.approx(spent, rel=0.3)
    assert expected.output_tokens == pytest.approx(sum(r.usage.output_tokens for r in records), rel=0.3)
    assert expected.cost == pytest.approx(sum(r.cost for r in records), rel=0.3)
    assert len(model.requests) == expected.calls


async def test_an_answer_is_no_longer_than_its_bound():
    program, _ = await make_program(perfect, max_tokens=3)
    assert program.estimate(*data(10)).output_tokens == 30
    assert program.estimate(data(10)[0]).output_tokens == 30
    free, _ = await make_program(perfect)
    assert free.estimate(data(10)[0]).output_tokens == 2000


async def test_without_a_price_there_is_no_sum():
    x = synalinks.Input(data_model=Problem)
    model = synalinks.LanguageModel("openai/mine", api_key="k")
    y = await synalinks.Generator(data_model=Answer, language_model=model)(x)
    expected = synalinks.Program(inputs=x, outputs=y).estimate(*data(4))
    assert expected.cost is None
    assert "unknown price" in expected.summary
    assert "'openai/mine'" in str(expected)


@pytest.mark.parametrize(("limit", "seconds"), [(1, 20), (4, 6), (10, 2), (100, 2)])
async def test_seconds_follow_from_what_is_in_flight(limit, seconds):
    program, _ = await compiled_program(perfect, optimizer=Idle())
    assert program.estimate(*data(10), max_concurrency=limit).seconds == seconds
    bounded, _ = await compiled_program(perfect, optimizer=Idle(), max_concurrency=min(limit, 10))
    assert bounded.estimate(*data(10)).seconds == seconds


async def test_batches_run_one_after_another():
    program, _ = await compiled_program(perfect, optimizer=Scores())
    assert program.estimate(*data(10), batch_size=5, epochs=2).seconds == 2.0 * 2 * 2 * 2


async def test_no_more_is_told_than_the_optimizer_may_spend():
    optimizer = Scores(max_calls=7)
    program, model = await compiled_program(perfect, optimizer=optimizer)
    expected = program.estimate(*data(10), batch_size=5, epochs=2)
    assert (expected.calls, expected.seconds) == (20 + 7, 2.0 * (4 + 2))
    assert any("until its max_calls=7 are spent" in text for text in expected.assumptions)
    await program.fit(*data(10), batch_size=5, epochs=2, verbose=0)
    assert 20 + 5 <= len(model.requests) <= expected.calls  # what does not fit is not begun
    optimizer.max_calls = 100
    assert program.estimate(*data(10), batch_size=5, epochs=2).calls == 40


@pytest.mark.parametrize("limit", [1, 64])
async def test_calls_of_a_model_in_the_package_share_the_processors(limit):
    x = synalinks.Input(data_model=Problem)
    y = await synalinks.Generator(data_model=Answer, language_model="embedded/arithmetic")(x)
    expected = synalinks.Program(inputs=x, outputs=y).estimate(*data(10), max_concurrency=limit)
    assert expected.seconds == pytest.approx(0.01 * 10)
    assert "calls of a model in the package take 10 ms each" in str(expected)
    assert "in flight" not in str(expected)


async def test_it_reads_well_and_cannot_be_changed():
    program, _ = await compiled_program(perfect, optimizer=Idle(), prices={"input": 1, "output": 1})
    expected = program.estimate(*data(10), epochs=200)
    first, *rest = str(expected).splitlines()
    assert first == expected.summary
    assert first.startswith("About 2,000 calls, ")
    assert "$0." in first
    assert "- an answer is as long as a target" in rest
    assert "calls=2000" in repr(expected)
    with pytest.raises(dataclasses.FrozenInstanceError):
        expected.calls = 1


async def test_a_generator_has_no_size():
    program, _ = await compiled_program(perfect)
    with pytest.raises(errors.DataError, match="generator"):
        program.estimate(lambda: zip(*data(4), strict=True), steps_per_epoch=1)


async def test_a_program_that_was_never_run_is_built():
    class Own(synalinks.Program):
        def __init__(self):
            super().__init__()
            self.ask = synalinks.Generator(data_model=Answer, language_model=FunctionModel(perfect))

        async def call(self, inputs, training=False):
            return await self.ask(inputs)

    assert Own().estimate(*data(3)).calls == 3


async def test_wrong_options_are_refused_as_by_fit():
    program, _ = await compiled_program(perfect)
    with pytest.raises(errors.ConfigurationError, match="batch_size"):
        program.estimate(*data(3), batch_size=0)


# --- When a run starts ---------------------------------------------------------------------


class Breaks(Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise ZeroDivisionError


def estimates(capsys):
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith("About ")]


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (1, 1), (2, 1), ("auto", 1)])
async def test_a_run_says_in_a_line_what_to_expect(capsys, verbose, lines):
    program, model = await compiled_program(skilled, optimizer=Idle())
    await program.fit(*data(8), verbose=verbose)
    assert len(found := estimates(capsys)) == lines
    assert all(line.startswith(f"About {len(model.requests)} calls, ") for line in found)


async def test_a_run_that_goes_on_does_not_say_it_again(capsys, tmp_path):
    for callbacks, lines in (([Breaks()], 1), ([], 0)):
        program, _ = await compiled_program(skilled, optimizer=Idle())
        try:
            await program.fit(
                *data(8), verbose=2, seed=1, callbacks=[BackupAndRestore(tmp_path / "b"), *callbacks]
            )
        except ZeroDivisionError:
            assert callbacks
        assert len(estimates(capsys)) == lines


async def test_a_stream_of_any_length_is_not_estimated(capsys):
    program, _ = await compiled_program(skilled, optimizer=Idle())
    await program.fit(lambda: zip(*data(4), strict=True), verbose=2, shuffle=False)
    assert estimates(capsys) == []
