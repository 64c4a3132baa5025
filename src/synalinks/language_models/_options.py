"""The options of a model: checks, and where its server is."""

from __future__ import annotations

import math
from typing import Any

from synalinks.errors import ConfigurationError
from synalinks.language_models._retry import Retry
from synalinks.language_models.providers._secret import Secret
from synalinks.language_models.providers._table import ProviderSpec, find_base, find_key


def check_number(name: str, value: Any, *, allow_none: bool) -> None:
    """Refuse what is no number of seconds."""
    if value is None and allow_none:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ConfigurationError(
            f"{name} must be a number of seconds above 0, or None; it is {value!r}.", argument=name
        )


def check_count(name: str, value: Any, *, least: int, allow_none: bool = False) -> None:
    """Refuse what is no whole number, or too small."""
    if value is None and allow_none:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigurationError(
            f"{name} must be an integer of at least {least}, not {value!r}.", argument=name
        )


def checked_retry(retry: Any) -> Retry:
    """Return a policy for tries, the usual one where none was given."""
    if retry is None:
        return Retry()
    if not isinstance(retry, Retry):
        raise ConfigurationError(
            f"retry must be a Retry, for example Retry(max_tries=3), not {retry!r}.", argument="retry"
        )
    return retry


def hidden(key: Any) -> Secret | None:
    """Return a key that was given, before anything can fail: a traceback may show arguments."""
    return None if key is None else Secret(key.strip() if isinstance(key, str) else "\n")


def checked_key(secret: Secret) -> Secret:
    """Return a key that can stand in a header; the message must not show it."""
    if not secret.fits_header():
        raise ConfigurationError(
            "api_key must be a text of printable ASCII characters without white space.", argument="api_key"
        )
    return secret


def address_and_key(
    model: str, spec: ProviderSpec, api_base: str | None, given: Secret | None
) -> tuple[str, Secret]:
    """Return the address of a model's server, and the key: those given, or those of the environment.

    Raises:
        MissingAPIKeyError: A key is needed, none was given and the environment holds none.
        ConfigurationError: Each user of the provider has an address of their own, and it is nowhere.
    """
    base = api_base or find_base(spec)
    providers = base == spec.api_base or not spec.own_address
    return base, given or checked_key(find_key(model, spec, own_address=providers))
