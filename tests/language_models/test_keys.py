"""A key is in no text that anyone may read."""

import asyncio
import contextlib
import copy
import io
import itertools
import logging
import pickle
import traceback

import pytest

import synalinks
from synalinks import errors
from synalinks.embedding_models import EmbeddingModel
from synalinks.hooks import EndedEvent, Hook, add_hook
from synalinks.integrations._spans import _attributes, as_text
from synalinks.language_models import LanguageModel, Retry
from synalinks.language_models.providers._secret import HiddenText, Secret
from synalinks.language_models.providers._table import PROVIDERS as TABLE
from synalinks.testing import ChatServer

KEY = "sk-very-secret-0123456789"
Reply = ChatServer.Reply


def chain(error):
    """The error and all that hang on it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def everything_shown(error):
    """All that a traceback with local variables shows, of this error and of those behind it."""
    for link in chain(error):
        shown = traceback.TracebackException.from_exception(link, capture_locals=True)
        yield from shown.format()
        yield repr(link)
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if "/src/synalinks/" in frame.f_code.co_filename:
                yield repr(frame.f_locals)


def locals_of_ours(error):
    """The local variables that a traceback shows of the library's own frames."""
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    ours = [frame for frame in frames if "/src/synalinks/" in frame.filename]
    assert ours
    for frame in ours:
        yield from frame.locals.values()


FAULTS = {
    "echoed in an error": Reply(status=401, body={"error": {"message": f"Wrong key {KEY}."}}),
    "echoed in another body": Reply(status=500, body=f"<p>{KEY}</p>"),
    "echoed where JSON should be": Reply(body=f"key {KEY}"),
    "echoed in JSON of another form": Reply(body={"key": KEY}),
    "echoed in what is not HTTP": Reply(headers={"Content-Length": KEY}),
    "connection broken": Reply(reset=True),
    "timeout": Reply(hang=True),
    "body cut": Reply(body="x" * 100, cut=120),
}


PROVIDERS = ("openai", "azure", "anthropic", "gemini", "ollama", "mistral")
WAYS = [
    *((provider, how) for provider in PROVIDERS for how in ("whole", "in pieces")),
    *((provider, "vectors") for provider in ("openai", "azure", "gemini", "ollama")),
]


async def ask(url, provider, how, **options):
    """Ask a server in one of the ways."""
    options = {"api_base": url, "retry": Retry(max_tries=1), "timeout": 0.2, **options}
    if how == "vectors":
        return await EmbeddingModel(f"{provider}/m", **options)(["hello"])
    lm = LanguageModel(f"{provider}/m", **options)
    if how == "whole":
        return await lm("hello")
    return await lm.stream("hello").result()


@pytest.fixture(params=["given", "in the environment"])
def place(request, monkeypatch):
    """Options with the key, or without it where it is in the environment."""
    if request.param == "given":
        return {"api_key": KEY}
    for spec in TABLE.values():
        for name in spec.key_variables:
            monkeypatch.setenv(name, KEY)
    return {}


@pytest.mark.parametrize(("provider", "how"), WAYS)
@pytest.mark.parametrize("reply", FAULTS.values(), ids=FAULTS)
async def test_no_error_shows_the_key(reply, provider, how, place, caplog):
    caplog.set_level(logging.DEBUG)
    async with ChatServer(lambda _: reply) as server:
        with pytest.raises(errors.LanguageModelError) as caught:
            await ask(server.url, provider, how, **place)
        assert KEY in str(server.headers)
        assert KEY not in str(server.paths) + str(server.requests)
    error = caught.value
    assert KEY not in str(error)
    assert KEY not in repr(error)
    ours = [link for link in everything_shown(error) if "test_keys.py" not in link]
    assert not [text for text in ours if KEY in text]
    assert KEY not in caplog.text


async def test_the_error_of_a_server_that_is_not_there_does_not_show_it():
    lm = LanguageModel("openai/x", api_base="http://127.0.0.1:9", api_key=KEY, retry=Retry(max_tries=1))
    with pytest.raises(errors.CallConnectionError) as caught:
        await lm("hello")
    assert not [text for text in everything_shown(caught.value) if KEY in text and "test_keys.py" not in text]


