"""What the tokens of a model cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import orjson

from synalinks.errors import ConfigurationError, UnknownNameError
from synalinks.hooks import Usage
from synalinks.language_models.providers._table import WITHOUT_SERVER

DOLLAR: Final = 10**12
"""Parts that a US dollar is counted in: whole numbers, so that sums do not depend on their order."""

_MILLION: Final = 10**6
_FREE: Final = ("ollama", "vllm", "llama.cpp", "llama_cpp", *WITHOUT_SERVER)
_KEYS: Final = ("input", "output", "cached", "cache_write")


@dataclass(frozen=True, slots=True)
class Price:
    """What a model's tokens cost, in parts of a US dollar (see `DOLLAR`) per token.

    Attributes:
        input: Of a token of the prompt.
        output: Of a token of the answer.
        cached: Of a token of the prompt that the provider took from its cache.
        cache_write: Of a token of the prompt that the provider wrote to its cache.
    """

    input: int
    output: int
    cached: int
    cache_write: int

    def cost(self, usage: Usage) -> int:
        """Return what tokens cost, in parts of a dollar."""
        cached = min(usage.cached_tokens, usage.input_tokens)
        written = min(usage.cache_write_tokens, usage.input_tokens - cached)
        fresh = usage.input_tokens - cached - written
        prompt = fresh * self.input + cached * self.cached + written * self.cache_write
        return prompt + usage.output_tokens * self.output

    def most(self, prompt: int, answer: int) -> int:
        """Return what so many tokens cost at most, in parts of a dollar, whatever a cache has of them."""
        return prompt * max(self.input, self.cached, self.cache_write) + answer * self.output


def checked_prices(given: Any) -> dict[str, float] | None:
    """Return the prices that a model was given, in US dollars per million tokens.

    Raises:
        ConfigurationError: They are none.
    """
    if given is None:
        return None
    if not isinstance(given, Mapping) or not {"input", "output"} <= given.keys():
        raise ConfigurationError(
            'prices must be {"input": ..., "output": ...}, in US dollars per million tokens, and "cached" '
            f'or "cache_write" where input that a cache has or takes is priced apart; it is {given!r:.200}.',
            argument="prices",
        )
    for name, value in given.items():
        if name not in _KEYS:
            raise UnknownNameError("price", str(name), _KEYS, hint="In prices= of a LanguageModel.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise ConfigurationError(
                f"prices[{name!r}] must be a finite number of US dollars per million tokens of at least 0, "
                f"not {value!r}.",
                argument="prices",
            )
    return {name: float(given[name]) for name in _KEYS if name in given}


@cache
def _table() -> dict[str, dict[str, float]]:
    from importlib.resources import files

    text = files("synalinks.language_models").joinpath("prices.json").read_bytes()
    table = orjson.loads(text)
    embeddings = {name: {**price, "output": 0.0} for name, price in table["embeddings"].items()}
    return {**table["prices"], **embeddings}


def price_of(model: str, given: Mapping[str, float] | None = None) -> Price | None:
    """Return the price of a model's tokens, None where it is not known.

    Args:
        model: Full model name, "provider/name".
        given: Its prices in US dollars per million tokens, in place of those that are known.
    """
    model = model.removeprefix("litellm/")
    if given is None and model.partition("/")[0] in _FREE:
        return Price(0, 0, 0, 0)
    prices = given if given is not None else _table().get(model)
    if prices is None:
        return None
    parts = {name: round(value * (DOLLAR // _MILLION)) for name, value in prices.items()}
    fresh = parts["input"]
    return Price(fresh, parts["output"], parts.get("cached", fresh), parts.get("cache_write", fresh))
