"""The embedded model: what a call takes, and the memory of all of it."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from time import perf_counter
from typing import Any

from benchmarks._figures import Figure
from benchmarks._measure import cost
from benchmarks.memory import child
from synalinks.language_models import LanguageModel

CALLS = 200

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "number"}},
    "required": ["answer"],
    "additionalProperties": False,
}

SHOWN = (
    ("Anna has 12 shells and finds 7 more. How many shells does she have?", 19),
    ("A rope is 34 m long. Ben cuts off 9 m. How long is it now?", 25),
    ("6 boxes hold 8 pens each. How many pens is that?", 48),
)


ONE_CALL = """
import asyncio
from benchmarks._resident import peak_mb
from synalinks.language_models import LanguageModel
asyncio.run(LanguageModel("embedded/arithmetic")("12 + 7", {"type": "number"}))
print([peak_mb()])
"""


def asked(number: int) -> list[dict[str, Any]]:
    """Return messages with three examples, as a Generator renders them."""
    messages = [
        {
            "role": "system",
            "content": "Read the user's input and answer with a JSON object that has these keys: answer.",
        }
    ]
    for problem, answer in SHOWN:
        messages.append({"role": "user", "content": f'{{"problem":"{problem}"}}'})
        messages.append({"role": "assistant", "content": f'{{"answer":{answer}.0}}'})
    problem = f"Carla has {number % 60 + 20} coins and loses {number % 17 + 2}. How many coins are left?"
    return [*messages, {"role": "user", "content": f'{{"problem":"{problem}"}}'}]


async def _measure() -> list[Figure]:
    model = LanguageModel("embedded/arithmetic")
    times = []
    await model(asked(0), SCHEMA)
    for number in range(CALLS):
        start = perf_counter()
        await model(asked(number), SCHEMA)
        times.append(perf_counter() - start)
    times.sort()

    async def at_once(count: int) -> None:
        await asyncio.gather(*(model(asked(number), SCHEMA) for number in range(count)))

    together = await cost(at_once, CALLS)
    return [
        Figure("call with three examples, median", times[CALLS // 2] * 1000, "ms", at_most=25),
        Figure("call with three examples, 95th percentile", times[CALLS * 19 // 20] * 1000, "ms"),
        Figure(f"{CALLS} calls at once", together.rate, "calls/s"),
        Figure(
            "memory of a process that made a call, at its peak", child("-c", ONE_CALL)[0], "MB", at_most=100
        ),
    ]


def measure() -> list[Figure]:
    """Return the figures of the embedded model; none where the extra is not installed."""
    return [] if find_spec("llguidance") is None else asyncio.run(_measure())
