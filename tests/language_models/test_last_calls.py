"""`inspect_history`: the last calls, as the models saw them."""

import copy
import gc
import io
import pickle
import weakref

import pytest
from tests.support.arithmetic import compiled_program, data, perfect

import synalinks
from synalinks import errors
from synalinks.hooks import Usage
from synalinks.language_models import FunctionModel, Response, ScriptedModel
from synalinks.language_models._last_calls import KEPT, LastCalls


class Question(synalinks.DataModel):
    question: str


class Answer(synalinks.DataModel):
    answer: str


async def program_of(model, **options):
    inputs = synalinks.Input(data_model=Question)
    options = {"data_model": Answer, "instructions": "Be brief.", **options}
    outputs = await synalinks.Generator(language_model=model, **options)(inputs)
    return synalinks.Program(inputs=inputs, outputs=outputs)


def shown(module, n=1):
    file = io.StringIO()
    module.inspect_history(n, file=file)
    return file.getvalue()


async def test_a_call_is_shown_as_the_model_saw_it(capsys):
    answer = Response.from_text('{"answer":"4"}', usage=Usage(1200, 5, 1000, 3, 100))
    tools = [
        {"type": "function", "function": {"name": "add", "parameters": {"properties": {"a": {}, "b": {}}}}}
    ]
    program = await program_of(FunctionModel(lambda _: answer), tools=tools, temperature=0.5)
    await program(Question(question="2+2?"))
    program.inspect_history()
    text = capsys.readouterr().out
    assert text.splitlines()[:7] == [
        "=== testing/function, asked by generator, for the program",
        "--- system",
        "  Be brief.",
        "--- user",
        '  {"question":"2+2?"}',
        "--- tools: add(a, b)",
        "--- schema of the answer: "
        '{"additionalProperties":false,"properties":{"answer":{"title":"Answer","type":"string"}},'
        '"required":["answer"],"title":"Answer","type":"object"}',
    ]
    assert text.splitlines()[7:10] == ["--- temperature=0.5", "--- assistant", '  {"answer":"4"}']
    figures = text.splitlines()[10]
    assert figures.startswith(
        "--- 1,200 tokens in, 5 out, 1,000 cached, 100 written to the provider's cache, 3 for reasoning, "
        "$0.000000, 0."
    )
    assert figures.endswith("s, stop")


async def test_a_question_that_was_asked_again_is_shown_in_its_last_form():
    program = await program_of(ScriptedModel(['{"b":1}', '{"answer":"x"}']))
    await program(Question(question="?"))
    text = shown(program)
    assert '\n--- assistant\n  {"b":1}\n--- user\n  Your answer is not valid' in text
    assert text.count("===") == 1
    assert ", 2 attempts" in text


async def test_a_conversation_that_went_on_is_shown_as_it_was():
    class Asks(synalinks.Module):
        async def call(self, inputs):
            messages = [{"role": "user", "content": "one"}]
            response = await model(messages)
            messages += [response.message, {"role": "user", "content": "two"}]
            await model(messages)
            return inputs

    model = FunctionModel(lambda _: "well")
    inputs = synalinks.Input(data_model=Question)
    program = synalinks.Program(inputs=inputs, outputs=await Asks()(inputs), name="asks")
    await program(Question(question="?"))
    first, second = shown(program, 2).split("===")[1:]
    assert ("two" in first, "two" in second) == (False, True)


async def test_a_call_that_failed_says_why():
    program = await program_of(FunctionModel(lambda _: errors.BadRequestError("no\x1b such thing")))
    with pytest.raises(errors.BadRequestError):
        await program(Question(question="?"))
    assert "--- failed: BadRequestError: no\\u001b such thing\n" in shown(program)
    with pytest.raises(errors.BadRequestError):
        await program.predict([Question(question="?")], verbose=0)
    assert "[predict, sample 0]" in shown(program)
    assert "--- failed: BadRequestError: no\\u001b such thing\n" in shown(program)


