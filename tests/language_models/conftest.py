from contextlib import AsyncExitStack

import pytest

from synalinks.language_models import LanguageModel, Retry
from synalinks.testing import ChatServer

KEY = "sk-very-secret-0123456789"


@pytest.fixture
async def serve():
    """Return `serve(fn, **options)`: a server with that function, and a model that asks it."""
    async with AsyncExitStack() as stack:

        async def start(fn, *, model="openai/test", **options):
            server = await stack.enter_async_context(ChatServer(fn))
            options = {"api_base": server.url, "api_key": KEY, "retry": Retry(max_tries=1), **options}
            return server, LanguageModel(model, **options)

        yield start
