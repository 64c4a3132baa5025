"""Batches of a data set, epoch by epoch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from synalinks._internal.canonical import digest
from synalinks.datasets import Dataset, Sample, epoch_order
from synalinks.errors import DataError


class Feed:
    """Gives the batches of each epoch, in an order that depends on seed and epoch alone.

    Args:
        dataset: The samples.
        batch_size: Samples in a batch; the last one of an epoch may have fewer.
        steps: Batches in an epoch, None for all there are.
        shuffle: Whether each epoch has an order of its own; streams keep theirs.
        seed: Seed of the order.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        batch_size: int,
        steps: int | None = None,
        shuffle: bool = False,
        seed: int = 0,
    ) -> None:
        self.dataset, self.batch_size, self.shuffle, self.seed = dataset, batch_size, shuffle, seed
        self.steps = steps
        if dataset.size is not None:
            available = -(-dataset.size // batch_size)
            self.steps = available if steps is None else min(steps, available)
        self._stream: AsyncIterator[Sample] | None = None
        self._first: Sample | None = None
        self._drawn = 0
        self._digest = ""

    @property
    def size(self) -> int | None:
        """Number of samples in an epoch, None where that is not known."""
        most = None if self.steps is None else self.steps * self.batch_size
        return most if self.dataset.size is None or most is None else min(most, self.dataset.size)

    async def first_sample(self) -> Sample:
        """Return the first sample, without taking it from the first batch.

        Raises:
            DataError: There is none.
        """
        if self.dataset.size is not None:
            return self.dataset[0]
        if self._first is None:
            self._stream = self.dataset.stream()
            try:
                self._first = await anext(self._stream)
            except StopAsyncIteration:
                raise DataError("The data is empty: its generator gave nothing.") from None
        return self._first

    async def batches(self, epoch: int, *, skip: int = 0) -> AsyncIterator[list[Sample]]:
        """Yield the batches of an epoch.

        Args:
            epoch: 0-based.
            skip: Number of batches that were run before, in a run that is resumed.
        """
        batch: list[Sample] = []
        async for sample in self.samples(epoch, skip=skip):
            batch.append(sample)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch:
            yield batch

    async def samples(self, epoch: int, *, skip: int = 0) -> AsyncIterator[Sample]:
        """Yield the samples of an epoch one by one, each drawn when it is asked for.

        Args:
            epoch: 0-based.
            skip: Number of batches that were run before, in a run that is resumed.
        """
        first = skip * self.batch_size
        end = None if self.steps is None else self.steps * self.batch_size
        if self.dataset.size is None:
            async for sample in self._from_stream(first, end):
                yield sample
            return
        order = epoch_order(self.dataset.size, seed=self.seed, epoch=epoch, shuffle=self.shuffle)
        for position in order[first:end]:
            yield self.dataset[position]

    async def _from_stream(self, first: int, end: int | None) -> AsyncIterator[Sample]:
        if self._first is None and (self.dataset.reusable or self._stream is None) and first == 0:
            await self._open()
        number = first
        while end is None or number < end:
            sample = await self._next()
            if sample is None:
                return
            yield sample
            number += 1

    async def _open(self) -> None:
        await self.close()
        self._stream = self.dataset.stream()
        self._drawn, self._digest = 0, ""

    async def _next(self) -> Sample | None:
        if self._stream is None:
            await self._open()
        assert self._stream is not None
        sample, self._first = self._first, None
        if sample is None:
            sample = await anext(self._stream, None)
        if sample is not None:
            self._drawn += 1
            self._digest = digest((self._digest + sample.key).encode())
        return sample

    def state_dict(self) -> dict[str, Any]:
        """Return how much of a stream was drawn, and the hash of it; data sets of known size have none."""
        return {"drawn": self._drawn, "digest": self._digest}

    async def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Draw from a stream again what was drawn before.

        Raises:
            DataError: It gives other samples now.
        """
        for _ in range(state["drawn"]):
            await self._next()
        if self._digest != state["digest"]:
            raise DataError(
                f"The run cannot be resumed: its generator gives other data than before within the first "
                f"{state['drawn']} samples. Make it give the same samples in the same order."
            )

    async def close(self) -> None:
        """Close the stream, so that its `finally` blocks run."""
        close = getattr(self._stream, "aclose", None)
        if close is not None:
            await close()
