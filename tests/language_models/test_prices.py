"""What calls cost."""

import json
from importlib.resources import files

import pytest

from synalinks import errors
from synalinks._internal.scope import SampleScope, entered
from synalinks.hooks import Usage
from synalinks.language_models import FunctionModel, LanguageModel, Response
from synalinks.language_models._prices import DOLLAR, price_of
from synalinks.language_models.providers._table import split_name

TABLE = json.loads(files("synalinks.language_models").joinpath("prices.json").read_text())


def test_the_table_says_when_whose_and_in_which_unit():
    assert TABLE["date"] >= "2026"
    assert TABLE["unit"] == "US dollars per million tokens"
    assert all(source.startswith("https://") for source in TABLE["sources"])


@pytest.mark.parametrize("model", TABLE["prices"])
def test_each_model_of_the_table_can_be_named_and_has_a_sensible_price(model):
    split_name(model)
    price = price_of(model)
    assert 0 < price.cached <= price.input < price.output < 1000 * DOLLAR / 1e6


def test_tokens_are_priced_by_their_kind():
    price = price_of("openai/gpt-4o-mini")
    million = 1_000_000
    assert price.cost(Usage(million, 0)) == round(0.15 * DOLLAR)
    assert price.cost(Usage(million, 0, cached_tokens=million)) == round(0.075 * DOLLAR)
    assert price.cost(Usage(0, million)) == round(0.6 * DOLLAR)
    assert price.cost(Usage(3, 2, cached_tokens=1)) == 2 * 150_000 + 75_000 + 2 * 600_000


def test_what_is_written_to_a_cache_may_have_a_price_of_its_own():
    price = price_of("anthropic/x", {"input": 3, "output": 15, "cached": 0.3, "cache_write": 3.75})
    usage = Usage(10, 1, cached_tokens=6, cache_write_tokens=3)
    assert price.cost(usage) == 1 * 3_000_000 + 6 * 300_000 + 3 * 3_750_000 + 15_000_000
    assert price.cost(Usage(10, 0, cached_tokens=6, cache_write_tokens=9)) == 6 * 300_000 + 4 * 3_750_000
    assert price.most(10, 1) == 10 * 3_750_000 + 15_000_000
    assert price_of("a/x", {"input": 3, "output": 15}).cache_write == 3_000_000


def test_cached_input_without_a_price_of_its_own_costs_as_much_as_other_input():
    assert LanguageModel("openai/new", prices={"input": 1, "output": 2}).price.cached == 1_000_000


@pytest.mark.parametrize("model", ["ollama/a", "vllm/b", "llama.cpp/c", "llama_cpp/d", "testing/e"])
def test_local_models_cost_nothing(model):
    assert price_of(model).cost(Usage(10, 10)) == 0


def test_an_unknown_price_is_none():
    assert price_of("openai/gpt-4o-of-tomorrow") is None
    assert LanguageModel("mistral/x").price is None


def test_prices_of_ones_own_come_first_and_are_part_of_the_configuration():
    lm = LanguageModel("openai/gpt-4o", prices={"input": 1, "output": 2, "cached": 0.5})
    again = LanguageModel.from_config(lm.get_config())
    assert again.prices == lm.prices == {"input": 1.0, "output": 2.0, "cached": 0.5}
    assert again.price == lm.price != price_of("openai/gpt-4o")
    assert LanguageModel("ollama/a", prices={"input": 1, "output": 2}).price.output == 2_000_000


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        (3.0, "in US dollars per million tokens"),
        ({"input": 1}, "in US dollars per million tokens"),
        ({"input": 1, "output": 2, "chached": 3}, "'cached'"),
        ({"input": 1, "output": "2"}, r"prices\['output'\]"),
        ({"input": -1, "output": 2}, r"prices\['input'\]"),
        ({"input": float("nan"), "output": 2}, r"prices\['input'\]"),
        ({"input": True, "output": 2}, r"prices\['input'\]"),
    ],
)
def test_what_is_no_price_is_refused(prices, said):
    with pytest.raises(errors.ConfigurationError, match=said):
        LanguageModel("openai/x", prices=prices)


async def test_a_record_has_the_cost_of_its_tokens():
    lm = FunctionModel(
        lambda _: Response.from_text("hi", usage=Usage(1000, 10)), prices={"input": 1.0, "output": 5.0}
    )
    with entered(SampleScope()) as scope:
        await lm("hello")
        lm.price = None
        await lm("hello")
    assert [record.cost for record in scope.records] == [0.00105, None]
