"""Other clients, where they are installed, asking for the same: OpenAI's own and LiteLLM."""

from __future__ import annotations

import importlib.util
import os
import warnings
from contextlib import AsyncExitStack
from typing import Any

from benchmarks._load import Call


async def others(stack: AsyncExitStack, url: str, body: dict[str, Any]) -> dict[str, Call]:
    """Return what makes a call, by the name of the client.

    Args:
        stack: Closes the clients.
        url: The server.
        body: The body of the request.
    """
    warnings.simplefilter("ignore")  # theirs are not ours to mend
    found: dict[str, Call] = {}
    if importlib.util.find_spec("openai") is not None:
        import openai

        client = await stack.enter_async_context(openai.AsyncOpenAI(api_key="k", base_url=url, max_retries=0))
        found["openai SDK call"] = lambda: client.chat.completions.create(**body)
    if importlib.util.find_spec("litellm") is not None:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # otherwise it asks the network for prices
        import litellm

        given = {**body, "model": f"openai/{body['model']}"}
        found["litellm call"] = lambda: litellm.acompletion(**given, api_base=url, api_key="k")
    return found
