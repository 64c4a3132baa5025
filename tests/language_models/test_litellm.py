"""LiteLLM where it is not installed; what it does where it is: tests/conformance/test_litellm.py."""

import sys

import pytest

from synalinks.errors import MissingExtraError
from synalinks.language_models import LanguageModel
from synalinks.language_models._prices import price_of


def test_the_extra_is_asked_for_at_the_first_call(monkeypatch):
    monkeypatch.setitem(sys.modules, "litellm", None)  # importing it fails
    lm = LanguageModel("litellm/bedrock/some-model")
    with pytest.raises(MissingExtraError, match="pip install litellm") as caught:
        lm.check()
    assert caught.value.extra == "litellm"


def test_prices_are_those_of_the_model_behind_it():
    assert price_of("litellm/openai/gpt-4o-mini") == price_of("openai/gpt-4o-mini")
    assert price_of("litellm/ollama/llama3.2").input == 0
