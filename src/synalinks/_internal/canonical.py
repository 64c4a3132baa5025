"""Canonical JSON: one text for one value, and the hash of it."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson


def canonical(value: Any) -> bytes:
    """Return `value` as JSON bytes with sorted keys and no white space.

    Raises:
        TypeError: The value is not JSON.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(data: bytes, *, size: int = 16) -> str:
    """Return the BLAKE2b hash of `data` as `2 * size` hexadecimal digits."""
    return hashlib.blake2b(data, digest_size=size).hexdigest()


def content_hash(value: Any) -> str:
    """Return the hash of a JSON value: equal values have equal hashes, in any process."""
    return digest(canonical(value))


def copy_json(value: Any) -> Any:
    """Return a deep copy of a JSON value."""
    if isinstance(value, dict):
        return {k: copy_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [copy_json(v) for v in value]
    return value
