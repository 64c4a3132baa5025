"""Choosing few texts that are near to many: which demonstrations to show for what fails."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence

Words = dict[str, float]
"""The words of a text with their weights; their squares sum to one."""

_WORD = re.compile(r"[^\W_]+")


def weighted_words(texts: Sequence[str]) -> list[Words]:
    """Return the words of texts, rare ones with more weight: tf-idf with binary counts, cosine-normalised.

    After Salton and Buckley, "Term-weighting approaches in automatic text retrieval" (1988).
    """
    bags = [set(_WORD.findall(text.casefold())) for text in texts]
    known = Counter(word for bag in bags for word in bag)
    found = []
    for bag in bags:
        weights = {word: math.log(1 + len(texts) / known[word]) for word in sorted(bag)}
        norm = math.sqrt(math.fsum(weight * weight for weight in weights.values())) or 1.0
        found.append({word: weight / norm for word, weight in weights.items()})
    return found


def similarity(one: Words, other: Words) -> float:
    """Return the cosine of two texts, from 0 to 1."""
    small, large = (one, other) if len(one) < len(other) else (other, one)
    return math.fsum(weight * large[word] for word, weight in small.items() if word in large)


def covering(
    items: Sequence[Words],
    wanted: Sequence[Words],
    count: int,
    rng: random.Random,
    chosen: Iterable[int] = (),
) -> list[int]:
    """Return positions of items of which one is near to each of what is wanted, as far as `count` allows.

    Items are taken greedily by how much nearer they bring the nearest one, which is within 63 % of the best
    set (Nemhauser, Wolsey and Fisher, 1978); of equal ones a random one is taken.

    Args:
        items: What there is to choose from.
        wanted: What to be near to; each counts the same.
        count: How many to choose in all.
        rng: Decides between equal ones.
        chosen: Positions that are chosen already, and count.
    """
    taken = list(chosen)
    near = [[similarity(item, each) for each in wanted] for item in items]
    reached = [max((near[i][n] for i in taken), default=0.0) for n in range(len(wanted))]
    order = [i for i in range(len(items)) if i not in set(taken)]
    rng.shuffle(order)
    while len(taken) < count and order:
        gains = [math.fsum(max(0.0, n - r) for n, r in zip(near[i], reached, strict=True)) for i in order]
        best = order.pop(max(range(len(order)), key=lambda at: gains[at]))
        taken.append(best)
        reached = [max(n, r) for n, r in zip(near[best], reached, strict=True)]
    return taken
