"""Strategies for data: object schemas of every kind that the library reads, with a value of each."""

from typing import Any

from hypothesis import strategies as st

from synalinks.data import JsonDataModel

NAMES = ["query", "query_1", "queries", "answer", "answers", "answer_2", "score", "thinking"]
names = st.sampled_from(NAMES)

SCALARS: list[tuple[dict[str, Any], st.SearchStrategy[Any]]] = [
    ({"type": "string"}, st.text(max_size=3)),
    ({"type": "integer"}, st.integers(-9, 9)),
    ({"type": "number"}, st.floats(-9, 9)),
    ({"type": "boolean"}, st.booleans()),
    ({"enum": ["a", "b"]}, st.sampled_from(["a", "b"])),
]

Kind = tuple[Any, st.SearchStrategy[Any]]


def _tree() -> Kind:
    """A model that contains itself, in a list and beside None."""
    leaf = st.fixed_dictionaries({"query": st.text(max_size=2), "thinking": st.none(), "scores": st.just([])})
    values = st.recursive(
        leaf,
        lambda inner: st.fixed_dictionaries(
            {
                "query": st.text(max_size=2),
                "thinking": inner | st.none(),
                "scores": st.lists(inner, max_size=2),
            }
        ),
        max_leaves=3,
    )
    return {"$ref": "#/$defs/Tree"}, values


TREE = {
    "type": "object",
    "title": "Tree",
    "properties": {
        "query": {"type": "string"},
        "thinking": {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]},
        "scores": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
    },
    "required": ["query"],
    "additionalProperties": False,
}


@st.composite
def kinds(draw: st.DrawFn, depth: int, definitions: dict[str, Any]) -> Kind:
    """Draw a schema, and the strategy of its values."""
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from(SCALARS))
    inner = kinds(depth - 1, definitions)
    form = draw(
        st.sampled_from(["list", "tuple", "map", "object", "null", "either", "kind", "definition", "tree"])
    )
    if form == "tree":
        definitions["Tree"] = TREE
        return _tree()
    if form == "object":
        return draw(objects(depth - 1, definitions))
    if form == "tuple":
        (first, first_values), (rest, rest_values) = draw(inner), draw(inner)
        values = st.tuples(first_values, rest_values).map(list)
        return {"type": "array", "prefixItems": [first], "items": rest}, values
    if form == "either":
        (one, one_values), (two, two_values) = draw(inner), draw(inner)
        return {"anyOf": [one, two]}, one_values | two_values
    if form == "kind":
        return draw(tagged(depth - 1, definitions))
    schema, values = draw(inner)
    if form == "list":
        return {"type": "array", "items": schema, "uniqueItems": False}, st.lists(values, max_size=2)
    if form == "map":
        return {"type": "object", "additionalProperties": schema}, st.dictionaries(names, values, max_size=2)
    if form == "null":
        return {"anyOf": [schema, {"type": "null"}], "default": None}, values | st.none()
    name = f"Part{len(definitions)}"
    definitions[name] = schema
    return {"$ref": f"#/$defs/{name}", "description": "A part"}, values


@st.composite
def tagged(draw: st.DrawFn, depth: int, definitions: dict[str, Any]) -> Kind:
    """Draw a oneOf of two objects told apart by a constant."""
    choices = []
    for tag in ("a", "b"):
        schema, values = draw(objects(depth, definitions))
        schema["properties"]["tag"] = {"const": tag}
        schema["required"] = [*schema.get("required", []), "tag"]
        choices.append((schema, values.map(lambda value, tag=tag: {**value, "tag": tag})))
    return {"oneOf": [choices[0][0], choices[1][0]]}, choices[0][1] | choices[1][1]


@st.composite
def objects(draw: st.DrawFn, depth: int, definitions: dict[str, Any]) -> Kind:
    """Draw a closed object schema with some required and some optional properties."""
    keys = draw(st.lists(names, unique=True, max_size=4))
    parts = {key: draw(kinds(depth, definitions)) for key in keys}
    required = [key for key in keys if draw(st.booleans())]
    schema = {
        "type": "object",
        "properties": {key: schema for key, (schema, _) in parts.items()},
        "required": required,
        "additionalProperties": False,
    }
    values = st.fixed_dictionaries(
        {key: parts[key][1] for key in required},
        optional={key: parts[key][1] for key in keys if key not in required},
    )
    return schema, values


@st.composite
def data(draw: st.DrawFn, depth: int = 3, *, extras: bool = False) -> JsonDataModel:
    """Draw a value with its schema; with `extras` also of open schemas, with keys they do not name."""
    definitions: dict[str, Any] = {}
    schema, values = draw(objects(depth, definitions))
    value = draw(values)
    if extras and draw(st.booleans()):
        extra, items = draw(st.sampled_from([(True, st.just("x")), ({"type": "integer"}, st.just(1))]))
        schema["additionalProperties"] = extra
        more = draw(st.dictionaries(names, items, max_size=2))
        value |= {key: item for key, item in more.items() if key not in schema["properties"]}
    if definitions:
        schema["$defs"] = definitions
    return JsonDataModel(schema=schema, json=value)
