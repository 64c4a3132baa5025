"""A key is in no text that anyone may read."""

import asyncio
import copy
import logging
import pickle
import traceback

import pytest

from synalinks import errors
from synalinks.language_models import LanguageModel, Retry
from synalinks.language_models.providers._secret import HiddenText, Secret
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


@pytest.mark.parametrize("reply", FAULTS.values(), ids=FAULTS)
async def test_no_error_shows_the_key(serve, reply, caplog):
    caplog.set_level(logging.DEBUG)
    # The key comes from a variable of another frame, so that no frame of the test's own holds it.
    _, lm = await serve(lambda _: reply, api_key=KEY, timeout=0.1)
    with pytest.raises(errors.LanguageModelError) as caught:
        await lm("hello")
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


def test_a_key_that_cannot_be_used_is_not_shown():
    with pytest.raises(errors.ConfigurationError) as caught:
        LanguageModel("openai/x", api_key="sk-secret\nx")
    assert "secret" not in str(caught.value)


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
