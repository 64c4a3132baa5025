from pydantic import Field

from synalinks.data._chat import ChatMessage, ChatMessages, ChatRole, ToolCall, ToolFunction
from synalinks.data._data_model import DataModel
from synalinks.data._json_data_model import JsonDataModel, as_json_data_model, schema_of
from synalinks.data._operation import Operation
from synalinks.data._operators import Operators, is_data_model
from synalinks.data._schema import Schema
from synalinks.data._score import Rating, Score
from synalinks.data._symbolic_data_model import Origin, SymbolicDataModel
from synalinks.data._validation import json_problem, validate, validator

__all__ = [
    "ChatMessage",
    "ChatMessages",
    "ChatRole",
    "DataModel",
    "Field",
    "JsonDataModel",
    "Operation",
    "Operators",
    "Origin",
    "Rating",
    "Schema",
    "Score",
    "SymbolicDataModel",
    "ToolCall",
    "ToolFunction",
    "as_json_data_model",
    "is_data_model",
    "json_problem",
    "schema_of",
    "validate",
    "validator",
]
