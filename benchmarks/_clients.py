"""What is compared: a `Generator`, and a bare POST of the body that it sends."""

from __future__ import annotations

from typing import Any

import aiohttp
import orjson
from yarl import URL

import synalinks
from benchmarks._server import ANSWER
from synalinks.testing import ChatServer


class Question(synalinks.DataModel):
    """A question."""

    question: str = synalinks.Field(description="What is asked")


class Answer(synalinks.DataModel):
    """An answer."""

    reasoning: str = synalinks.Field(description="The steps that lead to the answer")
    answer: float = synalinks.Field(description="The number that was asked for")


INSTRUCTIONS = "Work the question out step by step, then give the number alone. " * 4
EXAMPLES = [
    (Question(question=f"What is {n} + {n}?"), Answer(reasoning="Add the two.", answer=2.0 * n))
    for n in range(3)
]


def questions(count: int) -> list[Question]:
    """Return inputs, no two alike."""
    return [Question(question=f"What is 1 + 1, asked for the {n}th time?") for n in range(count)]


def http_model(url: str, *, max_concurrency: int = 64) -> synalinks.LanguageModel:
    """Return a model behind the server at `url`."""
    return synalinks.LanguageModel("vllm/m", api_base=url, max_concurrency=max_concurrency)


async def make_program(model: synalinks.LanguageModel) -> synalinks.Program:
    """Return a program of one generator, with an instruction and three examples."""
    inputs = synalinks.Input(data_model=Question)
    outputs = await synalinks.Generator(
        data_model=Answer, language_model=model, instructions=INSTRUCTIONS, examples=EXAMPLES
    )(inputs)
    return synalinks.Program(inputs=inputs, outputs=outputs)


async def request_body() -> bytes:
    """Return the body that the program's generator sends for a question."""
    async with ChatServer(lambda _: ANSWER) as server:
        program = await make_program(http_model(server.url))
        await program(questions(1)[0])
        return orjson.dumps(server.requests[0])


class BareClient:
    """Posts one body over and over with aiohttp, reads the answer and parses it: nothing else."""

    def __init__(self, url: str, body: bytes) -> None:
        self._url, self._body = URL(f"{url}/chat/completions"), body
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def __aenter__(self) -> BareClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def call(self) -> Any:
        """Make one call."""
        headers = {"Content-Type": "application/json"}
        async with self._session.post(self._url, data=self._body, headers=headers) as response:
            assert response.status == 200
            return orjson.loads(await response.read())
