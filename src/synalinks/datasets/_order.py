"""The order of samples: shuffling, batches, and the part held out."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import floor
from typing import TypeVar

from synalinks.datasets._dataset import Dataset
from synalinks.errors import ConfigurationError, DataError

Item = TypeVar("Item")


def epoch_order(size: int, *, seed: int, epoch: int, shuffle: bool) -> list[int]:
    """Return the positions 0 to `size - 1` in the order of one epoch: a pure function of its arguments.

    Args:
        size: Number of samples.
        seed: Seed of the run.
        epoch: Epoch, 0-based; each has an order of its own.
        shuffle: Whether to shuffle at all.
    """
    order = list(range(size))
    if shuffle:
        # A string seeds through SHA-512, so that neighbouring seeds and epochs have nothing in common.
        random.Random(f"synalinks order {seed} {epoch}").shuffle(order)  # noqa: S311 - no secret
    return order


def batched(order: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """Return the items in batches of `size`, the last one with what is left.

    Raises:
        ConfigurationError: `size` is not a whole number of at least 1.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ConfigurationError(
            f"batch_size is {size!r}; expected a whole number of at least 1.", argument="batch_size"
        )
    return (list(order[start : start + size]) for start in range(0, len(order), size))


def split(dataset: Dataset, fraction: float, *, argument: str) -> tuple[Dataset, Dataset | None]:
    """Return the first part of a data set and the last part, held out: the cut is at floor(n (1 - fraction)).

    Args:
        dataset: The data set, of known size.
        fraction: Share to hold out, at least 0 and under 1; 0 holds out nothing and gives None.
        argument: The name of the argument that `fraction` was given as, for errors.

    Raises:
        ConfigurationError: `fraction` is out of range.
        DataError: The data is a stream, or the cut would leave nothing on a side.
    """
    if isinstance(fraction, bool) or not isinstance(fraction, int | float) or not 0 <= fraction < 1:
        raise ConfigurationError(
            f"{argument} is {fraction!r}; expected the share to hold out, at least 0 and under 1.",
            argument=argument,
        )
    if not fraction:
        return dataset, None
    size = dataset.size
    if size is None:
        raise DataError(
            f"{argument}={fraction} cannot hold out a part of a stream, whose length is not known. Hold it "
            "out yourself (for validation, pass it as validation_data=), or give a list.",
            argument=argument,
        )
    # In decimal as it was typed: in binary, 5 * (1 - 0.8) is less than 1.
    cut = floor(size * (1 - Fraction(str(fraction))))
    if not 0 < cut < size:
        raise DataError(
            f"{argument}={fraction} of {size} samples leaves {cut} for training and {size - cut} held out; "
            "each needs at least one.",
            argument=argument,
        )
    return dataset.subset(range(cut)), dataset.subset(range(cut, size))
