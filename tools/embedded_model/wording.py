"""A small language of texts with choices: `[one|another|]` picks, `{slot}` is filled in, `@name` is a macro."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

Part = Callable[[random.Random, Mapping[str, str]], str]
_TOKENS = re.compile(r"@[a-z_]+|\{[A-Za-z0-9_]+\}|[\[\]|]|[^@{\[\]|]+")


class Wording:
    """A parsed text with choices.

    Args:
        source: The text.
        macros: Texts that `@name` stands for.
    """

    def __init__(self, source: str, macros: Mapping[str, str] | None = None) -> None:
        self.source = source
        self._macros = macros or {}
        tokens = _TOKENS.findall(source)
        self._part, rest = self._choice(tokens, 0)
        if rest != len(tokens):
            raise ValueError(f"A bracket is closed that was not opened, in {source!r}.")

    def draw(self, rng: random.Random, slots: Mapping[str, str]) -> str:
        """Return one of the texts, with the slots filled in."""
        return self._part(rng, slots)

    def _choice(self, tokens: list[str], at: int) -> tuple[Part, int]:
        branches: list[list[Part]] = [[]]
        while at < len(tokens) and tokens[at] != "]":
            token = tokens[at]
            at += 1
            if token == "|":
                branches.append([])
            elif token == "[":
                part, at = self._choice(tokens, at)
                if at >= len(tokens):
                    raise ValueError(f"A bracket is not closed, in {self.source!r}.")
                branches[-1].append(part)
                at += 1
            else:
                branches[-1].append(self._leaf(token))
        return _one_of([_joined(branch) for branch in branches]), at

    def _leaf(self, token: str) -> Part:
        if token[0] == "@":
            return Wording(self._macros[token[1:]], self._macros)._part
        if token[0] == "{":
            key = token[1:-1]
            return lambda rng, slots: slots[key]
        return lambda rng, slots: token


def _joined(parts: list[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    return lambda rng, slots: "".join([part(rng, slots) for part in parts])


def _one_of(parts: list[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    count = len(parts)
    return lambda rng, slots: parts[int(rng.random() * count)](rng, slots)


def lines(text: str) -> list[str]:
    """Return the lines of a block that are not empty."""
    return [line.strip() for line in text.strip().splitlines() if line.strip()]
