"""A simulated language model on loopback that can do sums, for code that only needs some answer."""

from __future__ import annotations

import asyncio
import json
import operator
import re
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def solve(text: str) -> float:
    """Return the result of the last simple sum in a text, 0.0 where there is none."""
    sums = re.findall(r"(\d+(?:\.\d+)?) *([-+*/]) *(\d+(?:\.\d+)?)", text)
    if not sums:
        return 0.0
    left, sign, right = sums[-1]
    return float(OPERATIONS[sign](float(left), float(right) or 1.0))


def instance(schema: dict[str, Any], text: str, root: dict[str, Any] | None = None) -> Any:
    """Make up the plainest value of a JSON schema; numbers answer the sum in `text`."""
    root = root or schema
    if "$ref" in schema:
        return instance(root["$defs"][schema["$ref"].rpartition("/")[2]], text, root)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return instance(schema[choice][0], text, root)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    made = {
        "object": lambda: {k: instance(v, text, root) for k, v in schema.get("properties", {}).items()},
        "array": list,
        "number": lambda: solve(text),
        "integer": lambda: int(solve(text)),
        "boolean": lambda: True,
        "null": lambda: None,
    }
    return made.get(schema.get("type", "string"), lambda: "A simulated answer.")()


def answer(body: dict[str, Any]) -> str | None:
    """Answer a request in OpenAI's, Anthropic's or Ollama's protocol, by its schema where it names one.

    Asked for embeddings it leaves them to the server.
    """
    if "messages" not in body:
        return None
    text = str(body["messages"][-1]["content"])
    openais = body.get("response_format", {}).get("json_schema", {}).get("schema")
    wanted = openais or body.get("format") or body.get("output_config", {}).get("format", {}).get("schema")
    return "A simulated answer." if wanted is None else json.dumps(instance(wanted, text))


@contextmanager
def simulated_server() -> Iterator[str]:
    """Serve the simulated model from a thread of its own; yields the URL, ending in `/v1`."""
    from synalinks.testing import ChatServer

    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    thread = threading.Thread(target=loop.run_forever, name="simulated model")

    def call(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    thread.start()
    try:
        yield call(stack.enter_async_context(ChatServer(answer))).url
    finally:
        call(stack.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
