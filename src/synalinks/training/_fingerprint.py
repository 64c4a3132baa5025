"""What must be the same for a run to be continued by another process."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from synalinks._internal.canonical import digest
from synalinks._internal.registry import registered_name
from synalinks.datasets import Dataset
from synalinks.embedding_models import get as get_embedding_model
from synalinks.errors import ConfigurationError
from synalinks.language_models import get
from synalinks.modules._graph_config import map_objects
from synalinks.modules._index import modules_by_path
from synalinks.modules._module import Module
from synalinks.modules._serialization import serialize_object
from synalinks.runs._fingerprint import SOURCE
from synalinks.saving import is_model
from synalinks.training._arguments import FitOptions
from synalinks.training._compile import Compiled

_MAY_CHANGE = frozenset({
    "api_base", "batch_size", "cache", "connect_timeout", "max_concurrency", "prices",
    "requests_per_minute", "retry", "timeout", "tokens_per_minute",
})  # fmt: skip
"""Options of a model that another process may set otherwise and go on."""


def fingerprint(
    program: Any, compiled: Compiled, options: FitOptions, data: dict[str, Dataset | None]
) -> dict[str, Any]:
    """Return name to JSON value of everything that decides the course of a training.

    Args:
        program: The program, with its initial variables.
        compiled: Optimizer, reward and metrics.
        options: The options of `fit`.
        data: The training, validation and selection data by name.
    """
    named: dict[str, Any] = {
        "program": _description(program),
        "models": _models(program),
        "variables": program.get_variables(),
        "optimizer": _description(compiled.optimizer),
        "reward": _description(compiled.reward),
        "metrics": [_description(metric) for metric in compiled.metrics],
    }
    named.update({f"{name} data": _data_description(dataset) for name, dataset in data.items()})
    plain_options = ("batch_size", "epochs", "initial_epoch", "shuffle", "seed", "steps_per_epoch")
    validation = ("validation_split", "validation_steps", "validation_batch_size", "selection_split")
    named.update({name: getattr(options, name) for name in (*plain_options, *validation)})
    freq = options.validation_freq
    named["validation_freq"] = freq if isinstance(freq, int) else sorted(freq)
    named.update(_sources(program, compiled))
    return named


def _description(value: Any) -> Any:
    if value is None:
        return None
    try:
        return map_objects(is_model, lambda model: _answers_by(model["config"]), serialize_object(value))
    except ConfigurationError:  # without a JSON form its class has to do
        return {"$class": registered_name(type(value))}


def _answers_by(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a language model's answers depend on; how it is reached may change."""
    kept = {name: value for name, value in config.items() if name not in _MAY_CHANGE}
    if kept.get("fallback"):
        kept["fallback"] = [_answers_by(fallback) for fallback in kept["fallback"]]
    return kept


def _models(program: Module) -> dict[str, Any]:
    """Return the models that modules have here, the default one among them."""
    modules = modules_by_path(program).items()
    found = {path: get(m.language_model) for path, m in modules if hasattr(m, "language_model")}
    embedding = {path: m.embedding_model for path, m in modules if hasattr(m, "embedding_model")}
    given = {f"{path} embedding": get_embedding_model(model) for path, model in embedding.items()}
    configs = {path: model.get_config() for path, model in found.items()}
    configs |= {path: model.get_config() for path, model in given.items()}
    return {path: _answers_by(config) for path, config in configs.items()}


def _data_description(dataset: Dataset | None) -> Any:
    if dataset is None:
        return None
    return "stream" if dataset.size is None else {"size": dataset.size, "hash": dataset.content_hash()}


def _sources(program: Module, compiled: Compiled) -> dict[str, str]:
    """Return hashes of the source of user code: a change of it is warned of and does not refuse."""
    found: dict[str, str] = {}
    for name, target in _user_code(program, compiled):
        try:
            found[SOURCE + name] = digest(inspect.getsource(target).encode())
        except (OSError, TypeError):  # typed into an interpreter, or built-in
            continue
    return found


def _user_code(program: Module, compiled: Compiled) -> Iterator[tuple[str, Any]]:
    parts = getattr(compiled.reward, "rewards", ())
    judges: Iterable[Any] = (compiled.reward, *parts, compiled.optimizer, *compiled.metrics)
    for value in (program, *modules_by_path(program).values(), *judges):
        cls = type(value)
        if value is not None and not cls.__module__.startswith("synalinks."):
            yield cls.__qualname__, cls
        if callable(function := getattr(value, "fn", None)):
            yield getattr(function, "__qualname__", repr(type(function))), function
