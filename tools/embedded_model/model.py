"""The network in PyTorch: a small decoder-only transformer, written so that two CPU cores train it fast."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the network.

    Attributes:
        vocabulary: Number of tokens.
        width: Length of a position's vector.
        layers: Number of blocks.
        heads: Attention heads of a block.
        hidden: Inner width of a block's SwiGLU.
        context: Longest sequence, in tokens.
        rope_base: Base of the rotary angles.
    """

    vocabulary: int
    width: int = 128
    layers: int = 6
    heads: int = 4
    hidden: int = 352
    context: int = 2048
    rope_base: float = 10000.0

    def as_dict(self) -> dict[str, int | float]:
        """Return the sizes as JSON."""
        return asdict(self)


def rms_norm(x: Tensor) -> Tensor:
    """Scale vectors to a root mean square of one (Zhang and Sennrich, 2019), without gains."""
    return F.rms_norm(x, (x.shape[-1],), eps=1e-6)


def rotary_tables(length: int, head: int, base: float) -> tuple[Tensor, Tensor]:
    """Return cosines and sines of the rotary angles (Su et al., 2021), each of shape (length, head / 2)."""
    frequency = base ** (-torch.arange(0, head // 2, dtype=torch.float32) / (head // 2))
    angle = torch.arange(length, dtype=torch.float32)[:, None] * frequency[None, :]
    return angle.cos(), angle.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the halves of each head's vector by the angles of its position."""
    one, two = x.chunk(2, dim=-1)
    return torch.cat((one * cos - two * sin, one * sin + two * cos), dim=-1)


class Transformer(nn.Module):
    """Pre-norm decoder: QK-norm, rotary positions, SwiGLU, an output head of its own.

    The weights of all blocks are stacked, so that the optimizer treats them in one go: `attention` is
    (layers, 4, width, width) for queries, keys, values and the way out, `mlp` is (layers, 3, hidden, width)
    for gate, up and (transposed) down. The ways out and the head start at zero, so that a block starts as
    the identity.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        w, n, h = shape.width, shape.layers, shape.hidden
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, w))
        self.head = nn.Parameter(torch.zeros(shape.vocabulary, w))
        attention = torch.randn(n, 4, w, w) / math.sqrt(w)
        attention[:, 3] = 0
        mlp = torch.randn(n, 3, h, w) / math.sqrt(w)
        mlp[:, 2] = 0
        self.attention, self.mlp = nn.Parameter(attention), nn.Parameter(mlp)
        self.qk_scale = nn.Parameter(torch.full((n, shape.heads), math.sqrt(w // shape.heads) * 1.2))
        cos, sin = rotary_tables(shape.context, w // shape.heads, shape.rope_base)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, tokens: Tensor, at: Tensor) -> Tensor:
        """Return the logits of what follows each of some positions.

        Args:
            tokens: (batch, length) of token numbers.
            at: (batch, wanted) of positions whose logits are wanted: the head is not computed elsewhere.

        Returns:
            (batch, wanted, vocabulary).
        """
        batch, length = tokens.shape
        heads, width = self.shape.heads, self.shape.width
        cos, sin = self.cos[:length], self.sin[:length]
        x = rms_norm(F.embedding(tokens, self.embedding))
        for layer in range(self.shape.layers):
            inner = rms_norm(x)
            qkv = inner @ self.attention[layer, :3].reshape(3 * width, width).t()
            q, k, v = qkv.view(batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            q = rotate(rms_norm(q), cos, sin) * self.qk_scale[layer].view(1, heads, 1, 1)
            k = rotate(rms_norm(k), cos, sin)
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1.0 / (width // heads))
            x = x + mixed.transpose(1, 2).reshape(batch, length, width) @ self.attention[layer, 3].t()
            inner = rms_norm(x)
            gate, up = (inner @ self.mlp[layer, :2].reshape(-1, width).t()).chunk(2, dim=-1)
            x = x + (F.silu(gate) * up) @ self.mlp[layer, 2]
        wanted = torch.gather(x, 1, at[:, :, None].expand(-1, -1, width))
        return rms_norm(wanted) @ self.head.t()


class Muon:
    """Momentum with orthogonalised updates, for the blocks' matrices (Jordan et al., 2024).

    Args:
        parameters: Stacks of matrices, of shape (..., rows, columns).
        momentum: Share of the past update that is kept.
    """

    COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic Newton-Schulz step of that article

    def __init__(self, parameters: list[nn.Parameter], momentum: float = 0.95) -> None:
        self.parameters, self.momentum = parameters, momentum
        self.buffers = [torch.zeros_like(p) for p in parameters]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Apply the gradients."""
        for parameter, buffer in zip(self.parameters, self.buffers, strict=True):
            gradient = parameter.grad
            if gradient is None:
                continue
            buffer.lerp_(gradient, 1 - self.momentum)
            update = orthogonalised(gradient.lerp(buffer, self.momentum))
            rows, columns = parameter.shape[-2:]
            parameter.add_(update, alpha=-rate * max(1.0, rows / columns) ** 0.5)

    def state_dict(self) -> list[Tensor]:
        """Return the momenta."""
        return self.buffers

    def load_state_dict(self, state: list[Tensor]) -> None:
        """Take momenta over."""
        for buffer, saved in zip(self.buffers, state, strict=True):
            buffer.copy_(saved)


def orthogonalised(stack: Tensor, steps: int = 5) -> Tensor:
    """Return the matrices of a stack with all singular values near one."""
    a, b, c = Muon.COEFFICIENTS
    x = stack.flatten(0, -3)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if tall else x).reshape(stack.shape)
