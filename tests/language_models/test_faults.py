"""What servers do wrong, in each protocol: the error that comes of it, and that nothing is left behind."""

import asyncio
import gc
import re
from dataclasses import dataclass

import orjson
import pytest

from synalinks import errors
from synalinks._internal.settings import of_loop
from synalinks.embedding_models import EmbeddingModel
from synalinks.language_models import LanguageModel, Request, Retry
from synalinks.language_models._limiter import limiter_for
from synalinks.language_models._pipeline import Call
from synalinks.language_models.providers import _http
from synalinks.testing import ChatServer
from synalinks.testing._protocols import PROTOCOLS

Answer, Reply = ChatServer.Answer, ChatServer.Reply

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "number"}},
    "required": ["n"],
    "additionalProperties": False,
}
PATHS = {
    "openai": "/chat/completions",
    "anthropic": "/v1/messages",
    "gemini": ":streamGenerateContent",
    "ollama": "/api/chat",
    "openai embeddings": "/embeddings",
    "gemini embeddings": ":batchEmbedContents",
    "ollama embeddings": "/api/embed",
}


@dataclass(frozen=True)
class Way:
    """A protocol, and whether its answers are asked for in pieces."""

    name: str
    pieces: bool = False

    @property
    def embeds(self):
        return "embeddings" in self.name

    @property
    def protocol(self):
        return next(p for p in PROTOCOLS if p.speaks(PATHS[self.name]))

    def model(self, server, **options):
        provider = self.name.partition(" ")[0]
        options = {"api_base": server.url, "api_key": "k", "retry": Retry(max_tries=1), **options}
        return (EmbeddingModel if self.embeds else LanguageModel)(f"{provider}/m", **options)

    async def ask(self, model, schema=None):
        """Ask, and return what came: a text, a value of the schema, or vectors."""
        if self.embeds:
            return await model(["hello"])
        if not self.pieces:
            response = await model("hello", schema=schema)
            return response.text if schema is None else response.parsed
        if schema is not None:
            return (await model.stream("hello", schema=schema).result()).parsed
        request = Request(model.model.partition("/")[0], "m", [{"role": "user", "content": "hello"}])
        pieces = []
        response = await model.check()(request, Call(pieces.append))
        assert "".join(pieces) == (response.text or "")
        return response.text

    def good(self, text="hello", **answer):
        """Return a good answer: its body, and the headers that go with it."""
        asked = {"model": "m", "input": ["hello"], "requests": [{"content": {"parts": [{"text": "hello"}]}}]}
        if self.embeds:
            return orjson.dumps(self.protocol.whole(Answer("[[0.5,0.25]]"), asked)), {}
        answer = Answer(text, **answer)
        if self.pieces:
            return self.protocol.streamed(answer, asked), {"Content-Type": self.protocol.media_type}
        return orjson.dumps(self.protocol.whole(answer, asked)), {}

    def reply(self, body=None, **options):
        data, headers = self.good()
        headers = {**headers, **options.pop("headers", {})}
        return Reply(body=data if body is None else body, headers=headers, **options)

    def __str__(self):
        return f"{self.name}, in pieces" if self.pieces else self.name


CHATS = [
    Way(name, pieces) for name in ("openai", "anthropic", "gemini", "ollama") for pieces in (False, True)
]
WAYS = [*CHATS, *(Way(name) for name in PATHS if "embeddings" in name)]
each_way = pytest.mark.parametrize("way", WAYS, ids=str)
each_chat = pytest.mark.parametrize("way", CHATS, ids=str)


def chunked(data):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)


def replaced(way, old, new):
    """Return a good answer in which something else stands, once."""
    data, _ = way.good()
    assert re.search(old, data), (old, data)
    return way.reply(re.sub(old, lambda _: new, data, count=1))


A_TEXT = rb'"hel[^"]*"|0\.5'
A_NUMBER = rb"(?<=:)\d+(?=[,}])|0\.5"

