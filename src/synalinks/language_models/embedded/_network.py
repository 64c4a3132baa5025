"""The network of the embedded models in NumPy: a small decoder-only transformer with keys and values kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_EPSILON = 1e-6
_FAR = -1e9
"""What is added to the scores of positions that are still to come."""


class Network:
    """The weights, and what is worked out with them.

    Each block is attention and a SwiGLU (Shazeer, 2020), both behind an RMS norm without gains; queries and
    keys are normed as well and turned by rotary angles (Su et al., 2021).

    Args:
        weights: Name to array: `embedding` and `head` (vocabulary, width), `attention` (layers, 4, width,
            width) for queries, keys, values and the way out, `mlp` (layers, 3, hidden, width) for gate, up
            and the transposed way down, `qk_scale` (layers, heads).
        context: Longest sequence, in tokens.
        rope_base: Base of the rotary angles.
    """

    def __init__(self, weights: dict[str, Floats], *, context: int, rope_base: float) -> None:
        import numpy

        self._np: Any = numpy
        self.context = context
        self.layers, self.heads = weights["qk_scale"].shape
        self.width = weights["embedding"].shape[1]
        self._head_width = self.width // self.heads
        self._embedding = self._normed(weights["embedding"])
        # Stored so that a row of activations times a matrix needs no transposing.
        self._head = weights["head"].T.copy()
        attention, mlp = weights["attention"], weights["mlp"]
        self._qkv = [layer[:3].reshape(3 * self.width, self.width).T.copy() for layer in attention]
        self._out = [layer[3].T.copy() for layer in attention]
        self._up = [layer[:2].reshape(-1, self.width).T.copy() for layer in mlp]
        self._down = [layer[2].copy() for layer in mlp]
        scale = weights["qk_scale"].reshape(self.layers, 1, self.heads, 1) / self._head_width
        self._qk_scale = scale.astype(numpy.float32)
        half = self._head_width // 2
        frequencies = rope_base ** (-numpy.arange(half, dtype=numpy.float32) / half)
        angles = numpy.arange(context, dtype=numpy.float32)[:, None, None] * frequencies
        self._cos = numpy.cos(angles).astype(numpy.float32)
        self._sin = numpy.sin(angles).astype(numpy.float32)

    def extend(self, memory: Memory, tokens: list[int]) -> Floats:
        """Read tokens after those in `memory`; return the logits of what follows the last of them."""
        np = self._np
        start, count = memory.length, len(tokens)
        end = start + count
        cos, sin = self._cos[start:end], self._sin[start:end]
        hidden = self._embedding[tokens]
        mask = None
        if count > 1:
            ahead = np.arange(end)[None, :] > np.arange(start, end)[:, None]
            mask = np.where(ahead, np.float32(_FAR), np.float32(0))
        for layer in range(self.layers):
            mixed = self._attend(layer, hidden, memory, start, cos, sin, mask)
            hidden = hidden + mixed @ self._out[layer]
            gate, up = np.split(self._normed(hidden) @ self._up[layer], 2, axis=-1)
            hidden = hidden + (gate / (1 + np.exp(-gate)) * up) @ self._down[layer]
        memory.length = end
        logits: Floats = self._normed(hidden[-1]) @ self._head
        return logits

    def _attend(
        self, layer: int, hidden: Floats, memory: Memory, start: int, cos: Floats, sin: Floats, mask: Any
    ) -> Floats:
        count, end = len(hidden), start + len(hidden)
        qkv = (self._normed(hidden) @ self._qkv[layer]).reshape(count, 3, self.heads, self._head_width)
        queries = _turned(self._normed(qkv[:, 0]), cos, sin, self._np) * self._qk_scale[layer]
        keys = _turned(self._normed(qkv[:, 1]), cos, sin, self._np)
        memory.keys[layer, :, :, start:end] = keys.transpose(1, 2, 0)
        memory.values[layer, :, start:end] = qkv[:, 2].transpose(1, 0, 2)
        scores = queries.transpose(1, 0, 2) @ memory.keys[layer, :, :, :end]
        if mask is not None:
            scores += mask
        scores -= scores.max(axis=-1, keepdims=True)
        self._np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed: Floats = (scores @ memory.values[layer, :, :end]).transpose(1, 0, 2).reshape(count, self.width)
        return mixed

    def _normed(self, x: Floats) -> Floats:
        square = self._np.einsum("...i,...i->...", x, x)[..., None] / x.shape[-1]
        normed: Floats = x / self._np.sqrt(square + self._np.float32(_EPSILON))
        return normed

    def memory(self, length: int) -> Memory:
        """Return room for the keys and values of `length` tokens."""
        return Memory(self.layers, self.heads, self._head_width, length)


class Memory:
    """The keys and values of the tokens that were read.

    Args:
        layers: Blocks of the network.
        heads: Attention heads of each.
        head_width: Length of a head's vectors.
        room: Tokens that fit.

    Attributes:
        length: Tokens that were read.
        keys: (layers, heads, head_width, room).
        values: (layers, heads, room, head_width).
    """

    def __init__(self, layers: int, heads: int, head_width: int, room: int) -> None:
        import numpy

        self.length = 0
        self.keys = numpy.empty((layers, heads, head_width, room), dtype=numpy.float32)
        self.values = numpy.empty((layers, heads, room, head_width), dtype=numpy.float32)

    def take(self, other: Self) -> None:
        """Begin as another memory is, of which nothing is shared."""
        self.length = other.length
        self.keys[..., : other.length] = other.keys[..., : other.length]
        self.values[..., : other.length, :] = other.values[..., : other.length, :]


def _turned(x: Floats, cos: Floats, sin: Floats, np: Any) -> Floats:
    one, two = np.split(x, 2, axis=-1)
    turned: Floats = np.concatenate((one * cos - two * sin, one * sin + two * cos), axis=-1)
    return turned
