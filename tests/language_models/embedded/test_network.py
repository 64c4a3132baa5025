import numpy as np
import pytest


def logits(model, tokens, *cuts):
    """What follows `tokens`, read in several parts."""
    memory = model.network.memory(len(tokens))
    for start, end in zip((0, *cuts), (*cuts, len(tokens)), strict=True):
        result = model.network.extend(memory, tokens[start:end])
    return result


TOKENS = [3, 99, 200, 4, 4, 17, 265, 300, 1, 0]


@pytest.mark.parametrize("cuts", [(1,), (5,), (9,), (2, 3, 7)])
def test_reading_in_parts_gives_the_same(model, cuts):
    np.testing.assert_allclose(logits(model, TOKENS, *cuts), logits(model, TOKENS), atol=1e-4)


def test_the_order_of_tokens_matters(model):
    other = [TOKENS[1], TOKENS[0], *TOKENS[2:]]
    assert np.abs(logits(model, TOKENS) - logits(model, other)).max() > 1e-3


def test_what_comes_later_does_not_matter(model):
    memory = model.network.memory(12)
    model.network.extend(memory, TOKENS[:5])
    keys = memory.keys[..., :5].copy()
    model.network.extend(memory, TOKENS[5:])
    assert (memory.keys[..., :5] == keys).all()


def test_a_memory_that_is_taken_over_is_not_shared(model):
    start = model.network.memory(5)
    model.network.extend(start, TOKENS[:5])
    kept = start.keys.copy()
    memory = model.network.memory(12)
    memory.take(start)
    after = model.network.extend(memory, TOKENS[5:])
    np.testing.assert_allclose(after, logits(model, TOKENS), atol=1e-4)
    assert (start.keys == kept).all()
    assert start.length == 5
