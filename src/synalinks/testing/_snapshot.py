"""Everything of a training that has ended that must not depend on how often it was killed."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from synalinks.callbacks import BackupAndRestore, Callback
from synalinks.callbacks._callback import Callback as Base

_DEPTH: Final = 8
_NOT_OWN: Final = frozenset({"program", "params"})


def described(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON that tells it from others, whatever it is."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if depth > _DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {str(key): described(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [described(item, depth + 1) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((described(item, depth + 1) for item in value), key=repr)
    return _described_object(value, depth)


def _described_object(value: Any, depth: int) -> Any:
    if isinstance(value, os.PathLike):
        return str(value)
    if isinstance(value, bytes):
        return repr(value)
    for method in ("get_json", "state_dict"):
        if not isinstance(value, type) and callable(getattr(value, method, None)):
            return described(getattr(value, method)(), depth + 1)
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if kind.startswith("synalinks.") or not hasattr(value, "__dict__"):
        return kind
    return {"class": kind, **described(vars(value), depth + 1)}


def _attributes(owner: Any) -> dict[str, Any]:
    """Return the attributes that a class of the user's keeps; those of the library know what to save."""
    if type(owner).__module__.partition(".")[0] == "synalinks":
        return {}
    inherits = any(c.__module__.startswith("synalinks.") and c is not Base for c in type(owner).__mro__)
    own = {name: value for name, value in vars(owner).items() if name not in _NOT_OWN}
    return {name: described(value) for name, value in own.items() if not (inherits and name.startswith("_"))}


def _owners(program: Any, callbacks: list[Callback]) -> Iterator[tuple[str, Any]]:
    compiled = program.compiled
    yield f"optimizer {compiled.optimizer.name!r}", compiled.optimizer
    for metric in compiled.metrics:
        yield f"metric {metric.name!r}", metric
    yield f"reward {compiled.reward.name!r}", compiled.reward
    seen: dict[str, int] = {}
    for callback in callbacks:
        name = type(callback).__name__
        number = seen[name] = seen.get(name, -1) + 1
        if not isinstance(callback, BackupAndRestore):
            yield f"callback {name}" + (f" (number {number + 1} of that class)" if number else ""), callback


def snapshot(program: Any, history: Any, callbacks: list[Callback]) -> dict[str, Any]:
    """Return, as JSON, what came of a training.

    Args:
        program: The program after `fit`.
        history: What `fit` returned.
        callbacks: The callbacks that were given to it.
    """
    states, attributes = {}, {}
    for name, owner in _owners(program, callbacks):
        if name.startswith(("callback", "optimizer")):
            states[name] = described(owner.state_dict())
        attributes[name] = _attributes(owner)
    return {
        "variables": described(program.get_variables()),
        "history": {
            "epoch": history.epoch,
            "rows": described(history.rows),
            "stopped_by": history.stopped_by,
        },
        "states": states,
        "attributes": attributes,
    }


def files_in(directory: Path) -> dict[str, bytes]:
    """Return the files below a directory, by path, without what a kill left of unfinished ones."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not (path.name.startswith(".") and path.name.endswith(".tmp"))
    }
