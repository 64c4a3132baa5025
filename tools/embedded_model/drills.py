"""Rows of bare sums: what training starts with, and a tenth of it afterwards."""

from __future__ import annotations

import random

from tools.embedded_model.sums import (
    KINDS,
    RULES,
    Sum,
    apply,
    draw_kind,
    draw_parameter,
    draw_sum,
    shown,
)

from synalinks.language_models.embedded._tokenizer import BEGIN, Tokenizer

ARROWS = ("=", "=", "=", " = ", "->", " -> ", ": ")
ENDS = (";", ";", "\n", ", ")

WIDE_SHARE = 0.4
"""Share of the products that go beyond what problems ask for."""

ANSWER, CLOSING = 1.0, 0.1
"""Weights in the loss of an answer's digits and of what ends it."""


def expression(rng: random.Random, asked: Sum, *, spaced: bool) -> str:
    """Return a sum as signs."""
    text = rng.choice(KINDS[asked.kind].expressions).format(*(shown(n, whole=True) for n in asked.numbers))
    return "".join(f" {c} " if c in "+-*/" else c for c in text) if spaced else text


def drill(
    rng: random.Random, tokenizer: Tokenizer, length: int, *, dev: bool = False
) -> tuple[list[int], list[float]]:
    """Return a row of sums with answers: half of the rows follow a rule that the first answers show.

    Returns:
        The tokens, and the weight in the loss of each token (as something to be predicted).
    """
    rule = rng.choice(RULES) if rng.random() < 0.6 else None
    parameter = draw_parameter(rng) if rule in ("fee", "discount") else 0
    arrow, end, spaced = rng.choice(ARROWS), rng.choice(ENDS), rng.random() < 0.5
    whole = rng.random() < 0.15
    only = draw_kind(rng) if rng.random() < 0.3 else None
    tokens, weights = [BEGIN], [0.0]
    for number in range(length):
        if len(tokens) >= length:
            break
        kind = only or draw_kind(rng)
        asked = draw_sum(
            rng, kind=kind, rule=rule, parameter=parameter, wide=rng.random() < WIDE_SHARE, dev=dev
        )
        answer = shown(apply(rule, asked.value, parameter), whole=whole)
        weight = ANSWER if rule is None or number > 1 else 0.0
        for text, own in (
            (expression(rng, asked, spaced=spaced) + arrow, 0.0),
            (answer, weight),
            (end, CLOSING),
        ):
            new = tokenizer.encode(text)
            tokens += new
            weights += [own] * len(new)
    return tokens[:length], weights[:length]
