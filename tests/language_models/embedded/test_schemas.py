import asyncio

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.language_models.embedded.schemas import EXPRESSION, SCHEMAS, closed

from synalinks.data import validate
from synalinks.errors import InvalidOutputError
from synalinks.language_models import LanguageModel

MESSAGES = [{"role": "user", "content": "12 + 7"}]


def ask(schema, **params):
    """The answer of a model that has learnt nothing; no schema is asked for twice."""
    lm = LanguageModel("embedded/arithmetic", validation_retries=0)
    return asyncio.run(lm(MESSAGES, schema=schema, **params))


@pytest.mark.parametrize("temperature", [0, 1.0])
@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: orjson.dumps(schema).decode()[:60])
def test_an_answer_is_valid_for_its_schema(untrained, schema, temperature):
    response = ask(schema, temperature=temperature, seed=1)
    assert validate(schema, orjson.loads(response.text)) is None
    assert response.finish_reason == "stop"


LEAVES = st.sampled_from(
    [
        {"type": "integer"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"}, {"type": "string"},
        {"type": "string", "maxLength": 4}, {"type": "integer", "minimum": -3, "maximum": 12},
        {"enum": ["a", 2, None]}, {"type": "string", "format": "date"}, {"const": [1]}, {},
    ]
)  # fmt: skip
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)


def larger(inner):
    objects = st.dictionaries(NAMES, inner, max_size=4)
    return st.one_of(
        objects.map(lambda properties: closed(**properties) if properties else {"type": "object"}),
        objects.map(lambda properties: {"type": "object", "properties": properties}),
        st.builds(
            lambda items, n, m: {"type": "array", "items": items, "minItems": n, "maxItems": n + m},
            inner, st.integers(0, 3), st.integers(0, 3),
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options}),
    )  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schema=st.recursive(LEAVES, larger, max_leaves=8), temperature=st.sampled_from([0, 1.0]))
def test_an_answer_is_valid_for_made_schemas(untrained, schema, temperature):
    # Room for the shortest answer of any of them: names of odd characters take many tokens.
    response = ask(schema, temperature=temperature, seed=2, max_tokens=1500)
    assert validate(schema, orjson.loads(response.text)) is None


@pytest.mark.parametrize("most", [12, 40])
def test_an_answer_ends_within_the_tokens_that_it_may_have(untrained, most):
    response = ask(closed(a={"type": "string"}), max_tokens=most)
    assert response.usage.output_tokens <= most
    assert validate(closed(a={"type": "string"}), response.parsed) is None


def test_a_recursion_is_left_before_the_tokens_are_used_up(untrained):
    response = ask(EXPRESSION, max_tokens=150, temperature=3.0, seed=5)
    assert validate(EXPRESSION, response.parsed) is None
    assert response.usage.output_tokens <= 150


def test_a_schema_that_nothing_is_valid_for_is_told(untrained):
    with pytest.raises(InvalidOutputError, match="embedded/arithmetic can give no answer of the schema"):
        ask(closed(a={"type": "integer", "minimum": 3, "maximum": 1}))
