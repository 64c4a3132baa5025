import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.datasets.models import xs

from synalinks.datasets import as_dataset, batched, epoch_order, split
from synalinks.errors import ConfigurationError, DataError

sizes = st.integers(0, 50)


@given(sizes, st.integers(0, 2**64), st.integers(0, 100))
def test_the_order_is_a_pure_function(size, seed, epoch):
    order = epoch_order(size, seed=seed, epoch=epoch, shuffle=True)
    assert order == epoch_order(size, seed=seed, epoch=epoch, shuffle=True)
    assert sorted(order) == epoch_order(size, seed=seed, epoch=epoch, shuffle=False) == list(range(size))


def test_seeds_and_epochs_have_orders_of_their_own():
    orders = [
        epoch_order(20, seed=seed, epoch=epoch, shuffle=True) for seed in range(5) for epoch in range(5)
    ]
    assert len(set(map(tuple, orders))) == 25
    assert list(range(20)) not in orders


def test_the_order_stays_the_same_from_version_to_version():
    assert epoch_order(10, seed=0, epoch=0, shuffle=True) == [9, 6, 1, 5, 0, 3, 7, 8, 2, 4]


@given(st.lists(st.integers()), st.integers(1, 60))
def test_batches_are_the_whole_in_order(order, size):
    batches = list(batched(order, size))
    assert [item for batch in batches for item in batch] == order
    assert all(len(batch) == size for batch in batches[:-1])
    assert len(batches) == math.ceil(len(order) / size)
    assert all(batches)


@pytest.mark.parametrize("size", [0, -1, 1.5, None, True, "8"])
def test_a_wrong_batch_size(size):
    with pytest.raises(ConfigurationError, match=r"batch_size is .*; expected a whole number of at least 1"):
        batched([1, 2], size)


@pytest.mark.parametrize(
    ("size", "fraction", "first"),
    [
        (10, 0.2, 8),
        (5, 0.2, 4),
        (5, 0.5, 2),
        (3, 0.34, 1),
        (10, 0.01, 9),
        (5, 0.8, 1),
        (100, 0.9, 10),
        (7, 1 / 3, 4),
    ],
)
def test_the_last_part_is_held_out(size, fraction, first):
    dataset = as_dataset(xs(size))
    kept, held_out = split(dataset, fraction, argument="validation_split")
    assert [sample.index for sample in kept] == list(range(first))
    assert [sample.index for sample in held_out] == list(range(first, size))


def test_nothing_to_hold_out():
    dataset = as_dataset(xs(1))
    assert split(dataset, 0.0, argument="validation_split") == (dataset, None)


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, math.nan, True, "0.2", None])
def test_a_share_out_of_range(fraction):
    with pytest.raises(ConfigurationError, match=r"validation_split is .*; expected the share to hold out"):
        split(as_dataset(xs(5)), fraction, argument="validation_split")


@pytest.mark.parametrize(("size", "fraction"), [(1, 0.5), (1, 0.01), (5, 0.9)])
def test_a_cut_that_leaves_nothing(size, fraction):
    with pytest.raises(DataError, match=f"of {size} samples leaves 0 for training and {size} held out"):
        split(as_dataset(xs(size)), fraction, argument="selection_split")
