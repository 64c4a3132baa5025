"""Events for the standard `logging` module."""

from __future__ import annotations

import json as standard_json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import orjson

from synalinks._internal.names import snake_case
from synalinks._internal.settings import settings
from synalinks._internal.text import printable
from synalinks.errors import ConfigurationError, FileError, UnknownNameError
from synalinks.hooks._dispatcher import add_hook, remove_hook
from synalinks.hooks._events import Event
from synalinks.hooks._hook import Hook
from synalinks.hooks._lines import LINES

ROOT: Final = "synalinks"
"""Name of the logger above all others of the package."""

_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class Logger(Hook):
    """Tells the loggers `synalinks.*` of the standard `logging` module of every event.

    The loggers are `synalinks.training` (trainings, epochs, evaluations, samples), `synalinks.optimizers`
    (steps, candidates), `synalinks.modules`, `synalinks.language_models`, `synalinks.embedding_models`,
    `synalinks.rewards` and `synalinks.metrics`. Levels: epochs, optimizer steps and whole runs at INFO; calls
    that are tried again and samples that failed at WARNING; a run that failed at ERROR; all others, every
    call among them, at DEBUG. Messages are one line, with control characters as escapes and long texts cut. A
    record has the event itself, whole, as its attribute `event`.

    `synalinks.enable_logging` adds one, and a handler. Add one yourself, with
    `synalinks.hooks.add_hook(Logger())`, where your own set-up of `logging` has the handlers.
    """

    def on_event(self, event: Event) -> None:
        """Log an event."""
        line = LINES.get(type(event))
        if line is None:  # an event of a module of yours
            return
        logger, level = logging.getLogger(f"{ROOT}.{line.logger}"), line.level_of(event)
        if logger.isEnabledFor(level):
            logger.log(level, "%s", printable(line.text(event)), extra={"event": event})


class _TextFormat(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")


class _JsonFormat(logging.Formatter):
    """One JSON object per line: the event's own fields, and what the record has besides."""

    def format(self, record: logging.LogRecord) -> str:
        event = getattr(record, "event", None)
        values = event_json(event) if isinstance(event, Event) else {}
        moment = datetime.fromtimestamp(values.pop("time", record.created), UTC)
        head = {
            "time": moment.isoformat(timespec="microseconds"),
            "level": record.levelname,
            "logger": record.name,
            "text": record.getMessage(),
        }
        return _dumps({**head, **values})


def event_json(event: Event) -> dict[str, Any]:
    """Return an event's name and fields, without those of its place that are not known.

    Values are the event's own; `_dumps` knows how to write them.
    """
    values = {name: getattr(event, name) for name in event.__dataclass_fields__}
    optional = _names_of_place()
    kept = {name: value for name, value in values.items() if value not in (None, "") or name not in optional}
    return {"event": snake_case(type(event).__name__), **kept}


@cache
def _names_of_place() -> frozenset[str]:
    return frozenset(field.name for field in fields(Event))


def _dumps(value: Any) -> str:
    try:
        return orjson.dumps(value, _plainer, orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # halves of surrogate pairs, integers of over 64 bits, keys of any type, deep nesting
        text = standard_json.dumps(value, default=_plainer, skipkeys=True)
        return standard_json.dumps(standard_json.loads(text, parse_constant=lambda _: None))


def _plainer(value: Any) -> Any:
    """Return something nearer to JSON."""
    if isinstance(value, BaseException):
        return {"type": type(value).__name__, "message": str(value)}
    if hasattr(value, "get_json"):
        return value.get_json()
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, set | frozenset | tuple) else repr(value)


class _Terminal(logging.StreamHandler[Any]):
    """Writes to what standard error is now: a progress display shows such lines above itself."""

    def emit(self, record: logging.LogRecord) -> None:
        self.setStream(sys.stderr)
        super().emit(record)


def enable_logging(
    level: str | int = "INFO", *, to_file: str | os.PathLike[str] | None = None, json: bool = False
) -> None:
    """Write what runs do to standard error, or to a file, through the standard `logging` module.

    The loggers are `synalinks.*`, see `synalinks.hooks.Logger`. Called again, it replaces what it set
    up before. The root logger stays as it is. Lines on standard error are not passed on to its handlers,
    which would write them twice; with a file they are. No key of a provider is written; messages and
    answers are, so keep a log as carefully as the data.

    Args:
        level: The least urgent level to write: "DEBUG" for every call, "INFO" for epochs, optimizer steps
            and failures, "WARNING" for failures alone; or a number of `logging`.
        to_file: File to append to, in UTF-8; None for standard error.
        json: Whether to write a JSON object per line with all fields of the event, whole: among them
            `span_id`, `parent_id` and `sample_id`, which join a call to what it is part of.

    Raises:
        ConfigurationError: There is no such level.
        FileError: The file cannot be written.
    """
    number = _checked_level(level)
    handler = _Terminal() if to_file is None else _file_handler(to_file)
    handler.setFormatter(_JsonFormat() if json else _TextFormat())
    disable_logging()
    root = logging.getLogger(ROOT)
    root.setLevel(number)
    root.propagate = to_file is not None
    root.addHandler(handler)
    if not any(isinstance(hook, Logger) for hook in settings().hooks):
        add_hook(_Enabled())


def disable_logging() -> None:
    """Undo `enable_logging`; without it, nothing changes."""
    root = logging.getLogger(ROOT)
    ours = [handler for handler in root.handlers if isinstance(handler.formatter, _TextFormat | _JsonFormat)]
    for handler in ours:
        root.removeHandler(handler)
        handler.close()
    if ours:
        root.setLevel(logging.NOTSET)
        root.propagate = True
    for hook in settings().hooks:
        if isinstance(hook, _Enabled):
            remove_hook(hook)


class _Enabled(Logger):
    """The one that `enable_logging` added."""


def _checked_level(level: str | int) -> int:
    if isinstance(level, str):
        if level.upper() not in _LEVELS:
            raise UnknownNameError("level", level, _LEVELS)
        return logging.getLevelNamesMapping()[level.upper()]
    if isinstance(level, bool) or not isinstance(level, int):
        raise ConfigurationError(
            f'level is a name such as "INFO" or a number of logging, got {level!r}.', argument="level"
        )
    return level


def _file_handler(path: str | os.PathLike[str]) -> logging.Handler:
    try:
        return logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise FileError(f"The log {os.fspath(path)!r} cannot be written: {error}.", path=path) from error
