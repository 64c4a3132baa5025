"""JSON in fences, in prose and after thoughts."""

import time

import orjson
import pytest

from synalinks.language_models import OutputSchema, ScriptedModel
from synalinks.language_models._extracting import MOST, json_values
from synalinks.language_models._validation import read

SCHEMA = OutputSchema({
    "type": "object",
    "properties": {"a": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
})  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        ' \n{"a": 1}\n',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}\n```',
        '```JSON\r\n{"a": 1}\r\n```\r\nDone.',
        '```{"a": 1}```',
        '```json\n{"a": 1}',
        'Here it is: {"a": 1}. I hope it helps!',
        '<think>{"a": 2} or {"a": 3}?</think>{"a": 1}',
        '<think>{"a": 2}</think>\n<think>{"a": 3}</think>\nThe answer:\n```json\n{"a": 1}\n```',
        'First {"b": 2}, then {"a": 1}, and {"c": [1, 2]} not.',
        'First {"a": 2}, no: {"a": 1}',
        '```json\n{"a": 1}\n```\nand not {"a": 2}',
        '```json\n{"a": 2}\n```\nbetter:\n```json\n{"a": 1}\n```',
        '```python\nd = {"x": [1]}\n```\nso {"a": 1}',
        'see [note {"a": 1}]',
        '\\boxed{{"a": 1}}',
        'an open [ and then {"a": 1}',
        'a smile :-} and ] then {"a": 1}',
        'he said "use { here", so {"a": 1}',
        '{"b": "}"} {"a": 1} {"b": "\\"}{"}',
        "{'a': 2} is not JSON, {\"a\": 1} is",
        '\ufeff{"a": 1}',
        '{"a": 2, "a": 1}',
    ],
)
def test_the_answer_is_found(text):
    assert read(SCHEMA, text) == ({"a": 1}, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("nothing", "it is not JSON"),
        ('<think>{"a": 1}</think>', "it is not JSON"),
        ('{"a": 1', "it is not JSON"),
        ('{"a": NaN}', "it is not JSON"),
        ('{"a": 1e999}', "it is not JSON"),
        ('{"a": "\\ud800"}', "it is not JSON"),
        ("{'a': 1}", "it is not JSON"),
        ('so {"a": "x"} it is', "at 'a'"),
        ('{"b": 1} or {"a": "x"}', "at 'a'"),
        ('{"a": 1}, {"a": "x"}"', None),
    ],
)
def test_nothing_is_guessed(text, problem):
    found = read(SCHEMA, text)[1]
    assert (found is None) if problem is None else (problem in found)


def test_numbers_of_more_than_64_bits_become_floats():
    assert read(SCHEMA, '{"a": 123456789012345678901234567890}') == ({"a": 1.2345678901234568e29}, None)


def test_what_fills_a_fence_may_be_any_json():
    assert read(OutputSchema({"type": "number"}), "It is\n```json\n42\n```") == (42, None)
    assert read(OutputSchema({"type": "array"}), "It is [1, [2]].") == ([1, [2]], None)
    assert read(OutputSchema({"type": "number"}), "It is 42.")[1] is not None


@pytest.mark.parametrize(
    "hostile",
    [
        "[",
        "[]",
        "{x",
        "[}",
        '["',
        '[\\"',
        '"',
        '[""',
        "```\n",
        "```{\n",
        "</think>{",
        "[" * 199 + "x" + "]" * 199,
        '{"a":[',
        '[{"a":"b"},',
    ],
    ids=repr,
)
def test_the_work_grows_with_the_text_and_not_faster(hostile):
    def steps(size):
        """Return how many seconds of this process the fastest of three searches takes."""
        text = "x " + hostile * (size // len(hostile))
        taken = []
        for _ in range(3):
            start = time.process_time()
            for _ in json_values(text):
                pass
            taken.append(time.process_time() - start)
        return min(taken)

    # Quadratic work would be sixty-four times as much.
    assert steps(160_000) < 30 * steps(20_000) + 0.05


def test_each_value_comes_once():
    assert list(json_values('x {"a": [{"b": 1}]} [2] y')) == [[2], {"a": [{"b": 1}]}]


def test_what_is_no_value_is_not_read_again_for_each_of_its_parts(monkeypatch):
    class Counting:
        JSONDecodeError = orjson.JSONDecodeError
        read = 0

        def loads(self, text):
            self.read += len(text)
            return orjson.loads(text)

    monkeypatch.setattr("synalinks.language_models._extracting.orjson", counting := Counting())
    text = "x " + "[" * 150 + "1," * 5000 + "x" + "]" * 150
    assert list(json_values(text)) == []
    assert counting.read < 6 * len(text)


def test_only_the_last_of_very_many_values_are_looked_at():
    assert len(list(json_values("x" + "[] " * (MOST + 5)))) == MOST
    assert read(SCHEMA, 'x {"a": 1} ' + "[] " * (MOST + 5))[1] is not None


async def test_a_model_that_answers_in_a_fence():
    lm = ScriptedModel(['Sure!\n```json\n{"a": 1}\n```'])
    response = await lm("go", schema=SCHEMA)
    assert (response.parsed, response.text) == ({"a": 1}, 'Sure!\n```json\n{"a": 1}\n```')


def test_the_words_that_ask_for_a_schema_ask_for_an_object():
    assert OutputSchema({"type": "object", "properties": {"a": {}}}).instruction == (
        "Answer with one JSON object only, valid for this JSON schema:\n"
        '{"type":"object","properties":{"a":{}}}'
    )
    listed = OutputSchema({"type": "array", "items": {"$ref": "#/$defs/X"}, "$defs": {"X": {"type": "null"}}})
    assert '{"value":{"type":"array"' in listed.instruction
    assert read(listed, 'Yes: {"value": [null]}') == ([None], None)
    free = OutputSchema({"anyOf": [{"type": "object", "additionalProperties": {}}, {"type": "null"}]})
    assert free.instruction.startswith("Answer with JSON only")
