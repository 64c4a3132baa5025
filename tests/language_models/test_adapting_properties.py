"""Laws of adapting schemas, over schemas as data models give them and values that are valid for them."""

from typing import Any, NamedTuple

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from synalinks.language_models import OutputSchema
from synalinks.language_models._adapting import meets
from synalinks.language_models._schema_rules import OPENAI_STRICT, SchemaRules

ALL = frozenset({
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref",
    "$defs", "title", "description",
})  # fmt: skip
CLOSED = SchemaRules(ALL, closed=True)
OPEN = SchemaRules(ALL - {"const"})


class Kind(NamedTuple):
    """A schema, values of it, and their form after `OPENAI_STRICT`, written here a second time."""

    schema: dict[str, Any]
    values: st.SearchStrategy[Any]
    to_strict: Any
    nullable: bool = False


def same(value):
    return value


def scalars():
    number = {"type": "integer", "minimum": -5, "default": 3, "multipleOf": 1}
    return st.sampled_from([
        Kind({"type": "string", "minLength": 0, "title": "S"}, st.text(max_size=3), same),
        Kind(number, st.integers(-5, 5), same),
        Kind({"type": "number", "description": "n"}, st.integers(-5, 5) | st.floats(-2, 2), same),
        Kind({"type": "boolean"}, st.booleans(), same),
        Kind({"enum": ["a", "b"], "type": "string"}, st.sampled_from(["a", "b"]), same),
        Kind({"const": "c"}, st.just("c"), same),
        Kind({"enum": ["a", 1, None]}, st.sampled_from(["a", 1, None]), same, True),
        Kind({"type": ["string", "null"]}, st.none() | st.text(max_size=2), same, True),
        NODE,
    ])  # fmt: skip


def list_of(item):
    schema = {"type": "array", "items": item.schema, "uniqueItems": False}
    return Kind(schema, st.lists(item.values, max_size=3), lambda v: [item.to_strict(i) for i in v])


def free(item):
    def to_strict(value):
        return [{"key": k, "value": item.to_strict(v)} for k, v in value.items()]

    values = st.dictionaries(st.text(max_size=2), item.values, max_size=3)
    return Kind({"type": "object", "additionalProperties": item.schema}, values, to_strict)


def maybe(item):
    if item.nullable:
        return item
    schema = {"anyOf": [item.schema, {"type": "null"}], "default": None}
    return Kind(schema, st.none() | item.values, lambda v: None if v is None else item.to_strict(v), True)


def shape(parts, closed, title="T"):
    """Return an object; `parts` are name to (kind, whether it is required)."""
    schema = {
        "type": "object",
        "properties": {name: kind.schema for name, (kind, _) in parts.items()},
        "title": title,
    }
    required = [name for name, (_, needed) in parts.items() if needed]
    schema |= {"required": required} if required else {}
    schema |= {"additionalProperties": False} if closed else {}
    optional = {n: k.values for n, (k, needed) in parts.items() if not needed and not k.nullable}
    # What may be left out and be null as well has no form of its own for being left out.
    values = {n: k.values for n, (k, needed) in parts.items() if needed or k.nullable}

    def to_strict(value):
        return {n: k.to_strict(value[n]) if n in value else None for n, (k, _) in parts.items()}

    return Kind(schema, st.fixed_dictionaries(values, optional=optional), to_strict)


def one_of(bodies):
    """Return a union of objects that a first key tells apart."""
    schemas = []
    for n, body in enumerate(bodies):
        properties = {"kind": {"const": f"k{n}"}, **body.schema["properties"]}
        required = ["kind", *body.schema.get("required", ())]
        schemas.append({**body.schema, "properties": properties, "required": required})

    def tagged(n):
        return bodies[n].values.map(lambda value: {**value, "kind": f"k{n}"})

    def to_strict(value):
        rest = {key: item for key, item in value.items() if key != "kind"}
        return {"kind": value["kind"], **bodies[int(value["kind"][1:])].to_strict(rest)}

    return Kind(
        {"oneOf": schemas, "discriminator": {}}, st.one_of(*map(tagged, range(len(bodies)))), to_strict
    )


def node_values():
    inner = st.deferred(node_values)
    optional = {
        "children": st.lists(inner, max_size=2),
        "by_name": st.dictionaries(st.text(max_size=1), inner, max_size=1),
    }
    leaf = st.fixed_dictionaries({"name": st.text(max_size=2), "next": st.none()})
    return leaf | st.fixed_dictionaries(
        {"name": st.text(max_size=2), "next": st.none() | inner}, optional=optional
    )


def node_to_strict(value):
    children, by_name = value.get("children"), value.get("by_name")
    return {
        "name": value["name"],
        "children": None if children is None else [node_to_strict(v) for v in children],
        "by_name": None
        if by_name is None
        else [{"key": k, "value": node_to_strict(v)} for k, v in by_name.items()],
        "next": None if value["next"] is None else node_to_strict(value["next"]),
    }


REFERENCE = {"$ref": "#/$defs/Node"}
NODE = Kind({**REFERENCE, "description": "d"}, node_values(), node_to_strict)
NODE_SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": REFERENCE, "default": []},
        "by_name": {"type": "object", "additionalProperties": REFERENCE},
        "next": {"anyOf": [REFERENCE, {"type": "null"}], "default": None},
    },
    "required": ["name"],
}


def shapes(kinds):
    parts = st.dictionaries(
        st.sampled_from("abcde"), st.tuples(kinds | kinds.map(maybe), st.booleans()), max_size=4
    )
    return st.builds(shape, parts, st.just(True))


def larger(kinds):
    unions = st.lists(shapes(kinds), min_size=2, max_size=3).map(one_of)
    return kinds.map(list_of) | kinds.map(free) | shapes(kinds) | unions


KINDS = st.recursive(scalars(), larger, max_leaves=6)
ROOTS = st.builds(
    shape, st.dictionaries(st.sampled_from("abcd"), st.tuples(KINDS, st.booleans()), min_size=1, max_size=3),
    st.booleans(),
)  # fmt: skip


@st.composite
def cases(draw):
    root = draw(ROOTS)
    return {**root.schema, "$defs": {"Node": NODE_SCHEMA}}, draw(root.values), root.to_strict


@given(cases())
@settings(deadline=None)
def test_strict_mode_and_back(case):
    asked, value, to_strict = case
    before = orjson.dumps(asked)
    schema = OutputSchema(asked)
    assert schema.problem(value) is None
    made = schema.strict
    assert made is not None
    assert meets(made.schema, OPENAI_STRICT)
    answer = to_strict(value)
    assert OutputSchema(made.schema).problem(answer) is None
    assert schema.restore(answer) == value
    assert orjson.dumps(asked) == before


@given(cases())
@settings(deadline=None)
def test_what_is_in_the_form_of_the_schema_stays_as_it_is(case):
    asked, value, _ = case
    schema = OutputSchema(asked)
    assert schema.restore(value) is value


@given(cases())
@settings(deadline=None)
def test_adapting_again_changes_nothing(case):
    asked, _, _ = case
    for rules in (OPENAI_STRICT, CLOSED, OPEN):
        made = OutputSchema(asked).adapted(rules)
        assert made is not None
        assert meets(made.schema, rules)
        assert OutputSchema(made.schema).adapted(rules).schema is made.schema


@given(cases())
@settings(deadline=None)
def test_open_rules_only_loosen(case):
    asked, value, _ = case
    assert OutputSchema(OutputSchema(asked).adapted(OPEN).schema).problem(value) is None
