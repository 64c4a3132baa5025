"""What every test relies on: no network, no keys, fresh settings, the same examples each time."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Iterator

import hypothesis
import pytest

import synalinks
from synalinks._internal.settings import Settings, settings
from tests.support.network import refuse_outside

refuse_outside()

os.environ["MPLBACKEND"] = "Agg"  # no window, also in child processes

_calm = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("explore", **_calm)
hypothesis.settings.register_profile("repeat", derandomize=True, database=None, print_blob=True, **_calm)
hypothesis.settings.load_profile("repeat" if os.environ.get("CI") else "explore")


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[Settings]:
    """Give each test the process settings of a fresh process; what was registered at import stays."""
    process = settings()
    fresh = Settings(registry=dict(process.registry))
    yield process
    for field in dataclasses.fields(Settings):
        setattr(process, field.name, getattr(fresh, field.name))


@pytest.fixture(autouse=True)
def quiet_loggers() -> Iterator[None]:
    """Put the library's loggers back to what they are in a fresh process."""
    yield
    synalinks.disable_logging()
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith("synalinks") and isinstance(logger, logging.Logger):
            logger.setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the keys and servers that the developer's own environment names."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL", "_ENDPOINT", "_API_VERSION", "OLLAMA_HOST")):
            monkeypatch.delenv(name)
