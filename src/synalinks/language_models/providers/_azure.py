"""Azure OpenAI: OpenAI's chat completions at an address of each customer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import quote

from synalinks.language_models.providers._chat_completions import ChatCompletions
from synalinks.language_models.providers._secret import HiddenText, Secret

VERSION_VARIABLE = "OPENAI_API_VERSION"
"""Environment variable that asks for a version of the API."""


class Azure(ChatCompletions):
    """Chat completions of Azure OpenAI; a model is named by its deployment. See `Dialect`.

    It calls the v1 API, which wants no version (learn.microsoft.com/azure/foundry/openai, "API lifecycle").
    Where `OPENAI_API_VERSION` is set it asks for that one: a date means the older addresses, which have the
    deployment in them.
    """

    def url(self, base: str, model: str, *, stream: bool) -> str:
        """Return the address of the answers."""
        return azure_url(base, model, "chat/completions")

    def headers(self, key: Secret) -> Mapping[str, str]:
        """Return the header with the key."""
        return azure_headers(key)


def azure_url(base: str, model: str, path: str) -> str:
    """Return the address of what is asked of a deployment."""
    root = base.removesuffix("/v1").removesuffix("/openai")
    version = os.environ.get(VERSION_VARIABLE, "").strip()
    dated = version[:1].isdigit()
    path = f"/openai/deployments/{quote(model, safe='')}/{path}" if dated else f"/openai/v1/{path}"
    return f"{root}{path}" + (f"?api-version={quote(version)}" if version else "")


def azure_headers(key: Secret) -> Mapping[str, str]:
    """Return the header with the key."""
    return {"api-key": HiddenText(key.reveal())} if key else {}
