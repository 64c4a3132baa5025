import numpy as np

from synalinks.language_models.embedded._sampling import Sampler

LOGITS = np.array([5.0, 1.0, 2.0, 3.0, 0.0], dtype=np.float32)
ALLOWED = np.array([False, True, True, True, True])


def draws(count=2000, **options):
    sampler = Sampler(**{"temperature": 1.0, "top_p": 1.0, "seed": "a", **options})
    return [sampler.draw(LOGITS, ALLOWED) for _ in range(count)]


def test_at_temperature_0_the_likeliest_allowed_token_comes():
    assert set(draws(20, temperature=0.0)) == {3}


def test_shares_are_those_of_the_model():
    shares = np.bincount(draws(), minlength=5) / 2000
    expected = np.exp(LOGITS) * ALLOWED
    np.testing.assert_allclose(shares, expected / expected.sum(), atol=0.05)


def test_a_high_temperature_evens_out():
    assert np.bincount(draws(temperature=100.0), minlength=5)[1:].min() > 400


def test_top_p_leaves_the_likeliest():
    assert set(draws(top_p=0.5)) == {3}
    assert set(draws(top_p=0.8)) == {2, 3}
    assert set(draws(top_p=0.0)) == {3}


def test_the_seed_decides():
    assert draws(50) == draws(50)
    assert draws(50) != draws(50, seed="b")
    assert draws(50, seed=None) != draws(50, seed=None)
