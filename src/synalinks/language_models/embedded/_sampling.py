"""Which of the tokens that may come next comes next."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synalinks.language_models.embedded._network import Floats
    from synalinks.language_models.embedded._vocabulary import Mask


class Sampler:
    """Draws tokens; at temperature 0 the likeliest comes.

    Args:
        temperature: How evenly it draws; 1 is as the model says.
        top_p: Share of the likeliest tokens, together, that it draws from (Holtzman et al., 2020).
        seed: What the draws depend on, and nothing else; None for other draws each time.
    """

    def __init__(self, *, temperature: float, top_p: float, seed: str | None) -> None:
        import numpy

        self._numpy: Any = numpy
        self._temperature, self._top_p = temperature, top_p
        number = secrets.randbits(64) if seed is None else _number(seed)
        self._random = numpy.random.Generator(numpy.random.PCG64(number))

    def draw(self, logits: Floats, allowed: Mask) -> int:
        """Return one of the allowed tokens, of which there is at least one."""
        numpy = self._numpy
        candidates = numpy.flatnonzero(allowed)
        scores = logits[candidates].astype(numpy.float64)
        if self._temperature == 0:
            return int(candidates[scores.argmax()])
        shares = numpy.exp((scores - scores.max()) / self._temperature)
        shares /= shares.sum()
        order = numpy.argsort(-shares, kind="stable")
        total = numpy.cumsum(shares[order])
        kept = int(numpy.searchsorted(total, min(self._top_p, 1.0), side="left")) + 1
        within = self._random.random() * total[min(kept, len(total)) - 1]
        return int(candidates[order[int(numpy.searchsorted(total, within, side="right"))]])


def _number(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16], "big")