async def test_a_call_that_is_cancelled_does_not_show_it(serve):
    server, lm = await serve(lambda _: Reply(hang=True), api_key=KEY)
    task = asyncio.create_task(lm("hello"))
    await server.wait_until(lambda: server.in_flight == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert any("aiohttp" in frame.f_code.co_filename for frame in frames)
    assert not [frame for frame in frames if frame.f_globals is not globals() and KEY in repr(frame.f_locals)]


async def test_no_view_of_a_model_shows_the_key(serve):
    _, lm = await serve(lambda _: "hi", api_key=KEY)
    await lm("hello")
    views = [
        repr(lm),
        str(lm),
        repr(lm.get_config()),
        repr(vars(lm)),
        pickle.dumps(lm),
        lm._provider().account,
    ]
    assert not [view for view in views if KEY in str(view)]
    assert KEY.encode() not in pickle.dumps(lm)


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": -1},
        {"max_concurrency": 0},
        {"user": object()},
        {"api_base": "ftp://x"},
        {"cache": 3},
        {"key": "sk very secret"},
    ],
    ids=lambda options: next(iter(options)),
)
@pytest.mark.parametrize("kind", [LanguageModel, EmbeddingModel])
def test_no_error_of_a_set_up_shows_the_key(kind, options):
    key = options.get("key", KEY)
    options = {name: value for name, value in options.items() if name != "key"}
    with pytest.raises(errors.ConfigurationError) as caught:
        kind("openai/x", api_key=key, **options)
    assert not [text for text in locals_of_ours(caught.value) if key in text]
    assert key not in str(caught.value)


def test_a_fallback_under_the_same_key_is_found_without_showing_it():
    other = LanguageModel("openai/x", api_key=KEY, fallback=LanguageModel("openai/y", api_key=KEY))
    with pytest.raises(errors.ConfigurationError, match="asked twice") as caught:
        LanguageModel("openai/y", api_key=KEY, fallback=other)
    assert not [text for text in locals_of_ours(caught.value) if KEY in text]


class Everything(Hook):
    """Keeps all that events say, and what spans would say of them."""

    def __init__(self):
        self.texts, self.started = [], {}

    def on_event(self, event):
        self.texts.append(repr(event))
        if isinstance(event, EndedEvent):
            started = self.started.pop(event.span_id)
            self.texts += [f"{name} {value}" for name, value in _attributes(started, event, is_root=True)]
            self.texts.append(as_text(event.error))
        else:
            self.started[event.span_id] = event


class Text(synalinks.DataModel):
    text: str


class Search(synalinks.Module):
    """Asks an embedding model, and goes on where that fails."""

    def __init__(self, embedding_model, **options):
        super().__init__(**options)
        self.embedding_model = embedding_model

    async def call(self, inputs: Text, training=False) -> Text:
        with contextlib.suppress(errors.LanguageModelError):
            await self.embedding_model(inputs.get("text"))
        return inputs


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_no_file_event_span_or_log_of_a_training_has_the_key(provider, place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answers = itertools.cycle([
        '{"text": "fine"}', Reply(status=503, body=f"busy {KEY}"), '{"text": "good"}',
        Reply(status=400, body={"error": {"message": f"{KEY} is flagged by moderation"}}),
    ])  # fmt: skip
    synalinks.enable_logging("DEBUG", to_file=tmp_path / "log.jsonl", json=True)
    heard = add_hook(Everything())
    async with ChatServer(lambda _: next(answers)) as server:
        options = {"api_base": server.url, "retry": Retry(max_tries=3, initial=0.0), **place}
        lm = LanguageModel(f"{provider}/m", cache="answers.sqlite", temperature=0, **options)
        vectors = "openai" if provider in ("anthropic", "mistral") else provider
        em = EmbeddingModel(f"{vectors}/m", cache="vectors.sqlite", **options)
        inputs = synalinks.Input(data_model=Text)
        found = await Search(em)(inputs)
        outputs = await synalinks.Generator(data_model=Text, language_model=lm)(found)
        program = synalinks.Program(inputs=inputs, outputs=outputs)
        program.compile(optimizer="random_few_shot", reward="exact_match")
        data = [Text(text=f"number {n}") for n in range(12)]
        await program.fit(
            data, data, epochs=2, batch_size=4, verbose=0,
            callbacks=[
                synalinks.callbacks.BackupAndRestore("backup", delete_checkpoint=False),
                synalinks.callbacks.CSVLogger("log.csv"),
                synalinks.callbacks.ProgramCheckpoint("best.json", monitor="reward"),
            ],
        )  # fmt: skip
        program.save("program.json")
        program.inspect_history(50, file=(shown := io.StringIO()))
        assert KEY in str(server.headers)
    lm.cache.close()
    em.cache.close()
    synalinks.disable_logging()
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.name for path in files} > {"log.jsonl", "log.csv", "program.json", "answers.sqlite"}
    assert sum(map(len, files.values())) > 50_000
    assert not [path for path, data in files.items() if KEY.encode() in data]
    assert any("***" in text for text in heard.texts)  # it was masked, and not left out by chance
    assert not [text for text in heard.texts if KEY in text]
    assert KEY not in shown.getvalue()


def test_a_secret_shows_in_no_form():
    secret = Secret(KEY)
    for text in (repr(secret), str(secret), f"{secret}", f"{secret!r}", repr([secret]), f"{secret!s:>30}"):
        assert KEY not in text
    assert secret.reveal() == KEY
    assert secret.mask(f"a {KEY} b") == "a *** b"
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(secret)
    assert KEY not in repr(HiddenText(f"Bearer {KEY}"))
    assert HiddenText(KEY) == KEY
