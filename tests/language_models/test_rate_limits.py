"""What servers say of their limits, in the headers of their answers."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from synalinks import errors
from synalinks.language_models import current_load
from synalinks.language_models.providers._rate_limits import pause_of, seconds_until
from synalinks.testing import ChatServer


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360.0),
        ("20ms", 0.02),
        ("1s", 1.0),
        ("2m59.56s", 179.56),
        ("1h2m3.5s", 3723.5),
        ("500µs", 0.0005),
        ("7", 7.0),
        ("7.5", 7.5),
        ("", 0.0),
        ("soon", 0.0),
        ("-3", 0.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("1e999", 0.0),
        ("m", 0.0),
        ("9" * 400 + "h", 0.0),
        ("2001-01-01T00:00:00Z", 0.0),
        ("9999-99-99T00:00:00Z", 0.0),
    ],
)
def test_every_form_of_a_time(text, seconds):
    assert seconds_until(text) == pytest.approx(seconds)


def test_times_to_come():
    soon = datetime.now(UTC) + timedelta(seconds=30)
    assert seconds_until(soon.isoformat().replace("+00:00", "Z")) == pytest.approx(30, abs=2)
    assert seconds_until(str(int(time.time()) + 30)) == pytest.approx(30, abs=2)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, 0.0),
        ({"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "9s"}, 0.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "9s"}, 9.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "0"}, 0.0),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "2s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            360.0,
        ),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "17"}, 17.0),
    ],
)
def test_only_what_is_used_up_counts(headers, pause):
    assert pause_of(headers) == pytest.approx(pause)


@pytest.mark.parametrize("kind", ["requests", "tokens", "input-tokens", "output-tokens"])
def test_the_four_limits_of_anthropic(kind):
    reset = (datetime.now(UTC) + timedelta(seconds=40)).isoformat()
    headers = {f"anthropic-ratelimit-{kind}-remaining": "0", f"anthropic-ratelimit-{kind}-reset": reset}
    assert pause_of(headers) == pytest.approx(40, abs=2)


NOTHING_LEFT = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2m0s"}


async def test_an_answer_over_http_that_says_so_holds_the_account_back(serve):
    _, lm = await serve(
        lambda body: ChatServer.Reply(body=ChatServer.completion(body, "hi"), headers=NOTHING_LEFT)
    )
    response = await lm("hello")
    assert (response.text, response.pause) == ("hi", 120.0)
    assert "pause" not in response.to_json()
    load = current_load()
    assert load.reason == "rate limit"
    assert 100 < load.held <= 120


async def test_a_refusal_over_http_that_says_so_does_too(serve):
    _, lm = await serve(lambda _: ChatServer.Reply(status=429, body="no", headers=NOTHING_LEFT))
    with pytest.raises(errors.RateLimitedError) as caught:
        await lm("hello")
    assert (caught.value.pause, caught.value.retry_after) == (120.0, None)
    assert 100 < current_load().held <= 120
