"""The place of a budget on the way of a call, and what a call may use."""

from dataclasses import replace

import pytest

from synalinks.hooks import Usage
from synalinks.language_models import OutputSchema, Response
from synalinks.language_models._meter import Amount, meter, most_of, spent_on
from synalinks.language_models._pipeline import Call, metered
from synalinks.language_models._prices import Price
from synalinks.language_models._request import Request, answer_bound

PRICE = Price(input=3, output=7, cached=1, cache_write=3)
MESSAGES = [{"role": "user", "content": "x" * 300}]


def request(**params):
    return Request("p", "m", MESSAGES, params=params)


async def test_without_a_meter_it_is_not_on_the_way_at_all():
    answers = []

    def inner(asked, call):
        answers.append(object())
        return answers[-1]

    assert metered(inner, PRICE)(request(), Call()) is answers[0]


@pytest.mark.parametrize(
    ("params", "bound"),
    [
        ({}, None),
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 6}, 6),
        ({"max_tokens": 5, "max_completion_tokens": 6}, 6),
    ],
)
def test_the_bound_of_an_answer_is_what_the_server_is_told(params, bound):
    assert answer_bound(params) == bound


def test_a_prompt_counts_with_a_third_of_its_bytes_rounded_up():
    most = most_of(request(max_tokens=10), PRICE)
    prompt = most.tokens - 10
    assert 100 < prompt < 120
    assert most == Amount(1, prompt + 10, 3 * prompt + 70)
    assert most_of(request(), None) == Amount(1, prompt, 0)
    assert most_of(request(), replace(PRICE, cache_write=4)) == Amount(1, prompt, 4 * prompt)


def test_bytes_count_and_not_characters():
    wide = Request("p", "m", [{"role": "user", "content": "é" * 300}])
    assert most_of(wide, None).tokens > 200


def test_schema_and_tools_are_part_of_the_prompt():
    schema = OutputSchema({"type": "object", "description": "d" * 300})
    plain = most_of(request(), None).tokens
    assert most_of(Request("p", "m", MESSAGES, schema=schema), None).tokens > plain + 100
    assert most_of(Request("p", "m", MESSAGES, tools=[{"a": "t" * 300}]), None).tokens > plain + 100


def test_what_the_server_counted_comes_first():
    counted = Response.from_text("hi", usage=Usage(10, 2, cached_tokens=4))
    assert spent_on(request(), counted, PRICE) == Amount(1, 12, 6 * 3 + 4 + 2 * 7)
    guessed = spent_on(request(), Response.from_text("y" * 300), PRICE)
    assert guessed.tokens > most_of(request(max_tokens=100), None).tokens


async def test_the_meter_sees_the_call_from_its_start_to_its_end():
    seen = []

    class Sees:
        def check(self, model, price, bound):
            seen.append(("check", model, price, bound))

        async def reserve(self, most, *, wait):
            seen.append(("reserve", most, wait))

        def settle(self, reserved, spent):
            seen.append(("settle", reserved, spent))

    async def inner(asked, call):
        seen.append("inner")
        return Response.from_text("hi", usage=Usage(1, 1))

    token = meter.set(Sees())
    try:
        await metered(inner, PRICE)(request(max_tokens=9), Call())
    finally:
        meter.reset(token)
    most = most_of(request(max_tokens=9), PRICE)
    assert seen == [
        ("check", "p/m", PRICE, 9), ("reserve", most, True), "inner", ("settle", most, Amount(1, 2, 10))
    ]  # fmt: skip