FAULTS = {
    "never answers": (lambda way: Reply(hang=True), errors.CallTimeoutError),
    "answers too late": (lambda way: way.reply(delay=30.0), errors.CallTimeoutError),
    "stops in the middle": (
        lambda way: way.reply(way.good()[0][:20], headers={"Content-Length": "1000"}),
        errors.CallTimeoutError,
    ),
    "breaks the connection": (lambda way: Reply(reset=True), errors.CallConnectionError),
    "announces more than it sends": (
        lambda way: way.reply(headers={"Content-Length": "100000"}, cut=100_000),
        errors.CallConnectionError,
    ),
    "announces less than it sends": (
        lambda way: way.reply(headers={"Content-Length": "30"}),
        errors.ProtocolError,
    ),
    "announces a length that is none": (
        lambda way: way.reply(headers={"Content-Length": "many"}),
        errors.ProtocolError,
    ),
    "sends pieces of no size": (
        lambda way: way.reply(b"many\r\n", headers={"Transfer-Encoding": "chunked"}),
        errors.InfrastructureError,
    ),
    "does not speak HTTP": (lambda way: Reply(headers={"x\x00": "y"}), errors.ProtocolError),
    "sends nothing": (lambda way: Reply(), errors.ProtocolError),
    "has no content": (lambda way: Reply(status=204), errors.ProtocolError),
    "sends a page": (
        lambda way: Reply(body="<html>Hello</html>", headers={"Content-Type": "text/html"}),
        errors.ProtocolError,
    ),
    "sends a page of a gateway": (
        lambda way: Reply(status=502, body="<html>Bad</html>", headers={"Content-Type": "text/html"}),
        errors.ServerError,
    ),
    "sends no UTF-8": (lambda way: replaced(way, A_TEXT, b'"\xff\xfe"'), errors.ProtocolError),
    "sends NaN": (lambda way: replaced(way, A_NUMBER, b"NaN"), errors.ProtocolError),
    "sends Infinity": (lambda way: replaced(way, A_NUMBER, b"Infinity"), errors.ProtocolError),
    "sends half an escape": (lambda way: replaced(way, A_TEXT, b'"\\ud800"'), errors.ProtocolError),
    "sends other JSON": (lambda way: Reply(body={"ok": True}), errors.ProtocolError),
    "sends a list": (lambda way: Reply(body=[1, 2]), errors.ProtocolError),
    "sends null": (lambda way: Reply(body=b"null"), errors.ProtocolError),
    "sends deep brackets": (lambda way: Reply(body=b'{"a":' + b"[" * 100_000), errors.ProtocolError),
    "sends an error with status 200": (
        lambda way: Reply(body={"error": {"message": "slow down", "code": 429}}),
        errors.RateLimitedError,
    ),
    "sends too much, announced": (lambda way: Reply(body=b" " * 300_000), errors.ProtocolError),
    "sends too much, in pieces": (
        lambda way: Reply(body=chunked(b" " * 300_000), headers={"Transfer-Encoding": "chunked"}),
        errors.ProtocolError,
    ),
    "redirects": (
        lambda way: Reply(status=307, headers={"Location": "http://127.0.0.1:1/"}),
        errors.BadRequestError,
    ),
}
"""What a server does wrong, and the error that comes of it, in every protocol."""


STATUSES = {
    **dict.fromkeys(range(400, 500), errors.BadRequestError),
    **dict.fromkeys(range(500, 530), errors.ServerError),
    401: errors.AuthenticationError,
    403: errors.AuthenticationError,
    404: errors.UnknownModelError,
    408: errors.CallTimeoutError,
    409: errors.ServerError,
    429: errors.RateLimitedError,
}
"""What a status means, in every protocol, where the text with it says nothing else."""


@pytest.fixture
async def faulty():
    """Return `faulty(way, reply)`: a model of which a server makes the first call go wrong, and another."""
    servers = []

    async def start(way, reply, **options):
        replies = iter([reply])
        server = ChatServer(lambda _: next(replies, None) or way.reply())
        servers.append(server)
        await server.__aenter__()
        return way.model(server, **options), way.model(server)

    yield start
    for server in servers:
        await server.__aexit__(None, None, None)


