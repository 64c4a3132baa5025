"""The way out of a JSON text that has become long enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from synalinks.language_models.embedded._reading import Reading

_BETWEEN = b'}],n012":[{tf.-'
_WITHIN = b'"0@.:/-1aA2'
"""Bytes from the most to the least likely to end a text soon, between texts and within one."""

_TRIED = 6
"""Bytes that are tried at a place."""

_KEPT = 12
"""Beginnings that are followed at once."""

_STEPS = 600
"""Bytes that are free to choose, after which the search is given up."""

_OPENED = 20
"""What a bracket that is opened costs, so that a recursion is left early."""

_LENGTHENED = 30
"""What it costs to write on in a value that could be closed."""


@dataclass(slots=True)
class _Beginning:
    """A text that may become an ending.

    Attributes:
        cost: How little it looks like one.
        text: It.
        state: The matcher after it.
        reading: Where in the JSON it is.
    """

    cost: int
    text: bytes
    state: Any
    reading: Reading

    def follow(self) -> bool:
        """Go on by what can only come in one way; return whether it could be read."""
        forced = self.state.compute_ff_bytes()
        return not forced or self._read(forced)

    def longer(self) -> Iterator[Self]:
        """Yield this with one more byte, the most promising one first."""
        candidates = self._candidates()
        closes = candidates[:1] and candidates[0] in (b'"' if self.reading.in_text else b"}],")
        for rank, byte in enumerate(candidates):
            cost = self.cost + rank * (_LENGTHENED if closes else 1)
            other = type(self)(cost, self.text, self.state.deep_copy(), self.reading.copy())
            if other._read(bytes([byte])) and other.follow():
                yield other

    def _read(self, text: bytes) -> bool:
        depth = self.reading.depth
        self.reading.read(text, None)
        self.cost += _OPENED * max(0, self.reading.depth - depth)
        self.text += text
        return bool(self.state.consume_tokens(list(text)))

    def _candidates(self) -> list[int]:
        """Return the bytes that may come next, the most promising first."""
        bits = self.state.compute_bitmask()
        order = _WITHIN if self.reading.in_text else _BETWEEN
        possible = [byte for byte in range(256) if bits[byte >> 3] >> (byte & 7) & 1]
        return sorted(possible, key=lambda byte: (order.find(byte) % 256, byte))[:_TRIED]


def shortest_ending(matcher: Any, reading: Reading) -> bytes | None:
    """Return about the shortest text that completes what a matcher has read, None where none was found.

    A beam search: of all beginnings of one length it follows the most promising ones.

    Args:
        matcher: An `LLMatcher`; it is left as it is.
        reading: Where in the JSON it is; left as it is, too.
    """
    start = _Beginning(0, b"", matcher.deep_copy(), reading.copy())
    beam = [start] if start.follow() else []
    for _ in range(_STEPS):
        for beginning in beam:
            if beginning.state.is_accepting():
                return beginning.text
        longer = [other for beginning in beam for other in beginning.longer()]
        beam = sorted(longer, key=lambda beginning: beginning.cost)[:_KEPT]
    return None
