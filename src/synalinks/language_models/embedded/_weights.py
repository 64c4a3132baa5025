"""The file of an embedded model: a header in JSON, whole-number weights with a scale a row, and a hash.

    magic (8 bytes) | length of the header (4 bytes, little-endian) | header | arrays | SHA-256 of the rest

Reading it runs no code. Nothing of it is used before its hash and the sizes in its header have been checked.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

import orjson

from synalinks.errors import DamagedFileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC = b"SYNALM1\n"
_HASH = 32
_SIZES = {"int8": 1, "float32": 4}


def pack(header: dict[str, Any], arrays: dict[str, NDArray[np.float32]]) -> bytes:
    """Return the bytes of a file.

    Args:
        header: JSON that is kept with the weights.
        arrays: Name to weights. Those of two dimensions and more are rounded to 255 steps, a row at a time.
    """
    import numpy

    described, parts = [], []
    stored: list[tuple[str, NDArray[Any]]]
    for name, array in arrays.items():
        if array.ndim == 1 or array.size < 1024:
            stored = [("float32", array.astype(numpy.float32))]
        else:
            scale = numpy.abs(array).max(axis=-1, keepdims=True) / 127
            scale = numpy.where(scale == 0, 1, scale).astype(numpy.float32)
            stored = [("int8", numpy.rint(array / scale).astype(numpy.int8)), ("float32", scale[..., 0])]
        described.append({"name": name, "parts": [[kind, list(part.shape)] for kind, part in stored]})
        parts += [part.tobytes() for _, part in stored]
    head = orjson.dumps({**header, "arrays": described})
    body = b"".join([MAGIC, len(head).to_bytes(4, "little"), head, *parts])
    return body + hashlib.sha256(body).digest()


def unpack(data: bytes, where: str) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Return the header and the weights of a file.

    Args:
        data: Its bytes.
        where: Its name, for messages.

    Raises:
        DamagedFileError: It is not what `pack` wrote.
    """
    if not data.startswith(MAGIC):
        raise _damaged(where, "it does not begin as one")
    body = data[:-_HASH]
    if hashlib.sha256(body).digest() != data[-_HASH:]:
        raise _damaged(where, "its hash is another one than it says")
    at = len(MAGIC) + 4
    end = at + int.from_bytes(body[at - 4 : at], "little")
    try:
        header = orjson.loads(body[at:end])
        return header, _arrays(header["arrays"], body[end:])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise _damaged(where, f"its header does not fit ({type(error).__name__}: {error})") from error


def _arrays(described: list[dict[str, Any]], data: bytes) -> dict[str, NDArray[np.float32]]:
    import numpy

    arrays: dict[str, NDArray[np.float32]] = {}
    at = 0
    for entry in described:
        parts = []
        for kind, shape in entry["parts"]:
            size = _SIZES[kind] * math.prod(shape)
            parts.append(numpy.frombuffer(data[at : at + size], dtype=kind).reshape(shape))
            at += size
        arrays[entry["name"]] = parts[0] * parts[1][..., None] if len(parts) == 2 else parts[0]
    if at != len(data):
        raise ValueError(f"there are {len(data)} bytes of weights, not {at}")
    return arrays


def _damaged(where: str, why: str) -> DamagedFileError:
    return DamagedFileError(
        f"{where} is not the file of an embedded model: {why}. Install the package again, which brings it."
    )
