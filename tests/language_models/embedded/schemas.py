"""Schemas of all kinds, written by hand; all have answers."""

NODE = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
    },
    "required": ["value", "next"],
    "additionalProperties": False,
}
TREE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["name", "children"],
    "additionalProperties": False,
}
EXPRESSION = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"kind": {"const": "node"}, "left": {"$ref": "#"}, "right": {"$ref": "#"}},
            "required": ["kind", "left", "right"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {"kind": {"const": "number"}, "value": {"type": "number"}},
            "required": ["kind", "value"],
            "additionalProperties": False,
        },
    ]
}


def closed(required=(), **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required or properties),
        "additionalProperties": False,
    }


FORMATS = ("date", "time", "date-time", "duration", "email", "ipv4", "ipv6", "uuid", "hostname", "uri")

PLAIN = [
    {},
    {"type": "string"}, {"type": "number"}, {"type": "integer"}, {"type": "boolean"}, {"type": "null"},
    {"type": "object"}, {"type": "array"},
    {"type": ["string", "null"]}, {"type": ["integer", "boolean", "array"]},
    {"enum": [1, "a", None, True, [1], {"a": 1}]}, {"enum": ["é", "日本", 'q"uote', "back\\slash"]},
    {"const": "only"}, {"const": {"a": [1, {"b": None}]}}, {"const": 12.5}, {"const": -7},
]  # fmt: skip
NUMBERS = [
    {"type": "integer", "minimum": 10**9}, {"type": "integer", "maximum": -(10**12)},
    {"type": "integer", "minimum": 3, "maximum": 3}, {"type": "integer", "minimum": 98, "maximum": 103},
    {"type": "number", "minimum": 0.25, "maximum": 0.5}, {"type": "number", "exclusiveMinimum": 0},
    {"type": "number", "exclusiveMaximum": 0}, {"type": "integer", "multipleOf": 7},
    {"type": "number", "multipleOf": 0.5}, {"type": "number", "minimum": 1e6, "maximum": 1e7},
    {"type": "number", "minimum": 0.001, "maximum": 0.002},
    {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
]  # fmt: skip
TEXTS = [
    {"type": "string", "minLength": 3}, {"type": "string", "maxLength": 0},
    {"type": "string", "minLength": 300},
    {"type": "string", "minLength": 5, "maxLength": 5}, {"type": "string", "pattern": r"^[a-z]{3}-\d+$"},
    {"type": "string", "pattern": r"^\d{10}$"}, {"type": "string", "pattern": "^(yes|no)$"},
    {"type": "string", "pattern": r"^[A-Z]{20,30}$"}, {"type": "string", "pattern": r"\d\d"},
    *({"type": "string", "format": name} for name in FORMATS),
    {"type": "string", "format": "of my own"},
]  # fmt: skip
ARRAYS = [
    {"type": "array", "items": {"type": "integer"}},
    {"type": "array", "items": {"type": "string"}, "minItems": 12},
    {"type": "array", "items": {"type": "boolean"}, "maxItems": 0},
    {"type": "array", "items": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}},
    {
        "type": "array",
        "prefixItems": [{"type": "integer"}, {"type": "string"}],
        "items": False,
        "minItems": 2,
    },
    {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 50}, "uniqueItems": True},
    {
        "type": "array",
        "items": closed(a={"type": "integer"}, b={"type": "string"}),
        "minItems": 2,
        "maxItems": 3,
    },
]
OBJECTS = [
    closed(answer={"type": "number"}),
    closed(**{f"key_{n}": {"type": "string"} for n in range(25)}),
    closed(**{"with space": {"type": "integer"}, "é": {"type": "null"}, 'q"': {"type": "boolean"}}),
    closed(a=closed(b=closed(c=closed(d=closed(e={"type": "integer"}))))),
    {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "boolean"}},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
    {"type": "object", "patternProperties": {"^x_": {"type": "integer"}}, "additionalProperties": False},
    {"type": "object", "properties": {}, "additionalProperties": False},
    {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
    {**closed(a={"type": "integer"}), "title": "Titled", "description": "Described", "default": {"a": 1}},
]
UNIONS = [
    {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]},
    {"oneOf": [{"type": "integer"}, {"type": "string"}]},
    {"oneOf": [closed(a={"const": 1}), closed(b={"const": 2})]},
    {
        "anyOf": [
            closed(kind={"const": "a"}, x={"type": "integer"}),
            closed(kind={"const": "b"}, y={"type": "string"}),
        ]
    },
    {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"required": ["a"]}]},
    {"anyOf": [{"type": "array", "items": {"type": "null"}}, {"type": "object"}]},
    closed(a={"anyOf": [{"type": "number"}, {"type": "null"}]}),
]
RECURSIVE = [
    {"$ref": "#/$defs/node", "$defs": {"node": NODE}},
    closed(list={"$ref": "#/$defs/node"}) | {"$defs": {"node": NODE}},
    TREE,
    EXPRESSION,
    {"type": "array", "items": {"$ref": "#"}},
    {
        "$ref": "#/$defs/a",
        "$defs": {"a": closed(b={"$ref": "#/$defs/b"}), "b": {"type": ["integer", "null"]}},
    },
]
BEYOND_GRAMMARS = [
    {"type": ["integer", "boolean"], "not": {"const": True}},
    {"type": "array", "items": {"enum": [1, 2, 3]}, "contains": {"const": 2}, "minItems": 4, "maxItems": 6},
    {"type": "boolean", "if": {"const": True}, "then": {"const": True}},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "propertyNames": {"maxLength": 9}},
]  # fmt: skip

SCHEMAS = [*PLAIN, *NUMBERS, *TEXTS, *ARRAYS, *OBJECTS, *UNIONS, *RECURSIVE, *BEYOND_GRAMMARS]
