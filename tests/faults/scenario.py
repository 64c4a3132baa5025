"""A training over HTTP, and the ways in which its server can fail."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson

import synalinks
from synalinks.callbacks import BackupAndRestore, CSVLogger
from synalinks.language_models import Retry
from synalinks.testing import ChatServer
from tests.support.arithmetic import Answer, Problem, data, skilled

Reply = ChatServer.Reply
TIMEOUT = 0.4
"""Seconds after which the client gives up an answer, where some hang."""


def answer(body: dict[str, Any]) -> dict[str, float]:
    """The model: a function of the request alone, whose skill grows with the examples shown."""
    return skilled(SimpleNamespace(messages=body["messages"]))


def _whole(body: dict[str, Any]) -> bytes:
    text = orjson.dumps(answer(body)).decode()
    return orjson.dumps(ChatServer.completion(body, text))


FAULTS: dict[str, Any] = {
    "429": lambda body: Reply(status=429, body={"error": {"message": "Slow down."}}),
    "429 with Retry-After in seconds": lambda body: Reply(status=429, headers={"Retry-After": "0"}),
    "429 with Retry-After as a date": lambda body: Reply(
        status=429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    ),
    "500": lambda body: Reply(status=500, body="Internal Server Error"),
    "503": lambda body: Reply(status=503, body={"error": {"message": "Overloaded."}}),
    "reset": lambda body: Reply(reset=True),
    "timeout": lambda body: Reply(hang=True),
    "not JSON": lambda body: Reply(body="<html>Bad gateway</html>"),
    "cut JSON": lambda body: Reply(body=_whole(body)[:-25]),
    "cut connection": lambda body: Reply(body=_whole(body), cut=150),
    "empty choices": lambda body: Reply(body={"object": "chat.completion", "choices": []}),
    "error with status 200": lambda body: Reply(body={"error": {"message": "Overloaded.", "code": 503}}),
}
"""What a server can do in place of answering."""


class Faulty:
    """A server's function that fails now and then: which attempts is drawn from seed and request.

    Args:
        kinds: The faults to draw from.
        share: Share of the attempts that fail.
        in_a_row: How many attempts of one request fail in a row at most.
        seed: Of the draws.

    Attributes:
        injected: How often each fault was.
        answered: Requests that were answered rightly.
    """

    def __init__(self, *kinds: str, share: float = 0.3, in_a_row: int = 4, seed: int | str = 0) -> None:
        self.kinds = kinds or tuple(FAULTS)
        self.share, self.in_a_row, self.seed = share, in_a_row, seed
        self.injected: Counter[str] = Counter()
        self.answered = 0
        self._attempts: Counter[bytes] = Counter()
        self._row: Counter[bytes] = Counter()

    def __call__(self, body: dict[str, Any]) -> Any:
        request = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        self._attempts[request] += 1
        draw = random.Random(f"{self.seed} {self._attempts[request]} {request.decode()}")
        if self._row[request] < self.in_a_row and draw.random() < self.share:
            self._row[request] += 1
            kind = draw.choice(self.kinds)
            self.injected[kind] += 1
            return FAULTS[kind](body)
        self._row[request] = 0
        self.answered += 1
        return answer(body)


class Switched:
    """A server's function that answers as long as `fails` says nothing for a request.

    Args:
        fails: Takes the number of the request, from 0, and its body; returns the name of a fault, a reply,
            or None.

    Attributes:
        answered: Requests that were answered rightly.
    """

    def __init__(self, fails: Any = lambda number, body: None) -> None:
        self.fails, self.number, self.answered = fails, -1, 0

    def __call__(self, body: dict[str, Any]) -> Any:
        self.number += 1
        fault = self.fails(self.number, body)
        if fault is not None:
            return FAULTS[fault](body) if isinstance(fault, str) else fault
        self.answered += 1
        return answer(body)


def language_model(url: str, **options: Any) -> synalinks.LanguageModel:
    """The model at `url`, whose client waits no longer between tries than a test should."""
    given = {"retry": Retry(initial=0.001, maximum=0.002), "timeout": 60.0, **options}
    return synalinks.LanguageModel("vllm/test", api_base=url, **given)


async def train(
    directory: Path,
    model: synalinks.LanguageModel,
    *callbacks: Any,
    backup: bool = True,
    delete: bool = True,
    save_freq: str | int = "epoch",
    optimizer: Any = "random_few_shot",
    reward: Any = "exact_match",
    count: int = 16,
    **options: Any,
) -> dict[str, Any]:
    """Train in `directory`, or go on there; return everything that must not depend on failures."""
    x = synalinks.Input(data_model=Problem)
    y = await synalinks.Generator(data_model=Answer, language_model=model)(x)
    program = synalinks.Program(inputs=x, outputs=y, name="arithmetic")
    program.compile(optimizer=optimizer, reward=reward)
    given: list[Any] = [CSVLogger(directory / "run.csv"), *callbacks]
    if backup:
        given.append(BackupAndRestore(directory / "backup", delete_checkpoint=delete, save_freq=save_freq))
    settings = {"epochs": 2, "batch_size": 4, "validation_split": 0.25, "seed": 5, "verbose": 0, **options}
    history = await program.fit(*data(count), callbacks=given, **settings)
    assert program.compiled is not None
    assert program.compiled.optimizer is not None
    return {
        "history": history.history,
        "epoch": history.epoch,
        "variables": program.get_variables(),
        "optimizer": program.compiled.optimizer.state_dict(),
        "csv": (directory / "run.csv").read_text(),
    }


def kept_failures(backup: Path) -> int:
    """Number of failed calls in the journal of a backup."""
    connection = sqlite3.connect(backup / "journal.sqlite")
    rows = connection.execute("SELECT answer FROM calls").fetchall()
    connection.close()
    return sum(answer.startswith(b'{"error"') for (answer,) in rows)
