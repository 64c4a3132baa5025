"""Objects to JSON configurations and back; no code is named but what is registered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synalinks._internal.coroutines import run_sync
from synalinks._internal.registry import is_registered, lookup, registered_name
from synalinks.data import DataModel, JsonDataModel, SymbolicDataModel, json_problem
from synalinks.embedding_models import EmbeddingModel
from synalinks.errors import ConfigurationError, DamagedFileError
from synalinks.language_models import LanguageModel
from synalinks.modules._module import Module

_SHARED, _TUPLE = "$shared", "$tuple"
_MARKERS = frozenset({"$class", "$function", "$data_model", "$value", "$dict", _SHARED, _TUPLE})
_PLAIN = (bool, str, int, float)


class Writer:
    """Writes the parts of one document; a module that occurs twice is written once and then referred to.

    Args:
        built: Whether it is to be loaded again: modules say which inputs they were built for, and what would
            come back as something else is refused.
        by_reference: Whether language models, classes and functions are put into the document themselves,
            which is then no JSON: a clone uses the same ones, registered or not.
    """

    def __init__(self, *, built: bool = False, by_reference: bool = False) -> None:
        self._built, self._by_reference = built, by_reference
        self._to_file = built and not by_reference
        self._written: dict[Module, dict[str, Any]] = {}
        self._shared = 0

    def value(self, value: Any, *, where: str = "value") -> Any:
        """Return `value` as JSON.

        JSON values, data models (as their schemas), and objects with `get_config` can be written, and
        functions and classes that are registered.

        Args:
            value: What to write.
            where: What it is, for the error.

        Raises:
            ConfigurationError: It cannot be written.
        """
        if value is None:
            return None
        if isinstance(value, _PLAIN):
            return self._plain(value, where)
        if isinstance(value, list | tuple):
            items = [self.value(v, where=f"{where}[{i}]") for i, v in enumerate(value)]
            return {_TUPLE: items} if isinstance(value, tuple) else items
        if isinstance(value, Mapping):
            return self._mapping(value, where)
        is_class = isinstance(value, type)
        is_data_model = is_class and issubclass(value, DataModel)
        if self._by_reference and (is_data_model or isinstance(value, LanguageModel | EmbeddingModel)):
            return value
        if is_data_model or isinstance(value, SymbolicDataModel):
            return {"$data_model": value.get_schema()}
        if isinstance(value, DataModel | JsonDataModel):
            return {"$value": value.get_json(), "$data_model": value.get_schema()}
        if hasattr(value, "get_config") and not is_class:
            return self.object(value)
        if callable(value) and hasattr(value, "__qualname__"):
            return {"$function": self._named(value)}
        raise ConfigurationError(
            f"{where} is a {type(value).__name__}, which has no JSON form. Give its class get_config and "
            "from_config, or override get_config of the object that holds it."
        )

    def object(self, value: Any) -> dict[str, Any]:
        """Return an object with `get_config` as {"$class": registered name, "config": JSON}."""
        if not isinstance(value, Module):
            return self._object(value, {})
        document = self._written.get(value)
        if document is None:
            document = self._written[value] = {}
            return self._object(value, document)
        if not document:
            raise ConfigurationError(f"{value!r} is among its own arguments, which no file can say.")
        if _SHARED not in document:
            document[_SHARED] = self._shared
            self._shared += 1
        return {_SHARED: document[_SHARED]}

    def knows(self, module: Module) -> bool:
        """Return whether a module is part of the document."""
        return module in self._written

    def _object(self, value: Any, document: dict[str, Any]) -> dict[str, Any]:
        config = value.get_config()
        where = f"{type(value).__name__}.get_config()"
        written = self.value(config, where=where)
        document.update({"$class": self._named(type(value)), "config": written})
        if self._built and isinstance(value, Module) and value.built:
            document["inputs"] = self.value(value._input_spec, where=f"The inputs of {value!r}")
        return document

    def _named(self, target: Any) -> Any:
        if self._to_file and target.__name__ == "<lambda>" and not is_registered(target):
            raise ConfigurationError(
                f"A lambda ({target.__qualname__}) has no name by which a file could call it: define a "
                "function with `def` and decorate it with @synalinks.register_serializable()."
            )
        return target if self._by_reference else registered_name(target)

    def _plain(self, value: Any, where: str) -> Any:
        kind = next(kind for kind in _PLAIN if isinstance(value, kind))
        if type(value) is not kind:  # of an enum its value, of a number of NumPy the number
            value = str.__str__(value) if kind is str else kind(value)
        if self._to_file and (problem := json_problem(value)) is not None:
            raise ConfigurationError(f"{where} cannot be saved: {problem}.")
        return value

    def _mapping(self, value: Mapping[Any, Any], where: str) -> dict[str, Any]:
        odd = next((key for key in value if not isinstance(key, str)), None)
        if self._to_file and odd is not None:
            raise ConfigurationError(f"{where} cannot be saved: the key {odd!r} is not a string.")
        content = {str(k): self.value(v, where=f"{where}[{k!r}]") for k, v in value.items()}
        return {"$dict": content} if _MARKERS & content.keys() else content


class Reader:
    """Makes the objects of one document that a `Writer` wrote.

    Args:
        custom_objects: Classes and functions by name, besides the registered ones.
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None = None) -> None:
        self._custom_objects = custom_objects
        self._made: dict[int, Any] = {}

    def value(self, document: Any) -> Any:
        """Return the object that `Writer.value` described; data models come back as their schemas.

        Raises:
            UnknownNameError: A class or function is not registered.
            DamagedFileError: The document is not of this form.
        """
        if isinstance(document, list):
            return [self.value(v) for v in document]
        if not isinstance(document, dict):
            return document
        if "$class" in document or _SHARED in document:
            return self.object(document)
        if "$function" in document:
            return self._found(document["$function"])
        if "$value" in document:
            return JsonDataModel(schema=document["$data_model"], json=document["$value"])
        if "$data_model" in document:
            return SymbolicDataModel(schema=document["$data_model"])
        if _TUPLE in document:
            return tuple(self.value(document[_TUPLE]))
        content = document.get("$dict", document)
        return {k: self.value(v) for k, v in content.items()}

    def object(self, document: Any) -> Any:
        """Return the object of a {"$class", "config"} document, made by its class's `from_config`."""
        if isinstance(document, dict) and _SHARED in document and "$class" not in document:
            if document[_SHARED] not in self._made:
                raise DamagedFileError(f"It refers to a part that is not there: {document!r:.200}.")
            return self._made[document[_SHARED]]
        if not isinstance(document, dict) or not isinstance(document.get("config"), dict):
            raise DamagedFileError(f'Expected an object with "$class" and "config", found {document!r:.200}.')
        cls = self._found(document["$class"])
        config = self.value(document["config"])
        from_config = getattr(cls, "from_config", None)
        made = from_config(config) if from_config is not None else cls(**config)
        if document.get("inputs") is not None:
            self.build(made, document["inputs"])
        if _SHARED in document:
            self._made[document[_SHARED]] = made
        return made

    def build(self, module: Any, inputs: Any) -> None:
        """Build a module for the inputs it was built for when it was written, unless it is built already."""
        if isinstance(module, Module) and not module.built:
            run_sync(module._ensure_built(self.value(inputs)), what=f"Building {module.name!r}")

    def _found(self, name: Any) -> Any:
        return lookup(name, self._custom_objects) if isinstance(name, str) else name


def serialize_object(value: Any) -> dict[str, Any]:
    """Return an object with `get_config` as {"$class": registered name, "config": JSON}.

    Raises:
        ConfigurationError: It, or a part of it, has no JSON form.
    """
    return Writer().object(value)
