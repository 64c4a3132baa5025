"""Objects to JSON configurations and back; no code is named but what is registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from synalinks._internal.registry import lookup, registered_name
from synalinks.data import DataModel, JsonDataModel, SymbolicDataModel
from synalinks.errors import ConfigurationError, DamagedFileError
from synalinks.language_models import LanguageModel

_sharing: ContextVar[bool] = ContextVar("synalinks_sharing", default=False)
_MARKERS = frozenset({"$class", "$function", "$data_model", "$value", "$dict"})


@contextmanager
def sharing() -> Iterator[None]:
    """Within the block configurations hold language models themselves: a clone uses the same ones."""
    token = _sharing.set(True)
    try:
        yield
    finally:
        _sharing.reset(token)


def serialize(value: Any, *, where: str = "value") -> Any:
    """Return `value` as JSON.

    JSON values, data models (as their schemas), and objects with `get_config` can be serialised, and
    functions and classes that are registered.

    Args:
        value: What to serialise.
        where: What it is, for the error.

    Raises:
        ConfigurationError: It cannot be serialised.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [serialize(v, where=f"{where}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, Mapping):
        return _serialize_mapping(value, where)
    if isinstance(value, SymbolicDataModel) or (isinstance(value, type) and issubclass(value, DataModel)):
        return {"$data_model": value.get_schema()}
    if isinstance(value, DataModel | JsonDataModel):
        return {"$value": value.get_json(), "$data_model": value.get_schema()}
    if isinstance(value, LanguageModel) and _sharing.get():
        return value
    if hasattr(value, "get_config") and not isinstance(value, type):
        return serialize_object(value)
    if callable(value) and hasattr(value, "__qualname__"):
        return {"$function": registered_name(value)}
    raise ConfigurationError(
        f"{where} is a {type(value).__name__}, which has no JSON form. Give its class get_config and "
        "from_config, or override get_config of the object that holds it."
    )


def _serialize_mapping(value: Mapping[Any, Any], where: str) -> dict[str, Any]:
    content = {str(k): serialize(v, where=f"{where}[{k!r}]") for k, v in value.items()}
    return {"$dict": content} if _MARKERS & content.keys() else content


def serialize_object(value: Any) -> dict[str, Any]:
    """Return an object with `get_config` as {"$class": registered name, "config": JSON}."""
    config = value.get_config()
    where = f"{type(value).__name__}.get_config()"
    return {"$class": registered_name(type(value)), "config": serialize(config, where=where)}


def deserialize(document: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the object that `serialize` described; data models come back as their schemas.

    Args:
        document: JSON from `serialize`.
        custom_objects: Classes and functions by name, besides the registered ones.

    Raises:
        UnknownNameError: A class or function is not registered.
        DamagedFileError: The document is not of this form.
    """
    if isinstance(document, list):
        return [deserialize(v, custom_objects) for v in document]
    if not isinstance(document, dict):
        return document
    if "$class" in document:
        return deserialize_object(document, custom_objects)
    if "$function" in document:
        return lookup(document["$function"], custom_objects)
    if "$value" in document:
        return JsonDataModel(schema=document["$data_model"], json=document["$value"])
    if "$data_model" in document:
        return SymbolicDataModel(schema=document["$data_model"])
    content = document.get("$dict", document)
    return {k: deserialize(v, custom_objects) for k, v in content.items()}


def deserialize_object(document: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the object of a {"$class", "config"} document, made by its class's `from_config`."""
    if not isinstance(document, dict) or not isinstance(document.get("config"), dict):
        raise DamagedFileError(f'Expected an object with "$class" and "config", found {document!r:.200}.')
    cls = lookup(document["$class"], custom_objects)
    config = deserialize(document["config"], custom_objects)
    from_config = getattr(cls, "from_config", None)
    return from_config(config) if from_config is not None else cls(**config)
