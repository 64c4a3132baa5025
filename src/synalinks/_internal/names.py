"""Names: snake case, singular and plural, unique names within a scope."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBER = re.compile(r"^(.+?)_([1-9]\d{0,2})$")


@lru_cache(maxsize=1024)
def snake_case(name: str) -> str:
    """Return `BinaryF1Score` as `binary_f1_score`."""
    return re.sub(r"\W+", "_", _BOUNDARY.sub("_", name)).lower()


def strip_number(name: str) -> str:
    """Return `query_1` as `query`; up to three digits count, so `year_2020` stays as it is."""
    match = _NUMBER.match(name)
    return match[1] if match else name


def singular(word: str) -> str:
    """Return the singular of an English snake-case word: `queries` as `query`."""
    if len(word) > 3 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def plural(word: str) -> str:
    """Return the plural of an English snake-case word: `query` as `queries`."""
    if word.endswith("y") and len(word) > 1 and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith(("s", "sh", "ch", "x", "z")):
        return word + "es"
    return word + "s"


def base_name(name: str) -> str:
    """Return the name that masks and `factorize` compare: number stripped, singular."""
    return singular(strip_number(name))


def first_free(name: str, taken: Container[str]) -> str:
    """Return `name`, or its base with the first free number: `query_1`, `query_2` and so on."""
    if name not in taken:
        return name
    base, number = strip_number(name), 1
    while f"{base}_{number}" in taken:
        number += 1
    return f"{base}_{number}"
