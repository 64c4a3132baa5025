"""Data sets: samples by position, parts of them, and streams."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from synalinks._internal.canonical import canonical
from synalinks._internal.plain import plain
from synalinks.datasets._sample import Sample
from synalinks.datasets._streams import Source
from synalinks.errors import DataError


class Dataset(ABC):
    """Samples to train, evaluate or predict on."""

    @property
    @abstractmethod
    def size(self) -> int | None:
        """Number of samples, or None for a stream."""

    @property
    def reusable(self) -> bool:
        """Whether `stream` can be called more than once."""
        return True

    @abstractmethod
    def __getitem__(self, position: int) -> Sample:
        """Return the sample at a position, from 0.

        Raises:
            DataError: The row is not what the program takes, or the data is a stream.
            IndexError: There is no such position.
        """

    @abstractmethod
    def subset(self, positions: Sequence[int]) -> Dataset:
        """Return a view on the samples at these positions, in this order; they keep their `index`.

        Raises:
            DataError: The data is a stream.
        """

    @abstractmethod
    def content_hash(self) -> str:
        """Return a hash over all inputs and targets, in order; it reads every sample.

        Raises:
            DataError: A row is not what the program takes, or the data is a stream.
        """

    @abstractmethod
    def stream(self) -> AsyncGenerator[Sample, None]:
        """Return a pass over the samples in order, from the start.

        Raises:
            DataError: (on the first step) The data was one pass and is spent, or holds nothing.
        """


class SizedDataset(Dataset):
    """A data set of known size, converted sample by sample when it is read.

    Args:
        size: Number of samples.
        read: Position to sample, for positions from 0 to `size - 1`.
    """

    def __init__(self, size: int, read: Callable[[int], Sample]) -> None:
        self._size, self._read = size, read

    @property
    def size(self) -> int:
        """Number of samples."""
        return self._size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, position: int) -> Sample:
        if not 0 <= position < self._size:
            raise IndexError(f"There is no sample {position}: the data set has {self._size}.")
        return self._read(position)

    def __iter__(self) -> Iterator[Sample]:
        return map(self._read, range(self._size))

    def subset(self, positions: Sequence[int]) -> SizedDataset:
        """Return a view on the samples at these positions."""
        return SizedDataset(len(positions), _Part(self, positions))

    def content_hash(self) -> str:
        """Return a hash over all inputs and targets, in order."""
        state = hashlib.blake2b(digest_size=16)
        for sample in self:
            state.update(canonical([plain(sample.x), plain(sample.y)]))
            state.update(b"\n")  # cannot occur within canonical JSON, so samples cannot run together
        return state.hexdigest()

    async def stream(self) -> AsyncGenerator[Sample, None]:
        """Yield the samples in order."""
        for sample in self:
            yield sample


@dataclass(frozen=True, slots=True)
class _Part:
    whole: SizedDataset
    positions: Sequence[int]

    def __call__(self, position: int) -> Sample:
        return self.whole[self.positions[position]]


class StreamDataset(Dataset):
    """A data set of unknown size, that can be read only from start to end.

    Args:
        source: Where the items come from.
        convert: (index, item) to the samples in the item: one, or those of a batch.
        argument: The name of the argument that the data was given as, for errors.
    """

    def __init__(
        self, source: Source, convert: Callable[[int, Any], Iterator[Sample]], *, argument: str
    ) -> None:
        self._source, self._convert, self._argument = source, convert, argument
        self._spent = False

    @property
    def size(self) -> None:
        """None: not known before the end."""
        return None

    @property
    def reusable(self) -> bool:
        """Whether `stream` can be called more than once."""
        return self._source.reusable

    async def stream(self) -> AsyncGenerator[Sample, None]:
        """Yield the samples of a fresh pass."""
        if self._spent and not self.reusable:
            raise DataError(
                f"{self._argument} is a generator, and its one pass is over. Give a callable that returns a "
                "fresh generator, or steps_per_epoch so that all epochs draw from one pass.",
                argument=self._argument,
            )
        self._spent = True
        index = 0
        async with self._source.opened() as items:
            async for item in items:
                for sample in self._convert(index, item):
                    index += 1
                    yield sample
        if not index:
            raise DataError(f"{self._argument} yielded no sample.", argument=self._argument)

    def __getitem__(self, position: int) -> Sample:
        raise self._no_positions("read by position")

    def subset(self, positions: Sequence[int]) -> Dataset:
        """Raise an error: a stream has no positions."""
        raise self._no_positions("taken in part")

    def content_hash(self) -> str:
        """Raise an error: reading a stream would use it up."""
        raise self._no_positions("hashed as a whole")

    def _no_positions(self, what: str) -> DataError:
        return DataError(
            f"{self._argument} is a stream and cannot be {what}; give a list, an array or a table for that.",
            argument=self._argument,
        )
