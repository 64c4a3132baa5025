"""One sample of a data set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from synalinks._internal.canonical import content_hash
from synalinks._internal.plain import plain


@dataclass(frozen=True, slots=True)
class Sample:
    """One input and its target.

    Attributes:
        index: Position in the data given, from 0; a part of a data set keeps the positions of the whole.
        x: The input: a `JsonDataModel`, or a list, tuple or dict of them for a program with several inputs.
        y: The target, likewise, or None where the data has none.
    """

    index: int
    x: Any
    y: Any = None
    _key: str | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def key(self) -> str:
        """Hash of the input's JSON: equal inputs have equal keys, in any process."""
        key = self._key or content_hash(plain(self.x))
        object.__setattr__(self, "_key", key)
        return key
