"""One test's settings, keys and registrations never reach the next; the order here matters."""

import os

import pytest

from synalinks._internal.settings import settings


class Registered:
    """Stands in for a user's class."""


@pytest.mark.parametrize("turn", [1, 2])
def test_settings_start_fresh(turn):
    current = settings()
    assert (current.language_model, current.hooks) == (None, ())
    assert "user>Registered" not in current.registry
    current.language_model, current.hooks = object(), (object(),)
    current.registry["user>Registered"] = Registered


def test_keys_of_the_developer_are_hidden():
    assert not [name for name in os.environ if name.endswith("_API_KEY")]
