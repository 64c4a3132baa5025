from synalinks.language_models._cache import Cache, MemoryCache
from synalinks.language_models._file_cache import FileCache
from synalinks.language_models._in_process import FunctionModel, ScriptedModel
from synalinks.language_models._journal import Address, Journal
from synalinks.language_models._language_model import LanguageModel, get, set_default_language_model
from synalinks.language_models._limiter import Load, current_load
from synalinks.language_models._provider import Provider
from synalinks.language_models._request import Request, Response
from synalinks.language_models._retry import Retry
from synalinks.language_models._schema import OutputSchema, output_schema
from synalinks.language_models._stream import Stream

__all__ = [
    "Address",
    "Cache",
    "FileCache",
    "FunctionModel",
    "Journal",
    "LanguageModel",
    "Load",
    "MemoryCache",
    "OutputSchema",
    "Provider",
    "Request",
    "Response",
    "Retry",
    "ScriptedModel",
    "Stream",
    "current_load",
    "get",
    "output_schema",
    "set_default_language_model",
]