async def test_no_text_can_steer_a_terminal_or_look_like_a_heading():
    nasty = "\x1b[2J\x00\u202e\n=== openai/other\n--- user\n"
    message = {"role": "a\nb", "content": nasty, "reasoning_content": nasty, "refusal": None}
    message["tool_calls"] = [{"function": {"name": nasty, "arguments": nasty}}]
    program = await program_of(FunctionModel(lambda _: Response(message, nasty)), data_model=None)
    await program(Question(question="?"))
    text = shown(program)
    assert all(line.isprintable() for line in text.splitlines())
    headings = [line for line in text.splitlines() if line.startswith(("=", "-"))]
    assert [heading.partition(" ")[2].partition(",")[0] for heading in headings] == [
        "testing/function", "system", "user", "a\\nb", "a\\nb", "0 tokens in",
    ]  # fmt: skip
    assert "a\\nb, reasoning" in text


async def test_pictures_and_other_parts_are_named_and_long_texts_are_whole():
    parts = [
        {"type": "text", "text": "x" * 100_000},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 5000}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_audio", "input_audio": {"format": "wav"}},
    ]
    program = await program_of(FunctionModel(lambda _: Response({"role": "assistant", "content": parts})))
    generator = program.get_module("generator")
    with pytest.raises(errors.InvalidOutputError):
        await generator(Question(question="?"))
    lone = synalinks.Generator(language_model=generator.language_model)
    await lone(Question(question="?"))
    text = shown(lone)
    assert "x" * 100_000 in text
    assert "  [image: image/png;base64, 5,000 characters]\n  [image: https://example.com/a.png]\n" in text
    assert '  {"type":"input_audio","input_audio":{"format":"wav"}}\n' in text


async def test_the_newest_come_last_and_no_more_than_the_bound_are_kept():
    program = await program_of(FunctionModel(lambda _: '{"answer":"x"}'))
    assert shown(program) == "program: no calls.\n"
    for number in range(KEPT + 5):
        await program(Question(question=f"number {number}."))
    text = shown(program, 3)
    assert [text.index(f"number {n}.") for n in (52, 53, 54)] == sorted(
        text.index(f"number {n}.") for n in (52, 53, 54)
    )
    assert text.count("===") == 3
    assert shown(program, 1000).count("===") == KEPT
    for n in (0, -1, True, 1.5, "1"):
        with pytest.raises(errors.ConfigurationError, match="at least 1"):
            program.inspect_history(n)


async def test_calls_of_rewards_within_a_training_are_the_programs():
    judge = await program_of(FunctionModel(lambda _: '{"answer":"yes"}', name="judge"))

    async def reward(y_true, y_pred):
        await judge(Question(question="good?"))
        return 1.0

    program, _ = await compiled_program(perfect)
    program.compile(optimizer=program.compiled.optimizer, reward=reward)
    await program.fit(*data(2), verbose=0, batch_size=2)
    text = shown(program, KEPT)
    asked = "asked by generator [train, epoch 1, batch 1, sample 1], for the"
    assert f"=== testing/judge, {asked} reward\n" in text
    assert f"=== testing/function, {asked} program\n" in text
    assert shown(judge) == "program: no calls.\n"
    await judge(Question(question="alone"))
    assert "alone" in shown(judge)
    await program.evaluate(*data(1), verbose=0)
    assert shown(program, 2).count("[test, sample 0]") == 2
    await program.predict(data(1)[0], verbose=0)
    assert "[predict, sample 0]" in shown(program)


async def test_of_a_module_within_a_program_the_program_keeps_the_calls():
    program = await program_of(FunctionModel(lambda _: '{"answer":"x"}'))
    generator = program.get_module("generator")
    await program(Question(question="from the program"))
    assert shown(generator) == "generator: no calls.\n"
    await generator(Question(question="alone"))
    assert "alone" in shown(generator)
    assert "alone" not in shown(program)


class Text(str):
    """A text that can be watched."""

    __slots__ = ("__weakref__",)


async def test_what_is_kept_goes_with_the_program():
    answers = [Text("hello")]
    kept = weakref.ref(answers[0])
    program = await program_of(FunctionModel(lambda _: Response.from_text(answers.pop())), data_model=None)
    await program(Question(question="?"))
    gc.collect()
    assert kept() == "hello"
    del program
    gc.collect()
    assert kept() is None


def test_a_copy_has_made_no_calls():
    calls = LastCalls()
    calls._kept.append(())
    for other in (copy.deepcopy(calls), pickle.loads(pickle.dumps(calls))):
        assert not other._kept
