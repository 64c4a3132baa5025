"""What each failure of an exchange means; see "Failures" in the semantics of a run."""

import time
from email.utils import formatdate

import pytest

from synalinks import errors
from synalinks.language_models import Retry
from synalinks.language_models.providers._failures import retry_after
from synalinks.testing import ChatServer

Reply = ChatServer.Reply

STATUSES = [
    (300, errors.BadRequestError),
    (302, errors.BadRequestError),
    (400, errors.BadRequestError),
    (401, errors.AuthenticationError),
    (402, errors.BadRequestError),
    (403, errors.AuthenticationError),
    (404, errors.UnknownModelError),
    (405, errors.BadRequestError),
    (408, errors.CallTimeoutError),
    (409, errors.ServerError),
    (413, errors.BadRequestError),
    (418, errors.BadRequestError),
    (422, errors.BadRequestError),
    (429, errors.RateLimitedError),
    (500, errors.ServerError),
    (501, errors.ServerError),
    (502, errors.ServerError),
    (503, errors.ServerError),
    (504, errors.ServerError),
    (529, errors.ServerError),
]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
async def test_a_status_has_one_meaning(serve, status, kind):
    _, lm = await serve(lambda body: Reply(status=status, body={"error": {"message": "It went wrong."}}))
    with pytest.raises(errors.LanguageModelError, match=r"It went wrong\.") as caught:
        await lm("hello")
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.model == "openai/test"


@pytest.mark.parametrize(
    ("status", "said", "text"),
    [
        (401, "bad key", r"answered 401: bad key\. Check the API key"),
        (401, "No such key!", r"answered 401: No such key! Check the API key"),
        (404, "no such model.", r"answered 404: no such model\. Check the model's name"),
        (404, "", r"answered 404\. Check the model's name"),
        (500, "it broke", r"answered 500: it broke(?!\.)"),
    ],
)
async def test_what_the_server_says_and_the_advice_are_two_sentences(serve, status, said, text):
    _, lm = await serve(lambda body: Reply(status=status, body=said.encode()))
    with pytest.raises(errors.LanguageModelError, match=text):
        await lm("hello")


FAMILIES = {
    errors.InfrastructureError: {408, 409, 429, 500, 501, 502, 503, 504, 529},
    errors.FatalCallError: {300, 302, 400, 401, 402, 403, 404, 405, 413, 418, 422},
}


def test_the_families_are_those_of_the_semantics():
    for family, statuses in FAMILIES.items():
        assert {status for status, kind in STATUSES if issubclass(kind, family)} == statuses


SAYINGS = [
    (400, {"code": "context_length_exceeded", "message": "x"}, errors.ContextTooLongError),
    (400, {"message": "This model's maximum context length is 8192 tokens."}, errors.ContextTooLongError),
    (400, {"type": "exceed_context_size_error", "message": "x"}, errors.ContextTooLongError),
    (400, {"message": "Prompt is too long: 20 > 10"}, errors.ContextTooLongError),
    (413, {"message": "Please reduce the length of the messages."}, errors.ContextTooLongError),
    (400, {"message": "max_tokens is too large: 99999"}, errors.BadRequestError),
    (400, {"code": "content_filter", "message": "x"}, errors.RefusedError),
    (403, {"message": "Your input was flagged."}, errors.RefusedError),
    (400, {"message": "API key not valid. Please pass a valid API key."}, errors.AuthenticationError),
    (500, {"message": "maximum context length"}, errors.ServerError),
    (429, {"code": "insufficient_quota", "message": "x"}, errors.RateLimitedError),
]


@pytest.mark.parametrize(("status", "error", "kind"), SAYINGS)
async def test_the_words_of_a_refused_request_count(serve, status, error, kind):
    _, lm = await serve(lambda body: Reply(status=status, body={"error": error}))
    with pytest.raises(errors.LanguageModelError) as caught:
        await lm("hello")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (b"\xff\xfe", "answered 502"),
        (b"", r"answered 502\."),
        ({"detail": "no such thing"}, "no such thing"),
        ({"detail": [{"loc": ["body"], "msg": "wrong"}]}, "wrong"),
        ({"error": "plain"}, "plain"),
        ({"message": "top"}, "top"),
        ([1, 2], r"\[1,2\]"),
        (b"x" * 9000, "x{500}…"),
    ],
)
async def test_any_body_of_an_error_is_shown_shortened(serve, body, shown):
    _, lm = await serve(lambda _: Reply(status=502, body=body))
    with pytest.raises(errors.ServerError, match=shown) as caught:
        await lm("hello")
    assert len(str(caught.value)) < 700


BROKEN = {
    "html": b"<html>hello</html>",
    "cut JSON": b'{"choices": [{"message": {"content": "h',
    "empty": b"",
    "invalid UTF-8": b'{"choices": [{"message": {"content": "\xff"}}]}',
    "NaN": b'{"choices": [{"message": {"content": NaN}}]}',
    "empty choices": {"choices": []},
    "no choices": {"id": "x"},
    "choices null": {"choices": None},
    "message null": {"choices": [{"message": None}]},
    "no object": [1],
    "a number": b"7",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_a_body_that_is_not_the_protocols_is_no_evidence(serve, body):
    server, lm = await serve(lambda _: Reply(body=body), retry=Retry(max_tries=3, initial=0.0))
    with pytest.raises(errors.ProtocolError):
        await lm("hello")
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 429, "message": "slow"}, errors.RateLimitedError),
        ({"code": 401, "message": "who?"}, errors.AuthenticationError),
        ({"code": "429", "message": "slow"}, errors.RateLimitedError),
        ({"code": "rate_limit_exceeded", "type": "requests", "message": "slow"}, errors.RateLimitedError),
        ({"code": "overloaded", "message": "later"}, errors.ServerError),
        ({"code": "4" * 5000, "message": "later"}, errors.ServerError),
        ({"message": "later"}, errors.ServerError),
    ],
)
async def test_an_error_inside_a_good_status_is_found(serve, error, kind):
    _, lm = await serve(lambda _: Reply(body={"error": error}))
    with pytest.raises(errors.LanguageModelError) as caught:
        await lm("hello")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Mon, 99 Foo"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "3", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "3", "retry-after-ms": "x"}, 3.0),
    ],
)
def test_retry_after_is_read(headers, seconds):
    assert retry_after(headers) == seconds


def test_retry_after_may_be_a_date():
    asked = retry_after({"retry-after": formatdate(time.time() + 100, usegmt=True)})
    assert asked is not None
    assert 90 < asked <= 100


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_comes_with_the_error(serve, status):
    _, lm = await serve(lambda _: Reply(status=status, headers={"Retry-After": "42"}))
    with pytest.raises(errors.InfrastructureError) as caught:
        await lm("hello")
    assert caught.value.retry_after == 42.0
