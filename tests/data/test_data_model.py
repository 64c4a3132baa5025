import datetime
import enum
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar

import pydantic
import pytest
from pydantic import AliasChoices, Json, SecretStr, computed_field, field_serializer

from synalinks.data import DataModel, Field, JsonDataModel, SymbolicDataModel, validate
from synalinks.errors import DataError

T = TypeVar("T")


class Query(DataModel):
    """A question."""

    query: str = Field(description="What is asked")


class Answer(DataModel):
    answer: float
    source: Query | None = None


class Node(DataModel):
    name: str
    child: "Node | None" = None


def test_the_schema_is_one_object_for_class_and_instance():
    schema = Query.get_schema()
    assert schema["properties"]["query"]["description"] == "What is asked"
    assert schema["additionalProperties"] is False
    assert Query.get_schema() is schema
    assert Query(query="x").get_schema() is schema


def test_a_subclass_has_a_schema_of_its_own():
    class Longer(Query):
        more: int

    Query.get_schema()
    assert Longer.keys() == ["query", "more"]
    assert Query.keys() == Query(query="x").keys() == ["query"]


def test_other_fields_are_refused():
    with pytest.raises(pydantic.ValidationError):
        Query(query="x", other=1)


def test_assignment_is_checked():
    query = Query(query="x")
    with pytest.raises(pydantic.ValidationError):
        query.query = 3


def test_values_are_plain_json():
    class Colour(enum.Enum):
        RED = "red"

    class All(DataModel):
        colour: Colour
        day: datetime.date
        pair: tuple[int, str]
        by_number: dict[int, Query]

    value = All(
        colour=Colour.RED, day=datetime.date(2024, 1, 2), pair=(1, "a"), by_number={1: Query(query="x")}
    )
    assert value.get_json() == {
        "colour": "red",
        "day": "2024-01-02",
        "pair": [1, "a"],
        "by_number": {"1": {"query": "x"}},
    }
    assert validate(All.get_schema(), value.get_json()) is None


def test_fields_are_read_as_json():
    answer = Answer(answer=2, source=Query(query="x"))
    assert answer["source"] == {"query": "x"}
    assert answer.get("answer") == 2.0
    assert answer.get("other", "default") == "default"
    with pytest.raises(KeyError, match="Did you mean 'answer'"):
        answer["anwser"]


def test_an_alias_is_the_key():
    class Aliased(DataModel):
        inner: int = Field(alias="outer")

    assert Aliased.keys() == ["outer"]
    assert Aliased(outer=1).get_json() == {"outer": 1}


def test_computed_fields_are_no_part_of_the_data():
    class Computed(DataModel):
        a: int

        @pydantic.computed_field
        @property
        def b(self) -> int:
            return self.a + 1

    assert Computed(a=1).get_json() == {"a": 1}


def test_pretty_texts_are_json_of_schema_and_value():
    assert Query(query="x").prettify_json() == '{\n  "query": "x"\n}'
    assert '"What is asked"' in Query.prettify_schema()


def test_conversions():
    value = Query(query="x").to_json_data_model(name="mine")
    assert isinstance(value, JsonDataModel)
    assert (value.get_json(), value.name) == ({"query": "x"}, "mine")
    assert value.get_schema() is Query.get_schema()
    symbol = Query.to_symbolic_data_model(name="mine")
    assert isinstance(symbol, SymbolicDataModel)
    assert (symbol.keys(), symbol.name, symbol.origin) == (["query"], "mine", None)
    assert Query(query="x").to_symbolic_data_model().keys() == ["query"]


# --- What cannot be JSON ---


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {object()}, 2**64, b"\xff"])
def test_a_value_that_is_not_json_is_refused_naming_class_and_field(value):
    class Loose(DataModel):
        good: str = "x"
        anything: Any

    loose = Loose(anything=value)
    with pytest.raises(DataError, match=r"'anything'.*'Loose'|'Loose'.*'anything'"):
        loose.get_json()