async def check_nothing_is_left(way, model):
    """No call, task or connection in use is left, and the next call works."""
    limiter = limiter_for(model._provider().account)
    assert (limiter.in_flight, limiter.waiting) == (0, 0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    connector = of_loop(asyncio.get_running_loop())["http"].session.connector
    assert not connector._acquired
    assert await way.ask(model) in ("hello", [[0.5, 0.25]])
    assert not connector._acquired
    gc.collect()  # what is left open would warn


@each_way
@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_is_its_error(faulty, way, fault, monkeypatch):
    monkeypatch.setattr(_http, "MAX_BODY", 200_000)
    make, kind = FAULTS[fault]
    slow = kind is errors.CallTimeoutError
    model, other = await faulty(way, make(way), timeout=0.05 if slow else 20.0)
    with pytest.raises(kind) as caught:
        await way.ask(model)
    assert caught.value.model == model.model
    await check_nothing_is_left(way, other)


@each_way
async def test_each_status_is_its_error(way):
    statuses = iter(STATUSES)
    async with ChatServer(lambda _: Reply(status=next(statuses), body={"error": "no"})) as server:
        model = way.model(server)
        for status, kind in STATUSES.items():
            with pytest.raises(errors.LanguageModelError) as caught:
                await way.ask(model)
            assert (status, type(caught.value)) == (status, kind)
            assert caught.value.status == status


@each_way
async def test_an_answer_cut_at_any_byte_is_no_evidence(way):
    whole = len(way.reply().encoded())
    cuts = [*range(0, whole, 5 if whole < 1000 else 17), whole - 1]
    coming = iter([*cuts, None])
    async with ChatServer(lambda _: way.reply(cut=next(coming))) as server:
        model = way.model(server)
        for cut in cuts:
            with pytest.raises((errors.CallConnectionError, errors.ProtocolError)):
                pytest.fail(f"cut at {cut}: {await way.ask(model)}")
            assert asyncio.all_tasks() == {asyncio.current_task()}
        assert await way.ask(model) in ("hello", [[0.5, 0.25]])


@each_chat
async def test_an_answer_cut_at_its_longest_is_the_programs(faulty, way):
    data, headers = way.good("hel", finish_reason="length")
    model, other = await faulty(way, Reply(body=data, headers=headers))
    with pytest.raises(errors.TruncatedOutputError) as caught:
        await way.ask(model)
    assert caught.value.text == "hel"
    await check_nothing_is_left(way, other)


def openai_part(way, **message):
    part = {"delta": message} if way.pieces else {"message": message}
    return {"choices": [{"index": 0, "finish_reason": "stop", **part}]}


def anthropic_ending(way):
    data, _ = way.good("no", finish_reason="content_filter")
    return re.sub(rb'"stop_reason":"[a-z_]+"', b'"stop_reason":"refusal"', data)


REFUSALS = {
    "openai, in words": (lambda way: openai_part(way, content=None, refusal="no")),
    "openai, by a filter": (lambda way: way.good("no", finish_reason="content_filter")[0]),
    "anthropic": anthropic_ending,
    "gemini, of an answer": (lambda way: way.good("no", finish_reason="content_filter")[0]),
    "gemini, of a prompt": (lambda way: {"promptFeedback": {"blockReason": "SAFETY"}}),
}
"""How protocols say that a model or a filter refuses; Ollama has no word for it."""


def said(way, body):
    """Return a body as the only piece of an answer in pieces, or as the whole."""
    if isinstance(body, bytes):
        return way.reply(body)
    data = orjson.dumps(body)
    return way.reply(b"data: " + data + b"\n\n" if way.pieces and way.name != "ollama" else data)


@each_chat
@pytest.mark.parametrize("refusal", REFUSALS)
async def test_each_refusal_is_the_programs(faulty, way, refusal):
    if refusal.partition(",")[0] == way.name:
        model, other = await faulty(way, said(way, REFUSALS[refusal](way)))
        with pytest.raises(errors.RefusedError):
            await way.ask(model)
        await check_nothing_is_left(way, other)


EMPTY = {
    "openai": {"choices": []},
    "anthropic": {"type": "message", "role": "assistant", "content": None},
    "gemini": {"candidates": []},
    "ollama": {"model": "m", "done": True},
    "openai embeddings": {"data": []},
    "gemini embeddings": {"embeddings": []},
    "ollama embeddings": {"embeddings": []},
}


@each_way
async def test_an_answer_without_a_choice_is_no_evidence(faulty, way):
    model, other = await faulty(way, said(way, EMPTY[way.name]))
    with pytest.raises(errors.ProtocolError):
        await way.ask(model)
    await check_nothing_is_left(way, other)


@pytest.mark.parametrize("way", [way for way in CHATS if way.pieces], ids=str)
async def test_a_stream_that_ends_too_early_is_no_evidence(faulty, way):
    lines = way.good("one two three")[0].splitlines(keepends=True)
    model, other = await faulty(way, way.reply(b"".join(lines[: len(lines) // 2])))
    with pytest.raises(errors.ProtocolError, match="ended before the answer did"):
        await way.ask(model)
    await check_nothing_is_left(way, other)


MALFORMED = {
    "openai": b'{"choices": 3}',
    "anthropic": b'{"type": "content_block_delta", "index": "x", "delta": 3}',
    "gemini": b'{"candidates": 3}',
    "ollama": b'{"message": 3}',
}
"""Pieces of another form than the protocol's."""


@pytest.mark.parametrize("way", [way for way in CHATS if way.pieces], ids=str)
@pytest.mark.parametrize("piece", [b"{", None, b'{"error": {"message": "oh", "code": 503}}'])
async def test_a_stream_that_goes_wrong_in_the_middle_is_no_evidence(faulty, way, piece):
    piece = MALFORMED[way.name] if piece is None else piece
    lines = way.good("one two three")[0].splitlines(keepends=True)
    middle = len(lines) // 2
    line = piece + b"\n" if way.name == "ollama" else b"data: " + piece + b"\n\n"
    body = b"".join([*lines[:middle], b"\n" if way.name != "ollama" else b"", line, *lines[middle:]])
    model, other = await faulty(way, way.reply(body))
    with pytest.raises((errors.ProtocolError, errors.ServerError)):
        await way.ask(model)
    await check_nothing_is_left(way, other)


@each_chat
@pytest.mark.parametrize(
    "text",
    ['{"n": "one"}', '{"m": 1}', "{}", "no JSON", '{"n": NaN}', '{"n": 1e999}', '{"n": ' + "[" * 5000, ""],
    ids=repr,
)
async def test_an_answer_that_is_not_valid_is_the_programs(faulty, way, text):
    data, headers = way.good(text)
    model, other = await faulty(way, Reply(body=data, headers=headers), validation_retries=0)
    with pytest.raises(errors.InvalidOutputError) as caught:
        await way.ask(model, SCHEMA)
    assert caught.value.text == text
    await check_nothing_is_left(way, other)


@each_chat
@pytest.mark.parametrize(("text", "value"), [('{"n": 1, "n": 2}', 2), ('{"n": 1' + "0" * 30 + "}", 1e30)])
async def test_of_equal_keys_the_last_counts_and_large_numbers_are_floats(faulty, way, text, value):
    data, headers = way.good(text)
    model, _ = await faulty(way, Reply(body=data, headers=headers))
    assert await way.ask(model, SCHEMA) == {"n": value}


@each_way
@pytest.mark.parametrize("number", [b"1" + b"0" * 40, b"-5", b"1.5", b'"7"', b"null", b"[]"])
async def test_a_count_of_tokens_that_is_none_counts_as_nothing(faulty, way, number):
    data, _ = way.good()
    names = rb'("(?:prompt_tokens|input_tokens|output_tokens|promptTokenCount|prompt_eval_count)":)\d+'
    data = re.sub(names, lambda found: found[1] + number, data)
    model, _ = await faulty(way, way.reply(data))
    assert await way.ask(model) in ("hello", [[0.5, 0.25]])


@pytest.mark.parametrize("way", [WAYS[0], WAYS[1], WAYS[-1]], ids=str)
async def test_a_body_of_100_megabytes_is_not_read_to_its_end(faulty, way):
    body = chunked(b" " * 100_000_000)
    model, other = await faulty(way, Reply(body=body, headers={"Transfer-Encoding": "chunked"}))
    with pytest.raises(errors.ProtocolError, match="longer than 67108864 bytes"):
        await way.ask(model)
    await check_nothing_is_left(way, other)
