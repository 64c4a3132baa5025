"""The data for the simulated model: short problems, and answers that follow a house rule nobody wrote down.

Amounts are answered in the smaller unit: money in cents, time in minutes, lengths in centimetres,
weights in grams. The problems do not say so. Only the answers do.
"""

from __future__ import annotations

import random

from synalinks.datasets import MathProblem, NumericAnswer


def money(rng: random.Random) -> tuple[str, int]:
    """Return a problem about dollars and its answer in cents."""
    if rng.random() < 0.5:
        count, price = rng.randint(2, 9), rng.randrange(25, 500, 25)
        thing = rng.choice(["pens", "notebooks", "cups", "tickets"])
        return f"{count} {thing} cost ${price / 100:.2f} each. What do they cost together?", count * price
    one, other = rng.randrange(500, 4000, 25), rng.randrange(100, 2000, 25)
    return f"A coat costs ${one / 100:.2f}, a hat ${other / 100:.2f}. What do both cost?", one + other


def time(rng: random.Random) -> tuple[str, int]:
    """Return a problem about hours and its answer in minutes."""
    count, one, other = rng.randint(2, 8), rng.randrange(30, 300, 15), rng.randrange(15, 200, 15)
    if rng.random() < 0.5:
        return f"{count} lessons take {one / 60:g} hours each. How long in all?", count * one
    return f"A film takes {one / 60:g} hours, the next {other / 60:g} hours. How long are both?", one + other


def length(rng: random.Random) -> tuple[str, int]:
    """Return a problem about metres and its answer in centimetres."""
    count, width = rng.randint(3, 12), rng.randrange(20, 240, 10)
    if rng.random() < 0.5:
        return f"{count} boards of {width / 100:g} m each lie end to end. How long is the row?", count * width
    return f"A rope of {width / 100:g} m is tied to one of {count} m. How long is it?", width + 100 * count


def weight(rng: random.Random) -> tuple[str, int]:
    """Return a problem about kilograms and its answer in grams."""
    count, one, other = rng.randint(2, 9), rng.randrange(100, 2000, 50), rng.randrange(250, 4000, 250)
    if rng.random() < 0.5:
        return f"{count} parcels weigh {one / 1000:g} kg each. What do they weigh together?", count * one
    return f"A cat weighs {other / 1000:g} kg, its basket {one / 1000:g} kg. And both?", one + other


def plain(rng: random.Random) -> tuple[str, int]:
    """Return a problem without a unit."""
    one, two, three = rng.randint(10, 90), rng.randint(10, 90), rng.randint(1, 9)
    return f"What is {one} + {two} - {three}?", one + two - three


KINDS = (plain, money, time, plain, length, weight)


def problems(count: int, *, seed: int) -> tuple[list[MathProblem], list[NumericAnswer]]:
    """Return different problems of all kinds, and their answers."""
    rng = random.Random(seed)
    drawn: dict[str, int] = {}
    while len(drawn) < count:
        text, answer = KINDS[len(drawn) % len(KINDS)](rng)
        drawn.setdefault(text, answer)
    return (
        [MathProblem(problem=text) for text in drawn],
        [NumericAnswer(answer=answer) for answer in drawn.values()],
    )
