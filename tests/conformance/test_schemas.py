"""Schemas are adapted to what the providers' own clients would send: those find nothing left to change."""

from copy import deepcopy
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from synalinks.language_models import OutputSchema
from synalinks.language_models.providers._anthropic import _SCHEMAS as ANTHROPIC


class Step(BaseModel):
    """One step."""

    explanation: str
    output: float


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Plain(BaseModel):
    """What needs no more than the client's own changes."""

    steps: list[Step]
    last: Step
    pet: Cat | Dog | None
    level: Literal["low", "high"]


class Rich(BaseModel):
    step: Step = Field(description="The first.")
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    counts: dict[str, int] = {}
    name: str = Field("x", min_length=1, max_length=9)
    sizes: list[int] = Field(default_factory=list, max_length=3, min_length=2)


@pytest.fixture(scope="session")
def ensure_strict():
    from openai.lib._pydantic import _ensure_strict_json_schema

    def ensure(schema):
        copied = deepcopy(schema)
        return _ensure_strict_json_schema(copied, path=(), root=copied)

    return ensure


def test_openai_makes_the_same_of_a_plain_data_model(ensure_strict):
    asked = Plain.model_json_schema()
    assert OutputSchema(asked).strict.schema == ensure_strict(asked)


def test_openai_has_nothing_left_to_change(ensure_strict):
    made = OutputSchema(Rich.model_json_schema()).strict.schema
    assert ensure_strict(made) == made


def without_types_of_listed_values(part):
    """Return a schema without what its client leaves out: the type beside `enum` and `const`."""
    if isinstance(part, list):
        return [without_types_of_listed_values(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {key: without_types_of_listed_values(item) for key, item in part.items()}
    if not part.keys().isdisjoint(("enum", "const")):
        kept.pop("type", None)
    return kept


def test_anthropic_has_nothing_left_to_change():
    from anthropic import transform_schema

    for model in (Plain, Rich):
        made = OutputSchema(model.model_json_schema()).adapted(ANTHROPIC).schema
        assert transform_schema(deepcopy(made)) == without_types_of_listed_values(made)
