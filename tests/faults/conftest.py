"""What several tests of broken runs need."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from synalinks.testing import ChatServer
from tests.faults.left import EPOCHS, FILES, CrashError, Dies, Killed, copied, opened
from tests.faults.scenario import Switched, language_model, train


@pytest.fixture(scope="session")
def quick(tmp_path_factory):
    """A folder in memory where there is one: thousands of files are made durable here."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path_factory.mktemp("quick")
        return
    folder = Path(tempfile.mkdtemp(dir=memory, prefix="synalinks-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def killed(tmp_path_factory):
    """A run that was killed in its third epoch."""
    base = tmp_path_factory.mktemp("killed")
    for name in ("whole", "run"):
        (base / name).mkdir()

    async def run():
        served = Switched()
        async with ChatServer(served) as server:
            whole = await train(base / "whole", language_model(server.url), epochs=EPOCHS)
            calls = served.answered
            dies = Dies(base / "run", base / "left")
            with pytest.raises(CrashError):
                await train(base / "run", language_model(server.url), dies, epochs=EPOCHS)
        return Killed(base / "left", whole, calls, served.answered - calls)

    found = asyncio.run(run())
    assert sorted(os.listdir(found.directory / "backup")) == sorted(FILES)
    found.state, found.rows = opened(copied(found, base / "looked at"))
    assert len(found.rows) > 10
    return found