def test_a_nan_within_is_refused_with_its_place():
    class Scores(DataModel):
        scores: list[dict[str, float]]

    with pytest.raises(DataError, match=r"at 'scores.1.a': nan"):
        Scores(scores=[{"a": 1.0}, {"a": float("nan")}]).get_json()


def test_a_value_that_contains_itself_is_refused():
    class Loose(DataModel):
        anything: Any

    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(DataError, match="'anything'"):
        Loose(anything=endless).get_json()


def test_a_type_without_json_schema_is_refused_naming_class_and_field():
    class Calls(DataModel):
        good: int
        function: Callable[[], int]

    with pytest.raises(DataError, match="The field 'function' of the data model 'Calls' has no JSON schema"):
        Calls.get_schema()


def test_a_type_unknown_to_pydantic_is_refused_naming_class_and_field():
    class Opaque:
        pass

    with pytest.raises(DataError, match="The field 'opaque' of the data model 'Holder' has no JSON schema"):

        class Holder(DataModel):
            good: int
            opaque: Opaque


def test_a_default_that_is_not_json_is_refused():
    class Endless(DataModel):
        limit: float = float("inf")

    with pytest.raises(DataError, match="The schema of the data model 'Endless'"):
        Endless.get_schema()


# --- Fields named like a method ---


def test_a_field_named_like_a_method_hides_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        class Odd(DataModel):
            keys: list[str]
            get: int = 3
            json: str = Field(default="x", description="Text")
            model_name: str = "m"

    odd = Odd(keys=["a"], json="y")
    assert Odd.keys() == odd.keys() == ["keys", "get", "json", "model_name"]
    assert odd["keys"] == ["a"]
    assert odd.get("get") == 3
    assert odd.get_json() == {"keys": ["a"], "get": 3, "json": "y", "model_name": "m"}
    assert Odd.get_schema()["required"] == ["keys"]
    assert Odd.get_schema()["properties"]["json"]["description"] == "Text"
    with pytest.raises(pydantic.ValidationError, match="keys"):
        Odd()


def test_a_subclass_may_declare_such_a_field_anew():
    class First(DataModel):
        keys: int = 1

    class Second(First):
        keys: str = "a"

    class Third(First):
        other: int = 1

    assert Second().get_json() == {"keys": "a"}
    assert Third(keys=2).get_json() == {"keys": 2, "other": 1}


# --- Classes as types ---


def test_a_model_or_none_is_an_annotation():
    class Holder(DataModel):
        one: Query | None = None
        many: list[Query | None] = Field(default_factory=list)
        first: None | Query = None  # noqa: RUF036 - this order too
        either: Query | Answer | None = None
        number: Query | int = 3
        text: str | Query = "x"
        optional: Optional[Query | Answer] = None  # noqa: UP045 - this spelling too

    holder = Holder(
        one=Query(query="x"), many=[None, {"query": "y"}], either={"answer": 1}, number={"query": "z"}
    )
    assert holder.many == [None, Query(query="y")]
    assert holder.either == Answer(answer=1)
    assert holder.number == Query(query="z")
    assert validate(Holder.get_schema(), holder.get_json()) is None
    with pytest.raises(pydantic.ValidationError):
        Holder(one=3)


def test_a_model_may_contain_itself():
    assert Node.get_schema()["properties"].keys() == {"name", "child"}
    value = Node(name="a", child=Node(name="b")).get_json()
    assert value == {"name": "a", "child": {"name": "b", "child": None}}
    assert validate(Node.get_schema(), value) is None
    assert validate(Node.get_schema(), {"name": "a", "child": {"name": 1}}) is not None


def test_alternatives_tell_instances_apart():
    assert isinstance(Query(query="x"), Query | None)
    assert isinstance(None, Query | None)
    assert not isinstance(3, Query | Answer)


def test_alternatives_are_a_data_model_too():
    both = Query | Answer
    assert both.keys() == ["query", "answer", "source"]
    assert both.origin.producer.kind == "or"
    assert (both | Query).keys() == both.keys()
    assert repr(Query | None) == "Query | None"


