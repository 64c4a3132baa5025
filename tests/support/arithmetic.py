"""A small program and its data: arithmetic whose difficulty depends on the prompt."""

from __future__ import annotations

from typing import Any

import orjson

import synalinks
from synalinks.testing import FunctionModel


class Problem(synalinks.DataModel):
    """An arithmetic problem."""

    problem: str


class Answer(synalinks.DataModel):
    """A number."""

    answer: float


def shown(request: Any) -> int:
    """Number of examples in a request."""
    return sum(message["role"] == "assistant" for message in request.messages)


def problem_of(request: Any) -> str:
    """The problem that a request asks for."""
    asked = [m["content"] for m in request.messages if m["role"] == "user" and m["content"].startswith("{")]
    text: str = orjson.loads(asked[-1])["problem"]
    return text


def solve(problem: str) -> float:
    """The right answer of "a+b"."""
    a, b = problem.split("+")
    return float(a) + float(b)


def skilled(request: Any) -> dict[str, float]:
    """Answer rightly for one problem in four, and for one more with each example shown."""
    value = solve(problem_of(request))
    return {"answer": value if value % 4 < 1 + shown(request) else -1.0}


def perfect(request: Any) -> dict[str, float]:
    """Answer rightly."""
    return {"answer": solve(problem_of(request))}


def data(count: int) -> tuple[list[Problem], list[Answer]]:
    """`count` different problems and their answers."""
    problems = [f"{i}+{i * 7 % 11}" for i in range(count)]
    return [Problem(problem=p) for p in problems], [Answer(answer=solve(p)) for p in problems]


async def make_program(fn: Any = skilled, **options: Any) -> tuple[synalinks.Program, FunctionModel]:
    """A program of one generator, not compiled, and its model."""
    model = FunctionModel(fn, **options)
    x = synalinks.Input(data_model=Problem)
    y = await synalinks.Generator(data_model=Answer, language_model=model)(x)
    return synalinks.Program(inputs=x, outputs=y, name="arithmetic"), model


async def compiled_program(
    fn: Any = skilled, *, optimizer: Any = "random_few_shot", metrics: Any = None, **options: Any
) -> tuple[synalinks.Program, FunctionModel]:
    """A program of one generator, compiled, and its model."""
    program, model = await make_program(fn, **options)
    program.compile(optimizer=optimizer, reward="exact_match", metrics=metrics)
    return program, model
