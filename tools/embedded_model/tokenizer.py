"""Learns the merges of the tokenizer: the pairs of tokens that become one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from synalinks.language_models.embedded._tokenizer import FIRST_MERGE, Tokenizer

SIZE = 1216
"""Tokens in all."""

Merges = list[tuple[int, int]]


def merges_of(texts: Iterable[str]) -> Merges:
    """Return the merges that shorten the words of some texts most (Sennrich et al., 2016)."""
    counts = Counter(
        match[0] for text in texts for match in re.finditer(r" ?[A-Za-z]+", text) if len(match[0]) > 1
    )
    words = [(list(word.encode()), count) for word, count in counts.items()]
    merges: Merges = []
    while FIRST_MERGE + len(merges) < SIZE:
        pairs: Counter[tuple[int, int]] = Counter()
        for tokens, count in words:
            for pair in pairwise(tokens):
                pairs[pair] += count
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        for tokens, _ in words:
            merge(tokens, best, FIRST_MERGE + len(merges))
        merges.append(best)
    return merges


def merge(tokens: list[int], pair: Sequence[int], made: int) -> None:
    """Put one token in the place of a pair, wherever it is."""
    at = 0
    while at < len(tokens) - 1:
        if tokens[at : at + 2] == list(pair):
            tokens[at : at + 2] = [made]
        at += 1


def load(file: Path) -> Tokenizer:
    """Return the tokenizer whose merges are in a file."""
    return Tokenizer([(one, two) for one, two in json.loads(file.read_text())])