def test_a_tagged_union_and_its_mask():
    class Cat(DataModel):
        kind: Literal["cat"]
        name: str

    class Dog(DataModel):
        kind: Literal["dog"]
        name: str

    class Owner(DataModel):
        pet: Annotated[Cat | Dog, Field(discriminator="kind")]

    masked = Owner(pet={"kind": "dog", "name": "Rex"}).out_mask(["kind"])
    assert masked.get_json() == {"pet": {"name": "Rex"}}
    assert validate(masked.get_schema(), masked.get_json()) is None


def test_generic_models():
    class Box(DataModel, Generic[T]):
        item: T

    assert Box[int].get_schema()["properties"]["item"]["type"] == "integer"
    assert (Box[int] | None).keys() == ["item"]


# --- Sets ---


def test_sets_have_one_order_in_every_process():
    program = (
        "from typing import Any\n"
        "from synalinks.data import DataModel, Field\n"
        "class Inner(DataModel):\n    tags: frozenset[str] = Field(alias='labels')\n"
        "class Outer(DataModel):\n"
        "    words: set[str]\n    inner: list[Inner]\n    free: Any\n    table: dict[str, set[str]]\n"
        "words = set('abcdefgh')\n"
        "print(Outer(words=words, inner=[{'labels': words}], free=words, table={'a': words}).get_json())\n"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    letters = list("abcdefgh")
    expected = {"words": letters, "inner": [{"labels": letters}], "free": letters, "table": {"a": letters}}
    assert seen == {f"{expected}\n"}


def test_lists_keep_their_order():
    class Mixed(DataModel):
        unordered: set[int]
        ordered: list[int]

    assert Mixed(unordered={2, 1}, ordered=[2, 1]).get_json() == {"unordered": [1, 2], "ordered": [2, 1]}


def test_a_field_is_written_under_the_key_it_is_read_by():
    class TwoKeys(DataModel):
        x: int = Field(validation_alias="inn", serialization_alias="out")

    class Choices(DataModel):
        x: int = Field(validation_alias=AliasChoices("a", "b"))

    class Hidden(DataModel):
        x: int = Field(exclude=True, default=1)

    class Outer(DataModel):
        inner: TwoKeys

    class Secret(DataModel):
        key: list[SecretStr | None]

    problems = {
        TwoKeys: r"'TwoKeys' reads \['inn'\] and writes \['out'\]",
        Choices: r"'Choices' reads \['a'\] and writes \['x'\]",
        Hidden: r"'Hidden' reads \['x'\] and writes \[\]",
        Outer: r"'TwoKeys' reads",
        Secret: r"The field 'key' of the data model 'Secret' is a secret",
    }
    for cls, problem in problems.items():
        with pytest.raises(DataError, match=problem):
            cls.get_schema()
    for value in (TwoKeys(inn=1), Hidden(), Secret(key=["abc"])):
        with pytest.raises(DataError):
            value.get_json()


def test_one_alias_for_both_ways_and_computed_fields_are_fine():
    class Fine(DataModel):
        x: int = Field(alias="X")

        @computed_field
        @property
        def double(self) -> int:
            return 2 * self.x

    assert Fine(X=1).get_json() == {"X": 1}
    assert Fine.keys() == ["X"]


def test_what_a_serializer_writes_has_to_fit_the_schema():
    class Shout(DataModel):
        text: str

        @field_serializer("text")
        def loudly(self, text):
            return text.upper() if text != "four" else 4

    class Year(DataModel):
        day: datetime.date
        inner: Shout | None = None

        @field_serializer("day")
        def year(self, day) -> int:
            return day.year

    class Outer(DataModel):
        inner: Shout

    class Text(DataModel):
        number: Json[int]

    assert Outer(inner=Shout(text="a")).get_json() == {"inner": {"text": "A"}}
    for value, place in (
        (Shout(text="four"), "text"),
        (Year(day=datetime.date(2020, 1, 1)), "day"),
        (Outer(inner=Shout(text="four")), "inner.text"),
        (Text(number="4"), "number"),
    ):
        with pytest.raises(DataError, match=f"written as what its schema refuses: at '{place}'"):
            value.get_json()
