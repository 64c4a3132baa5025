"""What a call costs, counted: one serialisation, no task, no schema work, no header or session built."""

import asyncio

import aiohttp
import jsonschema_rs
import orjson
import pytest

from synalinks.language_models import OutputSchema, _schema
from synalinks.language_models.providers import _http, _http_provider
from synalinks.testing import FunctionModel

SCHEMA = {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]}


class Counter:
    def __init__(self, function):
        self.function, self.count = function, 0

    def __call__(self, *args, **kwargs):
        self.count += 1
        return self.function(*args, **kwargs)


@pytest.fixture
async def tasks():
    """List what runs as a task on this loop, the writers of aiohttp excepted."""
    loop, made = asyncio.get_running_loop(), []

    def make(loop, coroutine, **options):
        if "aiohttp" not in coroutine.cr_code.co_filename:
            made.append(coroutine.__qualname__)
        return asyncio.Task(coroutine, loop=loop, **options)

    loop.set_task_factory(make)
    yield made
    loop.set_task_factory(None)


class CountingJson:
    """Stands for `orjson` in one module."""

    Fragment, JSONDecodeError = orjson.Fragment, orjson.JSONDecodeError

    def __init__(self):
        self.dumps, self.loads = Counter(orjson.dumps), Counter(orjson.loads)


async def test_a_call_over_http(serve, monkeypatch, tasks):
    _, lm = await serve(lambda _: {"a": 1})
    schema = OutputSchema(SCHEMA)
    await lm("warm", schema=schema)
    sent, format_made = CountingJson(), CountingJson()
    monkeypatch.setattr(_http_provider, "orjson", sent)
    monkeypatch.setattr(_schema, "orjson", format_made)
    compiled = Counter(jsonschema_rs.Draft202012Validator)
    monkeypatch.setattr(jsonschema_rs, "Draft202012Validator", compiled)
    sessions, endpoints = Counter(aiohttp.ClientSession), Counter(_http.Endpoint)
    monkeypatch.setattr(aiohttp, "ClientSession", sessions)
    monkeypatch.setattr(_http_provider, "Endpoint", endpoints)
    tasks.clear()
    for _ in range(5):
        await lm("hello", schema=schema)
    assert (sent.dumps.count, sent.loads.count) == (5, 5)
    assert (format_made.dumps.count, compiled.count) == (0, 0)
    assert (sessions.count, endpoints.count) == (0, 0)
    assert tasks == []


async def test_a_call_in_process(tasks):
    lm, schema = FunctionModel(lambda _: {"a": 1}), OutputSchema(SCHEMA)
    await lm("warm", schema=schema)
    tasks.clear()
    for _ in range(5):
        await lm("hello", schema=schema)
    assert tasks == []


async def test_the_key_of_a_request_is_worked_out_only_when_asked_for(monkeypatch):
    counter = Counter(lambda value: "key")
    monkeypatch.setattr("synalinks.language_models._request.content_hash", counter)
    lm = FunctionModel(lambda _: "hi")
    await lm("hello")
    assert counter.count == 0
    assert {lm.requests[0].key for _ in range(3)} == {"key"}
    assert counter.count == 1
